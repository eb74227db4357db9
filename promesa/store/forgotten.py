"""Who was forgotten, known again by keyed hashes alone: what a load must not bring back.

Nothing of a forgotten person is kept but marks: hashes, under the secret of the surrogates, of each surrogate
and of the values by which rows without a usable key would still tell who they are about. A value is hashed
in one comparable form, so that ``+57 300 123 4567`` and ``(300) 1234567`` have one mark. Kinds of marks:

* ``customer``: a surrogate. A row of it is not stored.
* ``value``: an e-mail, phone, document or identifier of the company's own. A rejected row that holds it is dropped.
* ``key``: a key so short that it may also be a count or an amount: it tells only in a column named after customers.
* ``name``, ``weak``: a name; an address, a day of birth, or a value that others hold as well. They tell together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.store.deltas import relation, snapshot
from promesa.store.schema import columns_of
from promesa.store.state import add_state, state_rows, timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.store.run import Run

TABLE = "forgotten"
GONE, TRACES, MARKS = '"~gone"', '"~traces"', '"~marks"'
ARRIVED = ".~intake"  # ends the name of the load of facts that came over HTTP; no load file can be named so
_WEAK = ("address", "birth_date")
_TELLING = 6  # length of the shortest form that is nobody else's by chance
_CUSTOMER_COLUMN = "customer|client|(^|_)cli(_|$)|user|usuari|cuenta|account|member|socio|person|buyer|comprador|key"


def comparable(cell: str) -> str:
    """Return the SQL of the form in which a text is compared: one letter for its class, then what counts of it.

    E-mails count without case; numbers (phones, documents) by their last nine digits, since the code of the country
    may be written or not; other texts by their letters and digits, without case or accents. Null where nothing counts.
    """
    folded = f"lower(strip_accents(trim({cell})))"
    digits = f"regexp_replace({cell}, '[^0-9]', '', 'g')"
    plain = f"regexp_replace({folded}, '[^\\p{{L}}\\p{{N}}]+', '', 'g')"
    day = f"regexp_full_match({folded}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}')"
    number = f"regexp_full_match({folded}, '[-+0-9 ().,/_]+') AND length({digits}) >= 7 AND NOT {day}"
    return (
        f"CASE WHEN contains({cell}, '@') THEN 'e' || {folded} WHEN {number} THEN 'n' || right({digits}, 9) "
        f"WHEN {plain} <> '' THEN 't' || {plain} END"
    )


def _mark(text: str) -> str:
    return f"substr(sha256(getvariable('promesa_secret') || chr(30) || {text}), 1, 32)"


def customer_mark(customer: str) -> str:
    """Return the SQL of the mark of a surrogate."""
    return _mark(f"'c' || CAST({customer} AS VARCHAR)")


def value_mark(cell: str) -> str:
    """Return the SQL of the mark of a text; null for a text that tells nothing."""
    return _mark(f"({comparable(cell)})")


def nobody_in_hand(run: Run) -> None:
    """Make ``~gone`` and ``~traces`` empty tables unless customers are in hand."""
    run.engine.run(f"CREATE TEMP TABLE IF NOT EXISTS {GONE} (customer BIGINT)")
    run.engine.run(f"CREATE TEMP TABLE IF NOT EXISTS {TRACES} (mark VARCHAR, kind VARCHAR, value VARCHAR)")


def gather_traces(run: Run) -> None:
    """Note how the customers in ``~gone`` could be told: the temporary table ``~traces`` (mark, kind, value).

    Their keys and profiles, also replaced ones, are read; what was gathered before stays.
    """
    nobody_in_hand(run)
    told = _told(run)
    if told:
        run.engine.run(f"INSERT INTO {TRACES} SELECT DISTINCT {value_mark('value')}, kind, value FROM ({told})")
    run.engine.run(f"INSERT INTO {TRACES} SELECT {customer_mark('customer')}, 'customer', NULL FROM {GONE}")
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {TRACES} AS SELECT mark, any_value(kind) AS kind, value FROM {TRACES} "
        "WHERE mark IS NOT NULL GROUP BY mark, value"
    )


def _told(run: Run) -> str:
    """Return a SELECT (kind, value) of everything that tells who the customers in ``~gone`` are."""
    parts: list[str] = []
    keys = snapshot(run.places.table("identities"))
    if keys.files:
        rows = f"SELECT customer, key AS value FROM ({relation(run.engine, keys.files, keys.columns)})"
        parts.append(_told_column(rows, kind=f"CASE WHEN {_is_long('value')} THEN 'value' ELSE 'key' END"))
    for column, kind in told_columns(run).items():
        parts += [_told_column(rows, kind=literal(kind)) for rows in _profiles(run, column)]
    return " UNION ALL ".join(parts)


def told_columns(run: Run) -> dict[str, str]:
    """Return the columns of profiles that tell who somebody is, with the kind of their marks."""
    kinds: dict[str, str] = {}
    for column in columns_of("profiles", run.ws.model):
        if column.personal and column.name != "customer":
            weak = column.name in _WEAK
            kinds[column.name] = "name" if column.name == "name" else "weak" if weak else "value"
    return kinds


def _profiles(run: Run, column: str) -> list[str]:
    """Return a SELECT (customer, value) of one column for the live profiles and one for the replaced ones."""
    found: list[str] = []
    for table in ("profiles", "profiles_history"):
        seen = snapshot(run.places.table(table))
        if seen.files and column in dict(seen.columns):
            rows = relation(run.engine, seen.files, seen.columns)
            found.append(f"SELECT customer, CAST({name(column)} AS VARCHAR) AS value FROM ({rows})")
    return found


def _told_column(rows: str, *, kind: str) -> str:
    """Return a SELECT (kind, value) of the values of the customers in hand; one that others hold too is weak."""
    form = comparable("value")
    mine = f"SELECT value FROM ({rows}) WHERE customer IN (FROM {GONE}) AND value IS NOT NULL"
    others = f"SELECT {form} AS form FROM ({rows}) WHERE customer NOT IN (FROM {GONE}) AND value IS NOT NULL"
    shared = f"SELECT form FROM ({others}) WHERE form IN (SELECT {form} FROM ({mine}))"
    weak = f"kind = 'value' AND (length({form}) < {_TELLING} OR {form} IN ({shared}))"
    told = f"SELECT {kind} AS kind, value FROM ({mine})"
    return f"SELECT CASE WHEN {weak} THEN 'weak' ELSE kind END AS kind, value FROM ({told})"


def _is_long(value: str) -> str:
    """Return the condition under which a key cannot be taken for a count or an amount."""
    form = comparable(value)
    return f"(length({form}) >= 9 OR (length({form}) >= 7 AND regexp_matches({form}, '^.*[a-z].*[0-9]')))"


def remember(run: Run) -> int:
    """Keep the marks in ``~traces`` for good; return how many are new."""
    kept = state_rows(run, TABLE)
    new = f"SELECT DISTINCT mark, kind FROM {TRACES} EXCEPT SELECT mark, kind FROM ({kept})"
    count = int(str(run.engine.value(f"SELECT count(*) FROM ({new})")))
    if not count:
        return 0
    return add_state(run, TABLE, f"SELECT mark, kind, {timestamp(run)} AS recorded_at FROM ({new}) ORDER BY mark")


def open_marks(run: Run) -> bool:
    """Make the marks kept the temporary table ``~marks``; return False, at no cost, where nobody was forgotten."""
    if not snapshot(run.places.table(TABLE)).files:
        return False
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {MARKS} AS SELECT DISTINCT mark, kind FROM ({state_rows(run, TABLE)})"
    )
    return True


def is_gone(customer: str) -> str:
    """Return the condition, over marks opened, under which a surrogate is a forgotten one."""
    return f"coalesce({customer_mark(customer)} IN (SELECT mark FROM {MARKS} WHERE kind = 'customer'), false)"


def told_items(run: Run, items: str, *, marks: str = MARKS) -> str:
    """Return a SELECT of the ids of quarantined rows that are about a person whose marks are given.

    Parameters
    ----------
    items : str
        SELECT of (id, table, load, record) over rows of the quarantine.
    marks : str
        Table with (mark, kind).
    """
    leaves = "map_entries(TRY_CAST(TRY_CAST(record AS JSON) AS MAP(VARCHAR, VARCHAR)))"
    parts = "list_concat([cell.value], string_split_regex(cell.value, '[,;|\\t\"<>]'))"
    run.engine.run(
        'CREATE OR REPLACE TEMP TABLE "~cells" AS SELECT DISTINCT id, cell.key AS field, trim(part) AS part FROM ('
        f"SELECT id, cell, unnest({parts}) AS part FROM (SELECT id, "
        f"unnest(coalesce({leaves}, [{{'key': '', 'value': record}}])) AS cell "
        f"FROM ({items}) WHERE record IS NOT NULL)) WHERE trim(part) <> ''"
    )
    by_customer = _of_customer_column(run, items, marks)
    return f"SELECT id FROM ({by_customer}) UNION {told_cells(marks)}"


def told_cells(marks: str) -> str:
    """Return a SELECT of the ids in the temporary table ``~cells`` (id, field, part) that tell of a person."""
    return (
        "SELECT id FROM ("
        f'SELECT id, list(DISTINCT kind) AS kinds FROM (SELECT id, field, {value_mark("part")} AS mark FROM "~cells") '
        f"JOIN {marks} USING (mark) WHERE kind <> 'key' OR regexp_matches(lower(field), {literal(_CUSTOMER_COLUMN)}) "
        "GROUP BY id) WHERE list_has_any(kinds, ['value', 'key']) OR list_has_all(kinds, ['name', 'weak'])"
    )


def _of_customer_column(run: Run, items: str, marks: str) -> str:
    """Return a SELECT of the ids of rows of load files whose own customer column names a forgotten one."""
    from promesa.store.output import surrogate
    from promesa.store.report import SOURCE_TABLE

    sources = " ".join(f"WHEN {literal(load.name)} THEN {literal(load.source)}" for load in run.ws.loads)
    given = "json_extract_string(record, '$.customer_source'), json_extract_string(record, '$.source')"
    by_load = f"CASE load {sources or 'WHEN NULL THEN NULL'} END"
    by_key = f"CASE WHEN ends_with(load, {literal(ARRIVED)}) THEN split_part(load, '.', 2) END"
    system = f"coalesce({given}, {by_load}, {by_key})"
    customer = surrogate(system, "json_extract_string(record, '$.customer')")
    return (
        f"SELECT id FROM (SELECT * FROM ({items}) WHERE {name('table')} <> {literal(SOURCE_TABLE)}) "
        f"WHERE {customer_mark(customer)} IN (SELECT mark FROM {marks} WHERE kind = 'customer')"
    )


def drop_told(run: Run, items: str) -> int:
    """Drop the rows of forgotten persons from the quarantine's items in hand; return how many.

    Parameters
    ----------
    items : str
        Temporary table of the items in hand.
    """
    if not open_marks(run):
        return 0
    told = told_items(run, f"SELECT id, {name('table')}, load, record FROM {items}")
    return len(run.engine.run(f"DELETE FROM {items} WHERE id IN ({told}) RETURNING 1"))


def listed_customers(run: Run, customers: Sequence[int]) -> None:
    """Make surrogates the temporary table ``~gone``."""
    import pyarrow as pa

    run.engine.register("~listed", pa.table({"customer": pa.array(sorted(set(customers)), pa.int64())}))
    run.engine.run(f'CREATE OR REPLACE TEMP TABLE {GONE} AS SELECT customer FROM "~listed"')
    run.engine.unregister("~listed")
