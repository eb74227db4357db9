"""Which names a company may give: they become columns, words of a query and keys of a document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promesa.workspace.fields import Place, show

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAME = re.compile(r"(?!by_)[a-z][a-z0-9_]*(?<!_)")
# Columns that judging a promise adds to its moments; those that end in _ or start with by_ are promesa's too.
JUDGED = ("due", "status", "arrived", "gap")
# DuckDB's own list of words that cannot stand for a column without quotation marks.
_RESERVED_WORDS = """
all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
default deferrable desc describe distinct do else end except false fetch for foreign from group having in
initially intersect into lambda lateral leading limit not null offset on only or order pivot pivot_longer
pivot_wider placing primary qualify references returning select show some summarize symmetric table then to
trailing true union unique unpivot using variadic when where window with
"""
RESERVED = frozenset(_RESERVED_WORDS.split())
# What figures are already split by, and measures that every slice already has.
DIMENSIONS = ("touchpoint", "stage", "channel", "function", "supplier", "promise", "concept", "link", "measure", "tier")
PERIODS = ("day", "week", "month", "quarter", "year")
# Keys that rows of answers have beside their dimensions.
ROW_KEYS = (
    *("estimate", "lower", "upper", "n", "n_missing", "unit", "evidence", "note", "element", "owner", "target"),
    *("capability", "broken", "from", "to", "scale_unit", "recent", "previous", "change", "within_days"),
    *("table", "load", "rule", "first", "last"),
    *("feature", "effect", "experiment", "arm", "index", "construct", "standard"),
)
# What a name may stand for in the rows of an answer, with its article.
A_NAME = {
    "touchpoint": "a touchpoint",
    "element": "an element",
    "promise": "a promise",
    "trait": "a trait",
    "channel": "a channel",
    "function": "a function",
}
MEASURES = ("moments", "customers", "asked", "answers", "response_rate", "cost", "cost_per_moment")


def check_names(tables: object, *, kind: str, place: Place) -> list[str]:
    """Return the names declared under a section, after noting those that cannot be names."""
    if not isinstance(tables, dict):
        place.wrong(
            what="This is not a table.",
            got=show(tables),
            expected=f"a table for each {kind}",
            fix=f"write [{place.key}.NAME] above the keys of each {kind}",
        )
        return []
    for name in tables:
        if not _NAME.fullmatch(name):
            place.at(name).wrong(
                what=f"{name!r} cannot name a {kind}.",
                got=repr(name),
                expected="lower-case letters, digits and _; a letter first, no _ last, no by_ before it",
                fix=f"write {as_name(name)!r}",
            )
        elif name in RESERVED:
            place.at(name).wrong(
                what=f"{name!r} is a word of SQL and cannot name a {kind}.",
                got=repr(name),
                expected="a name that is no word of SQL",
                fix=f"write a longer name, such as {name + '_name'!r}",
            )
    return list(tables)


def check_taken(names: Iterable[str], taken: Iterable[str], *, kind: str, by: str, place: Place) -> None:
    """Note the names that something else carries already."""
    busy = frozenset(taken)
    for name in names:
        if name in busy:
            place.at(name).wrong(
                what=f"The {kind} {name!r} has the name of {by}.",
                got=repr(name),
                expected="a name that nothing else carries",
                fix="give it another name",
            )


def as_name(text: str) -> str:
    """Return a text as a name that a company may give."""
    from unicodedata import normalize

    plain = normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    name = name.removeprefix("by_")
    return name if name[:1].isalpha() else f"n_{name}".rstrip("_")
