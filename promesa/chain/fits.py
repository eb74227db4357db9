"""The recursive linear system of each outcome, from the table of lived journeys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa.experience import lived
from promesa.stats import bucketed_products, enough_rows, filled, linear_system, moments, resampled_moments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from promesa.experience import Feature, Lived, Refusal
    from promesa.measures import Question

    Floats = NDArray[np.float64]

BUCKETS = 400  # of customers: what is drawn again
REPLICATES = 200
ROWS_A_MONTH = 30
MEANS_BROKEN = 0.5  # of the promises that fell due where a touchpoint was not met: if more were broken, that is why
NEVER_VARIED, TOLD_BEFORE = "never-varied", "told-by-what-came-before"
TOO_MANY = "too-few-for-so-many"
ALL_EQUAL, NO_DATA = "all-equal", "no-data"
SMALL_GROUP, SMALL_CELL = "withheld-small-group", "withheld-small-cell"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Design:
    """The columns of a system beside those that stand behind.

    Attributes
    ----------
    features : tuple of Feature
        Those with a column of their own, in the order of their groups: of each event first whether it was met, then
        what was lived there.
    groups : ndarray of int, shape (features,)
        The group of each.
    places : ndarray of int, shape (features,)
        Its column in `columns`.
    columns : ndarray of float, shape (n, causes)
        Centred where lived and 0 elsewhere; between them, columns that mark where something was lived at all.
    of_columns : ndarray of int, shape (causes,)
        The group of each column.
    left_out : tuple of (Feature, str)
        Features that cannot be looked at, with the reason.
    """

    features: tuple[Feature, ...]
    groups: NDArray[np.int64]
    places: NDArray[np.int64]
    columns: Floats
    of_columns: NDArray[np.int64]
    left_out: tuple[tuple[Feature, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the values of a feature were, where it was lived.

    Attributes
    ----------
    mean : float
        Of the values; of a touchpoint, the share of rows that met it.
    met : float
        Share of rows in which it was lived; 1 for a touchpoint.
    yes_no : bool
        Whether they are all 0 or 1.
    low, quarter, three_quarters, high : float
        Quantiles .01, .25, .75 and .99.
    months : (float, float) or None
        Lowest and highest mean of a month of the year; None where the months are not known.
    """

    mean: float
    met: float
    yes_no: bool
    low: float
    quarter: float
    three_quarters: float
    high: float
    months: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """What moving each feature does to one outcome, in the sample (first) and in samples of customers drawn again.

    Attributes
    ----------
    n, n_unknown, customers : int
        Rows, units lived whose outcome is not known, and customers.
    share : float
        Share of customers drawn.
    came : float
        Mean of the outcome.
    confounders : tuple of str
        Names of what is adjusted for.
    refused : tuple of Refusal
        Features that cannot have led to the outcome.
    note : str or None
        Why nothing could be estimated; the arrays are then empty.
    features, groups : tuple of Feature, ndarray of int
        As in `Design`.
    left_out : tuple of (Feature, str)
        Features without an effect, with the reason.
    seen : tuple of Seen
        What the values of each feature were.
    total : ndarray of float, shape (1 + replicates, features)
        What one more does to the outcome.
    onward : ndarray of float, shape (1 + replicates, features, features)
        What one more does to later features.
    spread : ndarray of float, shape (1 + replicates, features)
        Variance of each that nothing before it tells.
    variance : ndarray of float, shape (1 + replicates,)
        Of the outcome.
    buckets : int
        Buckets of customers that were drawn.
    """

    n: int
    n_unknown: int
    customers: int
    share: float
    came: float
    confounders: tuple[str, ...]
    refused: tuple[Refusal, ...]
    note: str | None
    features: tuple[Feature, ...]
    groups: NDArray[np.int64]
    left_out: tuple[tuple[Feature, str], ...]
    seen: tuple[Seen, ...]
    total: Floats
    onward: Floats
    spread: Floats
    variance: Floats
    buckets: int

    @property
    def known(self) -> NDArray[np.bool_]:
        """Tell which features have an effect at all."""
        return np.isfinite(self.total[0]) if len(self.total) else np.zeros(len(self.features), dtype=bool)


def fits(question: Question) -> dict[str, Fit]:
    """Return the system of every outcome of the model, by name; worked out once for all analyses of the facts."""
    kept, found = question.facts.kept, {}
    workspace = question.workspace
    for name, outcome in workspace.model.studies.outcomes.items():
        key = f"fit {outcome!r} {question.since} {question.until} {workspace.model.studies.drivers!r}"
        if key not in kept:
            kept[key] = fit(
                lived(question, outcome),
                min_group=workspace.min_group,
                min_cell=workspace.min_cell,
                seed=workspace.model.studies.drivers.seed,
            )
        one = kept[key]
        assert isinstance(one, Fit)  # noqa: S101 (the key is this function's own)
        found[name] = one
    return found


def fit(table: Lived, *, min_group: int, min_cell: int, seed: int, replicates: int = REPLICATES) -> Fit:
    """Fit the recursive linear system of one outcome.

    Parameters
    ----------
    table : Lived
        One row a journey.
    min_group, min_cell : int
        Fewest rows in which a feature must be lived, and in which a yes/no feature must be and not be so; fewest
        customers.
    seed : int
        Of the samples drawn again.
    replicates : int
        How many of them.
    """
    customers = int(np.unique(table.customers).size)
    columns = design(table, least=min_group)
    note = cannot_fit(table, columns.columns.shape[1], min_group=min_group, min_cell=min_cell, customers=customers)
    if note is not None:
        return _empty(table, note, customers)
    rows = np.column_stack([table.behind, columns.columns, table.came])
    sums = bucketed_products(rows, units=table.customers, buckets=BUCKETS, seed=seed)
    several = resampled_moments(sums, replicates=replicates, seed=seed).covariance
    covariance = np.concatenate([moments(sums).covariance, several])
    system = linear_system(covariance, behind=table.behind.shape[1], groups=columns.of_columns)
    own = columns.places
    told = [f for f, total in zip(columns.features, system.total[0, own, 0], strict=True) if not np.isfinite(total)]
    return Fit(
        **_about(table, customers),
        note=None,
        features=columns.features,
        groups=columns.groups,
        left_out=(*columns.left_out, *((feature, TOLD_BEFORE) for feature in told)),
        seen=tuple(seen_of(table, feature) for feature in columns.features),
        total=system.total[:, own, 0],
        onward=system.onward[:, own][:, :, own],
        spread=system.spread[:, own],
        variance=covariance[:, -1, -1],
        buckets=sums.units,
    )


def cannot_fit(table: Lived, causes: int, *, min_group: int, min_cell: int, customers: int) -> str | None:
    """Return why no system can be fitted to a table, or None."""
    if table.n == 0:
        return NO_DATA
    if customers < min_cell:
        return SMALL_CELL
    if table.n < min_group:
        return SMALL_GROUP
    if table.came.min() == table.came.max():
        return ALL_EQUAL
    if customers < 2 or not enough_rows(table.came, causes + table.behind.shape[1]):
        return TOO_MANY
    return None


def _empty(table: Lived, note: str, customers: int) -> Fit:
    nothing = np.empty((0, 0))
    return Fit(
        **_about(table, customers),
        note=note,
        features=(),
        groups=np.empty(0, dtype=np.int64),
        left_out=tuple((feature, note) for feature in table.features),
        seen=(),
        total=nothing,
        onward=np.empty((0, 0, 0)),
        spread=nothing,
        variance=np.empty(0),
        buckets=0,
    )


def _about(table: Lived, customers: int) -> dict[str, Any]:
    return {
        "n": table.n,
        "n_unknown": table.n_unknown,
        "customers": customers,
        "share": table.share,
        "came": float(table.came.mean()) if table.n else 0.0,
        "confounders": tuple(dict.fromkeys(confounder.name for confounder in table.confounders)),
        "refused": table.refused,
    }


def seen_of(table: Lived, feature: Feature) -> Seen:
    """Return what the values of a feature were."""
    every = _values(table, feature)
    values = every[~np.isnan(every)]
    low, quarter, three_quarters, high = np.quantile(values, [0.01, 0.25, 0.75, 0.99]).tolist()
    return Seen(
        mean=float(values.mean()),
        met=1.0 if feature.kind == "met" else values.size / every.size,
        yes_no=bool(np.isin(values, (0.0, 1.0)).all()),
        low=low,
        quarter=quarter,
        three_quarters=three_quarters,
        high=high,
        months=_by_month(table, every),
    )


def _by_month(table: Lived, values: Floats) -> tuple[float, float] | None:
    """Return the lowest and highest mean of a month of the year that holds enough."""
    if "season" not in table.groups:
        return None
    codes, names = table.groups["season"]
    there = ~np.isnan(values) & (codes >= 0)
    counts = np.bincount(codes[there], minlength=len(names))
    sums = np.bincount(codes[there], weights=values[there], minlength=len(names))
    means = sums[counts >= ROWS_A_MONTH] / counts[counts >= ROWS_A_MONTH]
    return (float(means.min()), float(means.max())) if means.size else None


def design(table: Lived, *, least: int) -> Design:
    """Return the columns of the system of a table.

    Notes
    -----
    An event is a touchpoint, or several of one stage that share an element or a promise. Whether it was met comes
    first; the elements and promises of one event are not held against each other, as a promise broken and the
    element that broke it are the same thing. So is a delivery that never came: a touchpoint that was not met mostly
    where a promise of its own or of a later event was broken is a side of that event.
    """
    left_out: list[tuple[Feature, str]] = []
    met_in: dict[int, list[Feature]] = {}
    there_in: dict[int, list[Feature]] = {}
    events = events_of(table.features)
    for feature, event in zip(table.features, events, strict=True):
        note = _unusable(_values(table, feature), least)
        broken_at = _missed_because_of(table, feature, event, events) if feature.kind == "met" else None
        if note:
            left_out.append((feature, note))
        elif feature.kind == "met" and broken_at is None:
            met_in.setdefault(event, []).append(feature)
        else:
            there_in.setdefault(event if broken_at is None else broken_at, []).append(feature)
    columns: list[Floats] = []
    of_columns: list[int] = []
    features: list[Feature] = []
    places: list[int] = []
    sides = [f for members in there_in.values() for f in members if f.kind == "met"]
    for event in sorted({*met_in, *there_in}):
        met, there = met_in.get(event, []), there_in.get(event, [])
        marks = _marks(table, [*met, *sides], there, least)
        before = len(columns)
        columns += [_values(table, feature) for feature in met]
        columns += marks
        earlier = np.column_stack([table.behind, *columns])
        columns += [_column(table, feature, sides, earlier, least) for feature in there]
        features += [*met, *there]
        places += [*range(before, before + len(met)), *range(len(columns) - len(there), len(columns))]
        of_columns += [2 * event] * (len(met) + len(marks)) + [2 * event + 1] * len(there)
    return Design(
        features=tuple(features),
        groups=np.array([of_columns[place] for place in places], dtype=np.int64),
        places=np.array(places, dtype=np.int64),
        columns=np.column_stack(columns) if columns else np.empty((table.n, 0)),
        of_columns=np.array(of_columns, dtype=np.int64),
        left_out=tuple(left_out),
    )


def events_of(features: Sequence[Feature]) -> list[int]:
    """Return the event of each feature: the position of the first touchpoint, of those that its event joins."""
    stages = {feature.touchpoints[0]: feature.stage for feature in features}
    order = {name: number for number, name in enumerate(dict.fromkeys(feature.touchpoints[0] for feature in features))}
    event = dict(order)
    for feature in features:
        together = [name for name in feature.touchpoints if name in order and stages[name] == feature.stage]
        joined = {event[name] for name in together}
        first = min(joined, default=0)
        event = {name: first if number in joined else number for name, number in event.items()}
    return [event[feature.touchpoints[0]] for feature in features]


def _values(table: Lived, feature: Feature) -> Floats:
    return table.values[:, next(k for k, other in enumerate(table.features) if other is feature)]


def _unusable(values: Floats, least: int) -> str | None:
    """Return why a feature cannot be looked at: hardly lived, never different, or hardly ever so."""
    lived_values = values[~np.isnan(values)]
    if lived_values.size == 0 or lived_values.min() == lived_values.max():
        return NEVER_VARIED
    rarer = lived_values.size
    if np.isin(lived_values, (0.0, 1.0)).all():
        rarer = int(min(lived_values.sum(), lived_values.size - lived_values.sum()))
    return SMALL_GROUP if rarer < least else None


def _missed_because_of(table: Lived, met: Feature, event: int, events: Sequence[int]) -> int | None:
    """Return the last event, its own or a later one, whose broken promise is why a touchpoint was not met."""
    missed = _values(table, met) == 0
    found: int | None = None
    for feature, its in zip(table.features, events, strict=True):
        if feature.kind == "promise" and its >= event:
            judged = _values(table, feature)[missed]
            judged = judged[~np.isnan(judged)]
            if judged.size and judged.mean() > MEANS_BROKEN:
                found = its if found is None else max(found, its)
    return found


def _marks(table: Lived, known: Sequence[Feature], there: Sequence[Feature], least: int) -> list[Floats]:
    """Return a column for each way of having lived something that the touchpoints met do not tell already."""
    patterns = [_values(table, feature) == 1 for feature in known]
    found: list[Floats] = []
    for feature in there:
        if feature.kind == "met":
            continue
        pattern = ~np.isnan(_values(table, feature))
        alike = min((int((pattern != other).sum()) for other in (*patterns, np.ones_like(pattern))), default=0)
        if alike >= least:
            patterns.append(pattern)
            found.append(pattern.astype(float))
    return found


def _column(table: Lived, feature: Feature, sides: Sequence[Feature], earlier: Floats, least: int) -> Floats:
    """Return what was lived, with 0 where it was not; by what came before where that is not held fixed."""
    values = _values(table, feature)
    there = ~np.isnan(values)
    alike = any(int((there != (_values(table, side) == 1)).sum()) < least for side in sides)
    if feature.kind == "element" and alike and not there.all():
        return filled(values, earlier)
    return np.nan_to_num(values - np.nanmean(values))
