"""The commitments behind a promise, one by one: of whom, until when, how each stands, what broke."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from litestar import Response, get
from litestar.exceptions import NotFoundException

from promesa import words
from promesa.errors import NothingLoaded
from promesa.promises import OVERDUE, STATUSES, list_commitments
from promesa.store import own_facts
from promesa.web.details import NAMED  # noqa: TC001 - read when the application is put together
from promesa.web.gate import asking
from promesa.web.narrowing import narrowing_of
from promesa.web.own import require_own
from promesa.web.rendering import Asked, page

if TYPE_CHECKING:
    from datetime import date

    from promesa.promises import Commitment, CommitmentList
    from promesa.web.rendering import Visit

ON_A_PAGE = 100
STATES = (OVERDUE, *STATUSES)
ONE_AT_A_TIME = threading.Lock()
"""Every commitment of the promise is judged for a page: several at once would take the memory several times."""


@get("/promises/{name:str}/commitments", opt=asking("see_personal_data", own=True), sync_to_thread=True)
def commitments(visit: Asked, name: NAMED) -> Response[str]:
    """List commitments, the last due first; by state and by the days on which they fell due."""
    require_own(visit, "promise", name, needed="see_personal_data")
    promise = visit.site.workspace.model.promises.get(name)
    if promise is None:
        raise NotFoundException
    asked = visit.request.query_params
    status = asked.get("status", "")
    status = status if status in STATES else ""
    at = int(asked["page"]) if asked.get("page", "").isdecimal() and 0 < len(asked["page"]) < 6 else 1
    to = narrowing_of(asked)
    period = {"from": to.since, "to": to.until}
    try:
        skip = (max(at, 1) - 1) * ON_A_PAGE
        found = found_commitments(visit, name, status=status, since=to.since, until=to.until, skip=skip)
    except NothingLoaded:
        found = None
    shown = page(
        visit,
        "commitments.html",
        title=visit.say("commitments.title"),
        promise=promise,
        statement=promise.statement.in_locale(visit.locale),
        found=found,
        rows=[_cells(visit, one, promise.unit) for one in found.commitments] if found else [],
        as_of=visit.instant(found.as_of) if found else "",
        statuses=[(one, _state(visit, one), _count(visit, found, one)) for one in STATES],
        chosen=status,
        period=period,
        at=max(at, 1),
        query=urlencode({key: str(value) for key, value in {"status": status, **period}.items() if value}),
        opens=visit.may("see_personal_data"),
    )
    shown.headers["Cache-Control"] = "no-store"
    return shown


def found_commitments(
    visit: Visit,
    name: str,
    *,
    status: str | None,
    since: date | None,
    until: date | None,
    skip: int,
    most: int = ON_A_PAGE,
    as_of: str | None = None,
) -> CommitmentList:
    """Look commitments up as of the newest analysis, so that they are those that the promise's page counts."""
    snapshot = visit.site.snapshot()
    if as_of is None and snapshot is not None:
        as_of = f"{snapshot.about['as_of']}+00:00"
    with ONE_AT_A_TIME, own_facts(visit.site.workspace, as_of=as_of) as facts:
        return list_commitments(facts, name, status=status or None, since=since, until=until, skip=skip, most=most)


def _cells(visit: Visit, one: Commitment, unit: str) -> dict[str, str]:
    model, locale = visit.site.workspace.model, visit.locale
    touchpoint = model.touchpoints.get(one.touchpoint or "")
    channel = model.channels.get(one.channel or "")
    return {
        "due": visit.dated(one.due),
        "at": visit.dated(one.at),
        "customer": "" if one.customer is None else str(one.customer),
        "touchpoint": touchpoint.label.in_locale(locale) if touchpoint else one.touchpoint or "",
        "channel": channel.label.in_locale(locale) if channel else one.channel or "",
        "status": one.status,
        "state": _state(visit, one.status),
        "broke": _broke(visit, one, unit),
    }


def _broke(visit: Visit, one: Commitment, unit: str) -> str:
    if one.broke is None:
        return ""
    if one.gap is None or one.broke == "missing":
        return visit.say(f"commitments.broke.{'missing' if one.broke == 'missing' else 'rule'}")
    key = f"unit.{unit}"
    named = words.say_or(key, visit.locale, otherwise=unit)
    said = f"{words.number(abs(one.gap), visit.locale, decimals=0 if one.gap == round(one.gap) else 1)} {named}"
    if unit == "days" and abs(one.gap) == 1:
        said = visit.say("commitments.broke.one_day")
    kind = ("late" if unit == "days" else "over") if one.gap > 0 else "under" if one.gap < 0 else "rule"
    return visit.say(f"commitments.broke.{kind}", gap=said)


def _state(visit: Visit, status: str) -> str:
    return visit.say(f"commitments.is.{status}")


def _count(visit: Visit, found: CommitmentList | None, status: str) -> str:
    return words.number(found.counts[status], visit.locale) if found else ""


ROUTES = (commitments,)
