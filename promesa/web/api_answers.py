"""Answers of the newest snapshot, and those that are worked out when they are asked for."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.exceptions import HTTPException, NotFoundException, PermissionDeniedException
from litestar.params import JSONBody, PathParameter, QueryParameter

from promesa import chain
from promesa.access import functions_of
from promesa.snapshot import ANALYSES, SHOWN, document_key
from promesa.web.api_jobs import answer_job, link_of
from promesa.web.api_shapes import (
    Answer,
    AnswerEntry,
    Answers,
    Job,
    Lever,
    Levers,
    WhatIfAsked,
)
from promesa.web.gate import asking
from promesa.web.narrowing import YEARS
from promesa.web.own import own_content
from promesa.web.rendering import Asked  # noqa: TC001 - read when the application is put together
from promesa.web.taking import harmless
from promesa.web.views import Failed, Question

if TYPE_CHECKING:
    from promesa.report import Content
    from promesa.snapshot import Snapshot
    from promesa.web.rendering import Visit

SEE, OWN = asking("see_figures"), asking("see_figures", own=True)
MONEY = frozenset({"value", "ledger", "whale", "returning", "lifetime", "retention", "tiers", "promoters", "balance"})
"""Analyses that show amounts."""
KEY = Annotated[str, PathParameter(max_length=200, description="an analysis, or `analysis_by_split` as kept")]
BY = Annotated[str | None, QueryParameter(max_length=300, description="what to split by: names with commas between")]
SINCE = Annotated[date | None, QueryParameter(description="first day")]
UNTIL = Annotated[date | None, QueryParameter(description="last day")]
AS_OF = Annotated[date | None, QueryParameter(description="as it stood at the end of that day")]
OUTCOME = Annotated[str | None, QueryParameter(max_length=200, description="one outcome of the model")]
FORM = Annotated[
    Literal["json", "csv"], QueryParameter(name="format", description="the rows alone as CSV, or everything as JSON")
]


def newest(visit: Visit) -> Snapshot:
    """Return the newest snapshot.

    Raises
    ------
    HTTPException
        404, before the first analysis.
    """
    snapshot = visit.site.snapshot()
    if snapshot is None:
        raise HTTPException(
            "The workspace has not been analysed yet: run `promesa analyse`.",
            status_code=404,
            extra={"code": "nothing-analysed"},
        )
    return snapshot


def tagged(visit: Visit, snapshot: Snapshot, name: str) -> tuple[dict[str, str], bool]:
    """Return the headers that let a client keep an answer, and whether the one it holds is still good."""
    made = (snapshot.folder / "about.json").stat().st_mtime_ns
    told = f"{snapshot.folder.name} {made} {snapshot.about['workspace']} {name}"
    tag = f'W/"{hashlib.sha256(told.encode()).hexdigest()[:32]}"'
    given = {one.strip() for one in visit.request.headers.get("if-none-match", "").split(",")}
    return {"ETag": tag, "Cache-Control": "private, no-cache"}, bool(given & {tag, tag.removeprefix("W/"), "*"})


def utc(at: datetime | str) -> datetime:
    """Return an instant of the store with its zone."""
    return (datetime.fromisoformat(at) if isinstance(at, str) else at).replace(tzinfo=UTC)


@get("/answers", opt=OWN, sync_to_thread=True)
def answers(visit: Asked) -> Response[Answers]:
    """List the answers of the newest snapshot; to the owner of a function those that have rows of it.

    With `If-None-Match` it says 304 while no newer snapshot is there.
    """
    snapshot = newest(visit)
    own = own_content(visit, snapshot)
    headers, same = tagged(visit, snapshot, f"answers {_whose(visit)}")
    if same:
        return _unchanged(headers)
    about = snapshot.about
    keys = [key for key in about["documents"] if _is_shown(visit, key, own)]
    return Response(
        Answers(
            snapshot=snapshot.folder.name,
            as_of=utc(str(about["as_of"])),
            store_version=str(about["store_version"]),
            company=about["company"],
            currency=about["currency"],
            time_zone=about["time_zone"],
            answers=[_entry(key) for key in keys],
        ),
        headers=headers,
    )


def _entry(key: str) -> AnswerEntry:
    analysis, _, split = key.partition("_by_")
    return AnswerEntry(
        key=key, analysis=analysis, by=split.split("_and_") if split else [], link=f"/api/v1/answers/{key}"
    )


def _is_money(key: str) -> bool:
    return key.partition("_by_")[0] in MONEY


@get("/answers/{key:str}", opt=OWN, sync_to_thread=True)
def answer(
    visit: Asked,
    key: KEY,
    *,
    by: BY = None,
    since: SINCE = None,
    until: UNTIL = None,
    outcome: OUTCOME = None,
    as_of: AS_OF = None,
    form: FORM = "json",
) -> Response[Answer]:
    """Give one answer.

    What the snapshot keeps comes at once, with an `ETag`. Anything else is worked out in the background: the answer is
    then 202 with a job; ask again at `result` when its state is ``done``. What was worked out is kept with the
    snapshot. The owner of a function gets the kept rows of own promises, touchpoints and elements, and no sentence or
    chart: those are of the whole company.
    """
    snapshot = newest(visit)
    own = own_content(visit, snapshot)
    if own is None and _is_money(key) and not visit.may("see_money"):
        raise PermissionDeniedException
    asked = Question(
        analysis=key,
        by=tuple(name.strip() for name in (by or "").split(",") if name.strip()),
        since=since,
        until=until,
        outcome=outcome or "",
        as_of=as_of,
    )
    kept = snapshot.document(document_key(key, asked.by)) if asked.is_whole else None
    if own is not None:
        kept = _own_document(own, asked)
    found = kept if kept is not None else visit.site.views.answer(snapshot, checked(asked))
    if isinstance(found, Failed):
        raise HTTPException(found.said.splitlines()[0], status_code=400, extra={"code": "not-computed"})
    if found is None:
        return _accepted(answer_job(visit, asked))
    headers, same = tagged(visit, snapshot, f"{key} {asked.name} {form} {_whose(visit)}")
    if same:
        return _unchanged(headers)
    if form == "csv":
        return _as_csv(found, headers, document_key(key, asked.by))
    return _as_it_is(found, headers)


def _whose(visit: Visit) -> str:
    """Return of which functions an answer is, so that no two owners share what a cache holds."""
    return "" if visit.may("see_figures") else " ".join(functions_of(visit.person, "see_figures") or ())


def _is_shown(visit: Visit, key: str, own: Content | None) -> bool:
    return visit.may("see_money") or not _is_money(key) if own is None else key in own.documents


def _own_document(own: Content, asked: Question) -> dict[str, Any]:
    """Return what an owner may have of an answer: nothing is worked out for one, nothing told of all.

    Raises
    ------
    PermissionDeniedException
        If no row of it is theirs, or it is asked for in another way than the snapshot keeps it.
    """
    key = document_key(asked.analysis, asked.by)
    if not asked.is_whole or key not in own.documents:
        raise PermissionDeniedException
    return dict(own.document(key))


def checked(asked: Question) -> Question:
    """Return a question that can be asked.

    Raises
    ------
    HTTPException
        404 where there is no such analysis, 400 where it does not take what is asked of it.
    """
    if asked.analysis not in ANALYSES:
        raise NotFoundException
    given = {"by": asked.by, "outcome": asked.outcome, "since": asked.since, "until": asked.until}
    refused = sorted(name for name, value in given.items() if value and name not in SHOWN[asked.analysis])
    if refused:
        takes = ", ".join((*SHOWN[asked.analysis], "as_of"))
        raise HTTPException(
            f"The analysis {asked.analysis} does not take {', '.join(refused)}; it takes {takes}.",
            status_code=400,
            extra={"code": "value-out-of-range"},
        )
    checked_days(asked.since, asked.until, asked.as_of)
    return asked


def checked_days(*days: date | None) -> None:
    """Stop at days that no engine counts with.

    Raises
    ------
    HTTPException
        400, if one is of a year beyond those that can be asked for.
    """
    if any(day is not None and not YEARS[0] <= day.year <= YEARS[1] for day in days):
        raise HTTPException(
            f"A day is of the years {YEARS[0]} to {YEARS[1]}.", status_code=400, extra={"code": "value-out-of-range"}
        )


def _accepted(job: Job) -> Any:
    headers = {"Location": job.link, "Retry-After": "1", "Cache-Control": "no-store"}
    return Response(job, status_code=202, headers=headers)


def _unchanged(headers: dict[str, str]) -> Any:
    return Response(None, status_code=304, headers=headers)


def _as_it_is(document: dict[str, Any], headers: dict[str, str]) -> Any:
    return Response(msgspec.json.encode(document), media_type="application/json", headers=headers)


def _as_csv(document: dict[str, Any], headers: dict[str, str], name: str) -> Any:
    """Return the raw rows as CSV: full stops in numbers, nothing rounded."""
    rows: list[dict[str, Any]] = document["rows"]
    heads = list(dict.fromkeys(key for row in rows for key in row))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    for row in rows:
        writer.writerow([_cell(row.get(head)) for head in heads])
    headers = {**headers, "Content-Disposition": f'attachment; filename="{_safe(name)}.csv"'}
    return Response(out.getvalue().encode(), media_type="text/csv", headers=headers)


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return harmless(value)
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else value


def _safe(name: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "_-") else "-" for letter in name)


@get("/levers", opt=SEE, sync_to_thread=True)
def levers(visit: Asked) -> Levers:
    """List what can be moved in a what-if, with the range of each."""
    found = chain.levers(_system(visit))
    return Levers(levers=[msgspec.convert(one, Lever, from_attributes=True) for one in found])


@post("/what-if", opt=SEE, status_code=200, sync_to_thread=True)
def what_if(visit: Asked, data: JSONBody[WhatIfAsked]) -> Response[Answer]:
    """Tell what would come of moving promises, elements and touchpoints to other levels.

    Nothing is changed: the answer is worked out from the kept effects at once.
    """
    found = chain.what_if(_system(visit), data.changes)
    return _as_it_is(found.to_document(), {"Cache-Control": "no-store"})


def _system(visit: Visit) -> dict[str, Any]:
    document = newest(visit).document("system")
    if document is None:
        raise NotFoundException
    return document


ROUTES = (answers, answer, levers, what_if)
__all__ = ["ROUTES", "checked", "checked_days", "link_of", "newest", "tagged", "utc"]
