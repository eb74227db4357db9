"""Open cases for programs: what waits, since when, past its limit or not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from litestar import Response, get
from litestar.exceptions import PermissionDeniedException
from litestar.params import QueryParameter
from msgspec import Struct

from promesa.actions import Order, Standing
from promesa.web.api_answers import utc
from promesa.web.api_paging import CURSOR, LIMIT, cursor_of, link_to, position_of
from promesa.web.case_asking import Wanted, found_cases, require_known, sees_money
from promesa.web.case_pages import sees
from promesa.web.gate import asking
from promesa.web.rendering import Asked  # noqa: TC001 - read when the application is put together

if TYPE_CHECKING:
    from promesa.actions import Case
    from promesa.web.rendering import Visit
    from promesa.workspace import Workspace

FARTHEST = 10**9
FUNCTION = Annotated[
    str | None, QueryParameter(max_length=200, description="only those that this function answers for")
]
STANDING = Annotated[
    Standing | None, QueryParameter(description="only past the limit, past a minimum standard's, or neither")
]
ORDER = Annotated[
    Order,
    QueryParameter(
        description="first what is due earliest, of the customers who bought most in a year (needs the right to see "
        "money), or opened earliest"
    ),
]
TOUCHPOINT = Annotated[str | None, QueryParameter(max_length=200, description="only of that touchpoint")]
OVERDUE = Annotated[bool, QueryParameter(description="only those past their limit; as `standing=overdue`")]


class CaseShown(Struct, frozen=True, kw_only=True):
    """Something that a customer began and nobody has finished.

    `due` is the earliest limit that a promise or a minimum standard sets; `hours_beyond` is negative before it.
    `at_stake` is what the orders of its journey brought in, `customer_revenue` what those of the customer's last 365
    days did.
    """

    source: str
    id: str
    customer: str | None
    touchpoint: str
    channel: str | None
    opened_at: datetime
    due: datetime
    overdue: bool
    below_minimum: bool | None
    hours_open: float
    hours_beyond: float
    at_stake: float | None
    customer_revenue: float | None


class CasesShown(Struct, frozen=True, kw_only=True):
    """Open cases as of one instant; the counts are of all pages, `listed` of the standing asked for."""

    as_of: datetime
    open_now: int
    overdue: int
    listed: int
    cases: list[CaseShown]
    next: str | None


@get("/cases", opt=asking("see_figures", own=True), sync_to_thread=True)
def cases(
    visit: Asked,
    *,
    function: FUNCTION = None,
    touchpoint: TOUCHPOINT = None,
    standing: STANDING = None,
    overdue: OVERDUE = False,
    order: ORDER = "due",
    cursor: CURSOR = None,
    limit: LIMIT = 100,
) -> Response[CasesShown]:
    """List open cases, as of the newest analysis; unasked, the longest past their limit first.

    The owner of a function sees those it answers for. `customer` is null without the right to personal data,
    `at_stake` and `customer_revenue` without that to money. The pages behind a cursor are as of the first one.
    """
    require_known(visit, function or "", touchpoint or "")
    if order == "stake" and not sees_money(visit):
        raise PermissionDeniedException
    standing = standing or ("overdue" if overdue else None)
    asked = Wanted(function=function or "", touchpoint=touchpoint or "", standing=standing, order=order, page=1)
    as_of, skip = position_of(cursor, (str, int)) or (None, 0)
    skip = min(max(skip, 0), FARTHEST)
    found = found_cases(visit, asked, skip=skip, most=limit, as_of=as_of)
    instant = found.as_of.replace(tzinfo=UTC)
    after = cursor_of([instant.isoformat(), skip + limit]) if found.more else None
    ws = visit.site.workspace
    body = CasesShown(
        as_of=instant,
        open_now=found.open_now,
        overdue=found.overdue,
        listed=found.listed,
        cases=[_shown(visit, ws, one) for one in found.cases],
        next=after,
    )
    return Response(body, headers={"Cache-Control": "no-store", **link_to(visit, after)})


def _shown(visit: Visit, ws: Workspace, one: Case) -> CaseShown:
    personal, money = sees(visit, ws, one)
    return CaseShown(
        source=one.source,
        id=one.id,
        customer=str(one.customer) if personal and one.customer is not None else None,
        touchpoint=one.touchpoint,
        channel=one.channel,
        opened_at=utc(one.opened),
        due=utc(one.due),
        overdue=one.overdue,
        below_minimum=one.below_minimum,
        hours_open=one.hours_open,
        hours_beyond=one.hours_beyond,
        at_stake=one.at_stake if money else None,
        customer_revenue=one.customer_revenue if sees_money(visit) else None,
    )


ROUTES = (cases,)
