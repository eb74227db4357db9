"""Open cases: what somebody must finish, the longest past its limit first; an owner's are those they answer for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter

from promesa import report, words
from promesa.access import functions_of
from promesa.actions import STANDINGS, answering_for
from promesa.errors import NothingLoaded
from promesa.web.case_asking import (
    found_cases,
    functions_with_cases,
    orders_of,
    sees_money,
    touchpoints_of,
    wanted_cases,
)
from promesa.web.gate import asking
from promesa.web.rendering import Asked, page
from promesa.web.taking import KINDS, as_csv, as_xlsx, sortable

if TYPE_CHECKING:
    from promesa.access import Permission
    from promesa.actions import Case
    from promesa.web.rendering import Visit
    from promesa.workspace import Workspace

ON_A_PAGE = 50
MOST_TAKEN = 10_000
WHOLE_FROM = 10
_COLUMNS = ("due", "touchpoint", "standing", "opened", "waited", "at_stake", "customer_revenue", "customer", "case")


@get("/cases", opt=asking("see_figures", own=True), sync_to_thread=True)
def cases(visit: Asked) -> Response[str]:
    """List open cases: of a function or touchpoint, as they stand, in the order asked for."""
    wanted, ws = wanted_cases(visit), visit.site.workspace
    try:
        found = found_cases(visit, wanted, skip=(wanted.page - 1) * ON_A_PAGE, most=ON_A_PAGE)
    except NothingLoaded:
        found = None
    shown = page(
        visit,
        "cases.html",
        title=visit.say("place.cases"),
        found=found,
        rows=[_cells(visit, ws, one) for one in found.cases] if found else [],
        columns=_columns(visit),
        as_of=visit.instant(found.as_of) if found else "",
        counts=[words.number(n, visit.locale) for n in (found.open_now, found.overdue)] if found else [],
        chosen=words.number(found.listed, visit.locale) if found else "",
        functions=functions_with_cases(visit),
        touchpoints=sorted(touchpoints_of(visit, wanted.function).items(), key=lambda pair: pair[1]),
        standings=STANDINGS,
        orders=orders_of(visit),
        wanted=wanted,
        pages=_pages(found.listed, wanted.page) if found else (),
        numbered=partial(words.number, locale=visit.locale),
        most_taken=MOST_TAKEN,
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
    wanted, ws = wanted_cases(visit), visit.site.workspace
    try:
        found = found_cases(visit, wanted, most=MOST_TAKEN)
    except NothingLoaded:
        raise NotFoundException from None
    columns = _columns(visit)
    cells = [_cells(visit, ws, one) for one in found.cases]
    table = report.Table(
        caption=visit.say("place.cases"),
        heads=tuple(visit.say(f"cases.{name}") for name in columns),
        numeric=tuple(name in {"at_stake", "customer_revenue"} for name in columns),
        rows=tuple(tuple(report.Cell(text=sortable(row[name])) for name in columns) for row in cells),
    )
    headers = {"Content-Disposition": f'attachment; filename="{file}"', "Cache-Control": "no-store"}
    body = (as_csv if kind == "csv" else as_xlsx)(table, visit.locale)
    return Response(body, media_type=KINDS[kind], headers=headers)


def _pages(listed: int, at: int) -> list[int | None]:
    """Return the numbers of the pages to go to: the first, those around this one, the last; None for a gap."""
    last = max((listed - 1) // ON_A_PAGE + 1, 1)
    shown = sorted({1, *range(max(at - 1, 1), min(at + 1, last) + 1), last})
    numbers: list[int | None] = []
    for number in shown:
        if numbers and number - (numbers[-1] or 0) > 1:
            numbers.append(None)
        numbers.append(number)
    return numbers if last > 1 else []


def _columns(visit: Visit) -> list[str]:
    """Return the columns of a reader: nobody learns of money or of customers by an empty one."""

    def reaches(permission: Permission) -> bool:
        return visit.may(permission) or functions_of(visit.person, permission) != ()

    shown = {
        "at_stake": reaches("see_money"),
        "customer_revenue": sees_money(visit),
        "customer": reaches("see_personal_data"),
    }
    return [name for name in _COLUMNS if shown.get(name, True)]


def sees(visit: Visit, ws: Workspace, one: Case) -> tuple[bool, bool]:
    """Tell whether a reader may see whose a case is, and what money hangs on it."""
    function = answering_for(ws.model).get(one.touchpoint)
    return visit.may("see_personal_data", function=function), visit.may("see_money", function=function)


def _cells(visit: Visit, ws: Workspace, one: Case) -> dict[str, str]:
    locale, (personal, money) = visit.locale, sees(visit, ws, one)
    touchpoint = ws.model.touchpoints.get(one.touchpoint)
    beyond = _length(abs(one.hours_beyond), locale)
    standing = "below" if one.below_minimum else "overdue" if one.overdue else "in_time"
    return {
        "due": visit.dated(one.due),
        "touchpoint": touchpoint.label.in_locale(locale) if touchpoint else one.touchpoint,
        "standing": visit.say(f"cases.is.{standing}", time=beyond),
        "opened": visit.dated(one.opened),
        "waited": _length(one.hours_open, locale),
        "at_stake": _money(visit, ws, one.at_stake) if money else "",
        "customer_revenue": _money(visit, ws, one.customer_revenue) if sees_money(visit) else "",
        "customer": str(one.customer) if personal and one.customer is not None else "",
        "case": one.id,
        "late": "late" if one.overdue else "",
    }


def _money(visit: Visit, ws: Workspace, amount: float | None) -> str:
    return words.money(amount, ws.currency, visit.locale).replace(" ", "\u00a0")


def _length(hours: float, locale: str) -> str:
    shown = words.in_fitting_unit({"estimate": hours, "unit": "hours"})
    unit = words.say(f"unit.{shown['unit']}", locale)
    decimals = 1 if shown["estimate"] < WHOLE_FROM and shown["unit"] != "minutes" else 0
    return f"{words.number(shown['estimate'], locale, decimals=decimals)}\u00a0{unit}"


ROUTES = (cases, cases_file)
