"""One row in words: the figure, its interval, its n, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from promesa import words
from promesa.report.content import FIXED, is_withheld, number, spaced

if TYPE_CHECKING:
    from promesa.report.content import Content, Row

SMALLEST_CHANGE = 0.0005
"""A smaller difference of fractions is written as zero, without a sign."""
State = Literal["shown", "withheld", "missing"]
MILLIONS_FROM = 2_000_000
NO_BREAK = "\u00a0"
PRECISE = frozenset({"fraction", "points", "score"})
"""Units of which whole values keep their decimals, because their neighbours have them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure as the page writes it.

    Attributes
    ----------
    text : str
        The estimate in its unit, or the word that stands for it.
    interval : str
        Both ends, empty where there are none.
    n : str
        Observations used.
    reason : str
        Why there is no estimate, empty where there is one.
    evidence : str
        Code of the evidence word.
    """

    text: str
    interval: str = ""
    n: str = ""
    state: State = "shown"
    reason: str = ""
    evidence: str = "described"


def figure_of(row: Row | None, content: Content, *, as_change: bool = False) -> Figure:
    """Return one row in words; no row at all is a missing figure without a reason.

    Parameters
    ----------
    as_change : bool, default False
        The row is a difference of two figures: written with its sign, of fractions in percentage points.
    """
    if row is None:
        return Figure(text=words.NOT_STATED, state="missing")
    value, evidence = number(row.get("estimate")), str(row.get("evidence") or "described")
    if value is None:
        withheld = is_withheld(row)
        return Figure(
            text=content.say("withheld_short" if withheld else "no_figure"),
            state="withheld" if withheld else "missing",
            reason=reason_of(row, content),
            evidence=evidence,
        )
    unit = str(row.get("unit") or "")
    ends = number(row.get("lower")), number(row.get("upper"))
    return Figure(
        text=change(value, unit, content) if as_change else amount(value, unit, content),
        interval=(change_span if as_change else span)(*ends, unit, content),
        n=words.number(number(row.get("n")), content.locale),
        evidence=evidence,
    )


def amount(value: float | None, unit: str, content: Content) -> str:
    """Return a value in its unit, on one line."""
    if value is None:
        return words.NOT_STATED
    whole = value == round(value)
    if unit == "count" and not whole:
        said = words.number(value, content.locale, decimals=2)  # a mean of counts
    elif whole and unit.islower() and unit not in PRECISE:
        said = f"{words.number(value, content.locale)} {unit_name(unit, content)}"
    else:
        said = words.amount(value, unit, content.locale)
    return _signed(said, value).strip().replace(" ", NO_BREAK)


def span(lower: float | None, upper: float | None, unit: str, content: Content) -> str:
    """Return both ends of an interval, empty where there is none."""
    if lower is None or upper is None:
        return ""
    first, last = amount(lower, unit, content), amount(upper, unit, content)
    name = unit_name(unit, content)
    # The unit stands once, after both ends: 11.7 to 12.5 days.
    return content.say("interval", lower=first.removesuffix(NO_BREAK + name) if name else first, upper=last)


def unit_name(unit: str, content: Content) -> str:
    """Return a unit as it follows a number; empty for a count, a fraction, a score and money."""
    if unit in {"count", "fraction"} or unit.isupper():
        return ""
    key = f"unit.{unit}"
    return words.say_or(key, content.locale, otherwise=unit)


def change(value: float, unit: str, content: Content) -> str:
    """Return a difference with its sign; between fractions it is percentage points."""
    if unit == "fraction":
        value = value if abs(value) >= SMALLEST_CHANGE else 0.0
        said = content.say("percentage_points", value=words.number(100 * value, content.locale, decimals=1, sign=True))
        return _signed(said, value).replace(" ", NO_BREAK)
    said = amount(value, unit, content)
    if not any(sign in "123456789" for sign in said):  # rounded to nothing: no sign
        return said.lstrip("\u2212")
    return f"+{said}" if value > 0 else said


def percent(value: float | None, content: Content) -> str:
    """Return a fraction in whole percent, on one line."""
    return words.percent(value, content.locale, decimals=0).replace(" ", NO_BREAK)


def short(value: float | None, unit: str, content: Content, *, signed: bool = False) -> str:
    """Return money in millions from two million on, with the digits that tell; everything else as it is."""
    if value is None or not unit.isupper() or abs(value) < MILLIONS_FROM:
        return words.NOT_STATED if value is None else (change if signed else amount)(value, unit, content)
    millions = abs(value) / 1_000_000
    figure = words.number(millions, content.locale, decimals=0 if millions >= 100 else 1)
    said = content.say("millions", mark=_currency_sign(unit, content), figure=figure).replace(" ", NO_BREAK)
    return f"\u2212{said}" if value < 0 else f"+{said}" if signed else said


def _currency_sign(unit: str, content: Content) -> str:
    from babel.numbers import get_currency_symbol

    return get_currency_symbol(unit, locale=content.locale)


def size(value: float, unit: str, content: Content) -> str:
    """Return how large a difference is, where a word beside it says which way it goes."""
    return change(abs(value), unit, content).lstrip("+")


def change_span(lower: float | None, upper: float | None, unit: str, content: Content) -> str:
    """Return both ends of the interval of a difference."""
    if lower is None or upper is None:
        return ""
    return content.say("interval", lower=change(lower, unit, content), upper=change(upper, unit, content))


def reason_of(row: Row, content: Content) -> str:
    """Return why a row has no estimate, in plain words."""
    note = str(row.get("note") or "no-data")
    values = {key: value for key, value in row.items() if key not in FIXED and key.isidentifier()}
    for key in (f"report.note.{note}", f"chain.reason.{note}", f"value.reason.{note}"):
        if words.knows(key, content.locale):
            try:
                return words.say(key, content.locale, **values)
            except (KeyError, IndexError):  # the message wants a value that the row does not carry
                continue
    return spaced(note)


def _signed(text: str, value: float | None) -> str:
    """Return the text of a negative value with a true minus sign."""
    return text.replace("-", "\u2212", 1) if value is not None and value < 0 else text
