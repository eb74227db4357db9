"""Numbers that scatter units evenly and the same way each time: for halves and buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def unit_hashes(codes: NDArray[np.int64], *, seed: int) -> NDArray[np.uint64]:
    """Return one hash per row, equal for rows of one unit (SplitMix64 of code and seed).

    Examples
    --------
    >>> unit_hashes(np.array([4, 4]), seed=1).tolist() == unit_hashes(np.array([4, 4]), seed=1).tolist()
    True
    """
    with np.errstate(over="ignore"):
        mixed = codes.astype(np.uint64) + np.uint64(seed % 2**32) * np.uint64(0xD1342543DE82EF95)
        mixed = _mixed(mixed + np.uint64(0x9E3779B97F4A7C15))
        return _mixed(mixed + np.uint64(0x9E3779B97F4A7C15))


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
