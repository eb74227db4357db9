"""Single facts written by promesa itself (a consent given, a correction), under the rules of every load."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.errors import InputError, UnknownName
from promesa.store.deltas import relation, snapshot
from promesa.store.identities import COLUMNS, TABLE, add_identities
from promesa.store.output import EXTRA, FAULTS, checked, fact_columns, fit
from promesa.store.places import writing
from promesa.store.review import explain_rule
from promesa.store.settle import settle
from promesa.store.suppression import suppress
from promesa.workspace import TABLES, Load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from promesa.store.run import Run

OWN_SOURCE = "promesa"  # of facts that a person states to promesa; they go before what systems state
_GIVEN = '"~given"'
_DAY = "a day written year-month-day, such as 1984-05-31"
_EXPECTED = {"not-a-day": _DAY, "not-a-time": "a day or time such as 2018-10-15T18:00"}


def record_facts(run: Run, table: str, rows: Sequence[Mapping[str, object]], *, source: str) -> int:
    """Record facts that come from no source file; all of them or, if one breaks a rule, none.

    Parameters
    ----------
    run : Run
        From `session`.
    table : str
        A fact table.
    rows : sequence of mappings
        Columns of the table by name; absent ones are null. `customer` is a key, with `customer_source` where
        another system than `source` issued it, or the surrogate of a customer the store knows. A naive time is
        UTC. A row without an `id` is given a new one; with one that the store holds, it corrects that row.
    source : str
        Stands as the source of every row.

    Returns
    -------
    int
        Rows that are new or corrected.

    Raises
    ------
    UnknownName
        If there is no such table or column.
    InputError
        If a row breaks a rule of its table, or a surrogate is nobody's; nothing is stored.
    """
    if not rows:
        return 0
    if table not in TABLES:
        raise UnknownName(table, kind="table", known=TABLES)
    columns = _columns_of(run, table, rows)
    run.engine.register("~rows", _as_arrow(_with_keys(run, rows), columns))
    try:
        run.engine.run(f"CREATE OR REPLACE TEMP TABLE {_GIVEN} AS SELECT * FROM {name('~rows')}")
    finally:
        run.engine.unregister("~rows")
    listed = ", ".join(name(column) for column in columns)
    load = Load(
        name=f"{table}.{source}",
        table=table,
        source=source,
        file=run.places.staging / f"{table}.{source}.sql",
        sql=f"SELECT {listed} FROM {_GIVEN}",
        reads=(),
    )
    output = fit(run.engine, load, run.ws.model)
    staged = run.places.staging / f"recorded-{uuid.uuid4().hex}.parquet"
    select = checked(output, run.ws, recorded_at=run.recorded_at)
    with writing(staged):
        run.engine.run(f"COPY ({select}) TO {literal(str(staged))} (FORMAT parquet)")
    _refuse_faults(run, table, staged)
    suppress(run, output, staged)  # a forgotten customer named by key does not come back this way either
    add_identities(run, staged)
    settled = settle(run, output, staged)
    staged.unlink()
    return settled.accepted + settled.corrected


def _columns_of(run: Run, table: str, rows: Iterable[Mapping[str, object]]) -> list[str]:
    """Return the columns given, in the order of the table; an `id` is always among them."""
    given = {column for row in rows for column in row}
    known = [*(column.name for column in fact_columns(table, run.ws.model) if not column.derived), EXTRA[0]]
    for column in sorted(given):
        if column not in known:
            raise UnknownName(column, kind=f"column of {table}", known=known)
    required = {column.name for column in fact_columns(table, run.ws.model) if column.required} - {"source"}
    return [column for column in known if column in given | required | {EXTRA[0]}]


def _with_keys(run: Run, rows: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Return the rows with an id each, and with keys where they name customers by surrogate."""
    surrogates = sorted({customer for row in rows if isinstance(customer := row.get("customer"), int)})
    keys = _keys_of(run, surrogates)
    full: list[dict[str, object]] = []
    for row in rows:
        known = keys.get(row["customer"]) if isinstance(row.get("customer"), int) else None
        named = {"customer_source": known[0], "customer": known[1]} if known else {}
        full.append({"id": uuid.uuid4().hex, **row, **named})
    return full


def _keys_of(run: Run, surrogates: Sequence[int]) -> dict[object, tuple[str, str]]:
    if not surrogates:
        return {}
    known = relation(run.engine, snapshot(run.places.table(TABLE)).files, COLUMNS)
    listed = ", ".join(str(surrogate) for surrogate in surrogates)
    rows = run.engine.run(f"SELECT customer, customer_source, key FROM ({known}) WHERE customer IN ({listed})")
    found: dict[object, tuple[str, str]] = {customer: (str(system), str(key)) for customer, system, key in rows}
    unknown = [surrogate for surrogate in surrogates if surrogate not in found]
    if unknown:
        raise InputError(
            what="A customer is not known to the store.",
            got=f"customer {unknown[0]}",
            expected="the number of a customer that a load has brought",
            fix="see `promesa customer find`",
        )
    return found


def _as_arrow(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> object:
    import pyarrow as pa

    return pa.table({column: _array([row.get(column) for row in rows]) for column in columns})


def _array(values: list[object]) -> object:
    import pyarrow as pa

    known = [value for value in values if value is not None]
    if known and all(isinstance(value, datetime) for value in known):
        return pa.array([_zoned(value) for value in values], pa.timestamp("us", tz="UTC"))
    if known and all(isinstance(value, bool) for value in known):
        return pa.array(values, pa.bool_())
    # As text, a value is judged by the same rules as the cell of a file.
    return pa.array([_text(value) for value in values], pa.string())


def _zoned(value: object) -> object:
    # A naive time would be read as local: the store's own are UTC.
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def _text(value: object) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, date) else str(value)


def _refuse_faults(run: Run, table: str, staged: Path) -> None:
    first = f"json_extract_string({name(FAULTS)}, '$[0].{{}}')"
    faults = run.engine.run(
        f"SELECT {first.format('rule')}, {first.format('column')} FROM read_parquet({literal(str(staged))}) "
        f"WHERE {name(FAULTS)} IS NOT NULL LIMIT 1"
    )
    if not faults:
        return
    rule, column = (str(part) for part in faults[0])
    raise InputError(
        what=f"The value of {column} cannot be recorded: {explain_rule(rule, column, 'en')}.",
        got=f"{column} of {table} that breaks the rule {rule}; nothing was stored",
        expected=_EXPECTED.get(rule, f"a value that {table}.{column} can hold"),
        fix=f"give {column} again",
    )
