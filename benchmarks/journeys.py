"""Passages with waits, variants and durations of many events: by promesa, by hand in Polars, and by pm4py if it is at hand.

``python -m benchmarks.journeys [--events 5000000] [--runs 1] [--pm4py /path/to/its/python]``

The log is made, the same each time: journeys of one to some thirty events at 14 touchpoints, three journeys a customer, rows
in the order of time. Every contender reads the same Parquet file and runs in a process of its own; seconds are those
of the work without the imports, the peak is that of the process. ``promesa`` fetches the same figures as the others;
``promesa_whole`` is both answers whole, with intervals by customer, reach, returns and the ways spelled out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

WORK = Path(__file__).parent / "work"
PLACES, JOURNEYS_OF_A_CUSTOMER, MEMORY = 14, 3, "6GiB"
# A journey has about five events; the next touchpoint is mostly one of three that lie after the one before.
LOG = """
COPY (
  WITH journeys AS (SELECT j, 1 + CAST(floor(-4.6 * ln(1 - (hash(j, 1) % 1000003) / 1000003.0)) AS BIGINT) AS events
    FROM range({journeys}) t(j)),
  steps AS (SELECT j, unnest(range(least(events, 30))) AS k FROM journeys)
  SELECT 'log' AS source, 'e' || j || '-' || k AS id, CAST(j // {each} AS BIGINT) AS customer, 'j' || j AS journey,
    't' || CASE WHEN hash(j, k, 2) % 100 < 85 THEN least(k, 9) + hash(j, k, 3) % 2 ELSE hash(j, k, 4) % {places} END
      AS touchpoint,
    CASE hash(j, k, 5) % 3 WHEN 0 THEN 'web' WHEN 1 THEN 'phone' ELSE 'shop' END AS channel,
    TIMESTAMP '2022-01-01' + to_seconds(CAST(hash(j, 6) % 63072000 + 40000 * k + hash(j, k, 7) % 80000 AS BIGINT)) AS "at"
  FROM steps ORDER BY "at", id)
TO '{file}' (FORMAT parquet, COMPRESSION snappy)
"""
SETTINGS = """
[company]
name = "Log"
time_zone = "Europe/Madrid"
currency = "EUR"
[analysis]
min_group = 1
min_cell = 1
"""


def write(folder: Path, *, events: int) -> None:
    """Write the log and a workspace that knows its touchpoints."""
    import duckdb

    if (folder / "log.parquet").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "promesa.toml").write_text(SETTINGS, encoding="utf-8")
    places = [f'[touchpoints.t{place}]\nstage = "after"\nfunction = "desk{place % 4}"' for place in range(PLACES)]
    desks = [f"[functions.desk{desk}]" for desk in range(4)]
    (folder / "model.toml").write_text("\n".join([*desks, *places]), encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute(f"SET temp_directory = '{folder / 'spill'}'")
        settings = {"journeys": events // 5, "each": JOURNEYS_OF_A_CUSTOMER, "places": PLACES}
        connection.execute(LOG.format(**settings, file=folder / "log.parquet"))


def _facts(folder: Path) -> Any:
    from datetime import datetime

    from promesa.engine import connect
    from promesa.store import Facts
    from promesa.workspace import open_workspace

    engine = connect("duckdb", memory_limit=MEMORY, spill=folder / "spill")
    files = {"moments": [str(folder / "log.parquet")]}
    as_of = datetime(2025, 1, 1)  # noqa: DTZ001 (naive UTC, as in the store)
    return Facts(workspace=open_workspace(folder), engine=engine, version="log", files=files, as_of=as_of)


def promesa(folder: Path) -> dict[str, float]:
    """Fetch the figures that the others fetch, by the queries that promesa's answers are made of."""
    from promesa.journeys import steps_of
    from promesa.journeys.overview import counted_durations
    from promesa.journeys.transitions import counted_passages
    from promesa.measures import ask
    from promesa.stats import QUANTILE_GRID

    facts = _facts(folder)
    steps = steps_of(ask(facts.workspace, facts=facts), lean=True)
    middle, table = QUANTILE_GRID.index(0.5), steps.table
    passed = table.filter(table["next_at_"].notnull())
    pairs = counted_passages(steps.question, passed, steps.journeys).values()
    wholes = counted_durations(steps.question, steps.journeys)[()]
    waits = sum(pair["waits"][middle] for pair in pairs) / 3.6e9  # hours
    return _check(sum(pair["n"] for pair in pairs), len(pairs), waits, wholes["variants"], wholes["days"][middle])


def promesa_whole(folder: Path) -> dict[str, float]:
    """Ask for both answers whole."""
    from promesa.journeys import journeys, transitions

    facts = _facts(folder)
    ways = transitions(facts.workspace, facts=facts)
    wholes = {e.measure: e.estimate or 0.0 for e in journeys(facts.workspace, facts=facts).estimates}
    found = {
        measure: [e.estimate or 0.0 for e in ways.estimates if e.measure == measure]
        for measure in ("passages", "wait_median")
    }
    passages, waits = found["passages"], found["wait_median"]
    return _check(sum(passages), len(passages), sum(waits), wholes["variants"], wholes["duration_median"])


def polars(folder: Path) -> dict[str, float]:
    """Write it by hand in Polars: one sort, shifts, two groupings."""
    import polars as pl

    rows = (
        pl.scan_parquet(folder / "log.parquet")
        .select("journey", "customer", "touchpoint", "at", rank=pl.col("touchpoint").str.slice(1).cast(pl.Int64))
        .sort("journey", "at", "rank")
        .with_columns(next=pl.col("touchpoint").shift(-1), after=pl.col("at").shift(-1), of=pl.col("journey").shift(-1))
    )
    wait = (pl.col("after") - pl.col("at")).dt.total_microseconds() / 3.6e9
    stepped = (
        rows.filter(pl.col("journey") == pl.col("of"))
        .with_columns(wait=wait)
        .group_by("touchpoint", "next")
        .agg(
            pl.len(),
            pl.col("customer").n_unique().alias("customers"),
            pl.col("wait").median().alias("half"),
            pl.col("wait").quantile(0.9).alias("tenth"),
        )
    )
    days = (pl.col("at").max() - pl.col("at").min()).dt.total_microseconds() / 8.64e10
    journeys = rows.group_by("journey").agg(pl.col("touchpoint").alias("way"), days.alias("days"))
    ways = journeys.group_by("way").len().select(pl.len())
    ends = journeys.select(half=pl.col("days").median(), tenth=pl.col("days").quantile(0.9))
    pairs, variants, lasts = pl.collect_all([stepped, ways, ends])
    passages, half = (float(str(pairs[name].sum())) for name in ("len", "half"))
    return _check(passages, len(pairs), half, variants.item(), lasts["half"].item())


def pm4py(folder: Path) -> dict[str, float]:
    """Use pm4py as its documentation does, on a pandas frame."""
    import pandas as pd
    import pm4py as pm  # pyright: ignore[reportMissingImports] (an environment of its own)

    columns = ["journey", "touchpoint", "at"]
    frame = pd.read_parquet(folder / "log.parquet", columns=columns)
    frame["rank"] = frame["touchpoint"].str.slice(1).astype(int)
    frame = frame.sort_values(["journey", "at", "rank"]).drop(columns="rank")
    log = pm.format_dataframe(frame, case_id="journey", activity_key="touchpoint", timestamp_key="at")
    pairs, _, _ = pm.discover_dfg(log)
    waits, _, _ = pm.discover_performance_dfg(log)
    half = sum(pairing["median"] for pairing in waits.values()) / 3600
    variants, durations = pm.get_variants(log), sorted(pm.get_all_case_durations(log))
    middle = len(durations) // 2
    days = (durations[middle] + durations[-middle - 1]) / 2 / 86_400
    return _check(sum(pairs.values()), len(pairs), half, len(variants), days)


def _check(passages: float, pairs: int, waits: float, variants: float, days: float) -> dict[str, float]:
    """Return what every contender must find the same."""
    found = {"passages": passages, "pairs": pairs, "waits": waits, "variants": variants, "days": days}
    return {name: float(value) for name, value in found.items()}


CONTENDERS = {run.__name__: run for run in (promesa, promesa_whole, polars, pm4py)}


def step(folder: Path, name: str) -> dict[str, float]:
    """Run one contender in this process."""
    import resource

    if name.startswith("promesa"):
        from promesa import journeys, measures, stats, words

        del journeys, measures, stats, words
        engine = _facts(folder).engine  # imports, which are not the work
        engine.fetch(engine.table("nothing", (), [("one", "whole")]).count())
        engine.close()
    elif name == "polars":
        import polars

        del polars
    else:
        import pm4py  # pyright: ignore[reportMissingImports]

        del pm4py
    began, cpu = time.perf_counter(), time.process_time()
    found = CONTENDERS[name](folder)
    spent = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    return {**found, **spent, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}


def measured(folder: Path, name: str, python: str) -> dict[str, float]:
    """Run one contender in a process of its own."""
    command = [python, "-m", "benchmarks.journeys", "--folder", str(folder.resolve()), "--step", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=Path(__file__).parents[1])
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> None:
    """Measure every contender and print a table; the best of the runs counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--pm4py", help="a Python that has pm4py and pyarrow")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--step", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        print(json.dumps(step(asked.folder, asked.step)))
        return
    folder = WORK / f"journeys-{asked.events}"
    write(folder, events=asked.events)
    pythons = {name: sys.executable for name in CONTENDERS if name != "pm4py"}
    pythons |= {"pm4py": asked.pm4py} if asked.pm4py else {}
    found: dict[str, dict[str, float]] = {}
    for _ in range(asked.runs):
        for name, python in pythons.items():
            run = measured(folder, name, python)
            if name not in found or run["cpu"] < found[name]["cpu"]:
                found[name] = run
    by_hand = found["polars"]
    print("| contender | seconds | processor s | against Polars | peak GiB |\n|---|---|---|---|---|")
    for name, run in found.items():
        ratio = run["cpu"] / by_hand["cpu"]
        print(f"| {name} | {run['seconds']:.2f} | {run['cpu']:.2f} | {ratio:.2f} | {run['peak']:.2f} |")
    for name, run in found.items():
        off = [k for k in ("passages", "pairs", "waits", "variants", "days") if abs(run[k] / by_hand[k] - 1) > 1e-6]
        print(f"{name}: {'agrees' if not off else 'DIFFERS in ' + ', '.join(off)}")


if __name__ == "__main__":
    main()
