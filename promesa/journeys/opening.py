"""Open time between two instants: what a calendar counts, exactly, on every engine."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from promesa.engine import case, lit, offsets, when

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from promesa.engine import Engine, Expression, Offset, Table
    from promesa.workspace import Calendar, Workspace

    Period = tuple[int, int]

MICROSECONDS_A_DAY = 86_400_000_000
MICROSECONDS_A_MINUTE = 60_000_000
MICROSECONDS_AN_HOUR = 3_600_000_000
_FIRST_DAY = datetime(1970, 1, 1)  # noqa: DTZ001 (naive UTC, as every time in the store)
_MARGIN = timedelta(days=2)  # local days reach over those of UTC


def open_periods(calendar: Calendar, *, time_zone: str, first: datetime, last: datetime) -> list[Period]:
    """Return when a calendar is open, at least from `first` to `last`.

    Parameters
    ----------
    time_zone : str
        Zone of the hours where the calendar names none.
    first, last : datetime
        Naive UTC.

    Returns
    -------
    list of (int, int)
        Microseconds since 1970, UTC, from which and up to which it is open, in order and apart from each other.

    Notes
    -----
    It is open at an instant if the clock on the wall then shows opening hours. So an hour that a clock put back shows
    twice counts twice, and one that a clock put forward never shows does not count.
    """
    begin, end = first - _MARGIN, last + _MARGIN
    changes = offsets(calendar.time_zone or time_zone, begin, end)
    starts = [_microseconds(change.since) for change in changes]
    closed = frozenset(calendar.holidays)
    found: list[Period] = []
    for number in range((end - begin).days + 1):
        day = begin.date() + timedelta(days=number)
        if day in closed:
            continue
        midnight = _microseconds(datetime.combine(day, datetime.min.time()))
        for opens, closes in calendar.hours[day.weekday()]:
            hours = midnight + opens * MICROSECONDS_A_MINUTE, midnight + closes * MICROSECONDS_A_MINUTE
            found += _in_utc(hours, changes, starts)
    return _joined(sorted(found))


def _microseconds(instant: datetime) -> int:
    return (instant - _FIRST_DAY) // timedelta(microseconds=1)


def _in_utc(hours: Period, changes: Sequence[Offset], starts: Sequence[int]) -> Iterator[Period]:
    """Yield the instants at which the clock on the wall shows local times of one day."""
    place = max(0, bisect_right(starts, hours[0] - MICROSECONDS_A_DAY) - 1)
    while place < len(changes) and (place == 0 or starts[place] < hours[1] + MICROSECONDS_A_DAY):
        shift = changes[place].seconds * 1_000_000
        begin = hours[0] - shift if place == 0 else max(hours[0] - shift, starts[place])
        end = hours[1] - shift if place == len(changes) - 1 else min(hours[1] - shift, starts[place + 1])
        if begin < end:
            yield begin, end
        place += 1


def _joined(periods: Sequence[Period]) -> list[Period]:
    """Return periods with those that touch made one."""
    found: list[Period] = []
    for begin, end in periods:
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((begin, end))
    return found


def open_days(calendars: Mapping[str, Calendar], *, time_zone: str, first: datetime, last: datetime) -> pa.Table:
    """Return one row a calendar and UTC day: open time before the day, and the open periods within it.

    Columns are ``of_``, ``day_`` (days since 1970), ``before_`` (microseconds), and ``begins_0``, ``ends_0``,
    ``begins_1``... (microseconds of the day; both 0 where there is no such period).
    """
    rows: list[tuple[str, int, int, list[Period]]] = []
    for name, calendar in calendars.items():
        periods = open_periods(calendar, time_zone=time_zone, first=first, last=last)
        days = range(_microseconds(first) // MICROSECONDS_A_DAY, _microseconds(last) // MICROSECONDS_A_DAY + 1)
        rows += [(name, *row) for row in _by_day(periods, days)]
    most = max((len(row[3]) for row in rows), default=0)
    columns: dict[str, list[Any]] = {
        "of_": [row[0] for row in rows],
        "day_": [row[1] for row in rows],
        "before_": [row[2] for row in rows],
    }
    for place in range(most):
        columns[f"begins_{place}"] = [row[3][place][0] if place < len(row[3]) else 0 for row in rows]
        columns[f"ends_{place}"] = [row[3][place][1] if place < len(row[3]) else 0 for row in rows]
    schema = [(name, pa.string() if name == "of_" else pa.int64()) for name in columns]
    return pa.table(columns, schema=pa.schema(schema))


def _by_day(periods: Sequence[Period], days: range) -> Iterator[tuple[int, int, list[Period]]]:
    before, place = 0, 0
    for day in days:
        begin, end = day * MICROSECONDS_A_DAY, (day + 1) * MICROSECONDS_A_DAY
        while place < len(periods) and periods[place][1] <= begin:
            place += 1
        here = place
        within: list[Period] = []
        while here < len(periods) and periods[here][0] < end:
            within.append((max(periods[here][0], begin) - begin, min(periods[here][1], end) - begin))
            here += 1
        yield day, before, within
        before += sum(closes - opens for opens, closes in within)


def with_open_wait(engine: Engine, workspace: Workspace, passed: Table) -> Table | None:
    """Return the passages into touchpoints that have a calendar, with ``open_wait_`` in microseconds.

    Parameters
    ----------
    passed : Table
        From `Steps.table`: ``next_``, ``at`` and ``next_at_`` not null, and whatever else is to be kept.

    Returns
    -------
    Table or None
        None if no touchpoint has a calendar, or none of those was reached.
    """
    touchpoints = workspace.model.touchpoints.values()
    places = [(touchpoint.name, touchpoint.calendar) for touchpoint in touchpoints if touchpoint.calendar]
    if not places:
        return None
    passed = passed.filter(passed["next_"].isin([name for name, _ in places]))
    ends = engine.fetch(passed.aggregate(first=passed["at"].min(), last=passed["next_at_"].max())).to_pylist()[0]
    if ends["first"] is None:
        return None
    calendars = {name: workspace.model.calendars[name] for _, name in places if name}
    table = open_days(calendars, time_zone=workspace.time_zone, first=_naive(ends["first"]), last=_naive(ends["last"]))
    passed = passed.mutate(calendar_=case(*((passed["next_"] == place, name) for place, name in places)))
    days = engine.local(table)
    periods = sum(name.startswith("begins_") for name in table.column_names)
    counted = _with_open_until(passed, "at", days, periods=periods, name="opened_before_")
    counted = _with_open_until(counted, "next_at_", days, periods=periods, name="opened_after_")
    return counted.mutate(open_wait_=counted["opened_after_"] - counted["opened_before_"])


def in_hours(waits: Iterable[float]) -> list[float]:
    """Return microseconds as hours."""
    return [wait / MICROSECONDS_AN_HOUR for wait in waits]


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant


def _with_open_until(passed: Table, time: str, days: Table, *, periods: int, name: str) -> Table:
    """Return rows with the open time up to an instant of theirs, counted from the first day of `days`."""
    day = passed[time].date().delta(lit(date(1970, 1, 1)), unit="day").cast("int64")
    whole = passed[time].delta(lit(_FIRST_DAY, "timestamp(6)"), unit="microsecond").cast("int64")
    marked = passed.mutate(on_=day, within_=whole - day * MICROSECONDS_A_DAY)
    joined = marked.inner_join(days, [marked["calendar_"] == days["of_"], marked["on_"] == days["day_"]])
    opened: Expression = joined["before_"]
    for place in range(periods):
        begins, ends, now = joined[f"begins_{place}"], joined[f"ends_{place}"], joined["within_"]
        opened = opened + when(now >= ends, ends - begins, when(now > begins, now - begins, 0))
    return joined.mutate(**{name: opened}).select([*passed.columns, name])
