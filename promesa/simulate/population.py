"""What a company like this shows on average over many seeds: the figures that intervals are to cover.

A run has its own realised figures; an interval speaks of the process behind them. The figures here are those of
12,000,000 customers under 60 seeds, for the default window. ``python -m promesa.simulate.population`` computes them
again after a change of the causal model.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promesa.simulate.block import company, draw_blocks
from promesa.simulate.document import run_figures
from promesa.simulate.shop_tables import draw_baskets
from promesa.simulate.truth import Tally, new_tally, tally_block

if TYPE_CHECKING:
    from datetime import date

FILE = "population.json"
SEEDS, CUSTOMERS_A_SEED = 60, 200_000
FIRST_SEED = 1_000_000  # away from the seeds that people and tests use


def known_population(*, years: float, end: date) -> dict[str, Any] | None:
    """Return the population figures of a window, or None where they have not been computed."""
    kept = json.loads(files("promesa.simulate").joinpath(FILE).read_text(encoding="utf-8"))
    return kept["figures"] if kept["window"] == {"years": float(years), "end": end.isoformat()} else None


def compute_population(*, years: float, end: date, seeds: int = SEEDS, customers: int = CUSTOMERS_A_SEED) -> Tally:
    """Return the tally over many seeds."""
    tally = new_tally()
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        world = company(years=years, seed=seed, end=end)
        for block in draw_blocks(world, customers=customers, seed=seed):
            tally_block(world, block, draw_baskets(world, block), tally)
    return tally


def main() -> None:
    """Compute the figures of the default window and write them beside this module."""
    from promesa.simulate.run import END

    figures = run_figures(compute_population(years=2.0, end=END))
    document = {"window": {"years": 2.0, "end": END.isoformat()}, "figures": figures}
    path = Path(__file__).with_name(FILE)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
