"""Structural path model of an index survey: what moves what, and how well each construct is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats.item_moments import ItemSums, item_moments, sum_items
from promesa.stats.path_algorithm import MAX_ITERATIONS
from promesa.stats.path_diagram import Diagram, draw
from promesa.stats.path_reliability import reliability
from promesa.stats.path_results import Construct, Effect, Item, PathModel
from promesa.stats.path_samples import NO_BOUNDS, Bootstrap, Bounds, FittedSamples, draw_bounds, fit_samples

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

MIN_UNITS = 20  # with fewer, a bootstrap of units says little of how they differ


def path_model(
    data: ArrayLike,
    *,
    blocks: Mapping[str, Sequence[int]],
    paths: Iterable[Iterable[str]],
    modes: Mapping[str, str] | None = None,
    scheme: str = "path",
    weights: ArrayLike | None = None,
    scale: tuple[float, float] | None = None,
    bootstrap: Bootstrap | None = None,
) -> PathModel:
    """Fit a path model to the answers of a survey by partial least squares.

    Parameters
    ----------
    data : array-like of float, shape (n, columns)
        Answers, one row per person. NaN means no answer: the item's mean takes its place.
    blocks : mapping of str to sequence of int
        Columns of the items of each construct. Columns in no block are ignored.
    paths : iterable of (str, str)
        From which construct to which. They may not run in a circle.
    modes : mapping of str to {"A", "B"}, optional
        "A" (items reflect the construct) where not given, "B" where items form it.
    scheme : {"path", "centroid", "factorial"}, default "path"
        How neighbouring constructs are weighted while the weights are sought.
    weights : array-like of float, shape (n,), optional
        Weight of each row, 0 or more.
    scale : (float, float), optional
        Lowest and highest answer possible, the same for all items; needed for the index from 0 to 100.
    bootstrap : Bootstrap, optional
        How to make intervals. Without it there are none.

    Returns
    -------
    PathModel
        Effects in standard deviations; index in points from 0 to 100.

    Raises
    ------
    UnknownName
        If a path or mode names a construct that has no block.
    ValueOutOfRange
        If the diagram is not one (see `promesa.stats.path_diagram.draw`), an item does not vary, answers lie off
        the scale, a setting is out of range, or the weights do not settle.
    TooFewObservations
        If fewer than 20 rows hold an answer, most rows lack an item, there are not more rows than items of a
        construct in mode B, or the bootstrap has fewer than 20 units or fits in fewer than half of its samples.

    Notes
    -----
    Estimand: weights that make each construct's score go well with its neighbours' scores, and the regressions
    among these scores [1]_. Scores are weighted sums of items with their error of measurement left in: effects
    between constructs that exist apart from their items are drawn towards 0. Effects are associations unless the
    arrows and the absence of others are right.

    The algorithm is Wold's in Lohmoeller's form, from equal weights, until no weight moves by 1e-7. Scores stand
    so that the sum of their loadings is positive. A missing answer takes the mean of the answers to the item,
    which draws correlations towards 0. The index weighs answers by weight over standard deviation, as the
    American and European indices do [2]_.

    Intervals hold the percentiles over samples of rows (or of whole units) drawn with replacement. In each, scores
    are turned to agree with the loadings of the estimate; a sample in which the model cannot be fitted is left
    out and counted.

    References
    ----------
    .. [1] M. Tenenhaus, V. Esposito Vinzi, Y.-M. Chatelin, C. Lauro (2005). PLS path modeling. Computational
       Statistics & Data Analysis 48, 159-205. doi:10.1016/j.csda.2004.03.005
    .. [2] C. Fornell, M. D. Johnson, E. W. Anderson, J. Cha, B. E. Bryant (1996). The American Customer
       Satisfaction Index. Journal of Marketing 60(4), 7-18. doi:10.1177/002224299606000403
    """
    answers = _checked_answers(data)
    arrows = [(source, target) for source, target in paths]
    diagram = draw(n_columns=answers.shape[1], blocks=blocks, paths=arrows, modes=modes, scheme=scheme)
    if bootstrap is not None:
        _check_bootstrap(bootstrap)
    if scale is not None:
        _check_scale(answers[:, list(diagram.columns)], scale)
    units = None if bootstrap is None else bootstrap.units
    sums = sum_items(answers, columns=diagram.columns, weights=weights, units=units)
    _check_size(sums, diagram, intervals=bootstrap is not None)
    estimate = fit_samples(item_moments(sums), diagram, scale=scale)
    if not estimate.fit.converged[0]:
        raise ValueOutOfRange(
            what="The weights of the path model did not settle.",
            got=f"no solution after {MAX_ITERATIONS} rounds",
            expected="constructs that go with their neighbours",
            fix="try scheme='factorial', or take out a construct that goes with no other",
        )
    bounds = NO_BOUNDS
    if bootstrap is not None:
        bounds = draw_bounds(sums, diagram, estimate, scale=scale, bootstrap=bootstrap)
    reachable = [(i, j) for i, j in np.argwhere(_reachable(diagram)).tolist()]
    places = {name: place for place, name in enumerate(diagram.names)}
    direct = [(places[source], places[target]) for source, target in arrows]
    return PathModel(
        constructs=tuple(
            _construct(place, sums=sums, diagram=diagram, estimate=estimate, bounds=bounds)
            for place in range(len(diagram.names))
        ),
        paths=_effects("path", direct, diagram, estimate, bounds),
        total_effects=_effects("effect", reachable, diagram, estimate, bounds),
        cross_loadings=estimate.fit.cross_loadings[0],
        correlations=estimate.fit.correlations[0],
        htmt=estimate.figures["htmt"][0],
        htmt_upper=bounds.htmt_upper,
        scheme=diagram.scheme,
        iterations=int(estimate.fit.iterations[0]),
        n=sums.sums.rows,
        n_empty=sums.n_empty,
        n_units=sums.sums.units,
        confidence_level=None if bootstrap is None else bootstrap.confidence_level,
        bootstraps=0 if bootstrap is None else bootstrap.replicates,
        bootstraps_used=bounds.used,
    )


def _construct(place: int, *, sums: ItemSums, diagram: Diagram, estimate: FittedSamples, bounds: Bounds) -> Construct:
    items = diagram.items_of(place)
    weights, loadings = estimate.figures["weight"][0, items], estimate.figures["loading"][0, items]
    formative = bool(diagram.formative[place])
    explained = float(estimate.figures["r_squared"][0, place])
    indexed = "index" in estimate.figures and bool((weights >= 0).all())
    return Construct(
        name=diagram.names[place],
        mode="B" if formative else "A",
        items=tuple(_item(int(item), sums=sums, diagram=diagram, estimate=estimate, bounds=bounds) for item in items),
        reliability=None
        if formative
        else reliability(estimate.items.correlation[0][np.ix_(items, items)], weights=weights, loadings=loadings),
        r_squared=explained if np.isfinite(explained) else None,
        r_squared_interval=bounds.at("r_squared", place),
        index=float(estimate.figures["index"][0, place]) if indexed else None,
        index_interval=bounds.at("index", place) if indexed else None,
    )


def _item(item: int, *, sums: ItemSums, diagram: Diagram, estimate: FittedSamples, bounds: Bounds) -> Item:
    return Item(
        column=diagram.columns[item],
        weight=float(estimate.figures["weight"][0, item]),
        loading=float(estimate.figures["loading"][0, item]),
        weight_interval=bounds.at("weight", item),
        loading_interval=bounds.at("loading", item),
        mean=float(estimate.items.mean[0, item]),
        deviation=float(estimate.items.deviation[0, item]),
        n_missing=int(sums.n_missing[item]),
    )


def _effects(
    figure: str, pairs: Sequence[tuple[int, int]], diagram: Diagram, estimate: FittedSamples, bounds: Bounds
) -> tuple[Effect, ...]:
    return tuple(
        Effect(
            source=diagram.names[source],
            target=diagram.names[target],
            value=float(estimate.figures[figure][0, source, target]),
            interval=bounds.at(figure, source, target),
        )
        for source, target in pairs
    )


def _reachable(diagram: Diagram) -> NDArray[np.bool_]:
    reach = diagram.arrows
    for _ in diagram.names:
        reach = reach | (reach @ diagram.arrows)
    return reach


def _checked_answers(data: ArrayLike) -> NDArray[np.float64]:
    answers = np.asarray(data, dtype=float)
    if answers.ndim != 2:
        raise ValueOutOfRange(
            what="`data` is not a table of answers.",
            got=f"an array of {answers.ndim} dimensions",
            expected="one row per person, one column per item",
            fix="pass a two-dimensional array",
        )
    return answers


def _check_bootstrap(bootstrap: Bootstrap) -> None:
    if bootstrap.replicates < 20 or not 0 < bootstrap.confidence_level < 1:
        raise ValueOutOfRange(
            what="A setting of the bootstrap is out of range.",
            got=f"replicates={bootstrap.replicates}, confidence_level={bootstrap.confidence_level!r}",
            expected="at least 20 replicates, a level greater than 0 and less than 1",
            fix="use Bootstrap(seed=1, replicates=500, confidence_level=0.95)",
        )


def _check_scale(answers: NDArray[np.float64], scale: tuple[float, float]) -> None:
    low, high = scale
    off = (answers < low) | (answers > high)
    if not low < high or off.any():
        raise ValueOutOfRange(
            what="Answers lie off the scale." if low < high else "The scale has no length.",
            got=f"{int(off.sum())} answers off the scale {low:g} to {high:g}",
            expected="the lowest and the highest answer possible, in this order",
            fix="give the scale of the questionnaire, and turn the code for 'does not know' into NaN",
        )


def _check_size(sums: ItemSums, diagram: Diagram, *, intervals: bool) -> None:
    largest = max(
        [int(diagram.arrows[:, k].sum()) for k in range(len(diagram.names))]
        + [len(diagram.items_of(int(k))) for k in np.flatnonzero(diagram.formative)]
    )
    if sums.sums.rows < largest + 2 or (intervals and sums.sums.units < MIN_UNITS):
        raise TooFewObservations(
            what="There are too few answers for this path model.",
            got=f"{sums.sums.rows} rows of {sums.sums.units} units, {largest} terms in its largest regression",
            expected=f"at least {largest + 2} rows" + (f" and {MIN_UNITS} units" if intervals else ""),
            fix="take a longer period, or a smaller model",
        )
