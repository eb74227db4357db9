"""Open cases: what somebody must finish, the longest past its limit first; an owner's are those of own touchpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter

from promesa import report, words
from promesa.access import functions_of
from promesa.actions import list_cases
from promesa.engine import local_time_of
from promesa.errors import NothingLoaded
from promesa.store import own_facts
from promesa.web.commitment_pages import ONE_AT_A_TIME
from promesa.web.gate import asking
from promesa.web.own import require_own
from promesa.web.rendering import Asked, page
from promesa.web.taking import KINDS, as_csv, as_xlsx

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from promesa.actions import Case, CaseList
    from promesa.web.rendering import Visit

ON_A_PAGE = 50
MOST_TAKEN = 10_000
WHOLE_FROM = 10
_COLUMNS = ("due", "touchpoint", "standing", "opened", "waited", "at_stake", "customer", "case")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a reader asks for, as it stands in the address."""

    touchpoint: str
    overdue: bool
    page: int

    @property
    def query(self) -> str:
        """Return the address without the page."""
        parts = {"touchpoint": self.touchpoint, "overdue": "yes" if self.overdue else ""}
        return urlencode({key: value for key, value in parts.items() if value})


@get("/cases", opt=asking("see_figures", own=True), sync_to_thread=True)
def cases(visit: Asked) -> Response[str]:
    """List open cases; by touchpoint, and only those past their limit."""
    wanted = _wanted(visit)
    try:
        skip = (wanted.page - 1) * ON_A_PAGE
        found = found_cases(visit, wanted.touchpoint, overdue=wanted.overdue, skip=skip, most=ON_A_PAGE)
    except NothingLoaded:
        found = None
    shown = page(
        visit,
        "cases.html",
        title=visit.say("place.cases"),
        found=found,
        rows=[_cells(visit, one) for one in found.cases] if found else [],
        columns=_columns(visit),
        as_of=_local(visit, found.as_of) if found else "",
        counts=[words.number(n, visit.locale) for n in (found.open_now, found.overdue)] if found else [],
        touchpoints=sorted(_labels(visit).items(), key=lambda pair: pair[1]),
        wanted=wanted,
        opens=visit.may("see_personal_data"),
    )
    shown.headers["Cache-Control"] = "no-store"
    return shown


@get("/cases/{file:str}", opt=asking("see_figures", own=True), sync_to_thread=True)
def cases_file(visit: Asked, file: Annotated[str, PathParameter(max_length=20)]) -> Response[bytes]:
    """Give the list as CSV or Excel, of all pages."""
    kind = file.removeprefix("cases.")
    if file not in {"cases.csv", "cases.xlsx"}:
        raise NotFoundException
    wanted = _wanted(visit)
    try:
        found = found_cases(visit, wanted.touchpoint, overdue=wanted.overdue, most=MOST_TAKEN)
    except NothingLoaded:
        raise NotFoundException from None
    columns = _columns(visit)
    cells = [_cells(visit, one) for one in found.cases]
    table = report.Table(
        caption=visit.say("place.cases"),
        heads=tuple(visit.say(f"cases.{name}") for name in columns),
        numeric=tuple(False for _ in columns),
        rows=tuple(tuple(report.Cell(text=row[name]) for name in columns) for row in cells),
    )
    headers = {"Content-Disposition": f'attachment; filename="{file}"', "Cache-Control": "no-store"}
    return Response(as_csv(table) if kind == "csv" else as_xlsx(table), media_type=KINDS[kind], headers=headers)


def _wanted(visit: Visit) -> Wanted:
    """Read the address; a touchpoint of another function is not an owner's to ask for."""
    asked = visit.request.query_params
    name, at = asked.get("touchpoint", "")[:200], asked.get("page", "")
    if name:
        require_own(visit, "touchpoint", name)
        if name not in visit.site.workspace.model.touchpoints:
            raise NotFoundException
    number = int(at) if at.isdecimal() and 0 < len(at) < 6 else 1
    return Wanted(touchpoint=name, overdue=asked.get("overdue") == "yes", page=max(number, 1))


def own_touchpoints(visit: Visit) -> list[str] | None:
    """Return the touchpoints whose cases a reader may see; None means every one."""
    if visit.may("see_figures"):
        return None
    functions = functions_of(visit.person, "see_figures") or ()
    return [one.name for one in visit.site.workspace.model.touchpoints.values() if one.function in functions]


def found_cases(
    visit: Visit, touchpoint: str, *, overdue: bool, skip: int = 0, most: int, as_of: str | None = None
) -> CaseList:
    """Look open cases up as of the newest analysis, so that they are those that the figures count."""
    snapshot = visit.site.snapshot()
    if as_of is None and snapshot is not None:
        as_of = f"{snapshot.about['as_of']}+00:00"
    places = [touchpoint] if touchpoint else own_touchpoints(visit)
    with ONE_AT_A_TIME, own_facts(visit.site.workspace, as_of=as_of) as facts:
        return list_cases(facts, touchpoints=places, overdue=overdue, skip=skip, most=most)


def _labels(visit: Visit) -> Mapping[str, str]:
    own, declared = own_touchpoints(visit), visit.site.workspace.model.touchpoints.values()
    return {one.name: one.label.in_locale(visit.locale) for one in declared if own is None or one.name in own}


def _columns(visit: Visit) -> list[str]:
    """Return the columns of a reader: nobody learns of money or of customers by an empty one."""
    person, everything = visit.person, not visit.request.app.state.guarded
    hidden = {"at_stake": "see_money", "customer": "see_personal_data"}
    return [
        name
        for name in _COLUMNS
        if name not in hidden or everything or functions_of(person, hidden[name]) != ()  # type: ignore[arg-type]
    ]


def sees(visit: Visit, one: Case) -> tuple[bool, bool]:
    """Tell whether a reader may see whose a case is, and what money hangs on it."""
    declared = visit.site.workspace.model.touchpoints.get(one.touchpoint)
    function = declared.function if declared else None
    return visit.may("see_personal_data", function=function), visit.may("see_money", function=function)


def _cells(visit: Visit, one: Case) -> dict[str, str]:
    locale, (personal, money) = visit.locale, sees(visit, one)
    touchpoint = visit.site.workspace.model.touchpoints.get(one.touchpoint)
    beyond = _length(abs(one.hours_beyond), locale)
    standing = "below" if one.below_minimum else "overdue" if one.overdue else "in_time"
    at_stake = words.money(one.at_stake, visit.site.workspace.currency, locale).replace(" ", "\u00a0") if money else ""
    return {
        "due": _local(visit, one.due),
        "touchpoint": touchpoint.label.in_locale(locale) if touchpoint else one.touchpoint,
        "standing": visit.say(f"cases.is.{standing}", time=beyond),
        "opened": _local(visit, one.opened),
        "waited": _length(one.hours_open, locale),
        "at_stake": at_stake,
        "customer": str(one.customer) if personal and one.customer is not None else "",
        "case": one.id,
        "late": "late" if one.overdue else "",
    }


def _length(hours: float, locale: str) -> str:
    shown = words.in_fitting_unit({"estimate": hours, "unit": "hours"})
    unit = words.say(f"unit.{shown['unit']}", locale)
    decimals = 1 if shown["estimate"] < WHOLE_FROM and shown["unit"] != "minutes" else 0
    return f"{words.number(shown['estimate'], locale, decimals=decimals)}\u00a0{unit}"


def _local(visit: Visit, at: datetime) -> str:
    return f"{local_time_of(at, visit.site.workspace.time_zone):%Y-%m-%d %H:%M}"


ROUTES = (cases, cases_file)
