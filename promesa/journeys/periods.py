"""Two periods of equal length side by side: which customers met what in each of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from promesa.engine import when
from promesa.measures import PREFIX, as_text, lived_moments
from promesa.stats import ClusterSums, OverlapSums

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from promesa.engine import Table
    from promesa.measures import Question

SHORTEST_DAYS = 14
YEAR = timedelta(weeks=52)
KIND, NAME, OTHER = "kind", "name", "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """Two periods of equal length; naive UTC, the end of each in it and its start not.

    Attributes
    ----------
    first : datetime
        The first moment of all.
    start, until : datetime
        The period before.
    middle, end : datetime
        The recent one.
    """

    first: datetime
    start: datetime
    until: datetime
    middle: datetime
    end: datetime

    @property
    def days(self) -> float:
        """Return the length of each."""
        return (self.end - self.middle) / timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One thing in both periods.

    Attributes
    ----------
    where : dict of str to str or None
        Kind, name and other: ``touchpoint`` and its name; ``passage`` from and to; ``channel`` of a touchpoint.
    sums : OverlapSums
        Zeros and ones of customers: the recent period first, the one before second.
    customers : int
        Customers who met it in either.
    first, last : date
        Local days on which it was first and last met, in all of the data up to the end of the periods.
    """

    where: dict[str, str | None]
    sums: OverlapSums
    customers: int
    first: date
    last: date


def periods_of(question: Question) -> Periods | None:
    """Return the periods that a question compares; None where there is too little data.

    Notes
    -----
    The recent one is the question's window, or the `compare_days` up to `as_of`; the other is as long and ends where
    it begins. Both become shorter, by whole weeks, where the data do not reach back so far.
    """
    moments = lived_moments(replace(question, since=None, until=None))
    first = question.facts.engine.fetch(moments["at"].min()).as_py()
    end = min(question.until or question.facts.as_of, question.facts.as_of)
    if first is None:
        return None
    wanted = timedelta(days=question.workspace.model.journeys.compare_days)
    if question.since is not None:
        wanted = end - question.since + timedelta(microseconds=1)
    length = min(wanted, (end - first) / 2)
    if length < wanted:
        length = timedelta(weeks=length // timedelta(weeks=1))
    if length < timedelta(days=SHORTEST_DAYS):
        return None
    middle = end - length
    return Periods(first=first, start=middle - length, until=middle, middle=middle, end=end)


def a_year_before(periods: Periods) -> Periods | None:
    """Return the recent period beside the same weeks a year before; None where the data do not reach back so far."""
    start, until = periods.middle - YEAR, periods.end - YEAR
    if start < periods.first or until > periods.middle:
        return None
    return replace(periods, start=start, until=until)


def met_in_neither(like: Compared, where: dict[str, str | None]) -> Compared:
    """Return what the customers of `like` met in neither of its periods."""
    a, b = like.sums.first.n, like.sums.second.n
    sums = OverlapSums(
        first=_of_zeros_and_ones(a, 0.0), second=_of_zeros_and_ones(b, 0.0), nn=like.sums.nn, ns=0.0, sn=0.0, ss=0.0
    )
    return replace(like, where=where, sums=sums)


def compare_touchpoints(question: Question, moments: Table, periods: Periods) -> list[Compared]:
    """Return each touchpoint: of the customers seen in a period, those who met it."""
    rows = moments.mutate(**{PREFIX + NAME: moments["touchpoint"]})
    return _compared(question, rows, periods, kind="touchpoint", of=(), names=(NAME,))


def compare_channels(question: Question, moments: Table, periods: Periods) -> list[Compared]:
    """Return each channel of a touchpoint: of the customers who met it in a known channel, those in this one."""
    rows = moments.filter(moments["channel"].notnull())
    rows = rows.mutate(**{PREFIX + NAME: rows["touchpoint"], PREFIX + OTHER: rows["channel"]})
    return _compared(question, rows, periods, kind="channel", of=(NAME,), names=(NAME, OTHER))


def compare_passages(question: Question, steps: Table, periods: Periods) -> list[Compared]:
    """Return each passage: of the customers who went on from a touchpoint, those who went to this one.

    A passage belongs to the period in which it arrived, so that what has not arrived yet is missing in neither.
    """
    rows = steps.filter(steps["next_"].notnull())
    rows = rows.select("customer", at=rows["next_at_"], by_name=rows["touchpoint"], by_other=rows["next_"])
    return _compared(question, rows, periods, kind="passage", of=(NAME,), names=(NAME, OTHER))


def _compared(
    question: Question, rows: Table, periods: Periods, *, kind: str, of: Sequence[str], names: Sequence[str]
) -> list[Compared]:
    """Return the sums of everything that `names` tell apart, of the customers that `of` tells apart."""
    engine, own, base = question.facts.engine, [PREFIX + name for name in names], [PREFIX + name for name in of]
    rows = rows.filter(rows["at"] <= periods.end)
    days = question.facts.local(rows["at"]).date()
    seen = rows.mutate(day_=days).group_by(own).aggregate(first=days.min(), last=days.max())
    known = {_key(row, own): row for row in engine.fetch(seen).to_pylist()}
    before = (rows["at"] > periods.start) & (rows["at"] <= periods.until)
    inside = rows.filter(before | (rows["at"] > periods.middle))
    recent = when(inside["at"] > periods.middle, 1, 0)
    inside = inside.select(*own, "customer", a_=recent, b_=1 - recent)
    each = inside.group_by([*base, "customer"]).aggregate(a_=inside["a_"].max(), b_=inside["b_"].max())
    a, b = each["a_"], each["b_"]
    sums = {"a": a.sum(), "b": b.sum(), "both": (a * b).sum()}
    totals = each.group_by(base).aggregate(**sums) if base else each.aggregate(**sums)
    whole = {_key(row, base): row for row in engine.fetch(totals).to_pylist()}
    held = inside.group_by([*own, "customer"]).aggregate(x_=inside["a_"].max(), y_=inside["b_"].max())
    of_all = each.select(owner_="customer", a_=a, b_=b, **{f"of_{name}": each[name] for name in base})
    joined = held.inner_join(
        of_all, [held["customer"] == of_all["owner_"], *(held[n] == of_all[f"of_{n}"] for n in base)]
    )
    x, y = joined["x_"], joined["y_"]
    found = joined.group_by(own).aggregate(
        x=x.sum(), y=y.sum(), xy=(x * y).sum(), ay=(joined["a_"] * y).sum(), xb=(x * joined["b_"]).sum(), c=x.count()
    )
    compared: list[Compared] = []
    for row in engine.fetch(found.order_by(own)).to_pylist():
        where = {KIND: kind, NAME: None, OTHER: None} | {n: as_text(n, row[PREFIX + n]) for n in names}
        total, days_of = whole[_key(row, base)], known[_key(row, own)]
        sums_of = _sums(row, total)
        if sums_of is not None:
            compared.append(
                Compared(
                    where=where, sums=sums_of, customers=int(row["c"]), first=days_of["first"], last=days_of["last"]
                )
            )
    return compared


def _key(row: dict[str, Any], names: Sequence[str]) -> tuple[object, ...]:
    return tuple(row[name] for name in names)


def _sums(row: dict[str, Any], total: dict[str, Any]) -> OverlapSums | None:
    """Return the sums of zeros and ones; None where nobody was there in one of the periods."""
    if not total["a"] or not total["b"]:
        return None
    return OverlapSums(
        first=_of_zeros_and_ones(int(total["a"]), float(row["x"])),
        second=_of_zeros_and_ones(int(total["b"]), float(row["y"])),
        nn=float(total["both"]),
        ns=float(row["ay"]),
        sn=float(row["xb"]),
        ss=float(row["xy"]),
    )


def _of_zeros_and_ones(n: int, ones: float) -> ClusterSums:
    return ClusterSums(n=n, clusters=n, total=ones, nn=float(n), ns=ones, ss=ones)
