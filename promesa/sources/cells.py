"""What a cell of text looks like: a whole number, a day, a code... One value in, one shape out."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import NamedTuple

ORDERS = ("ymd", "dmy", "mdy")  # on equal evidence the first goes before the others
LONGEST_TYPED = 45  # characters; nothing longer is a number or a time

_WHOLE = re.compile(r"[+-]?(0|[1-9][0-9]{0,18})")
_CODE = re.compile(r"[+-]?([0-9]{2,})")
_THREE_AFTER_POINT = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")
_THREE_AFTER_COMMA = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_POINT = re.compile(
    r"[+-]?((0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+|[0-9]+\.?[0-9]*[eE][+-][0-9]{1,3}|[0-9]+\.[0-9]*[eE][0-9]{1,3})"
)
_GROUPED_BY_COMMA = re.compile(r"[+-]?[1-9][0-9]{0,2}((,[0-9]{3})+\.[0-9]+|(,[0-9]{3}){2,})")
_GROUPED_BY_POINT = re.compile(r"[+-]?[1-9][0-9]{0,2}(\.[0-9]{3}){2,}")
_COMMA = re.compile(r"[+-]?((0|[1-9][0-9]*),[0-9]+|[1-9][0-9]{0,2}(\.[0-9]{3})+,[0-9]+)")
_DATE = re.compile(
    r"(?P<first>[0-9]{1,4})(?P<sep>[-/.])(?P<second>[0-9]{1,2})(?P=sep)(?P<third>[0-9]{1,4})"
    r"(?P<time>[ T](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(:(?P<seconds>[0-9]{2})(\.[0-9]{1,9})?)?"
    r"( ?(?P<half>[AaPp])\.? ?[Mm]\.?)?(?P<zone> ?(Z|[+-][0-9]{2}(:?[0-9]{2})?))?)?"
)
_GAP = "[ \u00a0\u202f]*"  # between a number and the mark of its currency
_TAG = re.compile(r"(?=.*[0-9])(?=.*[^\W\d_])\S+")

# Shapes in order of trial: the first that matches is taken.
_NUMBERS = (
    ("whole", _WHOLE),
    ("code", _CODE),
    ("point_three", _THREE_AFTER_POINT),
    ("comma_three", _THREE_AFTER_COMMA),
    ("point", _POINT),
    ("grouped_by_comma", _GROUPED_BY_COMMA),
    ("grouped_by_point", _GROUPED_BY_POINT),
    ("comma", _COMMA),
)
WORDLIKE = ("text", "tag")


class DateShape(NamedTuple):
    """What a cell that is written like a day or a time says of its format.

    Attributes
    ----------
    sep : str
        Between the parts of the day.
    digits : int
        Of the year: 4 or 2.
    orders : tuple of str
        Orders of day, month and year under which it exists; none for 31/02/2024.
    """

    sep: str
    digits: int
    orders: tuple[str, ...]
    timed: bool
    half_days: bool
    zoned: bool


class MoneyShape(NamedTuple):
    """A number with the mark of a currency before or after it, and the shape of the number."""

    number: str


Shape = str | DateShape | MoneyShape


def shape_of(cell: str, *, own_format: str | None = None, money_signs: tuple[str, ...] = ()) -> Shape:
    """Return the shape of one cell that is not empty.

    Parameters
    ----------
    cell : str
        Surrounding spaces are of no account.
    own_format : str or None
        A declared strptime format that is not one of the usual orders; what it reads is a date.
    money_signs : tuple of str
        Marks of a currency that a number may carry.

    Returns
    -------
    str, DateShape or MoneyShape
        ``whole``; ``code`` (digits that a number would not keep: leading zeros, more than 64 bits); ``point`` and
        ``comma`` (decimals); ``point_three`` and ``comma_three`` (1.234: decimals or thousands); ``grouped_by_...``;
        ``yes_no``; ``tag`` (letters and digits in one word); ``text``.
    """
    cell = cell.strip()
    if len(cell) > LONGEST_TYPED:
        return "text"
    if own_format and _reads(cell, own_format):
        return DateShape("", 4, ("own",), timed_format(own_format), half_days=False, zoned=False)
    if cell[:1].isdigit() or cell[:1] in "+-.":
        found = _number_shape(cell) or _date_shape(cell)
        if found is not None:
            return found
    if cell.lower() in ("true", "false"):
        return "yes_no"
    money = _number_shape(bare) if money_signs and (bare := without_sign(cell, money_signs)) != cell else None
    if money is not None:
        return MoneyShape(money)
    return "tag" if _TAG.fullmatch(cell) else "text"


def sign_patterns(money_signs: tuple[str, ...]) -> tuple[str, str]:
    """Return the regular expressions of a mark before a number, its plus or minus as the first group, and after one."""
    marks = "|".join(re.escape(sign) for sign in sorted(money_signs, key=len, reverse=True))
    return rf"^([+-]?){_GAP}(?:{marks}){_GAP}", rf"{_GAP}(?:{marks})$"


def without_sign(cell: str, money_signs: tuple[str, ...]) -> str:
    """Return a cell without the mark of a currency before or after it."""
    before, after = sign_patterns(money_signs)
    return re.sub(after, "", re.sub(before, r"\1", cell))


def timed_format(pattern: str) -> bool:
    """Tell whether a strptime format reads a time of the day."""
    return any(mark in pattern for mark in ("%H", "%I", "%X", "%c", "%T"))


def _reads(cell: str, pattern: str) -> bool:
    try:
        datetime.strptime(cell, pattern)  # noqa: DTZ007 (only whether it can be read)
    except ValueError:
        return False
    return True


def _number_shape(cell: str) -> str | None:
    if not cell.isascii():
        return None
    for shape, pattern in _NUMBERS:
        if pattern.fullmatch(cell):
            fits = shape != "whole" or -(2**63) <= int(cell) < 2**63
            return shape if fits else "code"
    return None


def _date_shape(cell: str) -> DateShape | None:
    match = _DATE.fullmatch(cell)
    if match is None or not cell.isascii():
        return None
    first, second, third = match["first"], match["second"], match["third"]
    if len(first) == 4 and len(third) <= 2:
        digits, orders = 4, _existing(first, second, third, orders=("ymd",))
    elif len(third) == 4 and len(first) <= 2:
        digits, orders = 4, _existing(third, second, first, orders=("dmy", "mdy"))
    elif len(third) == 2 and len(first) == 2 and len(second) == 2:
        digits, orders = 2, _existing(f"20{third}", second, first, orders=("dmy", "mdy"))
    else:
        return None
    if match["time"] and not _is_clock(match):
        orders = ()
    return DateShape(
        match["sep"], digits, orders, bool(match["time"]), half_days=bool(match["half"]), zoned=bool(match["zone"])
    )


def _existing(year: str, second: str, other: str, *, orders: tuple[str, ...]) -> tuple[str, ...]:
    """Return the orders under which the three parts are a day of the calendar."""
    months_and_days = {"ymd": (second, other), "dmy": (second, other), "mdy": (other, second)}
    return tuple(order for order in orders if _is_day(year, *months_and_days[order]))


def _is_day(year: str, month: str, day: str) -> bool:
    try:
        return date(int(year), int(month), int(day)).year >= 1000  # 0000-00-00 and its like are no days
    except ValueError:
        return False


def _is_clock(match: re.Match[str]) -> bool:
    hour, minute, seconds = int(match["hour"]), int(match["minute"]), int(match["seconds"] or 0)
    hours = range(1, 13) if match["half"] else range(24)
    return hour in hours and minute < 60 and seconds < 60
