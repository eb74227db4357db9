"""Importance of elements against pingouin, and what-if from a kept document: ``python -m benchmarks.drivers``.

``--rival PYTHON`` names an interpreter that has pingouin (GPL: no dependency of promesa); its `linear_regression` with
``relimp=True`` gives the same shares; its intervals would come from as many calls as samples, of which
``--samples`` are timed (200 for the whole). ``--workspace DIR`` names an analysed workspace for what-if.
Each contender runs in a process of its own; seconds are those of the work without the imports.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

WORK = Path(__file__).parent / "work"
ROWS, BOOTSTRAPS, CUSTOMERS = 100_000, 200, 20_000
RIVAL = """
import json, sys, time
import numpy as np
import pingouin
table = np.load(sys.argv[1])
found = pingouin.linear_regression(table[:, :-1], table[:, -1], relimp=True)
random = np.random.default_rng(1)
start = time.perf_counter()
for _ in range(int(sys.argv[2])):
    drawn = table[random.integers(len(table), size=len(table))]
    pingouin.linear_regression(drawn[:, :-1], drawn[:, -1], relimp=True)
print(json.dumps({"seconds": time.perf_counter() - start, "shares": found["relimp"].to_numpy()[1:].tolist()}))
"""


def write_table(elements: int, *, rows: int = ROWS) -> Path:
    """Return a file of correlated elements and an outcome, the same each time, written if it is not there."""
    file = WORK / f"elements-{elements}-{rows}.npy"
    if not file.exists():
        WORK.mkdir(exist_ok=True)
        random = np.random.default_rng(elements)
        common = random.normal(size=(rows, 1))
        x = 0.5 * common + random.normal(size=(rows, elements))
        y = x @ np.linspace(1.0, 0.0, elements) + 2.0 * random.normal(size=rows)
        np.save(file, np.column_stack([x, y]))
    return file


def run_promesa(file: Path) -> dict[str, object]:
    """Return the shares of every element, each with its interval from samples of customers."""
    from promesa.stats import cross_products, importance

    table = np.load(file)
    units = np.random.default_rng(1).integers(0, CUSTOMERS, len(table)) % 1_000  # buckets of customers
    start = time.perf_counter()
    found = importance(cross_products(table, units=units), outcome=table.shape[1] - 1, bootstraps=BOOTSTRAPS, seed=1)
    return {"seconds": time.perf_counter() - start, "shares": [player.share for player in found.players]}


def run_what_if(workspace: Path) -> dict[str, object]:
    """Return how long what-if takes from the kept document: read, first answer, each later one."""
    from promesa.chain import what_if
    from promesa.snapshot import latest
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    snapshot = latest(ws)
    promise = next(iter(ws.model.promises))
    start = time.perf_counter()
    document = snapshot.document("system")
    read = time.perf_counter()
    assert document is not None
    what_if(document, {promise: 0.05})
    first = time.perf_counter()
    for share in np.linspace(0.01, 0.1, 20):
        what_if(document, {promise: float(share)})
    later = (time.perf_counter() - first) / 20
    return {"read": read - start, "first": first - read, "later": later}


def inside(name: str, target: str) -> dict[str, object]:
    """Run one contender in this process."""
    found = run_what_if(Path(target)) if name == "what_if" else run_promesa(Path(target))
    return {**found, "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}


def apart(command: list[str]) -> dict[str, object]:
    """Run a command and return the document that its last line is."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> None:
    """Measure what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--elements", type=int, nargs="+", default=[8, 12, 16])
    parser.add_argument("--rival", help="interpreter that has pingouin")
    parser.add_argument("--samples", type=int, default=10, help="samples of the rival that are timed")
    parser.add_argument("--workspace", help="analysed workspace, for what-if")
    parser.add_argument("--inside", nargs=2, metavar=("NAME", "TARGET"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        print(json.dumps(inside(*asked.inside)))
        return
    own = [sys.executable, "-m", "benchmarks.drivers", "--inside"]
    for elements in asked.elements:
        file = write_table(elements)
        mine = apart([*own, "promesa", str(file)])
        line = f"{elements} elements: promesa {mine['seconds']:.2f} s with {BOOTSTRAPS} bootstraps, {mine['peak_gib']:.2f} GiB"
        if asked.rival:
            other = apart([asked.rival, "-c", RIVAL, str(file), str(asked.samples)])
            apart_by = float(np.abs(np.subtract(mine["shares"], other["shares"])).max())
            each = float(str(other["seconds"])) / asked.samples
            ratio = BOOTSTRAPS * each / float(str(mine["seconds"]))
            line += f"; pingouin {each:.2f} s a sample: {ratio:.0f} times as long; shares differ by {apart_by:.1e}"
        print(line, flush=True)
    if asked.workspace:
        print({key: round(float(str(value)), 4) for key, value in apart([*own, "what_if", asked.workspace]).items()})


if __name__ == "__main__":
    main()
