"""What promesa says, in Spanish and English: message catalogues, numbers, money and days.

A catalogue is a folder a language (`es/`, `en/`) of TOML files, one a room, with the same keys and
the same placeholders in each. A key starts with the name of its file (`report.title` stands in
`report.toml`), except those of `common.toml`, which stand for themselves (`unit.days`). Numbers,
money and dates are written by Babel in the reader's locale. Errors are raised in English and told by
templates (`errors_told`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promesa.words.dated import Dated
from promesa.words.errors_told import error_block, error_document, error_text, labelled
from promesa.words.messages import LANGUAGES, catalogue, knows, language_of, say, say_or

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

__all__ = [
    "LANGUAGES",
    "NOT_STATED",
    "Dated",
    "amount",
    "catalogue",
    "chain_measure",
    "change",
    "clock_time",
    "dated_day",
    "dated_instant",
    "day",
    "error_block",
    "error_document",
    "error_text",
    "in_fitting_unit",
    "in_one_unit",
    "in_points",
    "instant",
    "knows",
    "labelled",
    "language_of",
    "money",
    "month",
    "number",
    "percent",
    "record_field",
    "say",
    "say_or",
]

NOT_STATED = "–"
CENTS_BELOW = 100


def record_field(field: str, locale: str) -> str | None:
    """Return what people call a field of a customer's record; None where the catalogue has no word for it."""
    key = f"customers.review.fields.{field}"
    return say_or(key, locale, otherwise=None)


def chain_measure(row: Mapping[str, Any], locale: str) -> str | None:
    """Return what a figure of the value chain is called, with what its note says it leaves out; None if unnamed."""
    key = f"chain.measure.{row.get('measure')}"
    found = next((name for name in (f"{key}-{row.get('note')}", key) if knows(name, locale)), None)
    return say(found, locale) if found else None


def number(value: float | None, locale: str, *, decimals: int = 0, sign: bool = False) -> str:
    """Return a number as the locale writes it, with a fixed count of decimals."""
    if value is None:
        return NOT_STATED
    from babel.numbers import format_decimal

    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    text = format_decimal(value, format=pattern, locale=locale)
    return f"+{text}" if sign and value > 0 else text


def percent(value: float | None, locale: str, *, decimals: int = 1) -> str:
    """Return a fraction as a percentage: 0.9342 is ``93.4 %``."""
    if value is None:
        return NOT_STATED
    from babel.numbers import format_percent

    pattern = "#,##0" + ("." + "0" * decimals if decimals else "") + " %"
    return format_percent(value, format=pattern, locale=locale)


def money(value: float | None, currency: str, locale: str) -> str:
    """Return an amount with the sign of its currency; cents only where they tell (below 100)."""
    if value is None:
        return NOT_STATED
    from babel.numbers import format_currency

    pattern = "¤ #,##0.00" if 0 < abs(value) < CENTS_BELOW else "¤ #,##0"
    return format_currency(value, currency, format=pattern, locale=locale, currency_digits=False)


def day(value: date | None, locale: str) -> str:
    """Return a day as the locale writes it, medium length."""
    if value is None:
        return NOT_STATED
    from babel.dates import format_date

    return format_date(value, format="medium", locale=locale)


def month(value: date, locale: str) -> str:
    """Return a month with its year, in letters."""
    from babel.dates import format_skeleton

    return format_skeleton("yMMMM", value, locale=locale)


def instant(value: datetime, zone: str, locale: str) -> str:
    """Return an instant as the clock of a zone shows it, the month in letters: no reader takes the day for it."""
    from zoneinfo import ZoneInfo

    return clock_time(value.astimezone(ZoneInfo(zone)), locale)


def clock_time(shown: datetime, locale: str) -> str:
    """Return a day and a time that a clock shows, wherever it hangs."""
    from babel.dates import format_time

    return f"{day(shown.date(), locale)}, {format_time(shown.time(), format='short', locale=locale)}"


def dated_day(value: date, locale: str) -> Dated:
    """Return a day as `day` writes it, for a page that marks it as one."""
    return Dated(day(value, locale), value.isoformat())


def dated_instant(value: datetime, zone: str, locale: str) -> Dated:
    """Return an instant as `instant` writes it, for a page that marks it as one."""
    from zoneinfo import ZoneInfo

    shown = value.astimezone(ZoneInfo(zone))
    return Dated(clock_time(shown, locale), shown.isoformat(timespec="minutes"))


def amount(value: float | None, unit: str, locale: str) -> str:
    """Return a figure in its unit: counts without decimals, fractions as percent, currencies as money."""
    if value is None:
        return NOT_STATED
    if unit == "fraction":
        return percent(value, locale)
    if unit == "count":
        return number(value, locale, decimals=0 if float(value).is_integer() else 2)
    if len(unit) == 3 and unit.isupper():
        return money(value, unit, locale)
    name = say_or(f"unit.{unit}", locale, otherwise=unit)
    decimals = 1 if unit == "points" else 2
    return f"{number(value, locale, decimals=decimals)} {name}".strip()


def in_fitting_unit(row: Mapping[str, Any], *, open_hours: bool = False) -> dict[str, Any]:
    """Return a figure of hours or days in minutes, hours or days, whichever a person would say; others as they are.

    Parameters
    ----------
    row : mapping
        With ``estimate``, ``unit`` and, where they are known, ``lower`` and ``upper``.
    open_hours : bool
        Whether the hours are those in which somebody serves: they never make days.
    """
    known = {end: value for end in ("estimate", "lower", "upper") if (value := row.get(end)) is not None}
    hours_in_it = {"hours": 1.0, "days": 24.0}.get(str(row["unit"]))
    if hours_in_it is None or "estimate" not in known:
        return dict(row)
    longest = hours_in_it * max(abs(float(value)) for value in known.values())
    unit, factor = ("minutes", 60.0) if longest < 2 else ("hours", 1.0)
    if longest >= 48 and not open_hours:
        unit, factor = "days", 1 / 24
    return {**row, **{end: hours_in_it * factor * float(value) for end, value in known.items()}, "unit": unit}


def in_one_unit(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return figures of one unit that are drawn together, all in the unit that fits the longest of them."""
    ends = ("estimate", "lower", "upper")
    longest = max((abs(float(row[end])) for row in rows for end in ends if row.get(end) is not None), default=0.0)
    if not longest:
        return [dict(row) for row in rows]
    fitting = in_fitting_unit({"unit": rows[0]["unit"], "estimate": longest})
    factor = fitting["estimate"] / longest
    return [
        {**row, **{end: factor * row[end] for end in ends if row.get(end) is not None}, "unit": fitting["unit"]}
        for row in rows
    ]


def in_points(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return differences that are drawn, those of fractions in percentage points; others as they are."""
    ends = ("estimate", "lower", "upper")
    return [
        {**row, **{end: 100 * row[end] for end in ends if row.get(end) is not None}, "unit": "points"}
        if row["unit"] == "fraction"
        else dict(row)
        for row in rows
    ]


def change(value: float, unit: str, locale: str) -> str:
    """Return a difference in its unit with its sign; one of shares in percentage points."""
    if unit == "fraction":
        return say("unit.percentage_points", locale, value=number(100 * value, locale, decimals=1, sign=True))
    text = amount(value, unit, locale)
    return f"+{text}" if value > 0 else text
