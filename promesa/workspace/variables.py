"""`${VAR}` in the strings of promesa.toml: the environment first, then the table `[variables]` of the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promesa.errors import did_you_mean
from promesa.workspace.fields import UNSET, Place, show

if TYPE_CHECKING:
    from collections.abc import Mapping

_MARK = re.compile(r"\$\$|\$\{([^}]*)\}|\$\{")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Variables:
    """The values that `${VAR}` can take.

    Parameters
    ----------
    declared : mapping of str to str
        The table `[variables]`: what a variable is when the environment does not set it. May name other variables.
    environ : mapping of str to str
        The environment; goes before `declared`.
    place : Place
        Of the table `[variables]`.
    """

    def __init__(self, declared: Mapping[str, str], environ: Mapping[str, str], *, place: Place) -> None:
        self.declared, self.environ = declared, environ
        self.values: dict[str, str | None] = {}
        for name in declared:
            self._value_of(name, chain=(), place=place.at(name))

    def fill(self, tree: object, *, place: Place) -> object:
        """Return `tree` with every variable filled in; a string that cannot be filled becomes `UNSET`."""
        if isinstance(tree, dict):
            return {key: self.fill(value, place=place.at(str(key))) for key, value in tree.items()}
        if isinstance(tree, list):
            return [self.fill(value, place=place) for value in tree]
        if isinstance(tree, str):
            filled = self._fill_text(tree, chain=(), place=place)
            return UNSET if filled is None else filled
        return tree

    def _fill_text(self, text: str, *, chain: tuple[str, ...], place: Place) -> str | None:
        parts: list[str] = []
        end, complete = 0, True
        for mark in _MARK.finditer(text):
            parts.append(text[end : mark.start()])
            end = mark.end()
            if mark.group() == "$$":
                parts.append("$")
                continue
            value = self._filled_mark(mark, chain=chain, place=place)
            complete = complete and value is not None
            parts.append(value or "")
        return "".join([*parts, text[end:]]) if complete else None

    def _filled_mark(self, mark: re.Match[str], *, chain: tuple[str, ...], place: Place) -> str | None:
        name = mark.group(1)
        if name is None or not _NAME.fullmatch(name):
            place.wrong(
                what="A variable is not written well.",
                got=show(mark.string),
                expected="${NAME}: letters, digits and _ between the braces",
                fix="close the brace, or write $$ for a dollar sign",
            )
            return None
        return self._value_of(name, chain=chain, place=place)

    def _value_of(self, name: str, *, chain: tuple[str, ...], place: Place) -> str | None:
        if name in self.environ:
            return self.environ[name]
        if name in chain:
            circle = " -> ".join([*chain[chain.index(name) :], name])
            place.wrong(
                what=f"The variable {name!r} refers to itself in a circle.",
                got=circle,
                expected="variables that end in a text",
                fix=f"give {name} a text without ${{...}}, or set it in the environment",
            )
            # Every variable of the circle is known to be wrong now: each circle is told once.
            self.values.update(dict.fromkeys(chain[chain.index(name) :]))
            return None
        if name not in self.declared:
            self._tell_unset(name, place=place)
            return None
        if name not in self.values:
            value = self._fill_text(self.declared[name], chain=(*chain, name), place=place)
            self.values.setdefault(name, value)
        return self.values[name]

    def _tell_unset(self, name: str, *, place: Place) -> None:
        place.wrong(
            what=f"The environment variable {name!r} is not set.",
            got="no value",
            expected=f"a value for ${{{name}}}",
            fix=did_you_mean(
                name,
                [*self.declared, *self.environ],
                otherwise=f"set it: export {name}=..., or give it a value under [variables]",
            ),
        )
