"""The output of one load file: does it fit its table, and the SELECT that converts and checks every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.errors import EngineError, LoadFailed, did_you_mean
from promesa.store.currencies import EXACT_RATE, converted_amount, currency_sql, exact_rate, rate_sql
from promesa.store.kinds import converted, fits, raw
from promesa.store.rules import known_names, rules_of
from promesa.store.schema import columns_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from promesa.engine import Embedded
    from promesa.store.rules import Rule
    from promesa.store.schema import Column
    from promesa.workspace import Load, Model, Workspace

# Columns a SELECT may give beside those of the table: the system that issued the customer's key, and
# what tells the later of two rows with one id.
EXTRA = ("customer_source", "version")
# Columns of the staged rows beside those of the table; "~" keeps them apart from declared names.
KEY, KEY_SOURCE, VERSION, ID_HASH, CONTENT = "~key", "~key_source", "~version", "~id_hash", "~content"
CURRENCY = "currency"
FAULTS, RECORD = "~faults", "~record"
SYNTAX = "syntax error at or near"  # of DuckDB's own words
ROW = "~row"  # where a row stood in the output, in a staged file that rows were taken out of


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A load file whose output fits its table.

    Attributes
    ----------
    select : str
        What gives the rows: the file's SELECT.
    columns : tuple of Column
        Of the fact table, `recorded_at` left out.
    types : mapping of str to str
        DuckDB type of each column that the SELECT gives, by the table's own spelling.
    """

    load: Load
    select: str
    columns: tuple[Column, ...]
    types: Mapping[str, str]

    @property
    def kinds(self) -> tuple[tuple[str, str], ...]:
        """Return (name, kind) of the columns."""
        return tuple((column.name, column.kind) for column in self.columns)

    @property
    def has_currency(self) -> bool:
        """Tell whether amounts may be in another currency than the company's."""
        return CURRENCY in self.types


def fact_columns(table: str, model: Model) -> tuple[Column, ...]:
    """Return the columns of a fact table but `recorded_at`."""
    return tuple(column for column in columns_of(table, model) if column.name != "recorded_at")


def fit(engine: Embedded, load: Load, model: Model) -> Output:
    """Check the columns that a load file gives against its table.

    Raises
    ------
    LoadFailed
        If the SELECT does not run, lacks a required column, has one that the table does not know, or
        gives a type that cannot hold the column's values.
    """
    types = named_types(engine, load, model)
    columns = fact_columns(load.table, model)
    for column in columns:
        if column.name != "customer" and column.name in types and not fits(column.kind, types[column.name]):
            raise _misfit(load, column, types[column.name])
    return Output(load=load, select=_select(load), columns=columns, types=types)


def named_types(engine: Embedded, load: Load, model: Model) -> dict[str, str]:
    """Return the DuckDB type of each column that a load file gives, once their names are those of its table.

    Raises
    ------
    LoadFailed
        If the SELECT does not run, lacks a required column, or has one that the table does not know.
    """
    try:
        given = engine.columns(f"SELECT * FROM (\n{_select(load)}\n)")
    except EngineError as error:
        raise not_run(load, error, words=_words_of_sql(engine, load, error)) from error
    columns = fact_columns(load.table, model)
    known = [*(column.name for column in columns if not column.derived), *EXTRA]
    types = {column.lower(): sql_type for column, sql_type in given}
    for column, _ in given:
        if column.lower() not in known:
            raise _unknown_column(load, column, known)
    for column in columns:
        if column.required and column.name != "source" and column.name not in types:
            raise _missing_column(load, column.name, types)
    return types


def _select(load: Load) -> str:
    return load.sql.strip().rstrip(";")


def not_run(load: Load, error: EngineError, *, words: Sequence[str] = ()) -> LoadFailed:
    """Return the error of a load file whose SELECT the engine refuses; `words` of SQL stand in it as columns."""
    quoted = ", ".join(f'"{word}"' for word in words)
    return LoadFailed(
        what=f"The load file {load.file.name} does not run.",
        got=error.got,
        expected=f"one SELECT over {', '.join(load.reads) or 'the sources'}, in DuckDB's SQL",
        fix=f"a column that is called like a word of SQL stands in double quotes: write {quoted}"
        if words
        else f"mend {load.file.name}; `promesa check` shows the columns of each source",
    )


def _words_of_sql(engine: Embedded, load: Load, error: EngineError) -> list[str]:
    """Return the bare names of columns that DuckDB keeps for itself (`at`), in a SELECT that it does not read."""
    if SYNTAX not in error.got:
        return []
    import sqlglot
    from sqlglot import exp

    kept = engine.run(
        "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category IN ('reserved', 'type_function')"
    )
    words = {str(word) for (word,) in kept}
    columns = sqlglot.parse_one(_select(load), read="duckdb").find_all(exp.Column)
    bare = {column.name for column in columns if not column.this.quoted and not column.table}
    return sorted(name for name in bare if name.lower() in words)


def _unknown_column(load: Load, column: str, known: Sequence[str]) -> LoadFailed:
    return LoadFailed(
        what=f"The load file {load.file.name} gives a column {column!r} that the table {load.table} does not have.",
        got=f"column {column!r}",
        expected=f"columns among {', '.join(known)}",
        fix=did_you_mean(
            column.lower(), known, otherwise="leave it out, or declare it in model.toml as an element or a trait"
        ),
    )


def _missing_column(load: Load, column: str, types: Mapping[str, str]) -> LoadFailed:
    near = did_you_mean(column, types, otherwise="")
    return LoadFailed(
        what=f"The load file {load.file.name} does not give the column {column!r}, which {load.table} needs.",
        got=f"columns {', '.join(types)}",
        expected=f"a column {column!r}",
        fix=near or f"add `... AS {column}` to the SELECT",
    )


def _misfit(load: Load, column: Column, sql_type: str) -> LoadFailed:
    return LoadFailed(
        what=f"The column {column.name!r} of the load file {load.file.name} has a type that does not fit.",
        got=sql_type,
        expected=f"{column.kind} (or text that can be read as one)",
        fix=f"convert it in the SELECT, such as CAST(... AS {'TIMESTAMP' if column.kind == 'time' else 'DOUBLE'})",
    )


def checked(output: Output, ws: Workspace, *, recorded_at: datetime) -> str:
    """Return the SELECT that gives every row converted, with its faults and, if it has any, its record.

    Its columns: those of the table (but `recorded_at`), then the customer's key and who issued it,
    the version, a hash of (source, id), one of all columns, the faults and the record, both JSON.
    DuckDB's hash is only ever compared within one run, never stored in the table.
    """
    known = known_names(output.load.table, ws.model)
    rules = rules_of(output.columns, output.types, known=known, recorded_at=recorded_at, ws=ws)
    facts = ", ".join(name(column.name) for column in output.columns)
    whole = f"({' OR '.join(f'coalesce({rule.fails}, false)' for rule in rules)})"
    return (
        f"SELECT {facts}, {name(KEY)}, {name(KEY_SOURCE)}, {name(VERSION)}, "
        f"hash({name('source')}, {name('id')}) AS {name(ID_HASH)}, hash({facts}) AS {name(CONTENT)}, "
        f"CASE WHEN {whole} THEN {_faults(rules)} END AS {name(FAULTS)}, "
        f"CASE WHEN {whole} THEN {_record(output)} END AS {name(RECORD)}\n"
        f"FROM (SELECT *, {surrogate(name(KEY_SOURCE), name(KEY))} AS customer\n"
        f"FROM (SELECT *, {_conversions(output, ws.model)}\n"
        f"FROM {_with_rate(output, ws)}))"
    )


def _with_rate(output: Output, ws: Workspace) -> str:
    """Return the raw rows, with the currency and its rate beside them where the load file gives a currency."""
    rows = f"(SELECT {_raw_columns(output)}\nFROM (\n{output.select}\n))"
    if not output.has_currency:
        return rows
    at = _given(output, "at", "time")
    rows = f"(SELECT *, {currency_sql()} AS currency FROM {rows})"
    return f"(SELECT *, {exact_rate(ws, at=at)} AS {name(EXACT_RATE)} FROM {rows})"


def _raw_columns(output: Output) -> str:
    return ", ".join(f"{name(column)} AS {raw(column)}" for column in output.types)


def _conversions(output: Output, model: Model) -> str:
    parts: list[str] = []
    source = literal(output.load.source)
    if "source" in output.types:
        source = f"coalesce({converted('text', output.types['source'], raw('source'))}, {source})"
    for column in output.columns:
        if column.name == "source":
            parts.append(f"{source} AS {name('source')}")
        elif column.name == CURRENCY and output.has_currency:
            continue  # stands beside the raw columns already
        elif column.name != "customer":
            parts.append(f"{_conversion(output, column, model)} AS {name(column.name)}")
    key = _given(output, "customer", "text")
    key = f"CASE WHEN trim({key}) <> '' THEN {key} END"
    key_source = f"coalesce({_given(output, 'customer_source', 'text')}, {source})"
    version = raw("version") if "version" in output.types else "NULL"
    return ", ".join(
        [*parts, f"{key} AS {name(KEY)}", f"{key_source} AS {name(KEY_SOURCE)}", f"{version} AS {name(VERSION)}"]
    )


def _given(output: Output, column: str, kind: str) -> str:
    from promesa.store.deltas import SQL_TYPES

    if column not in output.types:
        return f"CAST(NULL AS {SQL_TYPES[kind]})"
    return converted(kind, output.types[column], raw(column))


def _conversion(output: Output, column: Column, model: Model) -> str:
    value = _given(output, column.name, column.kind)
    if output.has_currency and column.name == "rate":
        return rate_sql()
    if output.has_currency and column.kind == "money":
        return converted_amount(value) if column.name in output.types else value
    if column.name in {"scale_min", "scale_max"} and model.concepts:
        # A score without a scale of its own is on the one its concept declares.
        end = 0 if column.name == "scale_min" else 1
        whens = " ".join(
            f"WHEN {literal(concept.name)} THEN CAST({concept.scale[end]!r} AS DOUBLE)"
            for concept in model.concepts.values()
        )
        concept = _given(output, "concept", "text")
        return f"coalesce({value}, CASE {concept} {whens} END)"
    return value


def surrogate(key_source: str, key: str) -> str:
    """Return the SQL of a customer's surrogate: 63 bits of a keyed hash; its key is a variable of the session."""
    salted = f"getvariable('promesa_secret') || {key_source} || chr(31) || {key}"
    return f"CAST(CAST('0x' || substr(sha256({salted}), 1, 16) AS UBIGINT) >> 1 AS BIGINT)"


def _faults(rules: Sequence[Rule]) -> str:
    each = ", ".join(
        f"CASE WHEN coalesce({rule.fails}, false) THEN "
        f"{{'rule': {literal(rule.code)}, 'column': {literal(rule.column)}, "
        f"'value': {rule.shown or f'CAST({raw(rule.column)} AS VARCHAR)'}}} END"
        for rule in rules
    )
    return f"CAST(to_json(list_filter([{each}], lambda fault: fault IS NOT NULL)) AS VARCHAR)"


def _record(output: Output) -> str:
    each = ", ".join(f"{literal(column)}: CAST({raw(column)} AS VARCHAR)" for column in output.types)
    return f"CAST(to_json({{{each}}}) AS VARCHAR)"
