"""Reads one TOML table against the fields it may have, and collects every mistake instead of stopping at one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from promesa.errors import Mistake, did_you_mean
from promesa.workspace.values import EXPECTED, Field, check_value, cure_of, example_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

Known = dict[str, list[str]]
SHOWN_WIDTH = 80
_PASSWORD = re.compile(r"://([^/@:\s]*):[^/@\s]*@")


class Unset:
    """Stands where a `${VAR}` had no value: the mistake is told already, the value is not judged again."""


UNSET = Unset()


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands; mistakes found there go into one list for the whole workspace."""

    file: str
    key: str
    mistakes: list[Mistake] = field(repr=False)

    def at(self, key: str) -> Place:
        """Return the place of a key within this one."""
        return replace(self, key=f"{self.key}.{key}" if self.key else key)

    def wrong(self, *, what: str, got: str, expected: str, fix: str) -> None:
        """Note a mistake."""
        self.mistakes.append(Mistake(file=self.file, key=self.key, what=what, got=got, expected=expected, fix=fix))

    def unknown(self, name: str, *, kind: str, known: Collection[str]) -> None:
        """Note a name that is not declared."""
        names = sorted(known)
        self.wrong(
            what=f"There is no {kind} called {name!r}.",
            got=repr(name),
            expected=f"one of {', '.join(names)}" if names else f"a declared {kind}; none is declared",
            fix=did_you_mean(name, names, otherwise=f"use one of the names above, or declare the {kind}"),
        )


def show(value: object) -> str:
    """Return a value as a TOML file writes it, short and without passwords."""
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, date | datetime):
        text = value.isoformat()
    elif isinstance(value, dict):
        text = "{" + ", ".join(f"{key} = {show(item)}" for key, item in value.items()) + "}"
    elif isinstance(value, list):
        text = "[" + ", ".join(show(item) for item in value) + "]"
    else:
        text = str(value) if isinstance(value, int | float | Decimal) else repr(value)
    text = _PASSWORD.sub(r"://\1:***@", text)
    return text if len(text) <= SHOWN_WIDTH else text[: SHOWN_WIDTH - 1] + "…"


def read_fields(
    table: object, fields: Sequence[Field], *, place: Place, known: Known, written: object = None
) -> dict[str, Any]:
    """Return the checked values of a TOML table, defaults filled in; mistakes go to `place`.

    Parameters
    ----------
    table : object
        What the file holds there, variables filled in.
    fields : sequence of Field
        Every key that may stand there.
    known : dict of str to list of str
        Declared names by kind, for fields that refer to them.
    written : object
        The same table before variables were filled in: messages show it, for the value of a variable may be
        a secret. None when nothing was filled in.
    """
    if not isinstance(table, dict):
        place.wrong(
            what="This is not a table.", got=show(table), expected="a table", fix=f"write [{place.key}] above its keys"
        )
        return {item.name: item.default for item in fields}
    original = written if isinstance(written, dict) else table
    names = [item.name for item in fields]
    for key in table:
        if key not in names:
            _refuse_key(key, names, place=place.at(key))
    return {
        item.name: _read_field(table, item, place=place.at(item.name), known=known, shown=show(original.get(item.name)))
        for item in fields
    }


def _refuse_key(key: str, names: list[str], *, place: Place) -> None:
    place.wrong(
        what=f"The key {key!r} is not known here.",
        got=key,
        expected=f"one of {', '.join(names)}" if names else "no keys",
        fix=did_you_mean(key, names, otherwise="take it out, or see the reference for the keys of this table"),
    )


def _read_field(table: Mapping[str, object], item: Field, *, place: Place, known: Known, shown: str) -> object:
    if item.name not in table:
        if item.required:
            place.wrong(
                what=f"The key {item.name!r} is missing.",
                got="nothing",
                expected=EXPECTED[item.kind],
                fix=example_of(item),
            )
        return item.default
    value = table[item.name]
    if _holds_unset(value):
        return item.default
    checked, expected = check_value(value, item)
    if expected:
        place.wrong(
            what=f"The value of {item.name!r} does not fit.", got=shown, expected=expected, fix=cure_of(value, item)
        )
        return item.default
    if item.refers:
        for name in checked if isinstance(checked, tuple) else (checked,):
            if name not in known[item.refers]:
                place.unknown(str(name), kind=item.refers, known=known[item.refers])
    return checked


def _holds_unset(value: object) -> bool:
    if isinstance(value, list):
        return any(_holds_unset(item) for item in value)
    if isinstance(value, dict):
        return any(_holds_unset(item) for item in value.values())
    return isinstance(value, Unset)


def refuse_sections(tree: Mapping[str, object], known: Sequence[str], *, place: Place) -> None:
    """Note the sections of a file that nothing reads."""
    for section in tree:
        if section not in known:
            place.at(section).wrong(
                what=f"The section [{section}] is not known.",
                got=f"[{section}]",
                expected=f"one of {', '.join(known)}",
                fix=did_you_mean(
                    section, known, otherwise="take it out, or move its keys into one of the sections above"
                ),
            )
