"""The pages that show sections of the newest snapshot, and what can be taken away from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler  # noqa: TC002 - read when the application is put together
from litestar.params import PathParameter

from promesa import report
from promesa.web.rendering import Asked, page
from promesa.web.taking import as_csv, as_png, as_xlsx, with_namespace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.web.site import Drawn

SHOWN: dict[str, tuple[str, ...]] = {
    "promises": ("promises", "costliest"),
    "touchpoints": ("touchpoints", "trend"),
    "drivers": ("priorities", "effects", "drivers", "paths"),
    "journeys": ("journeys", "coherence", "changes"),
    "value": ("value", "retention", "tiers", "balance"),
    "data": ("quality",),
    "method": ("method",),
}
"""Page -> the sections of the report that it shows."""
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "svg": "image/svg+xml",
    "png": "image/png",
}
HOME = ("chain", "begin", "moved", "costliest")


@get("/", sync_to_thread=True)
def home(visit: Asked) -> Response[str]:
    """Show the value chain, what moved, three things to do."""
    snapshot = visit.site.snapshot()
    title = visit.say("place.home")
    if snapshot is None:
        return page(visit, "unanalysed.html", title=title)
    drawn = {name: visit.site.section(name, snapshot, visit.locale).html for name in HOME}
    content = visit.site.content(snapshot, visit.locale)
    said = report.headlines_of(content)
    return page(visit, "home.html", title=title, content=content, headlines=said, drawn=drawn)


def place(name: str) -> HTTPRouteHandler:
    """Return the route of one place of the navigation: its sections, one after the other."""

    @get(f"/{name}", name=name, sync_to_thread=True)
    def shown(visit: Asked) -> Response[str]:
        title = visit.say(f"place.{name}")
        snapshot = visit.site.snapshot()
        if snapshot is None:
            return page(visit, "unanalysed.html", title=title)
        content = visit.site.content(snapshot, visit.locale)
        there = report.sections_of(content)
        names = [one for one in SHOWN[name] if one in there]
        drawn = [visit.site.section(one, snapshot, visit.locale).html for one in names]
        return page(visit, "sections.html", title=title, content=content, drawn=drawn, names=names)

    return shown


@get("/take/{section:str}/{file:str}", sync_to_thread=True)
def take(
    visit: Asked, section: Annotated[str, PathParameter()], file: Annotated[str, PathParameter()]
) -> Response[bytes]:
    """One table as CSV or Excel, one drawing as SVG or PNG."""
    snapshot = visit.site.snapshot()
    known = {one for many in SHOWN.values() for one in many} | {"chain", "begin", "moved"}
    if snapshot is None or section not in known:
        raise NotFoundException
    name, _, kind = file.partition(".")
    what, _, number = name.partition("-")
    body = _taken(visit.site.section(section, snapshot, visit.locale), what, number, kind)
    disposition = f'attachment; filename="{section}-{name}.{kind}"'
    return Response(body, media_type=KINDS[kind], headers={"Content-Disposition": disposition})


def _taken(drawn: Drawn, what: str, number: str, kind: str) -> bytes:
    place = int(number) - 1 if number.isdecimal() and len(number) < 5 else -1
    tables: Sequence[report.Table] = drawn.taken.tables if what == "table" else ()
    drawings: Sequence[report.Exhibit] = drawn.taken.drawings if what == "chart" else ()
    if kind in {"csv", "xlsx"} and 0 <= place < len(tables):
        return as_csv(tables[place]) if kind == "csv" else as_xlsx(tables[place])
    if kind in {"svg", "png"} and 0 <= place < len(drawings):
        svg = with_namespace(str(drawings[place].svg))
        return svg.encode() if kind == "svg" else as_png(svg)
    raise NotFoundException
