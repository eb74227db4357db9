"""Which pairs of records are worth comparing: records that share a key, where few enough hold it.

A key is made of parts of a record that survive the usual errors: a birth date with day and month in either order, two
surnames in either order, half of a document. A pair is a candidate when it shares any key that no more than `most`
records hold; a key held by more (everyone's phone, a common name) is left out and counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.engine import name
from promesa.identity.comparisons import BUILT_IN
from promesa.identity.keys import EVERYONE, LeftOut, any_value_in, keys_of, values_of
from promesa.identity.new_pairs import left_out_of_new, lost_pairs, near_new, search_new

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.engine import Embedded
    from promesa.identity.keys import Key
    from promesa.workspace import Model

NEAR = "identity_near_customers"  # temporary table: `customer`, perhaps more than once


def pairs(
    engine: Embedded,
    parts: str,
    *,
    new: str | None,
    into: str,
    model: Model,
    before: str | None = None,
    known: str | None = None,
    lost: str | None = None,
) -> list[LeftOut]:
    """Find the pairs of records that are worth comparing.

    Parameters
    ----------
    engine : Embedded
        Where the records are.
    parts : str
        SELECT of the parts of the records, one row a customer, as `select_parts` writes it.
    new : str or None
        Table with a column `customer`: only pairs with at least one of these; None pairs all with all. With it, the
        table `NEAR` says who holds an identifier's value that these hold or held, however many do.
    into : str
        Temporary table to write: `low`, `high` (customers, low < high), each pair once.
    model : Model
        Of the workspace: its traits and identifiers give keys of their own.
    before : str or None
        With `new`: the parts of these customers as they were, for those that were known; customers that are no more
        belong here too. None means that none of them was known.
    known, lost : str or None
        With `new`: a SELECT of `low`, `high`, pairs that an earlier search has found, and the temporary table to write
        with those of them, among customers that are not new, that a search of all with all finds no more. Such pairs
        that it finds now and did not before are in `into`: new customers change how many hold a value.

    Returns
    -------
    list of LeftOut
        Keys with blocks that were too large, and those whose limit the new records crossed.
    """
    keys = keys_of(model)
    engine.run(f"CREATE OR REPLACE TEMP TABLE identity_parts AS {parts}")
    if new is None:
        left_out = _search(engine, keys)
    else:
        if before:
            engine.run(f"CREATE OR REPLACE TEMP TABLE identity_parts_before AS {before}")
        looked = search_new(engine, keys, new=new, before="identity_parts_before" if before else None)
        left_out = left_out_of_new(engine, looked)
        near_new(engine, looked, fields={*BUILT_IN, *model.identifiers}, into=NEAR)
        if lost:
            lost_pairs(engine, looked, known=known or "SELECT 0 AS low, 0 AS high LIMIT 0", into=name(lost))
    # In the order of records: what is known of one is read for all its pairs while it is at hand.
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE {name(into)} AS SELECT DISTINCT low, high FROM identity_found ORDER BY low"
    )
    for table in ("found", "chosen", "parts", "parts_before", "holders", "blocks"):
        engine.run(f"DROP TABLE IF EXISTS identity_{table}")
    return left_out


def _search(engine: Embedded, keys: Sequence[Key]) -> list[LeftOut]:
    """Write the pairs of every key among all records to `identity_found`."""
    engine.run("CREATE OR REPLACE TEMP TABLE identity_found (low BIGINT, high BIGINT)")
    left_out: list[LeftOut] = []
    for key in keys:
        _write_chosen(engine, key)
        left_out += _left_out(engine, key)
        _add_pairs(engine)
    return left_out


def _holders(key: Key, parts: str) -> str:
    """Return a SELECT of (key, customer): who holds which value of a key."""
    return " UNION ALL ".join(
        f"SELECT {value} AS key, customer FROM {parts} WHERE {known}" for value, known in values_of(key)
    )


def _write_chosen(engine: Embedded, key: Key) -> None:
    """Write who holds the values that few enough hold, and beside them, without a customer, the values of too many."""
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_holders AS "
        f"SELECT key, customer FROM ({_holders(key, 'identity_parts')})"
    )
    # Lonely values go at once: neither a table of values nor the join of pairs carries them.
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_chosen AS WITH blocks AS MATERIALIZED ("
        "SELECT key, count(*) AS held FROM identity_holders GROUP BY key HAVING count(*) > 1) "
        "SELECT key, customer, NULL AS held FROM identity_holders "
        f"WHERE key IN (SELECT key FROM blocks WHERE held <= {key.most}) "
        f"UNION ALL SELECT key, NULL, held FROM blocks WHERE held > {key.most}"
    )


def _left_out(engine: Embedded, key: Key) -> list[LeftOut]:
    over = "SELECT key FROM identity_chosen WHERE customer IS NULL"
    [(blocks, held)] = engine.run("SELECT count(*), sum(held) FROM identity_chosen WHERE customer IS NULL")
    if not blocks or key.field == EVERYONE:
        return []
    if len(key.ways) > 1:  # otherwise a record holds one value of it
        held = engine.value(f"SELECT count(*) FROM identity_parts WHERE {any_value_in(key, over)}")
    return [LeftOut(key=key.field, blocks=int(str(blocks)), records=int(str(held)), most=key.most)]


def _add_pairs(engine: Embedded) -> None:
    engine.run(
        "INSERT INTO identity_found SELECT one.customer, two.customer FROM identity_chosen AS one "
        "JOIN identity_chosen AS two ON one.key = two.key AND one.customer < two.customer"
    )
    engine.run("DROP TABLE identity_chosen")
