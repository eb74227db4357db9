"""The commitments of one promise one by one: of whom, until when, how they stand, and what broke those that broke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from promesa.errors import UnknownName
from promesa.measures import PREFIX, ask
from promesa.promises.commitments import STATUSES, commitments

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from promesa.engine import Table
    from promesa.store import Facts

OVERDUE = "overdue"
"""Of the broken ones, those of which nothing has come: what is still to be done."""
Broke = Literal["missing", "late", "short"]
_BY = ("touchpoint", "channel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """One occasion on which a promise fell due for one customer.

    Attributes
    ----------
    source, id : str
        Of the moment.
    customer : int or None
        The person, by number.
    at : datetime
        Naive UTC: when the moment was lived; of one that is open, when the promise was made.
    due : datetime or None
        Naive UTC.
    status : str
        One of `STATUSES`.
    broke : {"missing", "late", "short"} or None
        Of a broken one: nothing came, it came after what was promised, or it came and was not what was promised.
    gap : float or None
        Delivered less promised: days, or the promise's unit.
    """

    source: str
    id: str
    customer: int | None
    at: datetime
    due: datetime | None
    status: str
    touchpoint: str | None
    channel: str | None
    broke: Broke | None
    gap: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentList:
    """Some of the commitments of a promise, the last due first; each names a customer, so nothing of it is kept.

    Attributes
    ----------
    counts : mapping
        Status to how many commitments, within the period; `OVERDUE` ones are broken ones too.
    more : bool
        Whether there are others behind these.
    """

    promise: str
    as_of: datetime
    counts: Mapping[str, int]
    commitments: tuple[Commitment, ...]
    more: bool


def list_commitments(
    facts: Facts,
    promise: str,
    *,
    status: str | None = None,
    since: date | None = None,
    until: date | None = None,
    skip: int = 0,
    most: int = 100,
) -> CommitmentList:
    """Return commitments of a promise, the last due first.

    Parameters
    ----------
    facts : Facts
        Of an engine of their own (`own_facts`), since what it holds names customers.
    promise : str
        Its name in the model.
    status : str or None
        One of `STATUSES`, or `OVERDUE`; None means every one.
    since, until : date or None
        First and last day on which they fell due.
    skip, most : int
        How many to leave out, and how many to return then.

    Raises
    ------
    UnknownName
        If the model declares no such promise, or there is no such status.
    """
    declared = facts.workspace.model.promises
    if promise not in declared:
        raise UnknownName(promise, kind="promise", known=declared)
    if status is not None and status not in {*STATUSES, OVERDUE}:
        raise UnknownName(status, kind="status", known=(*STATUSES, OVERDUE))
    question = ask(facts.workspace, by=_BY, since=since, until=until, facts=facts)
    table = commitments(question, declared[promise])
    counted = table.group_by("status").aggregate(n=table.count(), arrived=table["arrived"].cast("int64").sum())
    found = {str(row["status"]): row for row in facts.engine.fetch(counted).to_pylist()}
    counts = {name: int(found[name]["n"]) if name in found else 0 for name in STATUSES}
    counts[OVERDUE] = counts["broken"] - int(found["broken"]["arrived"]) if counts["broken"] else 0
    some = _of_status(table, status)
    ordered = some.order_by([some["when_"].desc(), some["source"], some["id"]])
    rows = facts.engine.fetch(ordered.limit(most + 1, offset=skip)).to_pylist()
    return CommitmentList(
        promise=promise,
        as_of=facts.as_of,
        counts=counts,
        commitments=tuple(_commitment(row) for row in rows[:most]),
        more=len(rows) > most,
    )


def _of_status(table: Table, status: str | None) -> Table:
    if status == OVERDUE:
        return table.filter((table["status"] == "broken") & ~table["arrived"])
    return table if status is None else table.filter(table["status"] == status)


def _commitment(row: Mapping[str, object]) -> Commitment:
    status, gap = str(row["status"]), row["gap"]
    gap = None if gap is None else float(str(gap))
    broke: Broke | None = None
    if status == "broken":
        broke = "missing" if not row["arrived"] else "late" if gap is not None and gap > 0 else "short"
    return Commitment(
        source=str(row["source"]),
        id=str(row["id"]),
        customer=None if row["customer"] is None else int(str(row["customer"])),
        at=row["at"],  # pyright: ignore[reportArgumentType]
        due=row["due"],  # pyright: ignore[reportArgumentType]
        status=status,
        touchpoint=row[PREFIX + "touchpoint"],  # pyright: ignore[reportArgumentType]
        channel=row[PREFIX + "channel"],  # pyright: ignore[reportArgumentType]
        broke=broke,
        gap=gap,
    )
