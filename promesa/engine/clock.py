"""Local time on every engine: offsets from the zone database, laid out as plain comparisons.

Engines differ in their time-zone functions and are slow at them. A zone's offset is constant between
its changes, and within the years that data span there are few; so local time is a short CASE.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    import ibis


@dataclass(frozen=True, slots=True)
class Offset:
    """A zone's distance from UTC from one instant on.

    Attributes
    ----------
    since : datetime
        Naive UTC instant; the first one of a list stands for all time before it too.
    seconds : int
        Local time less UTC.
    """

    since: datetime
    seconds: int


@dataclass(frozen=True, slots=True)
class Clock:
    """The local time of moments: the company's, and that of the branches which are in another zone.

    Attributes
    ----------
    changes : tuple of Offset
        Of the company's zone.
    elsewhere : tuple of (tuple of str, tuple of Offset)
        Branches of one other zone, and its offsets.
    """

    changes: tuple[Offset, ...]
    elsewhere: tuple[tuple[tuple[str, ...], tuple[Offset, ...]], ...] = ()

    def sql(self, shifted: Callable[[tuple[Offset, ...]], str]) -> str:
        """Return SQL over the columns of a moment, `branch` among them, of what `shifted` writes for the offsets."""
        from promesa.engine.embedded import literal

        if not self.elsewhere:
            return shifted(self.changes)
        whens = " ".join(
            f'WHEN "branch" IN ({", ".join(literal(name) for name in branches)}) THEN {shifted(changes)}'
            for branches, changes in self.elsewhere
        )
        return f"(CASE {whens} ELSE {shifted(self.changes)} END)"

    def local(self, column: ibis.Value, branch: ibis.Value) -> ibis.Value:
        """Return naive UTC times of moments as naive local times of where they were lived."""
        import ibis

        if not self.elsewhere:
            return to_local(column, self.changes)
        there = [(branch.isin(branches), to_local(column, changes)) for branches, changes in self.elsewhere]
        return ibis.cases(*there, else_=to_local(column, self.changes))


@cache
def offsets(time_zone: str, first: datetime, last: datetime) -> tuple[Offset, ...]:
    """Return the offsets in force between two naive UTC instants, oldest first.

    A change is found to the second. Before `first` and after `last` the nearest offset stands in.
    """
    zone = ZoneInfo(time_zone)

    def seconds_at(instant: datetime) -> int:
        offset = instant.replace(tzinfo=UTC).astimezone(zone).utcoffset()
        return int((offset or timedelta()).total_seconds())

    found = [Offset(first, seconds_at(first))]
    step, here = timedelta(days=7), first
    while here < last:
        there = min(here + step, last)
        if seconds_at(there) != found[-1].seconds:
            found.append(Offset(_change(seconds_at, here, there), seconds_at(there)))
        here = there
    return tuple(found)


def _change(seconds_at: Callable[[datetime], int], before: datetime, after: datetime) -> datetime:
    old = seconds_at(before)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle <= before:
            break
        if seconds_at(middle) == old:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def to_local(column: ibis.Value, changes: tuple[Offset, ...]) -> ibis.Value:
    """Return naive UTC times as naive local times."""
    import ibis

    if len(changes) == 1:
        return column + ibis.interval(seconds=changes[0].seconds)
    newest_first = changes[::-1]
    branches = [
        (column >= ibis.timestamp(change.since), column + ibis.interval(seconds=change.seconds))
        for change in newest_first[:-1]
    ]
    return ibis.cases(*branches, else_=column + ibis.interval(seconds=changes[0].seconds))


def to_local_sql(column: str, changes: tuple[Offset, ...]) -> str:
    """Return the same as SQL in DuckDB's dialect; `column` is an SQL expression."""

    def shifted(seconds: int) -> str:
        return f"(({column}) + INTERVAL '{seconds}' SECOND)"

    whens = " ".join(
        f"WHEN ({column}) >= TIMESTAMP '{change.since:%Y-%m-%d %H:%M:%S}' THEN {shifted(change.seconds)}"
        for change in changes[:0:-1]
    )
    return f"(CASE {whens} ELSE {shifted(changes[0].seconds)} END)" if whens else shifted(changes[0].seconds)


def end_of_day_sql(column: str, changes: tuple[Offset, ...]) -> str:
    """Return the last microsecond, as naive UTC, of the local day that naive UTC times lie in, in DuckDB's SQL.

    The offset of the day's end is told from the time itself: looking it up for the local midnight would
    repeat the whole CASE of local time in each of its branches.
    """
    midnight = f"(DATE_TRUNC('day', {to_local_sql(column, changes)}) + INTERVAL '1' DAY)"
    whens = " ".join(
        f"WHEN ({column}) >= TIMESTAMP '{_first_day_closed_by(changes, place):%Y-%m-%d %H:%M:%S}' "
        f"THEN INTERVAL '{changes[place].seconds}' SECOND"
        for place in range(len(changes) - 1, 0, -1)
    )
    first = f"INTERVAL '{changes[0].seconds}' SECOND"
    offset = f"(CASE {whens} ELSE {first} END)" if whens else first
    return f"({midnight} - {offset} - INTERVAL '1' MICROSECOND)"


def _first_day_closed_by(changes: tuple[Offset, ...], place: int) -> datetime:
    """Return the start, as naive UTC, of the first local day whose end has the offset of a change."""
    turned = changes[place].since + timedelta(seconds=changes[place].seconds)
    midnight = datetime.combine(turned.date(), datetime.min.time())
    while not _closes(changes, place, midnight):
        midnight += timedelta(days=1)
    return _midnight_to_utc(midnight - timedelta(days=1), changes)


def _closes(changes: tuple[Offset, ...], place: int, midnight: datetime) -> bool:
    """Tell whether a local midnight that ends a day has the offset of a change or of a later one.

    Clocks put back to that very midnight leave the day ended by the one before: what follows is the new day again.
    """
    turned = changes[place].since + timedelta(seconds=changes[place].seconds)
    put_back = changes[place].seconds < changes[place - 1].seconds
    return midnight > turned if put_back else midnight >= turned


def _midnight_to_utc(midnight: datetime, changes: tuple[Offset, ...]) -> datetime:
    place = next((p for p in range(len(changes) - 1, 0, -1) if _closes(changes, p, midnight)), 0)
    return midnight - timedelta(seconds=changes[place].seconds)


def close_of_day(day: date, time_zone: str) -> datetime:
    """Return the last microsecond of a local day, as naive UTC."""
    zone = ZoneInfo(time_zone)
    midnight = datetime.combine(day, datetime.min.time()) + timedelta(days=1)
    # A midnight that comes twice, or never, has two readings; the day ends with the last one that follows on it.
    readings = [midnight.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    ends = [reading.replace(tzinfo=None) - timedelta(microseconds=1) for reading in readings]
    return max((end for end in ends if local_time_of(end, time_zone).date() == day), default=ends[0])


def start_of_day(day: date, time_zone: str) -> datetime:
    """Return the first microsecond of a local day, as naive UTC: it follows on the last of the day before."""
    return close_of_day(day - timedelta(days=1), time_zone) + timedelta(microseconds=1)


def local_time_of(instant: datetime, time_zone: str) -> datetime:
    """Return a naive UTC instant as naive local time."""
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(time_zone)).replace(tzinfo=None)
