"""Which pairs of records are worth comparing: records that share a key, where few enough hold it.

A key is made of parts of a record that survive the usual errors: a birth date with day and month in either order, two
surnames in either order, half of a document. A pair is a candidate when it shares any key that no more than `most`
records hold; a key held by more (everyone's phone, a common name) is left out and counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promesa.engine import name
from promesa.identity.comparisons import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from promesa.engine import Embedded
    from promesa.workspace import Model

EVERYONE, FEW = "everyone", 1_500  # with no more records than this, each is compared with each
# Records that may hold a key: one that nearly names a person, a whole name, and one that only narrows.
STRICT, NAMED, LOOSE = 60, 20, 10


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
        or lost, that a search among the new ones alone does not see (`widen`).
    """

    key: str
    blocks: int
    records: int
    most: int
    crossed: int = 0


_ANY_SURNAME = ("surname", "surname_2")
_KEYS = (
    Key("document", (("document",),), STRICT),
    Key("email", (("email",),), STRICT),
    Key("phone", (("phone",),), STRICT),
    Key("email user", (("email_user",),), NAMED),
    Key("name", (("name",),), NAMED),
    Key("name and birth date", tuple(("born", part) for part in (*_ANY_SURNAME, "given")), STRICT),
    Key("name start and birth date", (("born", "given_start"), ("born", "surname_start")), STRICT),
    Key("birth date", (("born",),), LOOSE),
    Key("surnames and given name", (("surnames", "initial"),), NAMED),
    Key("given name and surname", tuple(("given", part) for part in _ANY_SURNAME), LOOSE),
    Key("name start and birth year", tuple(("year", "given_start", part) for part in _ANY_SURNAME), 5),
    Key("name and day of birth", (("given", "day_month", "surname_start"),), STRICT),
    Key("name and month of birth", (("given", "year_month", "surname_start"),), LOOSE),
    Key(
        "half of document", tuple((half, part) for half in ("document_1", "document_2") for part in _ANY_SURNAME), LOOSE
    ),
    Key("address", (("address",),), NAMED),
    Key("address and name", tuple(("numbers", part) for part in (*_ANY_SURNAME, "given")), LOOSE),
    Key("postcode and name", tuple(("postcode", part) for part in (*_ANY_SURNAME, "given")), LOOSE),
    Key("postcode and street", (("postcode", "address_start"),), LOOSE),
    Key("surname", (("surname",),), LOOSE),
    Key("given name", (("given",),), LOOSE),
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
    "address_start": "left(ltrim(address, '0123456789 '), 10)",
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
        yield Key(f"{trait} and name", ways, LOOSE)
        yield Key(f"{trait} and street", ((f"trait_{trait}", "address_start"),), LOOSE)
        whole = tuple((f"trait_{trait}", "given", part) for part in _ANY_SURNAME)
        yield Key(f"{trait}, given name and surname", whole, LOOSE)


def pairs(
    engine: Embedded,
    records: str,
    *,
    new: str | None,
    into: str,
    model: Model,
    before: str | None = None,
    widen: bool = False,
    progress: Callable[[float], None] | None = None,
) -> list[LeftOut]:
    """Find the pairs of records that are worth comparing.

    Parameters
    ----------
    engine : Embedded
        Where the records are.
    records : str
        Table or view of records, one row a customer.
    new : str or None
        Table with a column `customer`: only pairs with at least one of these; None pairs all with all.
    into : str
        Temporary table to write: `low`, `high` (customers, low < high), each pair once.
    model : Model
        Of the workspace: its traits and identifiers give keys of their own.
    before : str or None
        With `new`: the records of these customers as they were, columns of `records`, for those that were known;
        customers that are no more belong here too. None means that none of them was known.
    widen : bool, default False
        With `new`: add to it the customers that hold a value whose number of holders went over or under the limit,
        and find their pairs too. The pairs of all in `new`, and the earlier ones of others, are then those that a
        search of all with all finds.
    progress : callable or None
        Called with the share of the work that is done.

    Returns
    -------
    list of LeftOut
        Keys with blocks that were too large, and those whose limit the new records crossed.
    """
    keys = keys_of(model)
    _write_parts(engine, records, into="identity_parts", keys=keys)
    if before:
        _write_parts(engine, before, into="identity_parts_before", keys=keys)
    left_out = _search(engine, keys, new=new, before=before, progress=progress)
    if new and widen and _widened(engine, new):
        _search(engine, keys, new=new, before=before, progress=progress)
    engine.run(f"CREATE OR REPLACE TEMP TABLE {name(into)} AS SELECT DISTINCT low, high FROM identity_found")
    for table in ("found", "crossed", "parts", "parts_before", "holders", "blocks"):
        engine.run(f"DROP TABLE IF EXISTS identity_{table}")
    return left_out


def _search(
    engine: Embedded,
    keys: Sequence[Key],
    *,
    new: str | None,
    before: str | None,
    progress: Callable[[float], None] | None,
) -> list[LeftOut]:
    """Write the pairs of every key to `identity_found`, and whose blocks crossed the limit."""
    engine.run("CREATE OR REPLACE TEMP TABLE identity_found (low BIGINT, high BIGINT)")
    engine.run("CREATE OR REPLACE TEMP TABLE identity_crossed (customer BIGINT)")
    left_out: list[LeftOut] = []
    for number, key in enumerate(keys):
        if new is None:
            _write_blocks(engine, key)
        else:
            _write_new_blocks(engine, key, new=new, before=before)
        left_out += _left_out(engine, key)
        _add_pairs(engine, key, new_only=new is not None)
        if progress:
            progress((number + 1) / (len(keys) + 1))
    return left_out


def _widened(engine: Embedded, new: str) -> bool:
    """Add to `new` whoever holds a value that crossed its limit; tell whether anyone was added."""
    more = f"SELECT DISTINCT customer FROM identity_crossed WHERE customer NOT IN (SELECT customer FROM {new})"
    engine.run(f"CREATE OR REPLACE TEMP TABLE identity_crossed AS {more}")
    engine.run(f"INSERT INTO {new} SELECT customer FROM identity_crossed")
    return bool(engine.value("SELECT count(*) FROM identity_crossed"))


def _write_parts(engine: Embedded, records: str, *, into: str, keys: Sequence[Key]) -> None:
    """Write the parts of every record as numbers: texts are hashed once, not once a key."""
    wanted = sorted({part for key in keys for way in key.ways for part in way})
    chosen = ", ".join(f"{_number(_PARTS.get(part, name(part)))} AS {name(part)}" for part in wanted)
    engine.run(f"CREATE OR REPLACE TEMP TABLE {into} AS SELECT customer, {chosen} FROM {records}")


def _number(expression: str) -> str:
    return f"CASE WHEN ({expression}) IS NOT NULL THEN hash({expression}) END"


def _holders(key: Key, parts: str) -> str:
    """Return a SELECT of (key, customer): who holds which value of a key."""
    ways: list[str] = []
    for way in key.ways:
        known = " AND ".join(f"{name(part)} IS NOT NULL" for part in way)
        # One number for all ways of a key: a first surname meets the same one written second.
        value = f"hash({', '.join(name(part) for part in way)})"
        ways.append(f"SELECT {value} AS key, customer FROM {parts} WHERE {known}")
    return " UNION ALL ".join(ways)


def _write_blocks(engine: Embedded, key: Key) -> None:
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_holders AS "
        f"SELECT key, customer, false AS is_new FROM ({_holders(key, 'identity_parts')})"
    )
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_blocks AS "
        "SELECT key, count(*) AS held, false AS crossed FROM identity_holders GROUP BY key HAVING count(*) > 1"
    )


def _write_new_blocks(engine: Embedded, key: Key, *, new: str, before: str | None) -> None:
    """Write only the values that new records hold or held, with everyone who holds them."""
    old = (
        f"{_holders(key, 'identity_parts_before')}" if before else "SELECT NULL::UBIGINT AS key, 0 AS customer LIMIT 0"
    )
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_holders AS "
        f"WITH everyone AS ({_holders(key, 'identity_parts')}), was AS ({old}), "
        f"wanted AS (SELECT key FROM everyone SEMI JOIN {new} AS new ON everyone.customer = new.customer "
        "UNION SELECT key FROM was) "
        "SELECT key, customer, customer IN (SELECT customer FROM " + new + ") AS is_new "
        "FROM everyone WHERE key IN (SELECT key FROM wanted)"
    )
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_blocks AS "
        f"WITH was AS (SELECT key, count(*) AS held FROM ({old}) GROUP BY key), "
        "now AS (SELECT key, count(*) AS held, count(*) FILTER (NOT is_new) AS others "
        "FROM identity_holders GROUP BY key) "
        "SELECT key, now.held, "
        f"(now.held > {key.most}) <> (now.others + coalesce(was.held, 0) > {key.most}) AS crossed "
        "FROM now LEFT JOIN was USING (key)"
    )


def _left_out(engine: Embedded, key: Key) -> list[LeftOut]:
    over = f"SELECT key FROM identity_blocks WHERE held > {key.most}"
    [(blocks, crossed)] = engine.run(
        f"SELECT count(*) FILTER (held > {key.most}), count(*) FILTER (crossed) FROM identity_blocks"
    )
    if not crossed and (not blocks or key.field == EVERYONE):
        return []
    if crossed:
        engine.run(
            "INSERT INTO identity_crossed SELECT customer FROM identity_holders "
            "WHERE key IN (SELECT key FROM identity_blocks WHERE crossed)"
        )
    records = engine.value(f"SELECT count(DISTINCT customer) FROM identity_holders WHERE key IN ({over})")
    return [
        LeftOut(
            key=key.field,
            blocks=int(str(blocks)),
            records=int(str(records)),
            most=key.most,
            crossed=int(str(crossed)),
        )
    ]


def _add_pairs(engine: Embedded, key: Key, *, new_only: bool) -> None:
    # Holders of the chosen values first: the join of pairs then carries no lonely value.
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_chosen AS SELECT key, customer, is_new FROM identity_holders "
        f"WHERE key IN (SELECT key FROM identity_blocks WHERE held BETWEEN 2 AND {key.most})"
    )
    either = "AND (one.is_new OR two.is_new)" if new_only else ""
    engine.run(
        "INSERT INTO identity_found SELECT one.customer, two.customer FROM identity_chosen AS one "
        f"JOIN identity_chosen AS two ON one.key = two.key AND one.customer < two.customer {either}"
    )
    engine.run("DROP TABLE identity_chosen")
