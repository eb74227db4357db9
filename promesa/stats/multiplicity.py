"""Many comparisons at once: p-values that hold for all of them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import ValueOutOfRange

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return p-values adjusted so that calling those below q true keeps the false discovery rate at q.

    Parameters
    ----------
    p_values : array-like of float, shape (n,)
        Each in [0, 1]. NaN is a comparison that was not made: it stays NaN and is not counted.

    Returns
    -------
    ndarray of float, shape (n,)
        Adjusted p-values in the order given.

    Raises
    ------
    ValueOutOfRange
        If a value lies outside [0, 1].

    Notes
    -----
    Holds for independent comparisons and for those that depend on each other positively [1]_.

    References
    ----------
    .. [1] Y. Benjamini, Y. Hochberg (1995). Controlling the false discovery rate. Journal of the Royal
       Statistical Society B 57, 289-300. doi:10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.04, 0.04]
    """
    given = np.asarray(p_values, dtype=float)
    made = ~np.isnan(given)
    outside = made & ((given < 0) | (given > 1))
    if outside.any():
        raise ValueOutOfRange(
            what="`p_values` holds values that are not probabilities.",
            got=f"{int(outside.sum())} of {given.size}, such as {given[outside][0]:g}",
            expected="fractions from 0 to 1, NaN for no comparison",
            fix="pass the p-values of the comparisons, not their statistics",
        )
    values = given[made]
    order = np.argsort(-values)
    scaled = values[order] * values.size / np.arange(values.size, 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled), 1.0) if values.size else scaled
    found = np.full(given.shape, np.nan)
    found[made] = adjusted
    return found
