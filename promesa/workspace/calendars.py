"""When a touchpoint is open: hours by weekday, holidays, and the zone they are told in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from promesa.workspace.labels import Label

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MINUTES_A_DAY = 1440
Hours = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When touchpoints are open (calendario laboral).

    Attributes
    ----------
    hours : tuple of seven tuples of (int, int)
        From Monday on, the minutes of the local day from which and up to which it is open, in order.
    holidays : tuple of date
        Local days on which it is closed all day, in order.
    time_zone : str or None
        IANA zone of the hours; None means the company's.
    """

    name: str
    label: Label
    hours: tuple[Hours, ...]
    holidays: tuple[date, ...] = ()
    time_zone: str | None = None
