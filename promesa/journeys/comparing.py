"""The same touchpoint in different units: what is left of their differences beside who uses them and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa.errors import InputError
from promesa.measures import PERIODS, PREFIX, as_text, of_drawn_customers, withheld
from promesa.stats import between_units, clustered_regression

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from promesa.engine import Table
    from promesa.measures import Question
    from promesa.stats import Between, ClusteredRegression

    Floats = NDArray[np.float64]
    Names = NDArray[np.object_]

MOST_ROWS = 200_000
LEAST_LEFT = 1e-3  # share of the variance of who uses a unit that must be left beside what is held still
MOST_LEVELS = 12  # of a trait that is held still; rarer ones count as one


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observations:
    """What was measured at touchpoints; arrays of shape (n,).

    Attributes
    ----------
    what : ndarray of str
        What was measured: ``score``, ``wait`` or the name of a promise.
    values : ndarray of float
        The measurements.
    customers : ndarray of int
        Whose.
    dimensions : mapping of str to ndarray of str or None
        Touchpoint, the units compared, traits and month.
    share : float
        Of the customers, those drawn.
    """

    what: Names
    values: Floats
    customers: NDArray[np.int64]
    dimensions: dict[str, Names]
    share: float

    def only(self, rows: NDArray[np.bool_]) -> Observations:
        """Return some of them."""
        kept = {name: column[rows] for name, column in self.dimensions.items()}
        return Observations(
            what=self.what[rows], values=self.values[rows], customers=self.customers[rows], dimensions=kept,
            share=self.share,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What lies between the units of one touchpoint.

    Attributes
    ----------
    touchpoint, what, between : str
        Where, of what, and what the units are: ``channel``, ``supplier``...
    units : tuple of str
        Those compared, in order; the smaller ones are left out.
    n : tuple of int
        Observations of each.
    n_missing : int
        Observations in units too small to be shown, or in none.
    mean, within : float
        Of all observations of these units; variance that is left within them.
    found : Between
        Differences between the units.
    share : float
        Of the customers, those drawn.
    """

    touchpoint: str
    what: str
    between: str
    units: tuple[str, ...]
    n: tuple[int, ...]
    n_missing: int
    mean: float
    within: float
    found: Between
    share: float


def fetched(question: Question, table: Table, *, columns: Sequence[str]) -> Observations:
    """Return measurements of at most `MOST_ROWS` rows, of customers drawn by their surrogate.

    Parameters
    ----------
    table : Table
        ``customer``, ``what_``, ``value_`` and ``by_<name>`` of each of `columns`.
    """
    table, share = of_drawn_customers(question, table, most=MOST_ROWS)
    found = question.facts.engine.fetch(
        table.select("customer", "what_", "value_", *(PREFIX + name for name in columns))
    )

    def texts(name: str) -> Names:
        encoded = found.column(PREFIX + name).combine_chunks().dictionary_encode()
        said = [*(as_text(name, value) for value in encoded.dictionary.to_pylist()), None]
        codes = encoded.indices.fill_null(len(said) - 1).to_numpy(zero_copy_only=False)
        return np.array(said, dtype=object)[codes]

    return Observations(
        what=np.array(found.column("what_").to_pylist(), dtype=object),
        values=np.asarray(found.column("value_").to_numpy(), dtype=np.float64),
        customers=np.asarray(found.column("customer").to_numpy(), dtype=np.int64),
        dimensions={name: texts(name) for name in columns},
        share=share,
    )


def comparisons(
    question: Question, seen: Observations, *, units: Sequence[str], beside: Sequence[str]
) -> Iterator[Comparison]:
    """Yield what lies between the units of each touchpoint, for all that was measured there.

    Parameters
    ----------
    units : sequence of str
        What is compared, one after another.
    beside : sequence of str
        What is held still: traits, and a period, which is left out where periods are compared.
    """
    places = sorted({(str(t), str(w)) for t, w in zip(seen.dimensions["touchpoint"], seen.what, strict=True)})
    for touchpoint, what in places:
        here = seen.only((seen.dimensions["touchpoint"] == touchpoint) & (seen.what == what))
        for between in units:
            compared = _compared(question, here, between, beside)
            if compared is not None:
                yield Comparison(touchpoint=touchpoint, what=what, between=between, share=seen.share, **compared)


def _compared(question: Question, here: Observations, between: str, beside: Sequence[str]) -> dict[str, Any] | None:
    named = here.dimensions[between]
    names = [name for name in sorted({n for n in named if n is not None}) if _large(question, here, named == name)]
    held_still = [n for n in beside if n != between and not (n in PERIODS and between in PERIODS)]
    names = _told_apart(here, between, names, held_still)
    if len(names) < 2:
        return None
    used = here.only(np.isin(named, names))
    # The largest first: what the others are compared with is then best known.
    names.sort(key=lambda name: (-int((named == name).sum()), name))
    sizes = [int((named == name).sum()) for name in names]
    # Who uses them stands before the units: what follows from it is not said of a unit.
    columns = [*_held_still(used, held_still), *_dummies(used.dimensions[between], names[1:])]
    try:
        fit = clustered_regression(
            used.values,
            np.column_stack(columns),
            units=used.customers,
            confidence_level=question.confidence_level,
        )
        found = _between(fit, sizes, question.confidence_level)
    except InputError:  # all equal, or too few customers for a clustered covariance
        return None
    if found is None:
        return None
    return {
        "units": tuple(names),
        "n": tuple(sizes),
        "n_missing": len(named) - len(used.values),
        "mean": float(used.values.mean()),
        "within": (1 - fit.r_squared) * float(used.values.var()),
        "found": found,
    }


def _told_apart(here: Observations, between: str, names: list[str], beside: Sequence[str]) -> list[str]:
    """Return the units that are not fixed by who uses them: a carrier of one country is that country."""
    named = here.dimensions[between]
    kept = list(names)
    while len(kept) > 1:
        used = here.only(np.isin(named, kept))
        columns = _held_still(used, beside)
        if not columns:
            return kept
        design = np.column_stack([np.ones(len(used.values)), *columns])
        dummies = np.column_stack(_dummies(used.dimensions[between], kept))
        left = dummies - design @ np.linalg.lstsq(design, dummies, rcond=None)[0]
        spread = (left**2).mean(axis=0) / dummies.var(axis=0)
        fixed = [name for name, share in zip(kept, spread, strict=True) if share < LEAST_LEFT]
        if not fixed:
            return kept
        kept = [name for name in kept if name not in fixed]
    return kept


def _dummies(named: Names, names: Sequence[str]) -> list[Floats]:
    return [(named == name).astype(float) for name in names]


def _between(fit: ClusteredRegression, sizes: Sequence[int], confidence_level: float) -> Between | None:
    """Return what lies between units, of which the first is what the others are compared with."""
    others = len(sizes) - 1
    coefficients, covariance = fit.coefficients[-others:], fit.covariance[-others:, -others:]
    if not np.isfinite(coefficients).all():
        return None  # groups of units that only one kind of customer uses cannot be told from that kind
    whole = np.zeros((others + 1, others + 1))
    whole[1:, 1:] = covariance
    return between_units(np.concatenate([[0.0], coefficients]), whole, weights=sizes, confidence_level=confidence_level)


def _large(question: Question, here: Observations, rows: NDArray[np.bool_]) -> bool:
    customers = len(np.unique(here.customers[rows]))
    return withheld(question, int(rows.sum()), customers) is None and here.values[rows].std() > 0


def _held_still(used: Observations, beside: Sequence[str]) -> list[Floats]:
    """Return one column for each frequent value of what is held still but the first."""
    columns: list[Floats] = []
    for name in beside:
        values = np.where(used.dimensions[name] == None, "", used.dimensions[name])  # noqa: E711 (of each row)
        levels, counts = np.unique(values.astype(str), return_counts=True)
        frequent = levels[np.argsort(-counts, kind="stable")][:MOST_LEVELS]
        columns += [(values == level).astype(float) for level in frequent[1:]]
        if len(levels) > MOST_LEVELS:
            columns.append((~np.isin(values.astype(str), frequent)).astype(float))
    return columns
