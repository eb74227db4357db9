"""Checks and builds what model.toml says of calendars."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from promesa.workspace.calendars import MINUTES_A_DAY, WEEKDAYS, Calendar, Hours
from promesa.workspace.fields import Place, show
from promesa.workspace.sourcing import check_time_zone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.workspace.labels import Label

_HOURS = re.compile(r"(\d{1,2}):([0-5]\d)\s*[-\N{EN DASH}]\s*(\d{1,2}):([0-5]\d)")


def check_calendar(_name: str, values: dict[str, Any], place: Place) -> None:
    """Turn the texts of opening hours into minutes of the day, and note what is none."""
    told = any(mistake.key.startswith(f"{place.key}.") for mistake in place.mistakes)
    for weekday in WEEKDAYS:
        values[weekday] = _read_hours(values[weekday], place=place.at(weekday))
    if not any(values[weekday] for weekday in WEEKDAYS) and not told:
        place.wrong(
            what="This calendar is never open.",
            got="no hours on any day of the week",
            expected='hours on one day at least, such as monday = ["09:00-14:00", "16:00-20:00"]',
            fix="add the hours, or take the calendar out",
        )
    if values["time_zone"] is not None:
        check_time_zone(values["time_zone"], show(values["time_zone"]), place.at("time_zone"))


def _read_hours(texts: tuple[str, ...], *, place: Place) -> Hours:
    found: list[tuple[int, int]] = []
    for text in texts:
        fits = _HOURS.fullmatch(text.strip())
        minutes = [int(part) for part in fits.groups()] if fits else []
        begin, end = (minutes[0] * 60 + minutes[1], minutes[2] * 60 + minutes[3]) if fits else (0, 0)
        if not fits or end > MINUTES_A_DAY or begin >= end:
            place.wrong(
                what="These are no opening hours of one day.",
                got=show(text),
                expected='from when and up to when, such as "09:00-14:00"; "24:00" is the end of the day',
                fix="write hours past midnight on both days: 22:00-24:00, and 00:00-02:00 on the next"
                if fits and begin > end
                else "write hours and minutes with a colon, and the earlier time first",
            )
            continue
        found.append((begin, end))
    found.sort()
    for (_, end), (begin, _) in pairwise(found):
        if begin < end:
            place.wrong(
                what="Two of these opening hours overlap.",
                got=", ".join(texts),
                expected="hours that follow each other",
                fix="write them as one",
            )
            break
    return tuple(found)


def build_calendar(name: str, values: Mapping[str, Any], label: Label) -> Calendar:
    """Return a calendar from values that hold no mistake."""
    return Calendar(
        name=name,
        label=label,
        hours=tuple(values[weekday] for weekday in WEEKDAYS),
        holidays=tuple(sorted(values["holidays"])),
        time_zone=values["time_zone"],
    )
