"""The pages that show sections of the newest snapshot, and what can be taken away from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler  # noqa: TC002 - read when the application is put together
from litestar.params import PathParameter

from promesa import report
from promesa.web.filters import asker_of, filters_of
from promesa.web.gate import asking
from promesa.web.narrowing import ANALYSES, Narrowed, Narrowing, narrowing_of
from promesa.web.nightly import nightly_told
from promesa.web.own import own_home, require_own
from promesa.web.rendering import Asked, Visit, page
from promesa.web.standing import unanalysed
from promesa.web.taking import KINDS, as_csv, as_png, as_xlsx, with_namespace

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
NARROWED = {
    "promises": ("register", "costliest"),
    "touchpoints": ("touchpoints",),
    "drivers": ("drivers",),
    "journeys": ("journeys",),
    "value": ("value",),
}
"""The same where a place is narrowed to a period or a group."""
HOME = ("chain", "begin", "moved", "costliest")


@get("/", opt=asking("see_figures", own=True), sync_to_thread=True)
def home(visit: Asked) -> Response[str]:
    """Show the value chain, what moved, three things to do; to an owner what is theirs."""
    if not visit.may("see_figures"):
        return own_home(visit)
    snapshot = visit.site.snapshot()
    title = visit.say("place.home")
    if snapshot is None:
        return unanalysed(visit, title)
    seen = Narrowed(content=visit.site.content(snapshot, visit.locale))
    drawn = {name: visit.site.section(name, seen, snapshot).html for name in HOME}
    said = report.headlines_of(seen.content)
    return page(visit, "home.html", title=title, content=seen.content, headlines=said, drawn=drawn)


def place(name: str) -> HTTPRouteHandler:
    """Return the route of one place of the navigation: its sections, one after the other."""

    @get(f"/{name}", name=name, opt=asking("see_money" if name == "value" else "see_figures"), sync_to_thread=True)
    def shown(visit: Asked) -> Response[str]:
        title = visit.say(f"place.{name}")
        snapshot = visit.site.snapshot()
        if snapshot is None:
            return unanalysed(visit, title)
        to = narrowing_of(visit.request.query_params) if name in ANALYSES else Narrowing()
        seen = visit.site.narrowed(name, to, snapshot, visit.locale, asker=asker_of(visit, to))
        names = [] if seen.nothing else shown_of(name, to, seen.content)
        drawn = [visit.site.section(one, seen, snapshot, query=to.query).html for one in names]
        return page(
            visit,
            "sections.html",
            title=title,
            place=name,
            content=seen.content,
            drawn=drawn,
            names=names,
            nothing=seen.nothing,
            filters=filters_of(visit, name, to, seen, snapshot) if name in ANALYSES else None,
            nightly=nightly_told(visit) if name == "data" else [],
        )

    return shown


def shown_of(place: str, to: Narrowing, content: report.Content) -> list[str]:
    """Return the sections that a place shows; a narrowed one only what was worked out for it."""
    narrowed = to.since or to.until or to.dimension
    return _there(NARROWED[place] if narrowed else SHOWN[place], content)


@get("/take/{section:str}/{file:str}", opt=asking("see_figures", own=True), sync_to_thread=True)
def take(
    visit: Asked, section: Annotated[str, PathParameter()], file: Annotated[str, PathParameter()]
) -> Response[bytes]:
    """One table as CSV or Excel, one drawing as SVG or PNG."""
    subject, _, subject_name = section.partition(":")
    require_own(visit, subject, subject_name)
    snapshot = visit.site.snapshot()
    if snapshot is None:
        raise NotFoundException
    name, _, kind = file.partition(".")
    what, _, number = name.partition("-")
    drawn = _drawn(visit, snapshot, section)
    if drawn is None:
        raise NotFoundException
    body = _taken(drawn, what, number, kind, locale=visit.locale)
    disposition = f'attachment; filename="{section.replace(":", "-")}-{name}.{kind}"'
    return Response(body, media_type=KINDS[kind], headers={"Content-Disposition": disposition})


def _drawn(visit: Visit, snapshot: Snapshot, section: str) -> Drawn | None:
    """Return the section of an address as it stands on its page: ``register``, ``promise:arrives_by_date``."""
    kind, _, name = section.partition(":")
    content = visit.site.content(snapshot, visit.locale)
    asked = narrowing_of(visit.request.query_params)
    if name:
        known = name in {"promise": content.promises, "touchpoint": content.touchpoints}.get(kind, {})
        seen = visit.site.narrowed(f"{kind}s", asked, snapshot, visit.locale) if known else None
        return visit.site.detail(kind, name, seen, snapshot, query=asked.query) if seen else None
    place = next((place for place, names in SHOWN.items() if section in names), "")
    to = asked if place in ANALYSES else Narrowing()
    seen = visit.site.narrowed(place, to, snapshot, visit.locale)
    there = [*HOME, *(shown_of(place, to, seen.content) if place else ())]
    return visit.site.section(section, seen, snapshot, query=to.query) if section in there else None


def _there(names: Sequence[str], content: report.Content) -> list[str]:
    """Return the sections that this snapshot has; a part of a section always says what it has."""
    return [name for name in names if name in report.PARTS or name in report.sections_of(content)]


def _taken(drawn: Drawn, what: str, number: str, kind: str, *, locale: str) -> bytes:
    place = int(number) - 1 if number.isdecimal() and len(number) < 5 else -1
    tables: Sequence[report.Table] = drawn.taken.tables if what == "table" else ()
    drawings: Sequence[report.Exhibit] = drawn.taken.drawings if what == "chart" else ()
    if kind in {"csv", "xlsx"} and 0 <= place < len(tables):
        return (as_csv if kind == "csv" else as_xlsx)(tables[place], locale)
    if kind in {"svg", "png"} and 0 <= place < len(drawings):
        svg = with_namespace(str(drawings[place].svg))
        return svg.encode() if kind == "svg" else as_png(svg)
    raise NotFoundException
