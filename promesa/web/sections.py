"""The pages that show sections of the newest snapshot, and what can be taken away from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler  # noqa: TC002 - read when the application is put together
from litestar.params import PathParameter

from promesa import report
from promesa.web.rendering import Asked, Visit, page
from promesa.web.taking import as_csv, as_png, as_xlsx, with_namespace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.snapshot import Snapshot
    from promesa.web.site import Drawn

SHOWN: dict[str, tuple[str, ...]] = {
    "promises": ("register", "costliest", "splits"),
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
        names = _there(SHOWN[name], content)
        drawn = [visit.site.section(one, snapshot, visit.locale).html for one in names]
        return page(visit, "sections.html", title=title, place=name, content=content, drawn=drawn, names=names)

    return shown


@get("/take/{section:str}/{file:str}", sync_to_thread=True)
def take(
    visit: Asked, section: Annotated[str, PathParameter()], file: Annotated[str, PathParameter()]
) -> Response[bytes]:
    """One table as CSV or Excel, one drawing as SVG or PNG."""
    snapshot = visit.site.snapshot()
    if snapshot is None:
        raise NotFoundException
    name, _, kind = file.partition(".")
    what, _, number = name.partition("-")
    drawn = _drawn(visit, snapshot, section)
    if drawn is None:
        raise NotFoundException
    body = _taken(drawn, what, number, kind)
    disposition = f'attachment; filename="{section.replace(":", "-")}-{name}.{kind}"'
    return Response(body, media_type=KINDS[kind], headers={"Content-Disposition": disposition})


def _drawn(visit: Visit, snapshot: Snapshot, section: str) -> Drawn | None:
    """Return the section of an address as it stands on its page: ``promises``, ``promise:arrives_by_date``."""
    kind, _, name = section.partition(":")
    content = visit.site.content(snapshot, visit.locale)
    declared = {"promise": content.promises, "touchpoint": content.touchpoints}
    if name:
        known = name in declared.get(kind, {})
        return visit.site.detail(kind, name, snapshot, visit.locale) if known else None
    shown = _there([*HOME, *(one for many in SHOWN.values() for one in many)], content)
    return visit.site.section(section, snapshot, visit.locale) if section in shown else None


def _there(names: Sequence[str], content: report.Content) -> list[str]:
    """Return the sections that this snapshot has; a part of a section always says what it has."""
    return [name for name in names if name in report.PARTS or name in report.sections_of(content)]


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
