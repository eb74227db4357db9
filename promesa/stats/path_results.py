"""What a path model found: effects, constructs, items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import UnknownName

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from promesa.stats.path_diagram import Scheme
    from promesa.stats.path_reliability import Reliability
    from promesa.stats.shares import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Effect of one construct on another, in standard deviations of the second per one of the first.

    Attributes
    ----------
    source, target : str
        Constructs.
    value : float
        Path coefficient, or sum of all ways from source to target.
    interval : Interval or None
        None without a bootstrap.
    """

    source: str
    target: str
    value: float
    interval: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question within its construct.

    Attributes
    ----------
    column : int
        Column of the data.
    weight, loading : float
        Outer weight on the standardised item, and correlation of the item with the construct's score.
    weight_interval, loading_interval : Interval or None
        None without a bootstrap.
    mean, deviation : float
        Of the answers, on their scale; the deviation after missing answers took the mean.
    n_missing : int
        Missing answers.
    """

    column: int
    weight: float
    loading: float
    weight_interval: Interval | None
    loading_interval: Interval | None
    mean: float
    deviation: float
    n_missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Construct:
    """What one construct's items say.

    Attributes
    ----------
    name : str
        As in `blocks`.
    mode : {"A", "B"}
        A: items reflect it; B: items form it.
    items : tuple of Item
        In the order given.
    reliability : Reliability or None
        None in mode B, whose items need not agree.
    r_squared : float or None
        Part of its variance that the constructs pointing at it explain; None where none does.
    r_squared_interval : Interval or None
        None without a bootstrap.
    index : float or None
        Mean score on 0 to 100, items weighted by their unstandardised weights; None without a scale, or if a
        weight is negative: a better answer would then lower the index.
    index_interval : Interval or None
        None without a bootstrap.
    """

    name: str
    mode: str
    items: tuple[Item, ...]
    reliability: Reliability | None
    r_squared: float | None
    r_squared_interval: Interval | None
    index: float | None
    index_interval: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PathModel:
    """A fitted path model.

    Attributes
    ----------
    constructs : tuple of Construct
        In the order of `blocks`; rows and columns of the matrices follow it.
    paths : tuple of Effect
        Path coefficients, in the order given.
    total_effects : tuple of Effect
        Direct and indirect ways together, for each pair that any way joins.
    cross_loadings : ndarray of float, shape (items, constructs)
        Correlations of all items with all scores.
    correlations : ndarray of float, shape (constructs, constructs)
        Correlations of the scores.
    htmt : ndarray of float, shape (constructs, constructs)
        Heterotrait-monotrait ratios; above .9 two constructs are hardly two.
    htmt_upper : ndarray of float or None
        Their one-sided upper bounds at the confidence level.
    scheme : {"path", "centroid", "factorial"}
        Inner weighting.
    iterations : int
        Rounds until the weights settled.
    n, n_empty, n_units : int
        Rows used, rows without an answer or of weight 0, and units among the rows used.
    confidence_level : float or None
        Of every interval.
    bootstraps, bootstraps_used : int
        Samples drawn, and those in which the model could be fitted.
    """

    constructs: tuple[Construct, ...]
    paths: tuple[Effect, ...]
    total_effects: tuple[Effect, ...]
    cross_loadings: NDArray[np.float64]
    correlations: NDArray[np.float64]
    htmt: NDArray[np.float64]
    htmt_upper: NDArray[np.float64] | None
    scheme: Scheme
    iterations: int
    n: int
    n_empty: int
    n_units: int
    confidence_level: float | None
    bootstraps: int
    bootstraps_used: int

    def construct(self, name: str) -> Construct:
        """Return one construct by its name."""
        for construct in self.constructs:
            if construct.name == name:
                return construct
        raise UnknownName(name, kind="construct", known=[c.name for c in self.constructs])

    def scores(self, data: ArrayLike) -> NDArray[np.float64]:
        """Return the standardised score of each row in each construct, (rows, constructs).

        Parameters
        ----------
        data : array-like of float, shape (rows, columns)
            As the model's data. NaN counts as the item's mean in the model.
        """
        table = np.asarray(data, dtype=float)
        scores = np.zeros((len(table), len(self.constructs)))
        for place, construct in enumerate(self.constructs):
            for item in construct.items:
                distance = np.nan_to_num(table[:, item.column] - item.mean)
                scores[:, place] += item.weight * distance / item.deviation
        return scores
