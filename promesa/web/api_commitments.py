"""The commitments behind a promise for programs: of whom, until when, how each stands, what broke."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Literal

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import QueryParameter

from promesa.web.api_answers import SINCE, UNTIL, checked_days, utc
from promesa.web.api_model import NAME  # noqa: TC001 - read when the application is put together
from promesa.web.api_paging import CURSOR, LIMIT, cursor_of, link_to, position_of
from promesa.web.api_shapes import Commitments, CommitmentShown
from promesa.web.commitment_pages import found_commitments
from promesa.web.gate import asking
from promesa.web.own import require_own
from promesa.web.rendering import Asked  # noqa: TC001 - read when the application is put together

if TYPE_CHECKING:
    from promesa.promises import Commitment

FARTHEST = 10**9
STATUS = Annotated[
    Literal["kept", "broken", "not_yet_due", "released", "unknown", "overdue"] | None,
    QueryParameter(description="only those; `overdue` are broken ones of which nothing has come yet"),
]


@get("/promises/{name:str}/commitments", opt=asking("see_personal_data", own=True), sync_to_thread=True)
def commitments(
    visit: Asked,
    name: NAME,
    *,
    status: STATUS = None,
    since: SINCE = None,
    until: UNTIL = None,
    cursor: CURSOR = None,
    limit: LIMIT = 100,
) -> Response[Commitments]:
    """List commitments of a promise, the last due first, as of the newest analysis.

    `since` and `until` are of the day on which they fell due. The pages behind a cursor are as of the first one.
    """
    require_own(visit, "promise", name, needed="see_personal_data")
    if name not in visit.site.workspace.model.promises:
        raise NotFoundException
    checked_days(since, until)
    as_of, skip = position_of(cursor, (str, int)) or (None, 0)
    skip = min(max(skip, 0), FARTHEST)
    found = found_commitments(visit, name, status=status, since=since, until=until, skip=skip, most=limit, as_of=as_of)
    instant = found.as_of.replace(tzinfo=UTC)
    after = cursor_of([instant.isoformat(), skip + limit]) if found.more else None
    body = Commitments(
        promise=found.promise,
        as_of=instant,
        counts=dict(found.counts),
        commitments=[_shown(one) for one in found.commitments],
        next=after,
    )
    return Response(body, headers={"Cache-Control": "no-store", **link_to(visit, after)})


def _shown(one: Commitment) -> CommitmentShown:
    return CommitmentShown(
        source=one.source,
        id=one.id,
        customer=None if one.customer is None else str(one.customer),
        at=utc(one.at),
        due=utc(one.due) if one.due else None,
        status=one.status,
        touchpoint=one.touchpoint,
        channel=one.channel,
        broke=one.broke,
        gap=one.gap,
    )


ROUTES = (commitments,)
