"""A path model in one sample and in the samples drawn from it: every figure, and its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import TooFewObservations
from promesa.stats.item_moments import ItemMoments, ItemSums, resampled_item_moments
from promesa.stats.path_algorithm import PathFit, fit_paths, total_effects
from promesa.stats.path_reliability import heterotrait_monotrait
from promesa.stats.shares import Interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from promesa.stats.path_diagram import Diagram

MIN_USED = 0.5  # an interval from fewer than half of the samples drawn would describe the easy ones


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bootstrap:
    """How intervals are made.

    Attributes
    ----------
    seed : int
        Seed of the samples.
    replicates : int
        Samples drawn; at least 20.
    confidence_level : float
        Fraction in (0, 1).
    units : array-like, shape (n,), or None
        Whom each row belongs to: whole units are drawn. None if each row is someone else.
    """

    seed: int
    replicates: int = 500
    confidence_level: float = 0.95
    units: ArrayLike | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedSamples:
    """A stack of samples and the model fitted to each.

    Attributes
    ----------
    items : ItemMoments
        What was fitted.
    fit : PathFit
        The solutions.
    figures : mapping of str to ndarray
        Of each sample (first axis): "weight" and "loading" by item, "path" and "effect" from construct to
        construct, "r_squared" and "index" by construct (the latter with a scale only), "htmt" by two constructs.
    """

    items: ItemMoments
    fit: PathFit
    figures: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bounds:
    """Ends of the intervals of all figures: arrays of two (lower, upper) by name; empty without a bootstrap."""

    ends: Mapping[str, NDArray[np.float64]]
    htmt_upper: NDArray[np.float64] | None
    used: int

    def at(self, figure: str, *place: int) -> Interval | None:
        """Return the interval of one figure, None if there is none."""
        if figure not in self.ends:
            return None
        lower, upper = self.ends[figure][(slice(None), *place)]
        return Interval(float(lower), float(upper)) if np.isfinite([lower, upper]).all() else None


NO_BOUNDS = Bounds(ends={}, htmt_upper=None, used=0)


def fit_samples(
    items: ItemMoments,
    diagram: Diagram,
    *,
    scale: tuple[float, float] | None,
    like: NDArray[np.float64] | None = None,
) -> FittedSamples:
    """Fit the model to each sample; `like` holds the loadings that scores are turned to agree with."""
    fit = fit_paths(items.correlation, diagram, like=like)
    effects = np.full_like(fit.coefficients, np.nan)
    effects[fit.converged] = total_effects(fit.coefficients[fit.converged])
    figures = {
        "weight": fit.weights,
        "loading": fit.cross_loadings[:, np.arange(len(diagram.block)), diagram.block],
        "path": fit.coefficients,
        "effect": effects,
        "r_squared": fit.r_squared,
        "htmt": heterotrait_monotrait(items.correlation, diagram.block),
    }
    if scale is not None:
        figures["index"] = _indices(items, fit, diagram, scale)
    return FittedSamples(items=items, fit=fit, figures=figures)


def draw_bounds(
    sums: ItemSums,
    diagram: Diagram,
    estimate: FittedSamples,
    *,
    scale: tuple[float, float] | None,
    bootstrap: Bootstrap,
) -> Bounds:
    """Draw samples of units, fit each, and return the percentiles of every figure.

    Raises
    ------
    TooFewObservations
        If the model could be fitted in fewer than half of the samples.
    """
    items = resampled_item_moments(sums, replicates=bootstrap.replicates, seed=bootstrap.seed)
    drawn = fit_samples(items, diagram, scale=scale, like=estimate.figures["loading"][0])
    # A sample in which an item happens not to vary was drawn by chance; its figures are those of another model.
    usable = drawn.fit.converged & (items.deviation > 0).all(axis=1)
    used = int(usable.sum())
    if used < MIN_USED * bootstrap.replicates:
        raise TooFewObservations(
            what="The model could be fitted in too few of the samples drawn to say how sure it is.",
            got=f"{used} of {bootstrap.replicates} samples",
            expected=f"at least {MIN_USED:.0%} of them",
            fix="take more answers, or leave out items that hardly vary",
        )
    tail = (1 - bootstrap.confidence_level) / 2
    return Bounds(
        ends={name: np.quantile(values[usable], [tail, 1 - tail], axis=0) for name, values in drawn.figures.items()},
        htmt_upper=np.quantile(drawn.figures["htmt"][usable], bootstrap.confidence_level, axis=0),
        used=used,
    )


def _indices(items: ItemMoments, fit: PathFit, diagram: Diagram, scale: tuple[float, float]) -> NDArray[np.float64]:
    """Return the index of each construct, (samples, constructs), in points from 0 to 100."""
    member = np.eye(len(diagram.names))[diagram.block]
    points = 100 * (items.mean - scale[0]) / (scale[1] - scale[0])
    with np.errstate(invalid="ignore", divide="ignore"):
        unstandardised = fit.weights / items.deviation
        return (unstandardised * points) @ member / (unstandardised @ member)
