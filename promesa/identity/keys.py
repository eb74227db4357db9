"""The keys that records must share to be compared: parts of a record that survive the usual errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promesa.engine import name
from promesa.identity.comparisons import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promesa.workspace import Model

EVERYONE, FEW = "everyone", 1_500  # with no more records than this, each is compared with each
# Records that may hold a key: one that nearly names a person, a whole name, one that only narrows, and one that finds
# hardly anything where more hold it (benchmarks/README.md counts what it spares and what it misses).
STRICT, NAMED, LOOSE, THIN = 60, 20, 10, 5


@dataclass(frozen=True, slots=True)
class Key:
    """What records must share to be compared.

    Attributes
    ----------
    field : str
        Name shown to people.
    ways : tuple of tuple of str
        Parts (see `_PARTS`) that are put together; a record has one key for each way whose parts it all knows.
    most : int
        Records that may hold one value of it.
    """

    field: str
    ways: tuple[tuple[str, ...], ...]
    most: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Blocks of one key that were too large to be compared.

    Attributes
    ----------
    key : str
        Name of the key.
    blocks, records : int
        Values of it held by too many, and the records that hold them.
    most : int
        Records that may hold one value.
    crossed : int
        Blocks that the new records have put over or under the limit: pairs of records already known are then found,
        or lost.
    """

    key: str
    blocks: int
    records: int
    most: int
    crossed: int = 0


_KEPT = "part_"  # begins the name of a column that keeps a part beside the record
_ANY_SURNAME = ("surname", "surname_2")
_KEYS = (
    Key("document", (("document",),), STRICT),
    Key("email", (("email",),), STRICT),
    Key("phone", (("phone",),), STRICT),
    Key("email user", (("email_user",),), NAMED),
    Key("name", (("name",),), NAMED),
    Key("name and birth date", tuple(("born", part) for part in (*_ANY_SURNAME, "given")), STRICT),
    Key("name start and birth date", (("born", "given_start"), ("born", "surname_start")), STRICT),
    Key("birth date", (("born",),), THIN),
    Key("surnames and given name", (("surnames", "initial"),), LOOSE),
    Key("given name and surname", tuple(("given", part) for part in _ANY_SURNAME), THIN),
    Key("name start and birth year", tuple(("year", "given_start", part) for part in _ANY_SURNAME), THIN),
    Key("name and day of birth", (("given", "day_month", "surname_start"),), STRICT),
    Key("name and month of birth", (("given", "year_month", "surname_start"),), LOOSE),
    Key(
        "half of document", tuple((half, part) for half in ("document_1", "document_2") for part in _ANY_SURNAME), LOOSE
    ),
    Key("address", (("address",),), NAMED),
    Key("address and name", tuple(("numbers", part) for part in (*_ANY_SURNAME, "given")), LOOSE),
    Key("postcode and name", tuple(("postcode", part) for part in (*_ANY_SURNAME, "given")), LOOSE),
    Key("postcode and street", (("postcode", "address_start"),), LOOSE),
    Key("surname", (("surname",),), THIN),
    Key("given name", (("given",),), THIN),
    Key(EVERYONE, (("everyone",),), FEW),
)

# Named values of a record from which keys are put together. Day and month in either order are one part.
_PARTS = {
    "everyone": "1",
    "document": "document",
    "email": "email",
    "phone": "phone",
    "email_user": "CASE WHEN length(email_user) >= 4 THEN email_user END",
    "name": "name",
    "given": "given",
    "surname": "surname",
    "surname_2": "surname_2",
    "initial": "left(given, 1)",
    "given_start": "left(given, 3)",
    "surname_start": "left(surname, 3)",
    "surnames": "least(surname, surname_2) || ' ' || greatest(surname, surname_2)",
    "born": "year(birth_date) * 1000 + least(month(birth_date), day(birth_date)) * 50 "
    "+ greatest(month(birth_date), day(birth_date))",
    "year": "year(birth_date)",
    "year_month": "year(birth_date) * 100 + month(birth_date)",
    "day_month": "least(month(birth_date), day(birth_date)) * 50 + greatest(month(birth_date), day(birth_date))",
    "document_1": "CASE WHEN length(document) >= 6 THEN left(document, length(document) // 2) END",
    "document_2": "CASE WHEN length(document) >= 6 THEN right(document, length(document) // 2) END",
    "address": "address",
    # Few addresses begin with a number, and looking for one in each takes longer than all the rest.
    "address_start": "CASE WHEN address < ':' THEN left(ltrim(address, '0123456789 '), 10) ELSE left(address, 10) END",
    "numbers": "address_numbers",
    "postcode": "postcode",
}


def keys_of(model: Model) -> tuple[Key, ...]:
    """Return the keys of a workspace: the fixed ones, its own identifiers, its traits beside a name."""
    share = model.identity.block_most / STRICT
    return tuple(
        key if key.field == EVERYONE else replace(key, most=max(2, round(key.most * share))) for key in _all_keys(model)
    )


def _all_keys(model: Model) -> Iterator[Key]:
    yield from _KEYS
    for identifier in model.identifiers:
        if identifier not in BUILT_IN:
            yield Key(identifier, ((f"id_{identifier}",),), STRICT)
    for trait in model.identity.compare:
        ways = tuple((f"trait_{trait}", part) for part in (*_ANY_SURNAME, "given"))
        yield Key(f"{trait} and name", ways, THIN)
        yield Key(f"{trait} and street", ((f"trait_{trait}", "address_start"),), LOOSE)
        whole = tuple((f"trait_{trait}", "given", part) for part in _ANY_SURNAME)
        yield Key(f"{trait}, given name and surname", whole, LOOSE)


def _parts_as_numbers(model: Model) -> dict[str, str]:
    """Return SQL of each part of a record that keys are made of: texts are hashed once, not once a key."""
    parts = sorted({part for key in keys_of(model) for way in key.ways for part in way})
    return {part: _number(_PARTS.get(part, name(part))) for part in parts}


def is_part(column: str) -> bool:
    """Tell whether a column of `records` keeps a number that only the other columns were made into."""
    return column.startswith(_KEPT)


def part_columns(model: Model) -> tuple[tuple[str, str], ...]:
    """Return name and kind of the columns in which the parts of a record are kept beside it."""
    return tuple((_KEPT + part, "whole") for part in _parts_as_numbers(model))


def parts_of(model: Model) -> str:
    """Return SQL over the columns of a record of its `part_columns`."""
    return ", ".join(f"{number} AS {name(_KEPT + part)}" for part, number in _parts_as_numbers(model).items())


def select_parts(model: Model, records: str, *, kept: bool = False) -> str:
    """Return a SELECT of the parts of records as keys are made of them, beside `customer`.

    Parameters
    ----------
    records : str
        A table, or what else may stand after FROM.
    kept : bool, default False
        Its `part_columns` say them; otherwise they are worked out of the others.
    """
    numbers = _parts_as_numbers(model).items()
    parts = ", ".join(f"{name(_KEPT + part) if kept else number} AS {name(part)}" for part, number in numbers)
    return f"SELECT customer, {parts} FROM {records}"


def _number(text: str) -> str:
    # A table of the store holds signed numbers only.
    return f"CAST(hash({text}) >> 1 AS BIGINT)"


_UNKNOWN = _number("NULL")  # the number of a part that a record does not know


def values_of(key: Key, *also: str) -> Iterator[tuple[str, str]]:
    """Return for each way of a key SQL of its value over the parts of a record, and of whether the record has one.

    `also` is hashed with the value.
    """
    for way in key.ways:
        # One number for all ways of a key: a first surname meets the same one written second.
        known = " AND ".join(f"{name(part)} <> {_UNKNOWN}" for part in way)
        yield f"hash({', '.join([*also, *map(name, way)])})", known


def any_value_in(key: Key, values: str, *also: str) -> str:
    """Return SQL over the parts of a record of whether it holds one of some values; `also` as in `values_of`."""
    return " OR ".join(f"({known} AND {value} IN ({values}))" for value, known in values_of(key, *also))
