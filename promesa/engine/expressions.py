"""The few pieces of an expression that are not methods of a column, and the SQL a company writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import sqlglot
from sqlglot import exp

from promesa.engine.clock import end_of_day_sql, to_local_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.engine.clock import Clock, Offset

_HASHES = {"duckdb": ("hash", "uint64"), "spark": ("xxhash64", "int64")}
_hash: dict[str, Any] = {
    dialect: ibis.udf.scalar.builtin(name=name, signature=(("string",), kind))(lambda text: text)
    for dialect, (name, kind) in _HASHES.items()
}


def lit(value: object, kind: str | None = None) -> ibis.Value:
    """Return a constant; `kind` is an Ibis type such as ``string``."""
    return ibis.literal(value, type=kind)


def null_of(kind: str) -> ibis.Value:
    """Return a null of an Ibis type."""
    return ibis.null(kind)


def when(condition: ibis.BooleanValue, then: Any, otherwise: Any = None) -> ibis.Value:
    """Return `then` where the condition is true and `otherwise` elsewhere (also where it is null)."""
    return ibis.ifelse(condition, then, otherwise)


def case(*branches: tuple[Any, Any], otherwise: Any = None) -> ibis.Value:
    """Return the value of the first branch whose condition is true."""
    return ibis.cases(*branches, else_=otherwise)


def greatest(values: Sequence[ibis.Value]) -> ibis.Value:
    """Return the largest of several numbers of a row, none of them null."""
    return ibis.greatest(*values)


def interval_days(days: int) -> ibis.Value:
    """Return a length of time."""
    return ibis.interval(days=days)


def row_number() -> ibis.Value:
    """Return the place of a row in its ordered group, from 0."""
    return ibis.row_number()


def stack(tables: Sequence[ibis.Table]) -> ibis.Table:
    """Return the rows of all tables one after another."""
    return ibis.union(*tables) if len(tables) > 1 else tables[0]


def number_of(text: ibis.Value, *, dialect: str) -> ibis.Value:
    """Return a whole number of 63 bits that stands for a text; null for null.

    Ibis's own ``hash`` has 32 bits on Spark, and on DuckDB goes by way of a string of bits. A null of the hash's own
    kind keeps Ibis from taking what is without a sign for what has one.
    """
    number = ibis.ifelse(text.isnull(), ibis.null(_HASHES[dialect][1]), _hash[dialect](text) >> 1)
    return number.cast("int64")


def rewritten_sql(sql: str, *, clock: Clock, dialect: str) -> str:
    """Return a company's SQL expression in the engine's dialect, with promesa's functions filled in.

    Parameters
    ----------
    sql : str
        Expression in DuckDB's dialect over columns of a moment. ``local_day(t)`` is the day of a UTC time
        where the moment was lived, ``end_of_day(t)`` the last microsecond of that local day, in UTC.
    clock : Clock
        Of the company and its branches, over the years of the data.
    dialect : str
        ``duckdb`` or ``spark``.
    """
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    for column in list(tree.find_all(exp.Column)):
        column.this.args["quoted"] = True

    def fill(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Anonymous) or str(node.this).lower() not in {"local_day", "end_of_day"}:
            return node
        time = node.expressions[0].sql(dialect="duckdb")
        ends = str(node.this).lower() == "end_of_day"

        def shifted(changes: tuple[Offset, ...]) -> str:
            return end_of_day_sql(time, changes) if ends else f"CAST({to_local_sql(time, changes)} AS DATE)"

        text = clock.sql(shifted)
        return sqlglot.parse_one(text, dialect="duckdb").transform(fill)

    return tree.transform(fill).sql(dialect=dialect)
