"""Open cases for programs: what waits, since when, past its limit or not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import QueryParameter
from msgspec import Struct

from promesa.web.api_answers import utc
from promesa.web.api_paging import CURSOR, LIMIT, cursor_of, link_to, position_of
from promesa.web.case_pages import found_cases, sees
from promesa.web.gate import asking
from promesa.web.own import require_own
from promesa.web.rendering import Asked  # noqa: TC001 - read when the application is put together

if TYPE_CHECKING:
    from promesa.actions import Case
    from promesa.web.rendering import Visit

FARTHEST = 10**9
TOUCHPOINT = Annotated[str | None, QueryParameter(max_length=200, description="only of that touchpoint")]
OVERDUE = Annotated[bool, QueryParameter(description="only those past their limit")]


class CaseShown(Struct, frozen=True, kw_only=True):
    """Something that a customer began and nobody has finished.

    `due` is the earliest limit that a promise or a minimum standard sets; `hours_beyond` is negative before it.
    `at_stake` is what the orders of its journey brought in.
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


class CasesShown(Struct, frozen=True, kw_only=True):
    """Open cases as of one instant, the longest past their limit first; both counts are of all pages."""

    as_of: datetime
    open_now: int
    overdue: int
    cases: list[CaseShown]
    next: str | None


@get("/cases", opt=asking("see_figures", own=True), sync_to_thread=True)
def cases(
    visit: Asked,
    *,
    touchpoint: TOUCHPOINT = None,
    overdue: OVERDUE = False,
    cursor: CURSOR = None,
    limit: LIMIT = 100,
) -> Response[CasesShown]:
    """List open cases, the longest past their limit first, as of the newest analysis.

    The owner of a function sees those of own touchpoints. `customer` is null without the right to personal data,
    `at_stake` without that to money. The pages behind a cursor are as of the first one.
    """
    if touchpoint:
        require_own(visit, "touchpoint", touchpoint)
        if touchpoint not in visit.site.workspace.model.touchpoints:
            raise NotFoundException
    as_of, skip = position_of(cursor, (str, int)) or (None, 0)
    skip = min(max(skip, 0), FARTHEST)
    found = found_cases(visit, touchpoint or "", overdue=overdue, skip=skip, most=limit, as_of=as_of)
    instant = found.as_of.replace(tzinfo=UTC)
    after = cursor_of([instant.isoformat(), skip + limit]) if found.more else None
    body = CasesShown(
        as_of=instant,
        open_now=found.open_now,
        overdue=found.overdue,
        cases=[_shown(visit, one) for one in found.cases],
        next=after,
    )
    return Response(body, headers={"Cache-Control": "no-store", **link_to(visit, after)})


def _shown(visit: Visit, one: Case) -> CaseShown:
    personal, money = sees(visit, one)
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
    )


ROUTES = (cases,)
