"""One Ibis connection on the engine that the workspace names: DuckDB in this process, or Spark."""

from __future__ import annotations

import hashlib
import itertools
import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from promesa.engine.embedded import literal, memory_share, name
from promesa.engine.remembered import ROWS, shape_of, sql_of, stored, table_called
from promesa.errors import EngineError, PromesaError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    import ibis
    import pyarrow as pa

HELD = 24
WATCH_SECONDS = 0.5
IBIS_TYPES = {
    "text": "string",
    "time": "timestamp(6)",
    "day": "date",
    "number": "float64",
    "whole": "int64",
    "money": "decimal(18, 4)",
    "yes_no": "boolean",
}
DUCKDB_TYPES = {
    "text": "VARCHAR",
    "time": "TIMESTAMP",
    "day": "DATE",
    "number": "DOUBLE",
    "whole": "BIGINT",
    "money": "DECIMAL(18, 4)",
    "yes_no": "BOOLEAN",
}
SPARK_TYPES = {
    "text": "string",
    "time": "timestamp_ntz",
    "day": "date",
    "number": "double",
    "whole": "bigint",
    "money": "decimal(18,4)",
    "yes_no": "boolean",
}


@dataclass(slots=True)
class Engine:
    """A connection that turns Parquet files into tables and expressions into answers.

    Attributes
    ----------
    url : str
        As the workspace names it.
    dialect : str
        sqlglot's name of the engine's SQL: ``duckdb`` or ``spark``.
    watch : callable or None
        Called now and then during a query with the share of it that is done, where the engine knows (DuckDB).
    most_held : int
        Tables kept by `hold`. A query over more than that many of them needs it raised beforehand.
    """

    url: str
    dialect: str
    backend: Any
    watch: Callable[[float], None] | None = None
    most_held: int = HELD
    _tables: dict[str, ibis.Table] = field(default_factory=dict, repr=False)
    _held: dict[str, ibis.Table] = field(default_factory=dict, repr=False)
    _names: dict[str, str] = field(default_factory=dict, repr=False)
    _numbers: Iterator[int] = field(default_factory=itertools.count, repr=False)

    def table(self, name: str, files: Sequence[str], columns: Sequence[tuple[str, str]]) -> ibis.Table:
        """Return Parquet files as one table with exactly `columns`, absent ones filled with nulls.

        Parameters
        ----------
        name : str
            Name of the view, unique for this list of files.
        files : sequence of str
            Parquet files or object-store addresses; none gives an empty table.
        columns : sequence of (str, str)
            Name and kind (``text``, ``time``, ``day``, ``number``, ``whole``, ``money``, ``yes_no``).
        """
        if name not in self._tables:
            if self.dialect == "duckdb":
                view = _duckdb_view(self.backend, self._called("table", name), files, columns)
            else:
                view = _spark_view(self.backend, name, files, columns)
            self._tables[name] = view
        return self._tables[name]

    def named(self, name: str, make: Callable[[], ibis.Table]) -> ibis.Table:
        """Return what `make` gives as a view that the engine knows under `name`.

        Nothing is computed. An expression is turned into SQL anew by every query that it is part of, which costs
        more than many of these queries do; a view is one word of it.
        """
        key = self._called("named", name)
        if key not in self._tables:
            if self.dialect == "duckdb":
                self._tables[key] = stored(self.backend, "VIEW", key, make())
            else:
                sql = self.backend.compile(make())
                self.backend._session.sql(sql).createOrReplaceTempView(key)  # noqa: SLF001 (as in _spark_view)
                self._tables[key] = self.backend.table(key)
        return self._tables[key]

    def hold(self, name: str, expression: ibis.Table | Callable[[], ibis.Table]) -> ibis.Table:
        """Return the rows of an expression, worked out once and kept by the engine under `name`.

        For what several queries of one question need. What was asked for longest ago is let go when more than
        `most_held` are kept.

        Parameters
        ----------
        expression : Table or callable
            A callable is asked for the expression only where the rows are not kept yet.
        """
        import ibis

        key = self._called("held", name)
        if key not in self._held:
            try:
                table: ibis.Table = expression if isinstance(expression, ibis.Table) else expression()
                if self.dialect == "duckdb":
                    self._held[key] = stored(self.backend, "TABLE", key, table)
                else:
                    self._held[key] = table.cache()
            except Exception as error:
                raise translated(error) from error
            if len(self._held) > self.most_held:
                self._let_go(next(iter(self._held)))
        self._held[key] = self._held.pop(key)
        return self._held[key]

    def holds(self, name: str) -> bool:
        """Say whether rows are kept under `name`."""
        return self._called("held", name) in self._held

    def let_go(self, name: str) -> None:
        """Forget the rows kept under `name`, which nothing may read any more."""
        if self.holds(name):
            self._let_go(self._called("held", name))

    def number_of(self, text: ibis.Value) -> ibis.Value:
        """Return a whole number of 63 bits that stands for a text; null for null."""
        from promesa.engine.expressions import number_of

        return number_of(text, dialect=self.dialect)

    def _let_go(self, key: str) -> None:
        table: Any = self._held.pop(key)
        if self.dialect == "duckdb":
            self.backend.con.execute(f"DROP TABLE IF EXISTS {key}")
        else:
            table.release()

    def fetch(self, expression: ibis.Expr) -> pa.Table:
        """Run an expression and return its whole answer; for sums and samples, never for all rows."""
        try:
            with self._watched():
                if self.dialect == "duckdb":
                    return self._answer(expression, sql_of(self.backend, expression.as_table()))
                return expression.to_pyarrow()
        except Exception as error:
            raise translated(error) from error

    def fetch_over(self, rows: ibis.Table, shape: str, make: Callable[[ibis.Table], ibis.Table]) -> pa.Table:
        """Return the answer of `make(rows)`; for sums of one shape that are asked of many tables.

        To turn an expression into SQL takes longer than to run it over a few thousand rows. What `make` gives is
        turned once for all rows with the same columns, and the SQL of the rows put into its place.

        Parameters
        ----------
        shape : str
            Names what `make` does: the same for the same columns, and it reads no table but the one it is given.
        """
        if self.dialect != "duckdb":
            return self.fetch(make(rows))
        try:
            made, sql = shape_of(self.backend, rows.schema(), shape, make)
            with self._watched():
                return self._answer(made, sql.replace(f'"{ROWS}"', f"({sql_of(self.backend, rows)})"))
        except Exception as error:
            raise translated(error) from error

    def _called(self, kind: str, name: str) -> str:
        """Return what this engine calls a table: on DuckDB by its number, so that another gives it the same name.

        Engines on one Spark share its names, which therefore say whose table it is.
        """
        if self.dialect != "duckdb":
            return f"{kind}_{hashlib.sha256(name.encode()).hexdigest()[:20]}"
        key = f"{kind} {name}"
        if key not in self._names:
            self._names[key] = f"{kind}_{next(self._numbers)}"
        return self._names[key]

    def _answer(self, expression: ibis.Expr, sql: str) -> pa.Table:
        """Run DuckDB's SQL; by Ibis's own way an expression is searched for backends and functions five times over."""
        from ibis.backends.duckdb.converter import DuckDBPyArrowData

        found: Any = self.backend.con.sql(sql).to_arrow_table()
        answer: pa.Table = expression.__pyarrow_result__(found, data_mapper=DuckDBPyArrowData)
        return answer

    @contextmanager
    def _watched(self) -> Generator[None]:
        """Report progress from a second thread while a query runs in this one."""
        if self.watch is None or self.dialect != "duckdb":
            yield
            return
        watch, done = self.watch, threading.Event()

        def report() -> None:
            while not done.wait(WATCH_SECONDS):
                share = self.backend.con.query_progress()
                if share > 0:
                    watch(share / 100)

        thread = threading.Thread(target=report, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def batches(self, expression: ibis.Table) -> pa.RecordBatchReader:
        """Run an expression and return its rows some at a time: for what goes from one engine to another."""
        try:
            return expression.to_pyarrow_batches()
        except Exception as error:
            raise translated(error) from error

    def local(self, rows: pa.Table) -> ibis.Table:
        """Return rows of this process as a table of the engine."""
        import ibis

        return ibis.memtable(rows)

    def sql(self, expression: ibis.Expr) -> str:
        """Return the SQL that an expression becomes on this engine."""
        import ibis

        return str(ibis.to_sql(expression, dialect="pyspark" if self.dialect == "spark" else "duckdb"))

    def close(self) -> None:
        """Close the connection."""
        for key in list(self._held):
            self._let_go(key)
        self._tables.clear()
        self.backend.disconnect()


def connect(
    url: str, *, memory_limit: str | None = None, threads: int | None = None, spill: Path | None = None
) -> Engine:
    """Open the engine that `url` names.

    Parameters
    ----------
    url : str
        ``duckdb``; ``spark://local[2]``, ``spark://host:7077`` or ``sc://host`` (extra ``spark``, Java 17).
    memory_limit : str or None
        DuckDB only, such as ``8GiB``; None takes a third of the machine, 6 GiB at most.
    threads : int or None
        DuckDB only.
    spill : Path or None
        Folder for what does not fit in memory; DuckDB only.

    Raises
    ------
    EngineError
        If the engine cannot start.
    """
    try:
        if url == "duckdb":
            return _connect_duckdb(memory_limit=memory_limit, threads=threads, spill=spill)
        return _connect_spark(url)
    except EngineError:
        raise
    except Exception as error:
        raise EngineError(
            what=f"The engine {url!r} could not start.",
            got=f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''}",
            expected="`duckdb`, or a Spark that answers (Java 17 or newer and the extra `spark`)",
            fix="check [engine] url in promesa.toml; for Spark: pip install 'promesa[spark]' and set JAVA_HOME",
        ) from error


def _connect_duckdb(*, memory_limit: str | None, threads: int | None, spill: Path | None) -> Engine:
    import ibis

    backend: Any = ibis.duckdb.connect()
    settings: dict[str, object] = {"TimeZone": "UTC", "enable_progress_bar": False}
    settings["memory_limit"] = memory_limit or memory_share()
    if threads:
        settings["threads"] = threads
    if spill:
        settings["temp_directory"] = str(spill)
    # Reading order is not needed by any analysis, and keeping it costs memory.
    settings["preserve_insertion_order"] = False
    for key, value in settings.items():
        backend.con.execute(f"SET {key} = '{value}'" if isinstance(value, str) else f"SET {key} = {value}")
    return Engine(url="duckdb", dialect="duckdb", backend=backend)


def _connect_spark(url: str) -> Engine:
    if not url.startswith(("spark://", "sc://")):
        raise EngineError(
            what=f"There is no engine at {url!r}.",
            got=repr(url),
            expected="`duckdb`, `spark://...` or `sc://...`",
            fix="check [engine] url in promesa.toml",
        )
    try:
        import ibis
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise EngineError(
            what="The engine is Spark and PySpark is not installed.",
            got=f"engine url {url!r}",
            expected="the extra `spark`",
            fix="pip install 'promesa[spark]'",
        ) from error
    os.environ.setdefault("TZ", "UTC")
    builder: Any = SparkSession.builder
    if url.startswith("sc://"):
        builder = builder.remote(url)
    else:
        host = url.removeprefix("spark://")
        builder = builder.master(host if host.startswith("local") else url)
        builder = builder.config("spark.ui.enabled", "false").config("spark.driver.bindAddress", "127.0.0.1")
    session = (
        builder.appName("promesa")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.timestampType", "TIMESTAMP_NTZ")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )
    if not url.startswith("sc://"):
        session.sparkContext.setLogLevel("ERROR")
    return Engine(url=url, dialect="spark", backend=ibis.pyspark.connect(session))


def _duckdb_view(backend: Any, view: str, files: Sequence[str], columns: Sequence[tuple[str, str]]) -> ibis.Table:
    """Make a view of DuckDB over Parquet files; its casts stand in it, not in every expression that reads it."""
    import ibis

    if not files:
        typed = ", ".join(f"{name(column)} {DUCKDB_TYPES[kind]}" for column, kind in columns)
        backend.con.execute(f"CREATE OR REPLACE TEMP TABLE {name(view)} ({typed})")
    else:
        scan = f"read_parquet([{', '.join(literal(file) for file in files)}], union_by_name = true)"
        there = {column for column, *_ in backend.con.execute(f"FROM {scan} LIMIT 0").description}
        listed = ", ".join(
            f"CAST({name(column) if column in there else 'NULL'} AS {DUCKDB_TYPES[kind]}) AS {name(column)}"
            for column, kind in columns
        )
        backend.con.execute(f"CREATE OR REPLACE TEMP VIEW {name(view)} AS SELECT {listed} FROM {scan}")
    return table_called(backend, view, ibis.schema({column: IBIS_TYPES[kind] for column, kind in columns}))


def _spark_view(backend: Any, name: str, files: Sequence[str], columns: Sequence[tuple[str, str]]) -> ibis.Table:
    schema = ", ".join(f"`{column}` {SPARK_TYPES[kind]}" for column, kind in columns)
    session = backend._session  # noqa: SLF001 (Ibis reads Parquet on Spark without a schema, and has no door for one)
    # Without files by the same way, so that an empty table has the types of any other.
    frame = session.read.schema(schema).parquet(*files) if files else session.createDataFrame([], schema)
    frame.createOrReplaceTempView(name)
    table: ibis.Table = backend.table(name)
    return table


def translated(error: Exception) -> PromesaError:
    """Return promesa's error for an engine's."""
    import duckdb

    from promesa.engine.embedded import translate

    if isinstance(error, duckdb.Error):
        return translate(error)
    return EngineError(
        what="The engine could not run a query.",
        got=f"{type(error).__name__}: {str(error)[:300]}",
        expected="a query that runs",
        fix="run `promesa check`; if it finds nothing, report the query's name",
    )
