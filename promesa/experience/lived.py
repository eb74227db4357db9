"""The table of experience: what was lived in each journey, and what came of it, ready to be held against each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import UnknownName
from promesa.experience.columns import Coded, coded, most_frequent, numbers, placed, places_of
from promesa.experience.confounders import (
    NUMBERS,
    OTHER,
    Confounder,
    columns_of_number,
    columns_of_words,
    confounders_of,
    with_confounders,
)
from promesa.experience.drawing import Rows
from promesa.experience.features import KINDS, Feature, features_of
from promesa.experience.leaks import Refusal, by_time, by_value
from promesa.experience.moments import BEFORE, MET, ONLY_AFTER, broken_promises, lived_values, seen_moments, served_by
from promesa.experience.units import UNIT, built, key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from promesa.measures import Question
    from promesa.workspace import Outcome

MOST_SERVED = 12  # channels or suppliers of one touchpoint told apart
MOST_KEPT = 1_500_000_000  # bytes of tables kept beside the facts: four of half a million rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lived:
    """What was lived in each unit (a journey, or a customer's period) and one outcome of it.

    Attributes
    ----------
    outcome : Outcome
        What came of it.
    came : ndarray of float, shape (n,)
        The outcome of each row, without NaN.
    units : ndarray of str, shape (n,)
        Key of each row, in order: the same unit has the same key in the table of another outcome.
    customers : ndarray of int, shape (n,)
        Whose each row is.
    features : tuple of Feature
        Columns of `values`, in the order in which they are lived.
    values : ndarray of float, shape (n, features)
        NaN where a feature was not lived, or not measured.
    confounders : tuple of Confounder
        Columns of `behind`.
    behind : ndarray of float, shape (n, confounders)
        Without NaN.
    groups : dict of str to (codes, levels)
        For each confounder with values, the value of each row: position in levels, -1 where it is not stated.
    served : dict of (str, str) to (codes, levels)
        For (``channel`` or ``supplier``, touchpoint) where a touchpoint has several: which one served each row; the
        most frequent by name, the others as ``other``.
    refused : tuple of Refusal
        Features left out because they cannot have led to the outcome.
    n_units, n_unknown : int
        Units with the outcome known, sampled or not; units lived whose outcome is not known: nobody answered, or
        too little time has passed.
    share : float
        Share of customers drawn; 1 where every row is looked at.
    """

    outcome: Outcome
    came: NDArray[np.float64]
    units: NDArray[np.object_]
    customers: NDArray[np.int64]
    features: tuple[Feature, ...]
    values: NDArray[np.float64]
    confounders: tuple[Confounder, ...]
    behind: NDArray[np.float64]
    groups: dict[str, tuple[NDArray[np.int64], list[str]]]
    served: dict[tuple[str, str], tuple[NDArray[np.int64], list[str]]]
    refused: tuple[Refusal, ...]
    n_units: int
    n_unknown: int
    share: float

    @property
    def n(self) -> int:
        """Return the number of rows."""
        return int(self.came.size)

    def column(self, name: str) -> NDArray[np.float64]:
        """Return the values of one feature by its name; the element or promise before the touchpoint of that name."""
        return self.values[:, self.place(name)]

    def place(self, name: str) -> int:
        """Return the position of a feature.

        Raises
        ------
        UnknownName
            If there is none of that name.
        """
        places = {(feature.kind, feature.name): k for k, feature in enumerate(self.features)}
        for kind in KINDS:
            if (kind, name) in places:
                return places[kind, name]
        raise UnknownName(name, kind="feature", known=[feature.name for feature in self.features])


def lived(question: Question, outcome: Outcome) -> Lived:
    """Return the table of experience for one outcome.

    Parameters
    ----------
    question : Question
        Its window holds the moments and opinions looked at; orders that follow may lie after it. How it is split
        (`by`) makes no difference.
    outcome : Outcome
        Of the model's ``studies.outcomes``.

    Notes
    -----
    A row is a unit with at least one lived moment. Only what was lived before the outcome was known stands in it.
    Where more than ``most_rows`` units have the outcome, whole customers are drawn by their surrogate (a hash), the
    same on every engine and run. The last tables are kept beside the facts, so that several analyses of one outcome
    read them once.
    """
    question = replace(question, by=())
    tables = question.facts.kept.setdefault("lived", {})
    assert isinstance(tables, dict)  # noqa: S101 (the name is this function's own)
    key = key_of(question, outcome)
    found = tables.pop(key, None) or _read(question, outcome)
    tables[key] = found
    while len(tables) > 1 and sum(_bytes(table) for table in tables.values()) > MOST_KEPT:
        tables.pop(next(iter(tables)))
    return found


def _bytes(table: Lived) -> int:
    return table.values.nbytes + table.behind.nbytes + 100 * table.n


def _read(question: Question, outcome: Outcome) -> Lived:
    rows = Rows(question, outcome)
    table = rows.table()
    behind = built(question, "confounders", table, make=lambda: with_confounders(question, table))
    fetched = question.facts.engine.fetch(behind).sort_by(UNIT)
    features = features_of(question.workspace.model)
    read = _lived_in(rows, fetched, features)
    came, customers = numbers(fetched, "value"), fetched.column("customer").to_numpy().astype(np.int64)
    refused = by_time(features, outcome, read.timing)
    keep = [k for k, feature in enumerate(features) if all(feature is not refusal.feature for refusal in refused)]
    said = by_value([features[k] for k in keep], read.values[:, keep], came, customers=customers)
    keep = [k for k in keep if all(features[k] is not refusal.feature for refusal in said)]
    confounders, adjusted_for, groups = _behind(question, fetched)
    return Lived(
        outcome=outcome,
        came=came,
        units=fetched.column(UNIT).to_numpy(),
        customers=customers,
        features=tuple(features[k] for k in keep),
        values=np.ascontiguousarray(read.values[:, keep]),
        confounders=confounders,
        behind=adjusted_for,
        groups=groups,
        served=read.served,
        refused=(*refused, *said),
        n_units=rows.n_units,
        n_unknown=rows.n_unknown,
        share=rows.share,
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """What the moments and commitments gave: values by feature, how often before and only after, who served."""

    values: NDArray[np.float64]
    timing: dict[str, tuple[int, int]]
    served: dict[tuple[str, str], Coded]


def _lived_in(rows: Rows, whole: pa.Table, features: Sequence[Feature]) -> _Read:
    question, engine, n = rows.question, rows.question.facts.engine, whole.num_rows
    moments = seen_moments(question, rows.table())
    several = served_by(question, moments)
    part = engine.fetch(lived_values(question, moments, features, several))
    places = places_of(part, whole)
    met = {name: placed(part, MET + name, places, n) for name in question.workspace.model.touchpoints}
    dated = ~np.isnat(whole.column("known_at").to_numpy())
    values = np.full((n, len(features)), np.nan)
    timing: dict[str, tuple[int, int]] = {}
    for k, feature in enumerate(features):
        if feature.kind == "promise":
            judged = engine.fetch(broken_promises(question, feature, rows.table))
            seen = np.zeros(n, dtype=bool)
            seen[places_of(judged, whole)] = True
            values[:, k] = placed(judged, feature.column, places_of(judged, whole), n)
            before = ~np.isnan(values[:, k])
        else:
            times = np.column_stack([met[name] for name in feature.touchpoints])
            before, seen = (times == BEFORE).any(axis=1), (times >= ONLY_AFTER).any(axis=1)
            values[:, k] = before if feature.kind == "met" else placed(part, feature.column, places, n)
        timing[feature.column] = int((before & dated).sum()), int((seen & ~before & dated).sum())
    served = {
        (column, name): most_frequent(*coded(part, f"{column}_of_{name}", places, n), most=MOST_SERVED, other=OTHER)
        for column, names in several.items()
        for name in names
    }
    return _Read(values, timing, served)


def _behind(
    question: Question, fetched: pa.Table
) -> tuple[tuple[Confounder, ...], NDArray[np.float64], dict[str, Coded]]:
    made: list[Confounder] = []
    columns: list[NDArray[np.float64]] = []
    groups: dict[str, Coded] = {}
    for name in confounders_of(question):
        if name in NUMBERS:
            found, added = columns_of_number(name, numbers(fetched, f"c_{name}"))
        else:
            groups[name] = coded(fetched, f"c_{name}")
            found, added = columns_of_words(name, *groups[name])
        made += found
        columns += added
    behind = np.column_stack(columns) if columns else np.empty((fetched.num_rows, 0))
    return tuple(made), behind, groups
