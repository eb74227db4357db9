"""How many rows tell anything of an outcome that is nearly always the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def rows_unlike_most(values: ArrayLike) -> int:
    """Return how many values differ from the most frequent one: of yes and no, the number of the rarer.

    Where it is small, a normal interval is far too narrow: if none of a thousand came back, their variance is nothing,
    although one or two more would have been no wonder.

    Examples
    --------
    >>> rows_unlike_most([0, 0, 0, 1, 0]), rows_unlike_most([4, 5, 3, 5]), rows_unlike_most([])
    (1, 2, 0)
    """
    counts = np.unique(np.asarray(values, dtype=float), return_counts=True)[1]
    return int(counts.sum() - counts.max()) if counts.size else 0
