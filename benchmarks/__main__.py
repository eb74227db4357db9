"""Measure and print: ``python -m benchmarks [--millions 1 10 100] [--runs 2] [--only NAME ...]``."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.world import write_world

WORK = Path(__file__).parent / "work"
TABLE = ("scan", "duckdb_sql", "polars", "pandas", "promesa", "promesa_persons", "promesa_table")
WHOLE = ("load", "load_again", "analyse")
PANDAS_UP_TO = 10  # millions of rows: above, it does not fit beside the rest


@dataclass(frozen=True, slots=True)
class Run:
    """One process, measured by the operating system."""

    seconds: float
    peak_gib: float
    check: str


def measure(command: list[str]) -> Run:
    """Run a command and return wall seconds, peak memory and the last line it printed."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]) as process:
        output = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        return Run(float("nan"), usage.ru_maxrss / 2**20, f"failed with {process.returncode}")
    return Run(time.perf_counter() - start, usage.ru_maxrss / 2**20, output.strip().splitlines()[-1] if output else "")


def contender(name: str, folder: Path) -> Run:
    """Measure one contender: the seconds of its work, without the imports, and the peak of its process."""
    whole = measure([sys.executable, "-m", "benchmarks.contenders", name, str(folder)])
    seconds, _, check = whole.check.partition(" ")
    return Run(float(seconds), whole.peak_gib, check) if check else whole


def main() -> None:
    """Measure what was asked for and print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=int, nargs="+", default=[1, 10], help="moments, in millions")
    parser.add_argument("--runs", type=int, default=2, help="runs of each; the fastest counts")
    parser.add_argument("--only", nargs="+", default=[*WHOLE[:1], *TABLE, *WHOLE[1:]], help="contenders")
    asked = parser.parse_args()
    for millions in asked.millions:
        folder = WORK / f"{millions}m"
        if not (folder / "opinions.parquet").exists():
            print(f"writing {millions} million moments", file=sys.stderr)
            write_world(folder, moments=millions * 1_000_000)
        _print(millions, folder, asked.only, runs=asked.runs)
    _print_commands(WORK / f"{min(asked.millions)}m")


def _print(millions: int, folder: Path, names: list[str], *, runs: int) -> None:
    print(f"\n### {millions} million moments, {millions / 10:g} million orders, {millions / 20:g} million opinions\n")
    print("| what | seconds | rows/s | peak GiB | against the scan | against DuckDB SQL | check |")
    print("|---|---|---|---|---|---|---|", flush=True)
    floor: dict[str, float] = {}
    for name in names:
        if name == "pandas" and millions > PANDAS_UP_TO:
            continue
        times = 1 if name in {"load", "load_again", "analyse"} else runs
        found = [contender(name, folder) for _ in range(times)]
        best = min(found, key=lambda run: run.seconds)
        floor[name] = best.seconds
        rows = millions * (1.15e6 if name in WHOLE else 1e6) / best.seconds
        against = " | ".join(
            f"{best.seconds / floor[other]:.2f}" if other in floor else "" for other in ("scan", "duckdb_sql")
        )
        print(
            f"| {name} | {best.seconds:.2f} | {rows:,.0f} | {best.peak_gib:.2f} | {against} | {best.check} |",
            flush=True,
        )


def _print_commands(folder: Path) -> None:
    promesa = str(Path(sys.executable).with_name("promesa"))
    print("\n| command | median seconds of 5 |\n|---|---|")
    for words in (["--help"], ["show", "promises", "--workspace", str(folder)]):
        runs = [measure([promesa, *words]).seconds for _ in range(5)]
        print(f"| promesa {' '.join(words[:2])} | {statistics.median(runs):.2f} |", flush=True)


if __name__ == "__main__":
    main()
