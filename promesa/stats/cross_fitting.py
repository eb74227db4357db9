"""Conditional means predicted for rows that their learner never saw, by folds of whole units."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from promesa.stats.linear_learners import Basis, expand, fit_mean, fit_probability

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from promesa.stats.linear_learners import Predict

Learner = Literal["linear", "boosting"]
LEARNERS: tuple[Learner, ...] = ("linear", "boosting")
TRIAL_ROWS = 3_000  # held-out rows on which learners are compared before one of them does the other folds
BETTER = 0.998  # boosting must lower the loss by more than this to be taken over the linear basis


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerChoice:
    """Which learner predicted one nuisance, and by what it was chosen.

    Attributes
    ----------
    nuisance : str
        ``treatment``, ``outcome`` (amounts), ``outcome_without`` or ``outcome_with`` (yes or no).
    learner : str
        ``linear`` (penalised regression on an expanded basis) or ``boosting`` (boosted trees).
    explained : dict of str to float
        Part of the variance that each learner tried explains on rows it has not seen; below 0 if it is worse
        than the mean. The one chosen has the highest, unless the two are nearly equal.
    """

    nuisance: str
    learner: Learner
    explained: dict[str, float]


@dataclass(frozen=True, eq=False)
class Confounders:
    """Confounders, and their basis computed when it is first asked for."""

    table: NDArray[np.float64]

    @cached_property
    def basis(self) -> Basis:
        """Return the expanded basis."""
        return expand(self.table)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Target:
    """What is to be predicted.

    Attributes
    ----------
    name : str
        As in `LearnerChoice.nuisance`.
    values : ndarray of float, shape (n,)
        Zeros and ones where a probability is asked for.
    among : ndarray of bool, shape (n,)
        Rows to learn from; all rows get a prediction.
    probability : bool
        Whether predictions are probabilities.
    """

    name: str
    values: NDArray[np.float64]
    among: NDArray[np.bool_]
    probability: bool


def unit_folds(codes: NDArray[np.int64], *, treated: NDArray[np.bool_], folds: int, seed: int) -> NDArray[np.int64]:
    """Return the fold of each row: whole units, as many units with a treated row in one fold as in another."""
    random = np.random.default_rng(seed)
    units = int(codes.max()) + 1
    any_treated = np.bincount(codes, weights=treated, minlength=units) > 0
    order = random.permutation(units)
    order = order[np.argsort(any_treated[order], kind="stable")]
    fold_of_unit = np.empty(units, dtype=np.int64)
    fold_of_unit[order] = np.arange(units) % folds
    return fold_of_unit[codes]


def cross_fit(
    target: Target,
    confounders: Confounders,
    *,
    fold: NDArray[np.int64],
    learners: tuple[Learner, ...],
    seed: int,
) -> tuple[NDArray[np.float64], LearnerChoice]:
    """Predict a target for every row from learners fitted on the other folds.

    Notes
    -----
    Where several learners are given, they are tried on as many folds as hold 3,000 rows to compare on; the
    one with the lower squared error does the rest. To choose by folds that are also predicted is harmless:
    it is one bit, and both candidates have not seen the rows.
    """
    names = np.unique(fold).tolist()
    predicted: dict[Learner, NDArray[np.float64]] = {learner: np.full(len(fold), np.nan) for learner in learners}

    def fill(learner: Learner, name: int) -> None:
        held = fold == name
        predict = _fit(target, confounders, np.flatnonzero(target.among & ~held), learner=learner, seed=seed)
        predicted[learner][held] = predict(np.flatnonzero(held))

    tried, count = np.zeros(len(fold), dtype=bool), 0
    while len(learners) > 1 and count < len(names) and int((tried & target.among).sum()) < TRIAL_ROWS:
        for learner in learners:
            fill(learner, names[count])
        tried |= fold == names[count]
        count += 1
    chosen, explained = _choose(predicted, target, tried & target.among)
    for name in names[count:]:
        fill(chosen, name)
    if len(learners) == 1:
        explained = {chosen: _explained(predicted[chosen], target, target.among)}
    return predicted[chosen], LearnerChoice(nuisance=target.name, learner=chosen, explained=explained)


def _fit(target: Target, confounders: Confounders, rows: NDArray[np.intp], *, learner: Learner, seed: int) -> Predict:
    seen = target.values[rows]
    if len(seen) == 0 or seen.min() == seen.max() or confounders.table.shape[1] == 0:
        level = float(seen.mean()) if len(seen) else 0.0
        return lambda other: np.full(len(other), level)
    if learner == "linear":
        fit = fit_probability if target.probability else fit_mean
        return fit(confounders.basis, target.values, rows)
    return _boost(target, confounders.table, rows, seed)


def _boost(target: Target, table: NDArray[np.float64], rows: NDArray[np.intp], seed: int) -> Predict:
    """Fit boosted trees: small ones, few bins, enough to see a bend or a product that the basis lacks."""
    from sklearn import ensemble
    from threadpoolctl import threadpool_limits

    shape: dict[str, Any] = {
        "max_iter": 60,
        "learning_rate": 0.12,
        "max_leaf_nodes": 8,
        "min_samples_leaf": max(5, min(40, len(rows) // 50)),
        "l2_regularization": 1.0,
        "max_bins": 48,
        "early_stopping": False,
        "random_state": seed,
    }
    # scikit-learn carries no types: what comes from it is typed here and nowhere else. One thread: small trees
    # gain nothing from more, and threads that wait for a busy core take a hundred times as long.
    library = cast("Any", ensemble)
    with threadpool_limits(1, user_api="openmp"):
        if target.probability:
            trees = library.HistGradientBoostingClassifier(**shape).fit(table[rows], target.values[rows] > 0)
        else:
            trees = library.HistGradientBoostingRegressor(**shape).fit(table[rows], target.values[rows])

    def predict(other: NDArray[np.intp]) -> NDArray[np.float64]:
        with threadpool_limits(1, user_api="openmp"):
            given = trees.predict_proba(table[other])[:, 1] if target.probability else trees.predict(table[other])
        return np.asarray(given, dtype=float)

    return predict


def _choose(
    predicted: dict[Learner, NDArray[np.float64]], target: Target, rows: NDArray[np.bool_]
) -> tuple[Learner, dict[str, float]]:
    explained: dict[str, float] = {name: _explained(values, target, rows) for name, values in predicted.items()}
    if len(predicted) == 1 or not rows.any():
        return next(iter(predicted)), {}
    first, second = LEARNERS
    better = 1 - explained[second] < BETTER * (1 - explained[first])
    return (second if better else first), explained


def _explained(values: NDArray[np.float64], target: Target, rows: NDArray[np.bool_]) -> float:
    given = target.values[rows]
    spread = float(((given - given.mean()) ** 2).sum()) if len(given) else 0.0
    if spread <= 0:
        return float("nan")
    return 1 - float(((given - values[rows]) ** 2).sum()) / spread
