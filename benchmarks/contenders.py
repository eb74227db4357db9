"""The touchpoint table with cluster-robust sums, by promesa and by hand: each prints a check sum.

Run as ``python -m benchmarks.contenders NAME FOLDER``, one process each, so that memory is its own.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

HAND_WRITTEN = """
WITH cells AS (
    SELECT touchpoint, channel, date_trunc('month', "at") AS month, customer,
           count(*) AS k, count(wait) AS n, sum(wait) AS s
    FROM {moments} GROUP BY ALL)
SELECT touchpoint, channel, month, sum(k), count(*), sum(n) AS n, sum(s) AS s, sum(n * n), sum(n * s), sum(s * s) AS ss
FROM cells GROUP BY ALL
"""


def files_of(folder: Path) -> list[str]:
    """Return the Parquet files of the store's moments, which every contender reads."""
    import promesa as pr

    return pr.store.open_store(pr.open(folder)).files("moments")


def _connection(folder: Path) -> Any:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET memory_limit = '6GiB'")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"SET temp_directory = '{folder / 'spill'}'")
    return connection


def scan(folder: Path) -> float:
    """Read the columns and nothing else: the limit."""
    sql = 'SELECT count(touchpoint), count(channel), max("at"), max(customer), sum(wait) FROM read_parquet({files})'
    return float(_connection(folder).execute(sql.format(files=files_of(folder))).fetchall()[0][-1])


def duckdb_sql(folder: Path) -> float:
    """Write the aggregation by hand in DuckDB's SQL."""
    moments = f"read_parquet({files_of(folder)})"
    rows = _connection(folder).execute(HAND_WRITTEN.format(moments=moments)).fetchall()
    return float(sum(row[-1] or 0 for row in rows))


def polars(folder: Path) -> float:
    """Write the aggregation by hand in Polars, streaming."""
    import polars as pl

    cells = (
        pl.scan_parquet(files_of(folder))
        .select("touchpoint", "channel", pl.col("at").dt.truncate("1mo").alias("month"), "customer", "wait")
        .group_by("touchpoint", "channel", "month", "customer")
        .agg(pl.len().alias("k"), pl.col("wait").count().alias("n"), pl.col("wait").sum().alias("s"))
    )
    n, s = pl.col("n").cast(pl.Float64), pl.col("s")
    groups = cells.group_by("touchpoint", "channel", "month").agg(
        pl.col("k").sum().alias("rows"),
        pl.len().alias("customers"),
        n.sum().alias("total_n"),
        s.sum().alias("total"),
        (n * n).sum().alias("nn"),
        (n * s).sum().alias("ns"),
        (s * s).sum().alias("ss"),
    )
    return float(groups.collect(engine="streaming")["ss"].sum())


def pandas(folder: Path) -> float:
    """Write the aggregation by hand in pandas."""
    import pandas as pd
    import pyarrow.dataset as ds

    frame = (
        ds.dataset(files_of(folder)).to_table(columns=["touchpoint", "channel", "at", "customer", "wait"]).to_pandas()
    )
    frame["month"] = frame["at"].dt.to_period("M")
    for column in ("touchpoint", "channel"):
        frame[column] = frame[column].astype("category")
    keys = ["touchpoint", "channel", "month"]
    cells = frame.groupby([*keys, "customer"], observed=True)["wait"].agg(["size", "count", "sum"]).reset_index()
    cells["nn"], cells["ns"], cells["ss"] = (
        cells["count"] ** 2,
        cells["count"] * cells["sum"],
        cells["sum"] ** 2,
    )
    sums = cells.groupby(keys, observed=True)[["size", "count", "sum", "nn", "ns", "ss"]].sum()
    assert isinstance(sums, pd.DataFrame)
    return float(sums["ss"].sum())


def promesa(folder: Path) -> float:
    """Ask promesa for the same sums: the engine's part of `measures.touchpoints`."""
    import promesa as pr
    from promesa.measures import ask, clustered, lived_moments, with_dimensions

    workspace = pr.open(folder)
    question = ask(workspace, by=("touchpoint", "channel", "month"))
    moments = with_dimensions(question, lived_moments(question))
    return sum(group.values["wait"].ss for group in clustered(question, moments, {"wait": moments["wait"]}))


def promesa_persons(folder: Path) -> float:
    """Ask promesa for the same sums where two in five customers are one person with another."""
    from dataclasses import replace

    import promesa as pr
    from promesa.measures import ask, clustered, lived_moments, with_dimensions

    workspace = pr.open(folder)
    facts = pr.store.open_facts(workspace)
    linked = replace(
        facts, version=f"{facts.version}_linked", files={**facts.files, "persons": [str(_persons(folder))]}
    )
    question = ask(workspace, by=("touchpoint", "channel", "month"), facts=linked)
    moments = with_dimensions(question, lived_moments(question))
    return sum(group.values["wait"].ss for group in clustered(question, moments, {"wait": moments["wait"]}))


def _persons(folder: Path) -> Path:
    """Write, once, who is whom: two in five customers are one person with the next."""
    file = folder / "persons.parquet"
    if not file.exists():
        _connection(folder).execute(
            "COPY (WITH pairs AS (SELECT customer, row_number() OVER (ORDER BY customer) AS place FROM "
            f"(SELECT DISTINCT customer FROM read_parquet({files_of(folder)})) WHERE customer % 5 < 2) "
            "SELECT customer, min(customer) OVER (PARTITION BY place // 2) AS person, "
            "TIMESTAMP '0001-01-01' AS since, TIMESTAMP '9999-12-31' AS until FROM pairs) "
            f"TO '{file}' (FORMAT parquet)"
        )
    return file


def promesa_table(folder: Path) -> float:
    """Ask promesa for the whole table: counts, means with intervals, medians and ninth deciles."""
    import promesa as pr

    answer = pr.measures.touchpoints(pr.open(folder), by="channel,month")
    return float(len(answer.estimates))


def load(folder: Path) -> float:
    """Load everything into an empty store."""
    import shutil
    from datetime import datetime

    import promesa as pr

    shutil.rmtree(folder / ".promesa", ignore_errors=True)
    report = pr.store.load(pr.open(folder), recorded_at=datetime(2026, 1, 1))  # noqa: DTZ001
    assert not report.quarantined, report.quarantined
    return float(report.total("accepted"))


def load_again(folder: Path) -> float:
    """Load everything again: every row is compared with the store, none is new."""
    from datetime import datetime

    import promesa as pr

    report = pr.store.load(pr.open(folder), recorded_at=datetime(2026, 1, 2), full=True)  # noqa: DTZ001
    return float(report.total("unchanged"))


def analyse(folder: Path) -> float:
    """Run every analysis and keep the answers."""
    import promesa as pr

    return float(len(pr.snapshot.analyse(pr.open(folder)).about["documents"]))


CONTENDERS = {
    f.__name__: f
    for f in (scan, duckdb_sql, polars, pandas, promesa, promesa_persons, promesa_table, load, load_again, analyse)
}


def _warm(folder: Path) -> None:
    """Import what every contender needs and open the store, so that only the work itself is timed."""
    import duckdb
    import polars

    import promesa as pr

    del duckdb, polars
    if pr.store.open_store(pr.open(folder)).files("moments"):
        _persons(folder)
        pr.measures.ask(pr.open(folder))


if __name__ == "__main__":
    name, where = sys.argv[1], Path(sys.argv[2])
    _warm(where)
    start = time.perf_counter()
    check = CONTENDERS[name](where)
    print(f"{time.perf_counter() - start:.4f} {check:.6g}")
