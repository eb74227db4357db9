"""When a mail is due: an hour of the reader's clock, whatever that clock does on the day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from promesa.errors import InputError, UnknownName

Often = Literal["daily", "weekdays", "weekly"]
OFTEN: tuple[Often, ...] = get_args(Often)
MONDAY, SATURDAY = 0, 5
_FAR = 15
"""Days looked ahead: a week, and a day or two that a country left out of its calendar."""


def checked_zone(name: str) -> str:
    """Return the name of a time zone.

    Raises
    ------
    UnknownName
        If it is none of IANA's.
    """
    if name not in zones():
        raise UnknownName(name[:60], kind="time zone", known=sorted(zones()))
    return name


def zones() -> frozenset[str]:
    """Return the names of the time zones that a person may choose: places, and UTC."""
    return frozenset(zone for zone in available_timezones() if "/" in zone or zone == "UTC")


def checked_hour(hour: int) -> int:
    """Return an hour of the day.

    Raises
    ------
    InputError
        If there is no such hour.
    """
    if not 0 <= hour <= 23:
        raise InputError(what="There is no such hour.", got=str(hour), expected="0 to 23", fix="choose an hour")
    return hour


def next_due(often: Often, *, hour: int, zone: str, after: datetime) -> datetime:
    """Return the first instant later than `after` at which a mail is due; both naive UTC.

    An hour that a clock leaves out on a day becomes the next that it shows; of one that it shows twice the first
    counts. A week begins on Monday.
    """
    clock = ZoneInfo(zone)
    first = after.replace(tzinfo=UTC).astimezone(clock).date() - timedelta(days=1)
    days = (first + timedelta(days=ahead) for ahead in range(_FAR))
    instants = (_at(day, hour, clock) for day in days if _falls_on(day, often))
    return next(instant for instant in instants if instant is not None and instant > after)


def _falls_on(day: date, often: Often) -> bool:
    return often == "daily" or (day.weekday() == MONDAY if often == "weekly" else day.weekday() < SATURDAY)


def _at(day: date, hour: int, clock: ZoneInfo) -> datetime | None:
    """Return an hour of a day as an instant; None where the day has no such hour and none after it."""
    for shown in range(hour, 24):
        local = datetime.combine(day, time(shown), tzinfo=clock)
        instant = local.astimezone(UTC)
        if instant.astimezone(clock).replace(tzinfo=None) == local.replace(tzinfo=None):
            return instant.replace(tzinfo=None)
    return None
