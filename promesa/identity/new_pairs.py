"""The pairs of new records with all: every key in one pass over the records, not one pass a key.

New records also change how many hold a value. Where that crosses the limit, pairs of others are found or lost: only
those of the values that crossed are looked at, and of the lost ones only those that came to something before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.identity.keys import EVERYONE, FEW, LeftOut, values_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from promesa.engine import Embedded
    from promesa.identity.keys import Key

Numbered = tuple[int, "Key"]


def search_new(engine: Embedded, keys: Sequence[Key], *, new: str, before: str | None) -> Sequence[Key]:
    """Write the pairs of new records, and those of others that are found since a value crossed its limit.

    They go to `identity_found`; `identity_chosen` and `identity_blocks` stay for `lost_pairs`.

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
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_parts_new AS "
        f"SELECT * FROM identity_parts WHERE customer IN (SELECT customer FROM {new})"
    )
    keys = _without_everyone(engine, keys, before=before)
    _write_blocks(engine, keys, before=before)
    # Holders of the chosen values first: the joins of pairs then carry no lonely value.
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_chosen AS SELECT key, customer, "
        f"customer IN (SELECT customer FROM {new}) AS is_new "
        f"FROM ({_who_holds('held > 1 AND (held <= most OR crossed)')})"
    )
    within = "SELECT key FROM identity_blocks WHERE held <= most"
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_found AS "
        "SELECT least(one.customer, two.customer) AS low, greatest(one.customer, two.customer) AS high "
        f"FROM (FROM identity_chosen WHERE is_new AND key IN ({within})) AS one JOIN identity_chosen AS two "
        "ON one.key = two.key AND one.customer <> two.customer AND (NOT two.is_new OR one.customer < two.customer) "
        f"UNION ALL {_pairs_of_others(f'{within} AND crossed')}"
    )
    return keys


def _who_holds(condition: str) -> str:
    """Return a SELECT of (key, customer) of the values looked for that meet a condition over `identity_blocks`."""
    return (
        "SELECT key, parts.customer FROM identity_holders JOIN identity_parts AS parts ON parts.rowid = place "
        f"WHERE key IN (SELECT key FROM identity_blocks WHERE {condition})"
    )


def _pairs_of_others(blocks: str) -> str:
    """Return a SELECT of the pairs of records that are not new and hold one of these values."""
    others = f"(FROM identity_chosen WHERE NOT is_new AND key IN ({blocks}))"
    return (
        f"SELECT one.customer AS low, two.customer AS high FROM {others} AS one "
        f"JOIN {others} AS two ON one.key = two.key AND one.customer < two.customer"
    )


def near_new(engine: Embedded, keys: Sequence[Key], *, fields: Collection[str], into: str) -> None:
    """Write the customers of the last search who hold a value of some keys that new records hold or held.

    Parameters
    ----------
    keys : sequence of Key
        As `search_new` returned them.
    fields : collection of str
        Their names.
    into : str
        Temporary table to write: `customer`, perhaps more than once.
    """
    numbers = ", ".join(str(number) for number, key in enumerate(keys) if key.field in fields)
    holders = _who_holds(f"number IN ({numbers})" if numbers else "false")
    engine.run(f"CREATE OR REPLACE TEMP TABLE {into} AS SELECT customer FROM ({holders})")


def lost_pairs(engine: Embedded, keys: Sequence[Key], *, known: str, into: str) -> None:
    """Write the known pairs of records that are not new which share no value any more that few enough hold.

    Parameters
    ----------
    known : str
        SELECT of `low`, `high`: pairs that an earlier search has found.
    into : str
        Temporary table to write: `low`, `high`.
    """
    over = _pairs_of_others("SELECT key FROM identity_blocks WHERE crossed AND held > most")
    engine.run(f"CREATE OR REPLACE TEMP TABLE identity_doubtful AS {over}")
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE {into} AS SELECT DISTINCT low, high FROM ({known}) "
        "WHERE (low, high) IN (SELECT (low, high) FROM identity_doubtful)"
    )
    engine.run("DROP TABLE identity_doubtful")
    if engine.value(f"SELECT count(*) FROM {into}"):
        _keep_shared(engine, keys, pairs=into)


def _keep_shared(engine: Embedded, keys: Sequence[Key], *, pairs: str) -> None:
    """Take out of `pairs` those that share another value that few enough hold."""
    ends = f"SELECT low FROM {pairs} UNION SELECT high FROM {pairs}"
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE identity_parts_new AS SELECT * FROM identity_parts WHERE customer IN ({ends})"
    )
    numbered = list(enumerate(keys))
    held = f"({_holders(numbered, 'identity_parts_new')})"
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_wanted AS "
        f"WITH held AS MATERIALIZED (SELECT DISTINCT * FROM {held}) "
        "SELECT low, high, one.number, one.key "
        f"FROM {pairs} JOIN held AS one ON one.customer = low JOIN held AS two ON two.customer = high "
        "AND two.number = one.number AND two.key = one.key"
    )
    _take_out(engine, pairs, few="SELECT key FROM identity_blocks WHERE held <= most")
    engine.run("DELETE FROM identity_wanted WHERE key IN (SELECT key FROM identity_blocks)")
    # Key by key: a pair that shares one value is told, and its others need not be counted.
    left = {number for (number,) in engine.run("SELECT DISTINCT number FROM identity_wanted")}
    for number, key in numbered:
        if number not in left:
            continue
        open_ones = f"(low, high) IN (SELECT (low, high) FROM {pairs})"
        shared = f"SELECT key FROM identity_wanted WHERE number = {number} AND {open_ones}"
        holders = f"({_holders([(number, key)], 'identity_parts')}) WHERE key IN ({shared})"
        _take_out(engine, pairs, few=f"SELECT key FROM {holders} GROUP BY key HAVING count(*) <= {key.most}")
    for table in ("parts_new", "wanted"):
        engine.run(f"DROP TABLE identity_{table}")


def _take_out(engine: Embedded, pairs: str, *, few: str) -> None:
    """Take those out of `pairs` that share one of some values."""
    engine.run(
        f"DELETE FROM {pairs} WHERE (low, high) IN (SELECT (low, high) FROM identity_wanted WHERE key IN ({few}))"
    )


def _without_everyone(engine: Embedded, keys: Sequence[Key], *, before: str | None) -> Sequence[Key]:
    """Return the keys without the one that all records hold, where they are too many now and were before."""
    was = f"(SELECT count(*) FROM {before})" if before else "0"
    counted = f"SELECT count(*), (SELECT count(*) FROM identity_parts_new), {was} FROM identity_parts"
    [(now, new, changed)] = ([int(str(count)) for count in row] for row in engine.run(counted))
    if min(now, now - new + changed) > FEW:
        return [key for key in keys if key.field != EVERYONE]
    return keys


def _write_blocks(engine: Embedded, keys: Sequence[Key], *, before: str | None) -> None:
    """Write the values that new records hold or held, and everyone who holds them, by the place among the parts."""
    numbered = list(enumerate(keys))
    held = f"SELECT number, key, 1 AS fresh, 0 AS was FROM ({_holders(numbered, 'identity_parts_new')})"
    if before:
        held += f" UNION ALL SELECT number, key, 0, 1 FROM ({_holders(numbered, before)})"
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_wanted AS "
        "SELECT key, any_value(number) AS number, sum(fresh) AS fresh, sum(was) AS was "
        f"FROM ({held}) GROUP BY key"
    )
    # Each key looks among its own values: few enough to stay near the processor.
    holders = " UNION ALL ".join(
        f"SELECT key, place FROM ({_holders([(number, key)], 'identity_parts', who='rowid AS place')}) "
        f"WHERE key IN (SELECT key FROM identity_wanted WHERE number = {number})"
        for number, key in numbered
    )
    engine.run(f"CREATE OR REPLACE TEMP TABLE identity_holders AS {holders}")
    most = " ".join(f"WHEN {number} THEN {key.most}" for number, key in numbered)
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_blocks AS "
        "SELECT key, number, held, most, (held > most) <> (held - fresh + was > most) AS crossed FROM ("
        f"SELECT *, CASE number {most} END AS most "
        "FROM (SELECT key, count(*) AS held FROM identity_holders GROUP BY key) JOIN identity_wanted USING (key))"
    )
    for table in ("parts_new", "wanted"):
        engine.run(f"DROP TABLE identity_{table}")


def _holders(numbered: Iterable[Numbered], parts: str, *, who: str = "customer") -> str:
    """Return a SELECT of (number, key, customer): who holds which value of which key."""
    return " UNION ALL ".join(
        f"SELECT {number} AS number, {value} AS key, {who} FROM {parts} WHERE {known}"
        for number, key in numbered
        for value, known in values_of(key, str(number))
    )


def left_out_of_new(engine: Embedded, keys: Sequence[Key]) -> list[LeftOut]:
    """Return the blocks of the last search that were too large, and those whose limit was crossed, by key."""
    told = engine.run(
        "SELECT number, count(*) FILTER (held > most), count(*) FILTER (crossed), sum(held) FILTER (held > most) "
        "FROM identity_blocks GROUP BY number ORDER BY number"
    )
    records = {number: int(str(count)) for number, _, _, count in told if count is not None}
    # Of a key that a record has once its holders are counted already; elsewhere a record may hold several values.
    several = [number for number, blocks, _, _ in told if blocks and len(keys[int(str(number))].ways) > 1]
    if several:
        last = int(str(engine.value("SELECT count(*) - 1 FROM identity_parts")))
        over = (
            f"SELECT key, number FROM identity_blocks WHERE held > most AND number IN ({', '.join(map(str, several))})"
        )
        counted = engine.run(
            f"SELECT number, bit_count(bitstring_agg(place, 0, {last})) "
            f"FROM identity_holders JOIN ({over}) USING (key) GROUP BY number"
        )
        records |= {number: int(str(count)) for number, count in counted}
    return [
        LeftOut(
            key=keys[int(str(number))].field,
            blocks=int(str(blocks)),
            records=records.get(number, 0),
            most=keys[int(str(number))].most,
            crossed=int(str(crossed)),
        )
        for number, blocks, crossed, _ in told
        if crossed or (blocks and keys[int(str(number))].field != EVERYONE)
    ]
