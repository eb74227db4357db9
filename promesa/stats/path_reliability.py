"""How well items measure their construct, and whether two constructs are two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Agreement of the items of a construct in mode A; 1 for a single item.

    Attributes
    ----------
    alpha : float
        Cronbach's alpha of the standardised items.
    rho_a : float
        Dijkstra and Henseler's reliability of the score. It can pass 1 or fall below 0 in small samples.
    composite : float
        Composite reliability (Dillon and Goldstein's rho) from the loadings.
    average_variance : float
        Average variance extracted: mean squared loading.
    """

    alpha: float
    rho_a: float
    composite: float
    average_variance: float


def reliability(
    correlation: NDArray[np.float64], *, weights: NDArray[np.float64], loadings: NDArray[np.float64]
) -> Reliability:
    """Return the reliability of one construct.

    Parameters
    ----------
    correlation : ndarray of float, shape (items, items)
        Of the construct's items.
    weights, loadings : ndarray of float, shape (items,)
        Outer weights, whose score has variance 1, and correlations of the items with the score.

    References
    ----------
    .. [1] T. K. Dijkstra, J. Henseler (2015). Consistent partial least squares path modeling. MIS Quarterly
       39(2), 297-316. doi:10.25300/MISQ/2015/39.2.02
    """
    count = len(weights)
    if count == 1:
        return Reliability(alpha=1.0, rho_a=1.0, composite=1.0, average_variance=1.0)
    apart = correlation - np.diag(np.diag(correlation))
    products = np.outer(weights, weights)
    off_diagonal = products - np.diag(np.diag(products))
    denominator = float(weights @ off_diagonal @ weights)
    agreement = float(weights @ apart @ weights) / denominator if denominator else float("nan")
    total = float(loadings.sum()) ** 2
    return Reliability(
        alpha=count / (count - 1) * (1 - count / float(correlation.sum())),
        rho_a=float(weights @ weights) ** 2 * agreement,
        composite=total / (total + float((1 - loadings**2).sum())),
        average_variance=float((loadings**2).mean()),
    )


def heterotrait_monotrait(correlations: NDArray[np.float64], block: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how alike two constructs are, (samples, constructs, constructs), with ones on the diagonal.

    Parameters
    ----------
    correlations : ndarray of float, shape (samples, items, items)
        Of the items.
    block : ndarray of int, shape (items,)
        Construct of each item.

    Notes
    -----
    Mean absolute correlation between the items of two constructs, over the geometric mean of that within each [1]_;
    1 stands for the latter where a construct has a single item. Above .9 (.85 to be strict) the two are hardly two.

    References
    ----------
    .. [1] J. Henseler, C. M. Ringle, M. Sarstedt (2015). A new criterion for assessing discriminant validity.
       Journal of the Academy of Marketing Science 43, 115-135. doi:10.1007/s11747-014-0403-8
    """
    member = np.eye(int(block.max()) + 1)[block]
    size = member.sum(axis=0)
    absolute = np.abs(correlations)
    sums = member.T @ absolute @ member
    means = sums / np.outer(size, size)
    own = np.einsum("bkk->bk", sums) - np.einsum("bii->bi", absolute) @ member
    within = np.divide(own, size * (size - 1), out=np.ones_like(own), where=size > 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = means / np.sqrt(within[:, :, None] * within[:, None, :])
    ratio[:, np.arange(len(size)), np.arange(len(size))] = 1.0
    return ratio
