"""The table of experience: what was lived in each journey, and what came of it, ready to be held against each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa.errors import UnknownName
from promesa.experience.confounders import (
    NUMBERS,
    OTHER,
    Confounder,
    columns_of_number,
    columns_of_words,
    confounders_of,
    with_confounders,
)
from promesa.experience.features import (
    Feature,
    broken_promises,
    features_of,
    lived_values,
    seen_moments,
    served_by,
    timing,
    who_served,
)
from promesa.experience.leaks import Refusal, by_time, by_value
from promesa.experience.outcomes import came_of
from promesa.experience.units import UNIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from promesa.engine import Table
    from promesa.measures import Question
    from promesa.workspace import Outcome

MOST_SERVED = 12  # channels or suppliers of one touchpoint told apart
PARTS = 1_000_000  # customers are drawn by the remainder of their surrogate, which is a hash already


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
        Units with the outcome known, sampled or not; units seen whose outcome is not known.
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
        for k, feature in enumerate(self.features):
            if feature.name == name:
                return k
        raise UnknownName(name, kind="feature", known=[feature.name for feature in self.features])


def lived(question: Question, outcome: Outcome) -> Lived:
    """Return the table of experience for one outcome.

    Parameters
    ----------
    question : Question
        Its window holds the moments, orders and opinions looked at.
    outcome : Outcome
        Of the model's ``studies.outcomes``.

    Notes
    -----
    Only what was lived before the outcome was known stands in the table. Where more than ``most_rows`` units have
    the outcome, whole customers are drawn by a hash, the same on every engine and run. The table is kept beside
    the facts, so that several analyses of one outcome read them once.
    """
    kept = question.facts.kept
    key = f"lived {outcome!r} {question.since} {question.until} {question.workspace.model.studies.drivers!r}"
    if key not in kept:
        kept[key] = _read(question, outcome)
    found = kept[key]
    assert isinstance(found, Lived)  # noqa: S101 (the key is this function's own)
    return found


def _read(question: Question, outcome: Outcome) -> Lived:
    rows, n_units, n_unknown, share = _drawn(question, came_of(question, outcome))
    moments = seen_moments(question, rows)
    features = features_of(question.workspace.model)
    refused = by_time(features, outcome, timing(question, moments))
    features = _without(features, refused)
    several = {column: served_by(question, moments, column) for column in ("channel", "supplier")}
    table = _joined(question, rows, moments, features, several)
    fetched = question.facts.engine.fetch(table)
    values = np.column_stack([_filled(fetched, feature) for feature in features]) if features else np.empty((0, 0))
    values = values.reshape(fetched.num_rows, len(features))
    came = _numbers(fetched, "value")
    said = by_value(features, values, came)
    keep = [k for k, feature in enumerate(features) if all(feature is not r.feature for r in said)]
    confounders, behind, groups = _behind(question, fetched)
    return Lived(
        outcome=outcome,
        came=came,
        units=fetched.column(UNIT).to_numpy(),
        customers=fetched.column("customer").to_numpy().astype(np.int64),
        features=tuple(features[k] for k in keep),
        values=np.ascontiguousarray(values[:, keep]),
        confounders=confounders,
        behind=behind,
        groups=groups,
        served={
            (column, touchpoint): _most_frequent(*_coded(fetched, f"{column}_of_{touchpoint}"))
            for column, touchpoints in several.items()
            for touchpoint in touchpoints
        },
        refused=(*refused, *said),
        n_units=n_units,
        n_unknown=n_unknown,
        share=share,
    )


def _drawn(question: Question, rows: Table) -> tuple[Table, int, int, float]:
    """Return the rows with the outcome known, of all customers or of a share of them, held by the engine."""
    counted = rows.aggregate(known=rows["value"].count(), all=rows.count())
    counts = question.facts.engine.fetch(counted).to_pylist()[0]
    known, most = int(counts["known"]), question.workspace.model.studies.drivers.most_rows
    share = 1.0 if known <= most else most / known
    rows = rows.filter(rows["value"].notnull())
    if share < 1:
        rows = rows.filter(rows["customer"] % PARTS < int(share * PARTS))
    name = f"{question.facts.version} {question.facts.as_of} {question.since} {question.until} {rows.columns} {share}"
    rows = question.facts.engine.hold(f"outcome {_sql(question, rows)} {name}", rows)
    return rows, known, int(counts["all"]) - known, share


def _sql(question: Question, rows: Table) -> str:
    return question.facts.engine.sql(rows)


def _joined(
    question: Question,
    rows: Table,
    moments: Table,
    features: Sequence[Feature],
    several: dict[str, dict[str, list[str]]],
) -> Table:
    parts = [lived_values(moments, list(features))]
    parts += [broken_promises(question, rows, feature) for feature in features if feature.kind == "promise"]
    served = who_served(moments, several)
    parts += [served] if served is not None else []
    table = with_confounders(question, rows)
    for number, part in enumerate(parts):
        key = f"joined_{number}"
        part = part.rename(**{key: UNIT})  # noqa: PLW2901 (the same part under a key of its own)
        table = table.left_join(part, table[UNIT] == part[key]).drop(key)
    return table.order_by(UNIT)


def _without(features: Sequence[Feature], refused: Sequence[Refusal]) -> list[Feature]:
    return [feature for feature in features if all(feature is not refusal.feature for refusal in refused)]


def _numbers(fetched: pa.Table, column: str) -> NDArray[np.float64]:
    return fetched.column(column).to_numpy().astype(float)


def _filled(fetched: pa.Table, feature: Feature) -> NDArray[np.float64]:
    values = _numbers(fetched, feature.column)
    return np.nan_to_num(values) if feature.kind == "met" else values


def _coded(fetched: pa.Table, column: str) -> tuple[NDArray[np.int64], list[str]]:
    texts: Any = fetched.column(column).combine_chunks().dictionary_encode()
    given = [str(level) for level in texts.dictionary.to_pylist()]
    order = np.argsort(given)
    place = np.empty(len(given) + 1, dtype=np.int64)
    place[order], place[-1] = np.arange(len(given)), -1
    codes = texts.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return place[codes], [given[k] for k in order]


def _most_frequent(codes: NDArray[np.int64], levels: list[str]) -> tuple[NDArray[np.int64], list[str]]:
    """Return the codes with the rarer levels joined under `OTHER`, where there are more than `MOST_SERVED`."""
    if len(levels) <= MOST_SERVED:
        return codes, levels
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    first = np.sort(np.argsort(-counts, kind="stable")[: MOST_SERVED - 1])
    place = np.full(len(levels) + 1, MOST_SERVED - 1, dtype=np.int64)
    place[first], place[-1] = np.arange(first.size), -1
    return place[codes], [*(levels[k] for k in first), OTHER]


def _behind(
    question: Question, fetched: pa.Table
) -> tuple[tuple[Confounder, ...], NDArray[np.float64], dict[str, tuple[NDArray[np.int64], list[str]]]]:
    made: list[Confounder] = []
    columns: list[NDArray[np.float64]] = []
    groups: dict[str, tuple[NDArray[np.int64], list[str]]] = {}
    for name in confounders_of(question):
        if name in NUMBERS:
            found, added = columns_of_number(name, _numbers(fetched, f"c_{name}"))
        else:
            groups[name] = _coded(fetched, f"c_{name}")
            found, added = columns_of_words(name, *groups[name])
        made += found
        columns += added
    behind = np.column_stack(columns) if columns else np.empty((fetched.num_rows, 0))
    return tuple(made), behind, groups
