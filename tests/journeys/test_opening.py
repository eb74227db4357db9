"""Waits in open hours: against a loop over minutes, in zones whose clocks change, and at the edges."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from re import sub
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from promesa import journeys
from promesa.errors import WorkspaceInvalid
from promesa.journeys import steps_of
from promesa.journeys.opening import open_periods, with_open_wait
from promesa.measures import ask
from promesa.workspace import Calendar, Label, describe, open_workspace
from tests.journeys.logs import SETTINGS, Row, log_facts

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

MINUTE = timedelta(minutes=1)
CHANGE = datetime(2024, 10, 25)
SPLIT = ((9 * 60, 14 * 60), (16 * 60, 20 * 60))
NIGHT = ((0, 150), (22 * 60, 24 * 60))  # over the hour that the clock changes at
WEEK = Calendar(
    name="week",
    label=Label(es="Semana", en="Week"),
    hours=(SPLIT, SPLIT, NIGHT, SPLIT, SPLIT, ((10 * 60, 13 * 60 + 30),), NIGHT),
    holidays=(date(2024, 12, 25), date(2024, 3, 29)),
)
CALENDARS = """
[calendars.shop]
monday = ["09:00-14:00", "16:00-20:00"]
tuesday = ["09:00-14:00", "16:00-20:00"]
thursday = "09:00-20:00"
sunday = ["00:00-02:30", "22:00-24:00"]
holidays = [2024-12-25]
time_zone = "{zone}"
"""


def minutes_open(calendar: Calendar, begin: datetime, end: datetime, *, zone: str) -> int:
    """Count, one by one, the minutes between two instants at which the clock on the wall shows opening hours."""
    count, now = 0, begin
    while now < end:
        local = now.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
        minute = local.hour * 60 + local.minute
        hours = () if local.date() in calendar.holidays else calendar.hours[local.weekday()]
        count += any(opens <= minute < closes for opens, closes in hours)
        now += MINUTE
    return count


@pytest.mark.parametrize("zone", ["Europe/Madrid", "America/Santiago", "Australia/Lord_Howe", "America/Bogota"])
def test_periods_hold_the_minutes_that_a_loop_counts(zone: str) -> None:
    for day in (datetime(2024, 3, 28), datetime(2024, 4, 5), datetime(2024, 9, 6), datetime(2024, 10, 4), CHANGE):
        begin, end = day, day + timedelta(days=4)
        periods = open_periods(WEEK, time_zone=zone, first=begin, last=end)
        assert all(one[1] < two[0] for one, two in pairwise(periods))
        low, high = ((t - datetime(1970, 1, 1)) // timedelta(microseconds=1) for t in (begin, end))
        total = sum(max(0, min(stop, high) - max(start, low)) for start, stop in periods)
        assert total == minutes_open(WEEK, begin, end, zone=zone) * 60_000_000


def passages(random: Random, zone_days: list[datetime], number: int) -> list[Row]:
    """Return journeys of two moments, many of them about the days on which clocks change."""
    rows: list[Row] = []
    for journey in range(number):
        begin = random.choice(zone_days) + timedelta(minutes=random.randrange(3 * 1440))
        wait = timedelta(minutes=random.choice((0, 1, 45, 700, 1440, 4000)) + random.randrange(200))
        for place, at in (("ask", begin), ("answer", begin + wait)):
            names = {"journey": f"{journey}", "id": f"{journey}{place}"}
            rows.append({"source": "s", "at": at, "customer": journey, "touchpoint": place, **names})
    return rows


def waits_of(folder: Path, engine: Engine, rows: list[Row], zone: str) -> tuple[Any, dict[str, float]]:
    places = {"ask": ("during", "desk")}
    settings = 'gap_days = 30\n[touchpoints.answer]\nstage = "after"\nfunction = "desk"\ncalendar = "shop"\n'
    facts = log_facts(
        folder,
        engine,
        rows,
        touchpoints=places,
        as_of=datetime(2026, 1, 1),
        settings=settings + CALENDARS.format(zone=zone),
        version=f"hours_{sub(r'[^a-z0-9]', '_', folder.name.lower())}",
    )
    table = steps_of(ask(facts.workspace, facts=facts)).table
    opened = with_open_wait(facts.engine, facts.workspace, table.filter(table["next_"].notnull()))
    assert opened is not None
    found = {row["journey_"]: row["open_wait_"] for row in engine.fetch(opened).to_pylist()}
    return facts, found


def check_waits(folder: Path, engine: Engine, *, zone: str, number: int) -> None:
    random = Random(11)
    days = [datetime(2024, 3, 30), datetime(2024, 10, 26), datetime(2024, 4, 6), datetime(2024, 12, 24)]
    rows = passages(random, days, number)
    facts, found = waits_of(folder, engine, rows, zone)
    calendar = facts.workspace.model.calendars["shop"]
    for first, last in zip(rows[::2], rows[1::2], strict=True):
        wanted = minutes_open(calendar, first["at"], last["at"], zone=zone)
        assert found[first["journey"]] == wanted * 60_000_000, (first["at"], last["at"])


@pytest.mark.parametrize("zone", ["Europe/Madrid", "Australia/Lord_Howe"])
def test_waits_are_those_of_a_loop_over_minutes(tmp_path: Path, duckdb: Engine, zone: str) -> None:
    check_waits(tmp_path, duckdb, zone=zone, number=20)


@pytest.mark.spark
def test_waits_are_the_same_on_spark(tmp_path: Path, spark: Engine) -> None:
    check_waits(tmp_path, spark, zone="Europe/Madrid", number=12)


def test_a_wait_of_years_and_one_of_a_microsecond(tmp_path: Path, duckdb: Engine) -> None:
    begin = datetime(2015, 6, 1, 7, 59, 59, 999_999)  # a Monday, 09:59:59.999999 in Madrid
    rows = [
        {"source": "s", "at": at, "customer": 1, "touchpoint": place, "journey": journey}
        for journey, place, at in (
            ("years", "ask", begin),
            ("years", "answer", datetime(2025, 6, 1, 7, 59, 59, 999_999)),
            ("instant", "ask", begin),
            ("instant", "answer", begin + timedelta(microseconds=1)),
        )
    ]
    facts, found = waits_of(tmp_path, duckdb, rows, "Europe/Madrid")
    assert found["instant"] == 1
    calendar, first, last = facts.workspace.model.calendars["shop"], date(2015, 6, 1), date(2025, 6, 1)
    days = [first + timedelta(days=k) for k in range((last - first).days)]
    gone = HOUR - 1  # of the first day: it opened an hour before, less a microsecond
    assert found["years"] == sum(minutes_of(calendar, d) for d in days) * HOUR // 60 - gone + SUNDAY


HOUR = 3_600_000_000
SUNDAY = HOUR * 5 // 2  # the last day of these years, which is no part of `days`, is a Sunday: open until half past two


def minutes_of(calendar: Calendar, day: date) -> int:
    """Count the open minutes of a local day in Madrid; minute by minute where the clock changes."""
    zone = ZoneInfo("Europe/Madrid")
    begin, end = (
        datetime.combine(day + timedelta(days=k), datetime.min.time(), zone).astimezone(UTC).replace(tzinfo=None)
        for k in (0, 1)
    )
    if end - begin != timedelta(days=1):
        return minutes_open(calendar, begin, end, zone="Europe/Madrid")
    hours = () if day in calendar.holidays else calendar.hours[day.weekday()]
    return sum(closes - opens for opens, closes in hours)


def test_the_answer_has_both_waits(tmp_path: Path, duckdb: Engine) -> None:
    rows = [
        {"source": "s", "at": at, "customer": n, "touchpoint": place, "journey": f"{n}"}
        for n in range(30)
        # Monday 19:30 to Tuesday 09:30, in Madrid's summer: 14 hours, of which one is open.
        for place, at in (("ask", datetime(2024, 6, 3, 17, 30)), ("answer", datetime(2024, 6, 4, 7, 30)))
    ]
    facts, _ = waits_of(tmp_path, duckdb, rows, "Europe/Madrid")
    found = journeys.transitions(facts.workspace, facts=facts)
    plain, opened = (found.find(name, **{"from": "ask", "to": "answer"}) for name in ("wait_median", "open_wait_p90"))
    assert plain is not None
    assert opened is not None
    assert (plain.estimate, opened.estimate, opened.unit, opened.n) == (14.0, 1.0, "hours", 30)


def test_what_a_calendar_may_not_say(tmp_path: Path) -> None:
    (tmp_path / "promesa.toml").write_text(SETTINGS, encoding="utf-8")
    model = """
[functions.desk]
[touchpoints.ask]
stage = "during"
function = "desk"
calendar = "shpo"
[calendars.shop]
monday = ["09:00-14:00", "13:00-20:00"]
tuesday = "22:00-02:00"
friday = "9 to 5"
holidays = ["Christmas"]
time_zone = "Madrid"
[calendars.never]
"""
    (tmp_path / "model.toml").write_text(model, encoding="utf-8")
    with pytest.raises(WorkspaceInvalid) as raised:
        open_workspace(tmp_path)
    keys = {mistake.key for mistake in raised.value.mistakes}
    assert keys == {
        "touchpoints.ask.calendar",
        *(f"calendars.shop.{key}" for key in ("monday", "tuesday", "friday", "holidays", "time_zone")),
        "calendars.never",
    }


def test_a_calendar_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "promesa.toml").write_text(SETTINGS, encoding="utf-8")
    touchpoint = '[functions.desk]\n[touchpoints.ask]\nstage = "during"\nfunction = "desk"\ncalendar = "shop"\n'
    (tmp_path / "model.toml").write_text(touchpoint + CALENDARS.format(zone="Europe/Madrid"), encoding="utf-8")
    ws = open_workspace(tmp_path)
    said = describe(ws, "es").text()
    assert "lun., mar. 09:00-14:00, 16:00-20:00; jue. 09:00-20:00; dom. 00:00-02:30, 22:00-24:00" in said
    row = describe(ws, "en").to_document()["calendars"]
    assert isinstance(row, list)
    assert row[0]["thursday"] == "09:00-20:00"
    assert row[0]["wednesday"] is None
