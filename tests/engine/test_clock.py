"""Local time and the edges of local days, against the zone database instant by instant."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promesa.engine import Clock, Embedded, close_of_day, local_time_of, offsets, rewritten_sql, to_local

if TYPE_CHECKING:
    from promesa.engine import Offset

FIRST, LAST = datetime(2009, 5, 14, 9), datetime(2019, 6, 1)
TICK = timedelta(microseconds=1)
ZONES = [
    "UTC",
    "America/Bogota",
    "America/Sao_Paulo",  # forward at midnight to 01:00, back at midnight to 23:00 of the day before
    "Europe/Madrid",
    "America/Havana",  # forward at midnight, back at 01:00 to midnight
    "Atlantic/Azores",  # back at 01:00 to midnight
    "America/St_Johns",  # until 2011 at 00:01: back into the day before
    "America/Santiago",
    "Asia/Beirut",
    "Asia/Tehran",
    "Africa/Casablanca",  # four changes a year
    "Australia/Lord_Howe",  # half an hour
    "Pacific/Apia",  # left out a whole day
    "Asia/Kathmandu",
]


def local(instant: datetime, zone: str) -> datetime:
    """Return local time, from the zone database alone."""
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@cache
def changes_of(zone: str) -> list[datetime]:
    """Return every change of clocks, found by looking at each hour, then at each second."""
    found: list[datetime] = []
    info, step, here = ZoneInfo(zone), timedelta(hours=1), FIRST.replace(tzinfo=UTC)
    before = here.astimezone(info).utcoffset()
    while here.replace(tzinfo=None) < LAST:
        after = (here + step).astimezone(info).utcoffset()
        if after != before:
            second = here
            while second.astimezone(info).utcoffset() == before:
                second += timedelta(seconds=1)
            found.append(second.replace(tzinfo=None))
        here, before = here + step, after
    return found


@cache
def days_of(zone: str) -> dict[date, datetime]:
    """Return the last microsecond, in UTC, of each local day near a change: each second is looked at."""
    ends: dict[date, datetime] = {}
    for change in changes_of(zone):
        here = change - timedelta(hours=26)
        while here < change + timedelta(hours=26):
            # Clocks change and days end at whole minutes of UTC in the years looked at.
            ends[local(here, zone).date()] = here + timedelta(minutes=1) - TICK
            here += timedelta(minutes=1)
        ends.pop(local(here - TICK, zone).date())
    return ends


def offsets_of(zone: str) -> tuple[Offset, ...]:
    return offsets(zone, FIRST, LAST)


@pytest.mark.parametrize("zone", ZONES)
def test_offsets_change_when_the_clocks_do(zone: str) -> None:
    assert [offset.since for offset in offsets_of(zone)[1:]] == changes_of(zone)


@pytest.mark.slow
@pytest.mark.parametrize("zone", sorted(available_timezones()))
def test_offsets_of_every_zone(zone: str) -> None:
    assert [offset.since for offset in offsets_of(zone)[1:]] == changes_of(zone)


@given(zone=st.sampled_from(ZONES), instant=st.datetimes(FIRST, LAST))
def test_an_offset_holds_from_its_change_on(zone: str, instant: datetime) -> None:
    table = offsets_of(zone)
    mine = table[max(0, bisect_right([offset.since for offset in table], instant) - 1)]
    assert instant + timedelta(seconds=mine.seconds) == local(instant, zone) == local_time_of(instant, zone)


@pytest.mark.parametrize("zone", ZONES)
def test_days_close_at_their_last_microsecond(zone: str) -> None:
    for day, end in days_of(zone).items():
        assert close_of_day(day, zone) == end, day


@given(zone=st.sampled_from(ZONES), instant=st.datetimes(FIRST, LAST))
def test_a_close_is_of_the_day_and_what_follows_is_not(zone: str, instant: datetime) -> None:
    day = local(instant, zone).date()
    close = close_of_day(day, zone)
    assert local(close, zone).date() == day
    assert local(close + TICK, zone).date() > day
    assert close >= instant


@pytest.mark.parametrize("zone", ZONES)
def test_rules_see_local_days_around_every_change(zone: str) -> None:
    edges = [
        *changes_of(zone),
        *days_of(zone).values(),
        *(FIRST + timedelta(days=37 * n, hours=n, minutes=n) for n in range(90)),
    ]
    instants = sorted({edge + k * TICK for edge in edges for k in (-1, 0, 1, 3_600_000_000, -3_600_000_000)})
    instants = [instant for instant in instants if FIRST <= instant <= LAST]
    table = offsets_of(zone)
    day, close = (
        rewritten_sql(f"{call}(t)", clock=Clock(table), dialect="duckdb") for call in ("local_day", "end_of_day")
    )
    values = ", ".join(f"(TIMESTAMP '{instant}')" for instant in instants)
    with Embedded() as engine:
        rows = engine.run(f'SELECT "t", {day}, {close} FROM (VALUES {values}) AS moments("t")')
    for instant, found_day, found_close in rows:
        assert isinstance(instant, datetime)
        expected = local(instant, zone).date()
        assert found_day == expected, instant
        assert found_close == days_of(zone).get(expected, close_of_day(expected, zone)), instant


@pytest.mark.parametrize("zone", ZONES)
def test_the_engine_gives_local_time(zone: str) -> None:
    import ibis

    instants = [change + k * TICK for change in [*changes_of(zone), FIRST + TICK] for k in (-1, 0, 1)]
    table = ibis.memtable({"t": instants}, schema={"t": "timestamp(6)"})
    found = ibis.duckdb.connect().to_pyarrow(table.select(local=to_local(table["t"], offsets_of(zone))))
    assert found["local"].to_pylist() == [local(instant, zone) for instant in instants]
