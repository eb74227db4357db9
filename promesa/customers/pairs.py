"""A pair of records in words: side by side, what agrees, what differs, and why it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words
from promesa.customers.review import differing

if TYPE_CHECKING:
    from collections.abc import Callable

    from promesa.customers.review import Item, Side
    from promesa.workspace import Workspace


def because(reason: str | None, locale: str) -> str:
    """Return why a pair is not joined unasked, in words where there are some."""
    key = f"customers.review.because.{reason}"
    return words.say_or(key, locale, otherwise=reason or "")


def field_name(name: str, ws: Workspace, locale: str) -> str:
    """Return what people call a field: the catalogue's word, else the company's, else its name."""
    said = words.record_field(name, locale)
    if said is not None:
        return said
    plain = name.removeprefix("trait_").removeprefix("id_")
    declared = ws.model.identifiers.get(plain) or ws.model.traits.get(plain)
    if declared is None:
        return plain
    return declared.label.es if words.language_of(locale) == "es" else declared.label.en


def pair_lines(item: Item, ws: Workspace, locale: str) -> list[tuple[str, str, str, str]]:
    """Return (field, one record, the other, how they compare) for every field that either record has."""
    say = _sayer(locale)
    fields = [name for name in item.low.fields | item.high.fields if _known(item, name)]
    levels = differing(item, fields)
    found = [(say("key"), _key(item.low), _key(item.high), "")]
    found += [
        (
            field_name(name, ws, locale),
            item.low.fields.get(name) or words.NOT_STATED,
            item.high.fields.get(name) or words.NOT_STATED,
            levels[name],
        )
        for name in fields
    ]
    found += [
        (field_name(name, ws, locale), "", "", level)
        for name, level in item.agreed.items()
        if name not in fields and level != "unknown"
    ]
    low, high = item.low, item.high
    for key, one, other in (("records", low.records, high.records), ("events", low.events, high.events)):
        found.append((say(key), words.number(one, locale), words.number(other, locale), ""))
    money = [words.money(side.margin, ws.currency, locale) for side in (low, high)]
    return [*found, (say("margin"), money[0], money[1], "")]


def _known(item: Item, name: str) -> bool:
    return item.low.fields.get(name) is not None or item.high.fields.get(name) is not None


def _key(side: Side) -> str:
    return f"{side.system}:{side.key}"


def _sayer(locale: str) -> Callable[..., str]:
    def say(key: str, **values: object) -> str:
        return words.say(f"customers.review.{key}", locale, **values)

    return say
