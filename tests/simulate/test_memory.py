"""Memory holds one block of customers, however many there are."""

import tracemalloc
from pathlib import Path

import pyarrow as pa

from promesa.simulate import simulate
from promesa.simulate.company import BLOCK


def peaks(folder: Path, customers: int) -> tuple[int, int]:
    """Return peak bytes of (Python and numpy, Arrow) while a company is written."""
    held = pa.total_allocated_bytes()
    most = 0

    def watch(_done: int, _total: int) -> None:
        nonlocal most
        most = max(most, pa.total_allocated_bytes() - held)

    tracemalloc.start()
    simulate(folder, customers=customers, years=0.25, progress=watch)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, most


def test_four_blocks_take_no_more_than_one(tmp_path: Path) -> None:
    one, arrow_one = peaks(tmp_path / "one", BLOCK)
    four, arrow_four = peaks(tmp_path / "four", 4 * BLOCK)
    assert four < 1.5 * one
    # Sessions are written to Parquet in groups of several blocks; nothing else is kept.
    assert arrow_four < 6 * max(arrow_one, 1)
