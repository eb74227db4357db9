"""How the figures of an axis are written: in percent, thousands or millions, in the reader's locale."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isfinite, log10
from typing import TYPE_CHECKING

from promesa import words

if TYPE_CHECKING:
    from collections.abc import Iterable

MILLION, THOUSAND = 1_000_000, 1_000
TICKS = 5
CODE_LENGTH = 3  # of a currency, ISO 4217


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """One quantitative axis.

    Attributes
    ----------
    label_expression : str
        Vega expression that writes a tick.
    caption : str
        The unit in words, empty where the ticks say it.
    """

    label_expression: str
    caption: str


def finite(value: object) -> float | None:
    """Return a number that can be drawn, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if isfinite(number) else None


def scale_of(values: Iterable[float | None], *, unit: str, locale: str) -> Scale:
    """Return how to write an axis that carries `values`, which are in `unit`."""
    known = [value for value in values if value is not None] or [0.0]
    span, largest = max(known) - min(known), max(abs(value) for value in known)
    if unit == "fraction":
        text = f"format(datum.value * 100, ',.{_decimals(span * 100)}f') + ' %'"
        return Scale(label_expression=text, caption="")
    divisor, size = _size(largest, locale)
    decimals = 0 if unit == "count" and divisor == 1 else _decimals(span / divisor)
    return Scale(
        label_expression=f"format(datum.value / {divisor}, ',.{decimals}f')",
        caption=_caption(unit, size, locale),
    )


def _size(largest: float, locale: str) -> tuple[int, str]:
    if largest >= 2 * MILLION:
        return MILLION, words.say("charts.millions", locale)
    if largest >= 20 * THOUSAND:
        return THOUSAND, words.say("charts.thousands", locale)
    return 1, ""


def _caption(unit: str, size: str, locale: str) -> str:
    name = unit_name(unit, locale)
    if size and name:
        return words.say("charts.sized_unit", locale, size=size, unit=name)
    return size or name


def _decimals(span: float) -> int:
    """Return the decimals that tell one tick from the next."""
    if span <= 0:
        return 1
    return max(0, min(4, ceil(-log10(span / TICKS) - 0.01)))


def is_money(unit: str) -> bool:
    """Tell whether a unit is the code of a currency."""
    return len(unit) == CODE_LENGTH and unit.isupper()


def unit_name(unit: str, locale: str) -> str:
    """Return a unit as a caption names it; empty for those that the figures themselves show."""
    if unit in {"fraction", "count", ""}:
        return ""
    if is_money(unit):
        from babel.numbers import get_currency_symbol

        return get_currency_symbol(unit, locale=locale)
    for key in (f"charts.unit.{unit}", f"unit.{unit}"):
        if words.knows(key, locale):
            return words.say(key, locale)
    return unit


def number_format(locale: str) -> dict[str, object]:
    """Return the number signs of a locale, as d3-format takes them."""
    from babel import Locale

    symbols = Locale.parse(locale).number_symbols["latn"]
    return {
        "decimal": symbols["decimal"],
        "thousands": symbols["group"],
        "grouping": [3],
        "currency": ["", ""],
        "minus": "−",
    }


def time_format(locale: str) -> dict[str, object]:
    """Return the names of days and months of a locale, as d3-time-format takes them."""
    from babel import Locale

    spoken = Locale.parse(locale)
    days = [(index + 6) % 7 for index in range(7)]  # d3 starts the week on Sunday, Babel on Monday
    wide, short = spoken.days["stand-alone"]["wide"], spoken.days["stand-alone"]["abbreviated"]
    months, brief = spoken.months["stand-alone"]["wide"], spoken.months["stand-alone"]["abbreviated"]
    return {
        "dateTime": "%d/%m/%Y %H:%M",
        "date": "%d/%m/%Y",
        "time": "%H:%M",
        "periods": ["AM", "PM"],
        "days": [wide[index] for index in days],
        "shortDays": [short[index] for index in days],
        "months": [months[index] for index in range(1, 13)],
        "shortMonths": [brief[index] for index in range(1, 13)],
    }
