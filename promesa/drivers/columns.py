"""The numbers of one outcome as a regression takes them: what is adjusted for, what was lived, what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.measures import withheld
from promesa.stats import find_collinearity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from promesa.experience import Feature, Lived
    from promesa.measures import Question

    Numbers = NDArray[np.float64]

CONSTANT, NO_DATA = "constant", "no-data"
FOLLOWS = "follows-from-confounders"
INDISTINGUISHABLE = "indistinguishable"
FOLLOWS_BELOW = 1e-6  # part of a feature's variance that the confounders leave, below which it says nothing of its own
RANK = 1e-10
MEANS_BROKEN = (
    0.5  # of the rows that did not meet a touchpoint: where more had its promise broken, that is what it means
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How often one feature was lived, and at which level.

    Attributes
    ----------
    n, customers : int
        Rows that hold a value (of a touchpoint: rows that met it), and whose they are.
    mean, spread : float
        Of the values; of a touchpoint, over all rows.
    reason : str or None
        Why it cannot be looked at.
    """

    n: int
    customers: int
    mean: float
    spread: float
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """One outcome as a table of numbers without gaps.

    Attributes
    ----------
    values : ndarray of float, shape (n, held + columns of features + 1)
        Confounders, then features (a value is centred and 0 where it was not lived), then the outcome.
    held : int
        Columns of confounders.
    of_feature : dict of int to tuple of int
        For each feature that is looked at, its columns: the value, then perhaps whether there was one.
    players : tuple of tuple of int
        Features that say the same, the one that stands for them first.
    entangled : tuple of tuple of int
        Features of which each follows nearly from the others, though no two of them say the same: a total and
        its parts.
    seen : tuple of Seen
        In the order of the features of `Lived`.
    reasons : dict of int to str
        For each feature that is not looked at, why.
    covariance : ndarray of float
        Of all columns.
    """

    values: Numbers
    held: int
    of_feature: dict[int, tuple[int, ...]]
    players: tuple[tuple[int, ...], ...]
    entangled: tuple[tuple[int, ...], ...]
    seen: tuple[Seen, ...]
    reasons: dict[int, str]
    covariance: Numbers

    @property
    def outcome(self) -> int:
        """Return the column of the outcome."""
        return self.values.shape[1] - 1

    @property
    def lead_of(self) -> dict[int, int]:
        """Return, for each feature that is looked at, the one that stands for it."""
        return {feature: player[0] for player in self.players for feature in player}

    def not_told_apart(self, k: int) -> list[int]:
        """Return the other features that a feature cannot be told apart from."""
        groups = [group for group in (*self.players, *self.entangled) if k in group]
        return sorted({other for group in groups for other in group} - {k})

    def of_player(self, player: Sequence[int]) -> list[int]:
        """Return the columns of all features of a player."""
        return [column for feature in player for column in self.of_feature[feature]]

    def of_leads(self) -> list[int]:
        """Return the columns of a regression that holds no two features that cannot be told apart."""
        return [*range(self.held), *(column for player in self.players for column in self.of_feature[player[0]])]


def columns_of(question: Question, lived: Lived) -> Columns:
    """Return the table of one outcome, and who plays in it.

    Notes
    -----
    An element or a promise is centred on those that lived it and 0 where it was not lived; that it was lived is
    told by the column of its touchpoint. Where it is missing although its touchpoint was met, or where that has no
    column, a column of presence goes with it. Left out are features that never vary, those too few lived (or
    too few did not), and those that follow from what is adjusted for: these can have no share of their own.
    """
    codes = np.unique(lived.customers, return_inverse=True)[1]
    seen = tuple(_seen(question, lived, k, codes=codes) for k in range(len(lived.features)))
    reasons = {k: one.reason for k, one in enumerate(seen) if one.reason}
    blocks, places = [lived.behind], dict[int, tuple[int, ...]]()
    start = held = lived.behind.shape[1]
    for k in range(len(lived.features)):
        if k not in reasons:
            made = _columns_of_feature(lived, k, mean=seen[k].mean)
            places[k] = tuple(range(start, start + made.shape[1]))
            start += made.shape[1]
            blocks.append(made)
    values = np.column_stack([*blocks, lived.came])
    covariance = _covariance(values)
    left = _left_by(covariance, held=held)
    for k, columns in list(places.items()):
        if left[columns[0], columns[0]] <= FOLLOWS_BELOW * covariance[columns[0], columns[0]]:
            reasons[k] = FOLLOWS
            del places[k]
    return Columns(
        values=values,
        held=held,
        of_feature=places,
        players=_players(lived, places, left),
        entangled=_inseparable(places, left),
        seen=seen,
        reasons=reasons,
        covariance=covariance,
    )


def _seen(question: Question, lived: Lived, k: int, *, codes: NDArray[np.intp]) -> Seen:
    values = lived.values[:, k]
    known = ~np.isnan(values)
    levels = values[known]
    if not levels.size:
        return Seen(n=0, customers=0, mean=np.nan, spread=np.nan, reason=NO_DATA)
    met = known if lived.features[k].kind != "met" else values == 1
    customers = int(np.count_nonzero(np.bincount(codes[met])))
    reason = CONSTANT if levels.min() == levels.max() else withheld(question, int(met.sum()), customers)
    if reason is None and np.isin(levels, (0.0, 1.0)).all():
        rarer = known & (values == (0.0 if 2 * levels.mean() > 1 else 1.0))
        reason = withheld(question, int(rarer.sum()), int(np.count_nonzero(np.bincount(codes[rarer]))))
    return Seen(
        n=int(met.sum()), customers=customers, mean=float(levels.mean()), spread=float(levels.std()), reason=reason
    )


def _columns_of_feature(lived: Lived, k: int, *, mean: float) -> Numbers:
    values = lived.values[:, k]
    known = ~np.isnan(values)
    centred = np.where(known, values - mean, 0.0)
    return np.column_stack([centred, known]) if _needs_presence(lived, k, known) else centred[:, None]


def _needs_presence(lived: Lived, k: int, known: NDArray[np.bool_]) -> bool:
    """Tell whether no touchpoint's column says where the feature was lived."""
    if known.all():
        return False
    met = [
        other
        for other, feature in enumerate(lived.features)
        if feature.kind == "met" and feature.name in lived.features[k].touchpoints
    ]
    return not met or bool((~known & (lived.values[:, met] == 1).any(axis=1)).any())


def _covariance(values: Numbers) -> Numbers:
    centred = values - values.mean(axis=0)
    return centred.T @ centred / max(1, len(values))


def _left_by(covariance: Numbers, *, held: int) -> Numbers:
    """Return the covariance that is left when the first `held` columns are held fixed."""
    scale = np.sqrt(np.diag(covariance))
    inverse = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    correlation = covariance * np.outer(inverse, inverse)
    across = correlation[:held]
    left = correlation - across.T @ np.linalg.pinv(correlation[:held, :held], rcond=RANK, hermitian=True) @ across
    return left * np.outer(scale, scale)


def _players(lived: Lived, places: dict[int, tuple[int, ...]], left: Numbers) -> tuple[tuple[int, ...], ...]:
    """Return the features by player: of those that correlate beyond the bound, one stands for all."""

    def rank(k: int) -> tuple[int, int]:
        return standing(lived.features[k]), k

    pairs = [*_inseparable(places, left, condition_bound=np.inf), *_met_only_if_kept(lived, places)]
    groups = [tuple(sorted(group, key=rank)) for group in _joined(pairs)]
    alone = [(k,) for k in places if all(k not in group for group in groups)]
    return tuple(sorted([*groups, *alone]))


def _met_only_if_kept(lived: Lived, places: dict[int, tuple[int, ...]]) -> list[tuple[int, int]]:
    """Return each promise with a touchpoint that was mostly not met because the promise was broken.

    A parcel that has not come is a delivery not met and a promise broken: the same thing said twice.
    """
    pairs: list[tuple[int, int]] = []
    for k in places:
        for met in places:
            promise, touchpoint = lived.features[k], lived.features[met]
            if promise.kind == "promise" and touchpoint.kind == "met" and touchpoint.name in promise.touchpoints:
                absent = lived.values[:, met] == 0
                broken = absent & (lived.values[:, k] == 1)
                if broken.sum() > MEANS_BROKEN * absent.sum():
                    pairs.append((k, met))
    return pairs


def _joined(groups: Sequence[Sequence[int]]) -> list[set[int]]:
    """Return the groups with those that share a member made one."""
    joined: list[set[int]] = []
    for group in groups:
        touching = [other for other in joined if other & set(group)]
        joined = [other for other in joined if not other & set(group)]
        joined.append(set(group).union(*touching))
    return joined


def columns_of_missed(lived: Lived, columns: Columns) -> tuple[frozenset[int], list[int]]:
    """Return the elements of touchpoints that stand under a broken promise, and the columns of such touchpoints.

    The promise speaks for the touchpoint, so that what a parcel that has not come does to a customer falls to it. But
    what was lived at the touchpoint is 0 where it was not met, and must be held beside whether it was: without that
    column those who wait for their parcel would count as hardly late, and more days late would go with better scores.
    """
    lead = columns.lead_of
    under = {
        feature.name: k
        for k, feature in enumerate(lived.features)
        if feature.kind == "met" and k in lead and lived.features[lead[k]].kind == "promise"
    }
    elements = frozenset(
        k
        for k in columns.of_feature
        if lived.features[k].kind == "element" and any(name in under for name in lived.features[k].touchpoints)
    )
    return elements, [column for k in under.values() for column in columns.of_feature[k]]


def _inseparable(
    places: dict[int, tuple[int, ...]], left: Numbers, *, condition_bound: float = 10.0
) -> tuple[tuple[int, ...], ...]:
    first = {columns[0]: k for k, columns in places.items()}
    if not first:
        return ()
    found = find_collinearity(left, elements=tuple(first), condition_bound=condition_bound)
    return tuple(tuple(first[column] for column in group) for group in found.inseparable)


def standing(feature: Feature) -> int:
    """Return who stands for features that cannot be told apart: the lowest.

    An element says more than the promise made of it: it has levels, and is lived also where nothing was promised.
    One of which neither direction is better cannot fail, so the promise goes before it.
    """
    if feature.kind == "element":
        return 0 if feature.better else 2
    return 1 if feature.kind == "promise" else 3
