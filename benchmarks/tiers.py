"""Tiers of many customers: a review from nothing against one after a day's rows, and whether both agree.

``python -m benchmarks.tiers [--customers 2000000] [--orders 5] [--moments 5] [--memory 6GiB] [--mixed]``

The company is written to ``benchmarks/work/tiers-N`` and loaded there once: orders over two years, and moments that cost
something. Then one day more: one customer in seventy buys, one in a thousand rows is corrected. A mixed
day has beside these: one new customer for seven hundred, a late order of last month of one in five thousand, and money
taken back of an order of one in two thousand. Each review runs in a process of its own; the peak is that of the process.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

WORK = Path(__file__).parent / "work"
DAYS = 730
SETTINGS = """
[company]
name = "Many"
time_zone = "America/Bogota"
currency = "EUR"
[engine]
memory_limit = "{memory}"
[sources.sales]
path = "data/sales*.parquet"
new_files_only = true
[sources.visits]
path = "data/visits*.parquet"
new_files_only = true
"""
MODEL = """
[functions.logistics]
[touchpoints.delivery]
stage = "after"
function = "logistics"
[tiers.gold]
share = 0.05
[tiers.silver]
share = 0.2
[tiers.basic]
"""
LOADS = {
    "orders.shop": 'SELECT id, "at" AS at, customer, journey, revenue, cost FROM sales',
    "moments.shop": "SELECT id, \"at\" AS at, customer, 'delivery' AS touchpoint, cost FROM visits",
}
# A customer begins on a day, buys more or less often by the square of a uniform number, and stops at some day.
SALES = """
COPY (SELECT 's' || k || '-' || n AS id, TIMESTAMP '2024-01-01' + to_seconds(CAST(day * 86400 AS BIGINT)) AS at,
  k AS customer, round(20 + 80 * (hash(k, n, 3) / 18446744073709551615.0), 2) AS revenue, revenue * 0.6 AS cost,
  CAST(NULL AS VARCHAR) AS journey
FROM (SELECT k, n, (hash(k, 1) % 600) + (hash(k, n, 2) / 18446744073709551615.0) *
  ({days} - hash(k, 1) % 600) * (hash(k, 4) % 1000) / 1000.0 AS day
  FROM range({customers}) t(k), range(30) r(n)
  WHERE n < 1 + {orders} * 3 * pow(hash(k, 5) / 18446744073709551615.0, 2))) TO '{file}' (FORMAT parquet)
"""
DAY = """
COPY (SELECT 'd' || k AS id, TIMESTAMP '2024-01-01' + to_days({days}) + to_seconds(CAST(k % 80000 AS BIGINT)) AS at,
  k AS customer, 55.0 AS revenue, 33.0 AS cost, CAST(NULL AS VARCHAR) AS journey
FROM range({customers}) t(k) WHERE hash(k, 9) % 70 = 0
UNION ALL SELECT id, "at", customer, revenue + 1, cost, journey FROM '{before}' WHERE hash(id, 8) % 1000 = 0
{mixed}) TO '{file}' (FORMAT parquet)
"""
# What a mixed day has beside: new customers, late orders, and money taken back, which make sums be read again.
MIXED = """
UNION ALL SELECT 'n' || k, TIMESTAMP '2024-01-01' + to_days({days}) + to_seconds(CAST(k % 80000 AS BIGINT)),
  {customers} + k, 70.0, 42.0, NULL FROM range({customers} // 700) t(k)
UNION ALL SELECT 'l' || k, TIMESTAMP '2024-01-01' + to_days({days} - 30), k, 35.0, 21.0, NULL
  FROM range({customers}) t(k) WHERE hash(k, 10) % 5000 = 0
UNION ALL SELECT 'b' || k, TIMESTAMP '2024-01-01' + to_days({days}), k, -10.0, NULL, 'j' || k
  FROM range({customers}) t(k) WHERE hash(k, 11) % 2000 = 0
"""
VISITS = """
COPY (SELECT 'v' || s.id || '-' || n AS id, s.at + to_hours(n) AS at, s.customer, 1.5 AS cost
FROM '{sales}' s, range({each}) r(n)) TO '{file}' (FORMAT parquet)
"""


def write(folder: Path, *, customers: int, orders: float, moments: float, memory: str) -> None:
    """Write the company and its first two years."""
    import duckdb

    if folder.exists():
        shutil.rmtree(folder)
    (folder / "data").mkdir(parents=True)
    (folder / "load").mkdir()
    (folder / "promesa.toml").write_text(SETTINGS.format(memory=memory), encoding="utf-8")
    (folder / "model.toml").write_text(MODEL, encoding="utf-8")
    for name, sql in LOADS.items():
        (folder / "load" / f"{name}.sql").write_text(sql, encoding="utf-8")
    sales, each = folder / "data" / "sales1.parquet", max(1, round(moments / orders))
    duckdb.sql(SALES.format(customers=customers, orders=orders, days=DAYS, file=sales))
    duckdb.sql(VISITS.format(sales=sales, each=each, file=folder / "data" / "visits1.parquet"))


def add_day(folder: Path, *, customers: int, mixed: bool = False) -> None:
    """Write one day more."""
    import duckdb

    file, before = folder / "data" / "sales2.parquet", folder / "data" / "sales1.parquet"
    more = MIXED.format(customers=customers, days=DAYS) if mixed else ""
    duckdb.sql(DAY.format(customers=customers, days=DAYS, file=file, before=before, mixed=more))
    duckdb.sql(VISITS.format(sales=file, each=1, file=folder / "data" / "visits2.parquet"))


def step(folder: Path, what: str) -> dict[str, object]:
    """Do one step in this process and return what it took."""
    import resource
    import time
    from datetime import UTC, datetime

    from promesa.store import load
    from promesa.value import tier
    from promesa.workspace import open_workspace

    ws = open_workspace(folder)
    _warm()
    now = datetime.now(UTC)
    began, cpu = time.perf_counter(), time.process_time()
    found: dict[str, object] = {}
    if what == "load":
        found["rows"] = sum(count.accepted for count in load(ws, recorded_at=now).counts)
    else:
        review = tier(ws, recorded_at=now, rebuild=what == "rebuild", progress=_told(began))
        found |= {
            "customers": review.customers,
            "again": review.again,
            "changed": review.changed,
            "whole": review.whole,
        }
    found |= {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    return {**found, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}


def _warm() -> None:
    """Import what a review needs: seconds are those of the work."""
    from promesa.engine import connect
    from promesa.value import lifetime

    del lifetime
    engine = connect("duckdb")
    engine.fetch(engine.table("nothing", (), [("one", "whole")]).count())
    engine.close()


def _told(began: float):  # noqa: ANN202 (a progress function)
    import time

    def tell(sentence: str, _share: float | None) -> None:
        print(f"  {time.perf_counter() - began:7.2f} s  {sentence}", file=sys.stderr)

    return tell


def measured(folder: Path, what: str) -> dict[str, object]:
    """Do one step in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.tiers", "--folder", str(folder), "--step", what]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=Path(__file__).parents[1])
    found: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> None:
    """Measure every step and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=2_000_000)
    parser.add_argument("--orders", type=float, default=5.0, help="of a customer, about")
    parser.add_argument("--moments", type=float, default=5.0, help="of a customer, about")
    parser.add_argument("--memory", default="6GiB", help="that DuckDB may take, in each of the two engines of a review")
    parser.add_argument("--mixed", action="store_true", help="a day with new customers, late orders and returns")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--step", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        print(json.dumps(step(asked.folder, asked.step)))
        return
    folder = WORK / f"tiers-{asked.customers}"
    WORK.mkdir(exist_ok=True)
    write(folder, customers=asked.customers, orders=asked.orders, moments=asked.moments, memory=asked.memory)
    found = {"load": measured(folder, "load"), "first review": measured(folder, "review")}
    add_day(folder, customers=asked.customers, mixed=asked.mixed)
    found |= {"load of a day": measured(folder, "load"), "review of the day": measured(folder, "review")}
    found |= {"the same, from nothing": measured(folder, "rebuild")}
    print("| step | seconds | processor s | peak GiB | customers summed up | rows written |\n|---|---|---|---|---|---|")
    for name, run in found.items():
        more = f"{run.get('again', '')} | {run.get('changed', run.get('rows'))}"
        print(f"| {name} | {run['seconds']:.2f} | {run['cpu']:.2f} | {run['peak']:.2f} | {more} |")
    day, whole = found["review of the day"], found["the same, from nothing"]
    share = float(str(day["seconds"])) / float(str(whole["seconds"]))
    work = float(str(day["cpu"])) / float(str(whole["cpu"]))
    agree = "agree" if whole["changed"] == 0 else "DIFFER"
    print(
        f"\nA day's review takes {share:.1%} of one from nothing ({work:.1%} of the processor time); the two {agree}."
    )


if __name__ == "__main__":
    main()
