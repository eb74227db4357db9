"""The messages of promesa by key, in the reader's language."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, TypeVar

from promesa.errors import UnknownName

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = ("es", "en")
Other = TypeVar("Other", bound="str | None")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return every message of a language by dotted key."""
    messages: dict[str, str] = {}
    for file in files("promesa.words").joinpath(language).iterdir():
        if file.name.endswith(".toml"):
            room = file.name.removesuffix(".toml")
            tree = tomllib.loads(file.read_text(encoding="utf-8"))
            messages.update(_flatten(tree, "" if room == "common" else f"{room}."))
    return messages


def _flatten(tree: Mapping[str, object], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in tree.items():
        if isinstance(value, dict):
            pairs += _flatten(value, f"{prefix}{key}.")
        else:
            pairs.append((f"{prefix}{key}", str(value)))
    return pairs


def language_of(locale: str) -> str:
    """Return the catalogue language of a locale: ``es_CO`` reads ``es``, anything else ``en``."""
    return "es" if locale.startswith("es") else "en"


def say(key: str, locale: str, **values: object) -> str:
    """Return the message `key` in the reader's language with `values` filled in.

    Raises
    ------
    UnknownName
        If no catalogue has the key.
    """
    messages = catalogue(language_of(locale))
    if key not in messages:
        raise UnknownName(key, kind="message", known=messages)
    return messages[key].format(**values)


def say_or(key: str, locale: str, *, otherwise: Other) -> str | Other:
    """Return the message `key` in the reader's language; `otherwise` where no catalogue has it."""
    return catalogue(language_of(locale)).get(key, otherwise)


def knows(key: str, locale: str = "en") -> bool:
    """Tell whether the catalogue has a message `key`."""
    return key in catalogue(language_of(locale))
