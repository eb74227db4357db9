"""How many rows tell anything of an outcome that is nearly always the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


ROWS_A_COLUMN = 3
COMMON = 0.75  # share of rows of one value from which on the others are the rare ones that tell something


def telling_rows(values: ArrayLike) -> int:
    """Return how many rows tell of an outcome: all, or where it is nearly always the same, those where it is not.

    Examples
    --------
    >>> telling_rows([4, 5, 3, 5, 5]), telling_rows([0, 0, 0, 0, 1])
    (5, 1)
    """
    unlike, size = rows_unlike_most(values), np.size(values)
    return size if unlike >= (1 - COMMON) * size else unlike


def enough_rows(values: ArrayLike, columns: int) -> bool:
    """Tell whether the rows that tell of an outcome are enough for a regression on so many columns.

    With fewer than three for each, it only repeats its rows, and looks sure.

    Examples
    --------
    >>> enough_rows([4, 5, 3, 5, 5, 4], 2), enough_rows([0, 0, 0, 0, 0, 1], 2)
    (True, False)
    """
    return telling_rows(values) >= ROWS_A_COLUMN * columns


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


def too_rare(values: ArrayLike, arms: ArrayLike, *, least: float = 5.0) -> bool:
    """Tell whether an outcome is so rare that a normal interval of the difference between arms cannot be trusted.

    Parameters
    ----------
    values : array-like of float, shape (n,)
        The outcome.
    arms : array-like, shape (n,)
        The arm of each row.
    least : float, default 5
        Rows that an arm must be expected to hold whose outcome is not that of most, were all arms alike: the rule for
        expected counts of Cochran (1954). An arm in which the outcome is always the same is none too rare if it is
        not expected to be.

    Examples
    --------
    >>> too_rare([0] * 100 + [0] * 97 + [1] * 3, [0] * 100 + [1] * 100)
    True
    >>> too_rare([0] * 100 + [0] * 40 + [1] * 60, [0] * 100 + [1] * 100)
    False

    References
    ----------
    .. [1] W. G. Cochran (1954). Some methods for strengthening the common chi-squared tests. Biometrics 10(4), 417-451.
       doi:10.2307/3001616
    """
    outcome = np.asarray(values, dtype=float)
    if not outcome.size:
        return True
    share = rows_unlike_most(outcome) / outcome.size
    return bool(np.unique(np.asarray(arms), return_counts=True)[1].min() * share < least)
