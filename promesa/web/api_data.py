"""Loads, what waits outside the store, and the audit log."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import JSONBody, PathParameter, QueryParameter

from promesa.access import find_entries, record
from promesa.errors import UnknownName
from promesa.store import (
    explain_rule,
    kept_reports,
    quarantine_counts,
    quarantine_list,
    quarantine_mend,
    quarantine_replay,
    quarantine_show,
)
from promesa.web.account_page import gate_of
from promesa.web.api_answers import utc
from promesa.web.api_jobs import jobs_of
from promesa.web.api_once import once
from promesa.web.api_paging import CURSOR, LIMIT, cursor_of, link_to, position_of
from promesa.web.api_shapes import (
    AuditPage,
    AuditShown,
    Job,
    Loads,
    LoadShown,
    Mend,
    QuarantinePage,
    QuarantineRow,
    Replay,
)
from promesa.web.gate import asking, utc_now
from promesa.web.rendering import Asked  # noqa: TC001 - read when the application is put together

if TYPE_CHECKING:
    from promesa.store import LoadReport, QuarantineItem
    from promesa.web.rendering import Visit

SEE, MANAGE = asking("see_figures"), asking("manage_data")
ITEM = Annotated[str, PathParameter(max_length=100)]
ONLY = Annotated[str | None, QueryParameter(max_length=200)]
PRIVATE = {"Cache-Control": "no-store"}


@get("/loads", opt=SEE, sync_to_thread=True)
def loads(visit: Asked, cursor: CURSOR = None, limit: LIMIT = 50) -> Response[Loads]:
    """List the loads, the newest first: what was read, accepted, corrected and quarantined."""
    position = position_of(cursor, (str,))
    found = kept_reports(visit.site.workspace, before=position[0] if position else None, limit=limit + 1)
    after = cursor_of([found[limit - 1][0]]) if len(found) > limit else None
    shown = [_load(name, report) for name, report in found[:limit]]
    return Response(Loads(loads=shown, next=after), headers=link_to(visit, after))


def _load(name: str, report: LoadReport) -> LoadShown:
    document: dict[str, Any] = report.to_document()
    return LoadShown(
        id=name,
        recorded_at=utc(report.recorded_at),
        store_version=report.store_version,
        rows=document["rows"],
        quarantined=report.quarantined,
        warnings=list(report.warnings),
        summary=document["summary"],
    )


@get("/quarantine", opt=MANAGE, sync_to_thread=True)
def quarantine(
    visit: Asked, load: ONLY = None, rule: ONLY = None, cursor: CURSOR = None, limit: LIMIT = 100
) -> Response[QuarantinePage]:
    """List the rows that wait outside the store, the newest first; personal values are masked."""
    ws = visit.site.workspace
    position = position_of(cursor, (str, str, str, str, int, str))
    after = _place(position) if position else None
    found = quarantine_list(ws, load=load, rule=rule, limit=limit + 1, after=after)
    more = (
        cursor_of([found[limit - 1].place[0].isoformat(), *found[limit - 1].place[1:]]) if len(found) > limit else None
    )
    page = QuarantinePage(counts=quarantine_counts(ws), rows=[_row(one) for one in found[:limit]], next=more)
    return Response(page, headers={**PRIVATE, **link_to(visit, more)})


def _place(position: list[Any]) -> tuple[datetime, str, str, str, int, str]:
    at, table, load, file, row, item = position
    try:
        return (datetime.fromisoformat(at).replace(tzinfo=None), table, load, file, row, item)
    except ValueError:
        raise NotFoundException from None


def _row(item: QuarantineItem) -> QuarantineRow:
    return QuarantineRow(
        id=item.id,
        table=item.table,
        load=item.load,
        rule=item.rule,
        explanation={locale: explain_rule(item.rule, item.column or "", locale) for locale in ("es", "en")},
        file=item.file,
        row=item.row,
        column=item.column,
        value=item.value,
        recorded_at=utc(item.recorded_at),
        state=item.state,  # pyright: ignore[reportArgumentType] - the store writes these three alone
        record=dict(item.record),
    )


@get("/quarantine/{item:str}", opt=MANAGE, sync_to_thread=True)
def quarantine_row(visit: Asked, item: ITEM) -> Response[QuarantineRow]:
    """Give one row that waits, with its whole record; personal values are masked."""
    return Response(_row(_known(visit, item)), headers=PRIVATE)


def _as_it_stands(visit: Visit, item: str, **_asked: object) -> Response[QuarantineRow]:
    return Response(_row(_known(visit, item)), headers=PRIVATE)


@post("/quarantine/{item:str}/mend", opt=MANAGE, status_code=200, sync_to_thread=True)
@partial(once, again=_as_it_stands)
def mend(visit: Asked, item: ITEM, data: JSONBody[Mend]) -> Response[QuarantineRow]:
    """Change values of a row; `POST /quarantine/replay` then tries it again."""
    _known(visit, item)
    mended = quarantine_mend(visit.site.workspace, item, data.changes)
    _note(visit, "quarantine.mended", f"quarantine:{item}", {"columns": sorted(data.changes)})
    return Response(_row(mended), headers=PRIVATE)


@post("/quarantine/replay", opt=MANAGE, status_code=202, sync_to_thread=True)
@once
def replay(visit: Asked, data: JSONBody[Replay]) -> Response[Job]:
    """Try the rows that wait again, as a job: its `counts` say how many went into the store and how many are left."""
    ws, person = visit.site.workspace, visit.person
    ids = tuple(data.ids)
    _note(visit, "quarantine.replay_begun", "quarantine:all" if not ids else f"quarantine:{len(ids)}", {})

    def work() -> dict[str, int]:
        report = quarantine_replay(ws, recorded_at=utc_now(), ids=ids, progress=None)
        accepted = report.total("accepted") + report.total("corrected")
        return {"accepted": accepted, "left": len(quarantine_list(ws, state="open", limit=None))}

    begun = jobs_of(visit).begin(work, kind="replay", person=person.id if person else None)
    return Response(begun, status_code=202, headers={"Location": begun.link, "Retry-After": "1", **PRIVATE})


def _known(visit: Visit, item: str) -> QuarantineItem:
    try:
        return quarantine_show(visit.site.workspace, item)
    except UnknownName:
        raise NotFoundException from None


def _note(visit: Visit, action: str, about: str, after: dict[str, Any]) -> None:
    assert visit.person is not None  # noqa: S101 (the gate lets nobody else through)
    with gate_of(visit).database.begin() as connection:
        record(connection, by=visit.person.actor, action=action, about=about, now=utc_now(), after=after)


@get("/audit", opt=asking("read_audit"), sync_to_thread=True)
def audit(
    visit: Asked, actor: ONLY = None, action: ONLY = None, cursor: CURSOR = None, limit: LIMIT = 100
) -> Response[AuditPage]:
    """List the audit log, the newest entry first; `action` fits the beginning: ``customer.``."""
    position = position_of(cursor, (int,))
    before = position[0] if position else None
    if before is not None and not 0 <= before < 2**63:
        raise NotFoundException
    with gate_of(visit).database.begin() as connection:
        found = find_entries(connection, actor=actor, action=action, before_number=before, limit=limit + 1)
    after = cursor_of([found[limit - 1].number]) if len(found) > limit else None
    shown = [
        AuditShown(
            number=one.number,
            at=utc(one.at),
            actor=one.actor,
            action=one.action,
            object=one.object,
            before=one.before,
            after=one.after,
            hash=one.hash,
        )
        for one in found[:limit]
    ]
    return Response(AuditPage(entries=shown, next=after), headers={**PRIVATE, **link_to(visit, after)})


ROUTES = (loads, quarantine, quarantine_row, mend, replay, audit)
