"""When a mail is due: by the reader's clock, also on the days on which that clock jumps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import DAILY, FR, MO, TH, TU, WE, WEEKLY, rrule
from hypothesis import given
from hypothesis import strategies as st

from promesa.errors import InputError, UnknownName
from promesa.outgoing import OFTEN, next_due, zones
from promesa.outgoing.timing import checked_hour, checked_zone

DAYS = {"daily": {"freq": DAILY}, "weekdays": {"freq": WEEKLY, "byweekday": (MO, TU, WE, TH, FR)}}
DAYS["weekly"] = {"freq": WEEKLY, "byweekday": MO}


def dues(often: str, *, hour: int, zone: str, after: datetime, many: int) -> list[datetime]:
    found: list[datetime] = []
    for _ in range(many):
        found.append(next_due(often, hour=hour, zone=zone, after=found[-1] if found else after))
    return found


def shown(instants: list[datetime], zone: str) -> list[str]:
    return [f"{one.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)):%m-%d %H:%M%z}" for one in instants]


@pytest.mark.parametrize("often", OFTEN)
def test_on_usual_days_it_is_the_rule_of_dateutil(often) -> None:
    """Bogotá has no daylight saving: the rule of the calendar standard is the whole answer."""
    clock = ZoneInfo("America/Bogota")
    begin = datetime(2026, 3, 4, 8, tzinfo=clock)
    after = datetime(2026, 3, 4, 12, 59, tzinfo=UTC).replace(tzinfo=None)
    known = [one.astimezone(UTC).replace(tzinfo=None) for one in rrule(dtstart=begin, count=12, **DAYS[often])]
    assert dues(often, hour=8, zone="America/Bogota", after=after, many=12) == known


def test_an_hour_that_a_day_does_not_have_is_the_next_that_it_has() -> None:
    found = dues("daily", hour=2, zone="Europe/Madrid", after=datetime(2026, 3, 28), many=3)
    assert shown(found, "Europe/Madrid") == ["03-28 02:00+0100", "03-29 03:00+0200", "03-30 02:00+0200"]


def test_an_hour_that_a_day_has_twice_comes_once() -> None:
    found = dues("daily", hour=2, zone="Europe/Madrid", after=datetime(2026, 10, 23, 12), many=3)
    assert shown(found, "Europe/Madrid") == ["10-24 02:00+0200", "10-25 02:00+0200", "10-26 02:00+0100"]


def test_midnight_that_does_not_exist_and_a_day_that_does_not() -> None:
    found = dues("daily", hour=0, zone="America/Santiago", after=datetime(2026, 9, 5, 12), many=2)
    assert shown(found, "America/Santiago") == ["09-06 01:00-0300", "09-07 00:00-0300"]
    samoa = dues("daily", hour=9, zone="Pacific/Apia", after=datetime(2011, 12, 28, 20), many=2)
    assert shown(samoa, "Pacific/Apia") == ["12-29 09:00-1000", "12-31 09:00+1400"], "30 December was left out there"


@given(
    st.sampled_from(OFTEN),
    st.integers(0, 23),
    st.sampled_from(["Europe/Madrid", "America/Bogota", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Kiritimati"]),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
)
def test_it_is_later_soon_on_the_right_day_and_there_is_nothing_between(often, hour, zone, after) -> None:
    due = next_due(often, hour=hour, zone=zone, after=after)
    assert timedelta(0) < due - after <= timedelta(days=8)
    local = due.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    assert local.hour in {hour, hour + 1}
    assert often == "daily" or (local.weekday() == 0 if often == "weekly" else local.weekday() < 5)
    assert next_due(often, hour=hour, zone=zone, after=due - timedelta(microseconds=1)) == due


def test_a_zone_and_an_hour_are_checked() -> None:
    assert checked_zone("America/Bogota") == "America/Bogota"
    for wrong in ("Bogotá", "../etc/passwd", "", "America", "localtime"):
        with pytest.raises(UnknownName):
            checked_zone(wrong)
    for wrong in (-1, 24):
        with pytest.raises(InputError):
            checked_hour(wrong)
    assert "UTC" in zones()
