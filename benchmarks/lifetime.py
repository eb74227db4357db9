"""A million customers fitted and foreseen, against the packages lifetimes and PyMC-Marketing.

``python -m benchmarks.lifetime --rival PYTHON [--map PYTHON] [--customers 1000000]``

``--rival`` names a Python that has lifetimes, ``--map`` one that has pymc-marketing, whose maximum of the posterior is
taken. All fit BG/NBD to the same summaries and give each customer the purchases expected in the next year. Each runs in
a process of its own; the rivals are no dependencies of promesa and bring their own interpreters.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

WORK = Path(__file__).parent / "work"
WEEKS, AHEAD = 104.0, 52.0
RIVAL = """
import json, resource, sys, time
import numpy as np
from lifetimes import BetaGeoFitter
sums = np.load(sys.argv[1])
x, last, seen = sums["repeats"], sums["last"], sums["seen"]
cpu, started = sum(resource.getrusage(resource.RUSAGE_SELF)[:2]), time.perf_counter()
fitter = BetaGeoFitter()
fitter.fit(x, last, seen)
fitted = time.perf_counter()
ahead = fitter.conditional_expected_number_of_purchases_up_to_time(52.0, x, last, seen)
done = time.perf_counter()
r, alpha, a, b = (float(fitter.params_[name]) for name in ("r", "alpha", "a", "b"))
print(json.dumps({
    "fit": fitted - started, "ahead": done - fitted, "seconds": done - started,
    "theta": [r, alpha, a, b], "total": float(np.sum(ahead)), "log_likelihood": float(fitter.log_likelihood_)
    if hasattr(fitter, "log_likelihood_") else float(-fitter._negative_log_likelihood_ * len(x)),
    "cpu": sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - cpu, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
}))
"""

MAP = """
import json, resource, sys, time
import numpy as np, pandas as pd
from pymc_marketing.clv import BetaGeoModel
sums = np.load(sys.argv[1])
data = pd.DataFrame({"customer_id": np.arange(sums["seen"].size), "frequency": sums["repeats"], "recency": sums["last"], "T": sums["seen"]})
cpu, started = sum(resource.getrusage(resource.RUSAGE_SELF)[:2]), time.perf_counter()
model = BetaGeoModel(data=data)
model.fit(method="map", progressbar=False)
fitted = time.perf_counter()
ahead = model.expected_purchases(future_t=52)
done = time.perf_counter()
theta = [float(model.fit_result[name].mean()) for name in ("r", "alpha", "a", "b")]
print(json.dumps({
    "fit": fitted - started, "ahead": done - fitted, "seconds": done - started, "theta": theta, "total": float(ahead.sum()),
    "cpu": sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - cpu, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
}))
"""


def write_customers(n: int, *, seed: int = 1) -> Path:
    """Return the file of summaries of `n` customers, in weeks and whole days, written if it is not there."""
    import numpy as np

    file = WORK / f"lifetime-{n}-{seed}.npz"
    if file.exists():
        return file
    random = np.random.default_rng(seed)
    rate, stop = random.gamma(0.5, 1 / 10.0, n), random.beta(0.8, 2.4, n)
    seen = np.round(random.uniform(26, WEEKS, n) * 7) / 7
    repeats, last, now = np.zeros(n), np.zeros(n), np.zeros(n)
    active = np.arange(n)
    while active.size:
        now[active] += np.maximum(np.round(random.exponential(1 / rate[active]) * 7), 1) / 7
        active = active[now[active] <= seen[active]]
        repeats[active] += 1
        last[active] = now[active]
        active = active[random.random(active.size) > stop[active]]
    WORK.mkdir(exist_ok=True)
    np.savez(file, repeats=repeats, last=last, seen=seen)
    return file


def run_promesa(file: Path) -> dict[str, object]:
    """Measure promesa on the same arrays: joining equal summaries, the fit, and every customer's purchases ahead."""
    import resource
    import time

    import numpy as np

    from promesa.stats import expected_purchases, fit_buying, summarise

    sums = np.load(file)
    x, last, seen = sums["repeats"], sums["last"], sums["seen"]
    cpu, started = sum(resource.getrusage(resource.RUSAGE_SELF)[:2]), time.perf_counter()
    joined = summarise(x, last, seen)
    process = fit_buying(joined)
    fitted = time.perf_counter()
    ahead = expected_purchases(process, joined, horizon=AHEAD)
    done = time.perf_counter()
    return {
        "fit": fitted - started,
        "ahead": done - fitted,
        "seconds": done - started,
        "theta": [process.r, process.alpha, process.a, process.b],
        "total": float(ahead @ joined.customers),
        "log_likelihood": process.log_likelihood,
        "distinct": joined.repeats.size,
        "cpu": sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - cpu,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def log_likelihood(file: Path, theta: list[float]) -> float:
    """Return the log-likelihood of the summaries at some parameters: one yardstick for both."""
    import numpy as np

    from promesa.stats.buying_likelihoods import likelihood
    from promesa.stats.purchases import summarise

    sums = np.load(file)
    joined = summarise(sums["repeats"], sums["last"], sums["seen"])
    return likelihood(np.log(theta), joined, form="bg_nbd")[0]


def measured(command: list[str]) -> dict[str, object]:
    """Run a contender in a process of its own and return what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    found: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> None:
    """Measure both in one run and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rival", help="Python interpreter that has lifetimes")
    parser.add_argument("--map", help="Python interpreter that has pymc-marketing")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=1, help="runs of each; the fastest counts")
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        print(json.dumps(run_promesa(asked.alone)))
        return
    file = write_customers(asked.customers)
    contenders = {"promesa": [sys.executable, "-m", "benchmarks.lifetime", "--alone", str(file)]}
    if asked.rival:
        contenders["lifetimes"] = [asked.rival, "-W", "ignore", "-c", RIVAL, str(file)]
    if asked.map:
        contenders["pymc-marketing"] = [asked.map, "-W", "ignore", "-c", MAP, str(file)]
    found = {
        name: min((measured(command) for _ in range(asked.runs)), key=lambda run: float(str(run["seconds"])))
        for name, command in contenders.items()
    }
    print(
        "| what | fit s | ahead s | seconds | processor s | peak GiB | log-likelihood | purchases ahead |\n|---|---|---|---|---|---|---|"
    )
    reached = {name: log_likelihood(file, run["theta"]) for name, run in found.items()}  # type: ignore[arg-type]
    for name, run in found.items():
        print(
            f"| {name} | {run['fit']:.2f} | {run['ahead']:.2f} | {run['seconds']:.2f} | {run['cpu']:.2f} "
            f"| {run['peak']:.2f} "
            f"| {reached[name]:.3f} | {run['total']:,.0f} |"
        )
    print(f"\n{found['promesa']['distinct']:,} distinct summaries of {asked.customers:,} customers")
    for name in found.keys() - {"promesa"}:
        ratio, work = (
            float(str(found[name][what])) / float(str(found["promesa"][what])) for what in ("seconds", "cpu")
        )
        gap = reached["promesa"] / reached[name] - 1
        print(
            f"promesa is {ratio:.1f} times as fast as {name}, takes {work:.1f} times less of the processor; "
            f"log-likelihoods agree to {abs(gap):.1e}"
        )


if __name__ == "__main__":
    main()
