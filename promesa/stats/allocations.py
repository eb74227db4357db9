"""How to split a sum over curves of constant elasticity so that together they bring most: numbers in, numbers out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import ValueOutOfRange

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

STEEPEST = 0.999  # a curve of elasticity 1 is a line: all money would go to the steepest of them at once
STEPS = 200


def best_split(
    worth: ArrayLike, elasticity: ArrayLike, *, usual: ArrayLike, lowest: ArrayLike, highest: ArrayLike
) -> Floats:
    """Return the spend of each curve that brings most in sum, the total being that of `usual`.

    Parameters
    ----------
    worth : array-like of float, shape (..., curves)
        Money that each curve brings at its usual spend.
    elasticity : array-like of float, shape (..., curves)
        Of each curve; taken as 0 where it is below and as 0.999 where it is above. A curve of 0 gets its least.
    usual, lowest, highest : array-like of float, shape (curves,)
        Spend now, and the least and most that may be spent on each: lowest <= usual <= highest.

    Returns
    -------
    ndarray of float, shape (..., curves)

    Raises
    ------
    ValueOutOfRange
        If the usual spend lies outside its ends.

    Notes
    -----
    Maximises ``sum(worth * (spend / usual) ** elasticity)``, which is concave, so that its only maximum is where all
    curves between their ends have the same marginal return, those at the upper end no smaller and those at the lower
    end no larger a one (Kuhn and Tucker). That common return is found by bisection.

    Examples
    --------
    >>> best_split([100.0, 100.0], [0.6, 0.3], usual=[10, 10], lowest=[2, 2], highest=[20, 20]).round(2).tolist()
    [15.27, 4.73]
    """
    now, low, high = (np.asarray(one, dtype=float) for one in (usual, lowest, highest))
    if not ((low <= now) & (now <= high) & (low > 0)).all():
        raise ValueOutOfRange(
            what="The usual spend does not lie between the least and the most that may be spent.",
            got=f"least {low.tolist()}, usual {now.tolist()}, most {high.tolist()}",
            expected="0 < least <= usual <= most for each curve",
            fix="take the ends of what was observed",
        )
    power = np.clip(np.asarray(elasticity, dtype=float), 0.0, STEEPEST)
    brings = np.maximum(np.asarray(worth, dtype=float), 0.0) * power
    with np.errstate(divide="ignore"):
        steep = np.log(brings) - np.log(now)  # logarithm of the marginal return at the usual spend

    def spent(price: Floats) -> Floats:
        with np.errstate(over="ignore", invalid="ignore"):
            wanted = np.log(now) + (steep - price[..., None]) / (1 - power)
            return np.clip(np.exp(np.clip(wanted, -700, 700)), low, high)

    shape = np.broadcast_shapes(power.shape, brings.shape)[:-1]
    finite = np.where(np.isfinite(steep), steep, 0.0)
    ends = np.abs(np.log(high / low)).max() + 1
    below, above = (
        np.broadcast_to(finite.min(axis=-1) - ends, shape),
        np.broadcast_to(finite.max(axis=-1) + ends, shape),
    )
    for _ in range(STEPS):
        middle = (below + above) / 2
        too_much = spent(middle).sum(axis=-1) > now.sum()
        below, above = np.where(too_much, middle, below), np.where(too_much, above, middle)
    split = spent(above)
    return split + _rest(split, now.sum() - split.sum(axis=-1), high)


def _rest(split: Floats, left: Floats, high: Floats) -> Floats:
    """Return what is left of the sum, in the room that the curves have: where nobody earns more by it, anywhere."""
    room = high - split
    all_room = room.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(all_room > 0, np.clip(left, 0, None) / all_room, 0.0)
    return room * np.minimum(share, 1.0)[..., None]
