"""The pairs of new records with all: every key in one pass over the records, not one pass a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.identity.keys import EVERYONE, FEW, LeftOut, values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.engine import Embedded
    from promesa.identity.keys import Key


def search_new(engine: Embedded, keys: Sequence[Key], *, new: str, before: str | None) -> Sequence[Key]:
    """Write the pairs of new records to `identity_found`, and to `identity_crossed` whose blocks crossed the limit.

    Parameters
    ----------
    new : str
        Table with a column `customer`.
    before : str or None
        Parts of these customers as they were; those of all records as they are stand in `identity_parts`.

    Returns
    -------
    sequence of Key
        Those that were looked at, for `left_out_of_new`.
    """
    keys = _without_everyone(engine, keys, new=new, before=before)
    _write_blocks(engine, keys, new=new, before=before)
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_crossed AS SELECT customer FROM identity_holders "
        "WHERE key IN (SELECT key FROM identity_blocks WHERE crossed)"
    )
    # Holders of the chosen values first: the join of pairs then carries no lonely value.
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_chosen AS SELECT key, customer, is_new FROM identity_holders "
        "WHERE key IN (SELECT key FROM identity_blocks WHERE held BETWEEN 2 AND most)"
    )
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_found AS SELECT one.customer AS low, two.customer AS high "
        "FROM identity_chosen AS one JOIN identity_chosen AS two "
        "ON one.key = two.key AND one.customer < two.customer AND (one.is_new OR two.is_new)"
    )
    engine.run("DROP TABLE identity_chosen")
    return keys


def _without_everyone(engine: Embedded, keys: Sequence[Key], *, new: str, before: str | None) -> Sequence[Key]:
    """Return the keys without the one that all records hold, where they are too many now and were before."""
    was = f"(SELECT count(*) FROM {before})" if before else "0"
    counted = "count(*), count(*) FILTER (customer NOT IN (SELECT customer FROM " + new + "))"
    [(now, others, changed)] = engine.run(f"SELECT {counted}, {was} FROM identity_parts")
    if int(str(now)) > FEW and int(str(others)) + int(str(changed)) > FEW:
        return [key for key in keys if key.field != EVERYONE]
    return keys


def _write_blocks(engine: Embedded, keys: Sequence[Key], *, new: str, before: str | None) -> None:
    """Write the values that new records hold or held, and everyone who holds them."""
    is_new = f"customer IN (SELECT customer FROM {new})"
    engine.run(f"CREATE OR REPLACE TEMP TABLE identity_parts_new AS SELECT * FROM identity_parts WHERE {is_new}")
    nothing = "SELECT 0 AS number, NULL::UBIGINT AS key, 0 AS customer LIMIT 0"
    was = _holders(keys, before) if before else nothing
    engine.run(f"CREATE OR REPLACE TEMP TABLE identity_was AS SELECT key, count(*) AS held FROM ({was}) GROUP BY key")
    wanted = f"SELECT key FROM ({_holders(keys, 'identity_parts_new')}) UNION SELECT key FROM identity_was"
    engine.run(f"CREATE OR REPLACE TEMP TABLE identity_wanted AS {wanted}")
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_holders AS "
        f"SELECT number, key, customer, {is_new} AS is_new FROM ({_holders(keys, 'identity_parts')}) "
        "WHERE key IN (SELECT key FROM identity_wanted)"
    )
    most = " ".join(f"WHEN {number} THEN {key.most}" for number, key in enumerate(keys))
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_blocks AS "
        "WITH now AS (SELECT key, any_value(number) AS number, count(*) AS held, "
        "count(*) FILTER (NOT is_new) AS others FROM identity_holders GROUP BY key), "
        f"limits AS (SELECT *, CASE number {most} END AS most FROM now) "
        "SELECT key, number, limits.held, most, "
        "(limits.held > most) <> (others + coalesce(was.held, 0) > most) AS crossed "
        "FROM limits LEFT JOIN identity_was AS was USING (key)"
    )
    for table in ("parts_new", "was", "wanted"):
        engine.run(f"DROP TABLE identity_{table}")


def _holders(keys: Sequence[Key], parts: str) -> str:
    """Return a SELECT of (number, key, customer): who holds which value of which key."""
    return " UNION ALL ".join(
        f"SELECT {number} AS number, {value} AS key, customer FROM {parts} WHERE {known}"
        for number, key in enumerate(keys)
        for value, known in values_of(key, str(number))
    )


def left_out_of_new(engine: Embedded, keys: Sequence[Key]) -> list[LeftOut]:
    """Return the blocks of the last search that were too large, and those whose limit was crossed, by key."""
    told = engine.run(
        "SELECT number, count(*) FILTER (held > most), count(*) FILTER (crossed) FROM identity_blocks "
        "GROUP BY number ORDER BY number"
    )
    held = engine.run(
        "SELECT number, count(DISTINCT customer) FROM identity_holders "
        "WHERE key IN (SELECT key FROM identity_blocks WHERE held > most) GROUP BY number"
    )
    records = {number: int(str(count)) for number, count in held}
    return [
        LeftOut(
            key=keys[int(str(number))].field,
            blocks=int(str(blocks)),
            records=records.get(number, 0),
            most=keys[int(str(number))].most,
            crossed=int(str(crossed)),
        )
        for number, blocks, crossed in told
        if crossed or (blocks and keys[int(str(number))].field != EVERYONE)
    ]
