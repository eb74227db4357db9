"""What the value of a TOML key must be, kind by kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeGuard

from promesa.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

FieldKind = Literal[
    "text",
    "texts",
    "number",
    "whole",
    "fraction",
    "money",
    "yes_no",
    "choice",
    "label",
    "moment",
    "scale",
    "fractions",
    "days",
    "types",
    "lists",
    "rules",
    "sql",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key that a TOML table may have.

    Attributes
    ----------
    kind : FieldKind
        ``text``, ``texts`` (one or a list), ``number``, ``whole``, ``fraction`` (0 to 1), ``money`` (not negative),
        ``yes_no``, ``choice``, ``label`` (a text or ``{es, en}``), ``moment`` (a day or a time), ``scale`` (two
        numbers), ``fractions`` (a list), ``days`` (a list), ``types`` (table of column = type), ``lists`` (table of
        name = texts), ``rules`` (table of name = expression), ``sql`` (an expression).
    help : str
        One line for the reference.
    default : object
        What stands in for a key not given.
    choices : tuple of str
        Allowed values of a ``choice``, or of the values of ``types``.
    refers : str or None
        The kind of declared name that the value must be: ``function``, ``touchpoint``...
    at_least : float or None
        Lowest allowed value of a number.
    """

    name: str
    kind: FieldKind
    help: str
    required: bool = False
    default: object = None
    choices: tuple[str, ...] = ()
    refers: str | None = None
    at_least: float | None = None


EXPECTED: dict[FieldKind, str] = {
    "text": "a text in quotes",
    "texts": "a text, or a list of texts",
    "number": "a number",
    "whole": "a whole number",
    "fraction": "a fraction from 0 to 1",
    "money": "an amount that is not negative",
    "yes_no": "true or false",
    "choice": "one of the allowed words",
    "label": 'a text, or {es = "...", en = "..."}',
    "moment": "a day or a time, such as 2026-06-30",
    "scale": "two numbers, the lowest first, such as [1, 5]",
    "fractions": "a list of fractions from 0 to 1",
    "days": "a list of days, such as [2026-01-01, 2026-12-25]",
    "types": 'a table of column = "type"',
    "lists": 'a table of name = list of texts, such as { segment = ["company"] }',
    "rules": "a table of name = SQL expression in quotes",
    "sql": "an SQL expression in quotes",
}


def check_value(value: object, item: Field) -> tuple[object, str | None]:
    """Return the value in the type that the program uses, and what was expected when it does not fit."""
    return _CHECKS[item.kind](value, item)


def _text(value: object, item: Field) -> tuple[object, str | None]:
    fits = isinstance(value, str) and bool(value.strip())
    return value, None if fits else f"{EXPECTED[item.kind]}, not empty"


def _choice(value: object, item: Field) -> tuple[object, str | None]:
    return value, None if value in item.choices else f"one of {', '.join(item.choices)}"


def _yes_no(value: object, item: Field) -> tuple[object, str | None]:
    return value, None if isinstance(value, bool) else EXPECTED[item.kind]


def _label(value: object, item: Field) -> tuple[object, str | None]:
    return value, None if _is_label(value) else EXPECTED[item.kind]


def _is_number(value: object) -> TypeGuard[int | Decimal]:
    """Tell a number from true and false, which Python counts as numbers, and from inf and nan, which TOML allows."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool) and Decimal(value).is_finite()


def _number(value: object, item: Field) -> tuple[object, str | None]:
    expected = EXPECTED[item.kind]
    if item.at_least is not None:
        expected = f"{expected}, {item.at_least:g} or more"
    if not _is_number(value):
        return None, expected
    if item.kind == "whole" and not isinstance(value, int):
        return None, expected
    outside = item.kind == "fraction" and not 0 <= value <= 1
    below = (item.kind == "money" and value < 0) or (item.at_least is not None and value < item.at_least)
    if outside or below:
        return None, expected
    if item.kind == "whole":
        return value, None
    return (Decimal(value) if item.kind == "money" else float(value)), None


def _texts(value: object, item: Field) -> tuple[object, str | None]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        return (), EXPECTED[item.kind]
    if len(set(items)) < len(items):
        return (), "each text once"
    return tuple(items), None


def _is_label(value: object) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    if not isinstance(value, dict) or not value or not value.keys() <= {"es", "en"}:
        return False
    return all(isinstance(text, str) and text.strip() for text in value.values())


def _moment(value: object, item: Field) -> tuple[object, str | None]:
    if isinstance(value, date):
        return value, None
    try:
        text = str(value)
        return (datetime.fromisoformat(text) if len(text) > len("2026-06-30") else date.fromisoformat(text)), None
    except ValueError:
        return None, EXPECTED[item.kind]


def _scale(value: object, item: Field) -> tuple[object, str | None]:
    if not isinstance(value, list) or len(value) != 2:
        return None, EXPECTED[item.kind]
    if not all(_is_number(end) for end in value) or value[0] >= value[1]:
        return None, EXPECTED[item.kind]
    return (float(value[0]), float(value[1])), None


def _fractions(value: object, item: Field) -> tuple[object, str | None]:
    if not isinstance(value, list) or not all(_is_number(one) and 0 <= one <= 1 for one in value):
        return (), EXPECTED[item.kind]
    return tuple(float(one) for one in value), None


def _days(value: object, item: Field) -> tuple[object, str | None]:
    if not isinstance(value, list) or not all(type(day) is date for day in value):
        return (), EXPECTED[item.kind]
    if len(set(value)) < len(value):
        return (), "each day once"
    return tuple(value), None


def _types(value: object, item: Field) -> tuple[object, str | None]:
    expected = f"{EXPECTED[item.kind]}; types are {', '.join(item.choices)}"
    fits = isinstance(value, dict) and all(kind in item.choices for kind in value.values())
    return value, None if fits else expected


def _lists(value: object, item: Field) -> tuple[object, str | None]:
    if not isinstance(value, dict):
        return {}, EXPECTED[item.kind]
    texts = {name: _texts(listed, item) for name, listed in value.items()}
    wrong = next((expected for found, expected in texts.values() if expected or not found), None)
    if wrong is not None or any(not found for found, _ in texts.values()):
        return {}, wrong or EXPECTED[item.kind]
    return {name: found for name, (found, _) in texts.items()}, None


def _rules(value: object, item: Field) -> tuple[object, str | None]:
    fits = isinstance(value, dict) and all(isinstance(rule, str) and rule.strip() for rule in value.values())
    return (value, None) if fits else ({}, EXPECTED[item.kind])


_CHECKS: dict[FieldKind, Callable[[object, Field], tuple[object, str | None]]] = {
    "text": _text,
    "texts": _texts,
    "number": _number,
    "whole": _number,
    "fraction": _number,
    "money": _number,
    "yes_no": _yes_no,
    "choice": _choice,
    "label": _label,
    "moment": _moment,
    "scale": _scale,
    "fractions": _fractions,
    "days": _days,
    "types": _types,
    "lists": _lists,
    "rules": _rules,
    "sql": _text,
}


def example_of(item: Field) -> str:
    """Return the line to add for a key that is missing."""
    example = {
        "label": '"..."',
        "texts": '["..."]',
        "scale": "[1, 5]",
        "choice": repr(item.choices[0]).replace("'", '"') if item.choices else '"..."',
        "sql": '"local_day(delivered) <= local_day(promised)"',
    }.get(item.kind, '"..."')
    return f"add {item.name} = {example} ({item.help})"


def cure_of(value: object, item: Field) -> str:
    """Return how to mend a value that does not fit."""
    if item.kind == "choice" and isinstance(value, str):
        return did_you_mean(value, item.choices, otherwise="use one of the words above")
    if item.kind == "types" and isinstance(value, dict):
        bad = next((str(kind) for kind in value.values() if kind not in item.choices), "")
        return did_you_mean(bad, item.choices, otherwise="use one of the types above")
    if item.kind == "fraction" and _is_number(value) and 1 < value <= 100:
        return f"write {value} % as {item.name} = {float(value) / 100:g}"
    if item.kind in ("number", "whole", "money", "fraction", "yes_no") and isinstance(value, str):
        return "write the value without quotes"
    if item.kind in ("text", "sql") and isinstance(value, bool | int | Decimal):
        return "put it in quotes"
    return item.help
