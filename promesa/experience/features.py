"""What can be lived in a journey: elements, promises broken, touchpoints met; each a column of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from promesa.engine import null_of, when
from promesa.experience.units import UNIT, with_unit
from promesa.measures import lived_moments
from promesa.promises import commitments

if TYPE_CHECKING:
    from promesa.engine import Table
    from promesa.measures import Question
    from promesa.workspace import Model

Kind = Literal["element", "promise", "met"]
BETTER = {"more": 1, "less": -1, "neither": 0}
PREFIXES: dict[Kind, str] = {"element": "e_", "promise": "p_", "met": "m_"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One thing that can be lived in a journey.

    Attributes
    ----------
    name : str
        Of the element, promise or touchpoint.
    kind : {"element", "promise", "met"}
        A measured property (its mean over the journey's moments); a promise, 1 broken and 0 kept; a touchpoint,
        1 where it was met and 0 elsewhere.
    touchpoints : tuple of str
        Where it is lived.
    stage, function : str
        Of the first of them; a promise's function is its owner.
    unit : str
        Of the values: the element's, or ``fraction``.
    better : {1, -1, 0}
        Whether more is better, worse, or neither. A touchpoint met is neither.
    """

    name: str
    kind: Kind
    touchpoints: tuple[str, ...]
    stage: str
    function: str
    unit: str
    better: int

    @property
    def column(self) -> str:
        """Return the name of its column, which no other column of the table has."""
        return PREFIXES[self.kind] + self.name


def features_of(model: Model) -> list[Feature]:
    """Return every feature of a model, in the order in which a customer meets them: stage, then order of the file."""
    features: list[Feature] = []
    for name, element in model.elements.items():
        features.append(
            _feature(model, name, "element", element.touchpoints, unit=element.unit, better=BETTER[element.better])
        )
    for name, promise in model.promises.items():
        features.append(
            _feature(model, name, "promise", promise.touchpoints, unit="fraction", better=-1, owner=promise.owner)
        )
    features += [_feature(model, name, "met", (name,), unit="fraction", better=0) for name in model.touchpoints]
    kept = [feature for feature in features if feature.name not in model.studies.drivers.leave_out]
    place = {name: number for number, name in enumerate(in_order(model))}
    return sorted(kept, key=lambda feature: place[feature.touchpoints[0]])


def in_order(model: Model) -> list[str]:
    """Return the touchpoints in the order of a purchase: by stage, within it as the file has them."""
    stages = ("before", "during", "after")
    return sorted(model.touchpoints, key=lambda name: stages.index(model.touchpoints[name].stage))


def _feature(
    model: Model, name: str, kind: Kind, touchpoints: tuple[str, ...], *, unit: str, better: int, owner: str = ""
) -> Feature:
    first = min(touchpoints, key=in_order(model).index)
    return Feature(
        name=name,
        kind=kind,
        touchpoints=touchpoints,
        stage=model.touchpoints[first].stage,
        function=owner or model.touchpoints[first].function,
        unit=unit,
        better=better,
    )


def seen_moments(question: Question, rows: Table) -> Table:
    """Return the moments of the rows looked at, each with whether it was lived before the outcome was known.

    Parameters
    ----------
    rows : Table
        Columns ``unit_`` and ``known_at`` (null where every moment of the unit comes before).
    """
    moments = with_unit(question, lived_moments(question))
    known = rows.select(known_unit=UNIT, known_at="known_at")
    joined = moments.inner_join(known, moments[UNIT] == known["known_unit"])
    before = joined["known_at"].isnull() | (joined["at"] < joined["known_at"])
    return joined.mutate(before_=before)


def lived_values(moments: Table, features: list[Feature]) -> Table:
    """Return one row a unit: the mean of each element and whether each touchpoint was met, before the outcome."""
    nothing = null_of("float64")
    early = moments.filter(moments["before_"])
    sums = {}
    for feature in features:
        if feature.kind == "element":
            here = early["touchpoint"].isin(feature.touchpoints)
            sums[feature.column] = when(here, early[feature.name].cast("float64"), nothing).mean()
        elif feature.kind == "met":
            sums[feature.column] = when(early["touchpoint"] == feature.name, 1.0, 0.0).max()
    return early.group_by(UNIT).aggregate(**sums)


def broken_promises(question: Question, rows: Table, feature: Feature) -> Table:
    """Return one row a unit in which a promise was judged before the outcome was known: 1 if one was broken, else 0.

    A broken one is known from its due time on, a kept one from the moment it was kept.
    """
    table = commitments(question, question.workspace.model.promises[feature.name])
    judged = with_unit(question, table.filter(table["status"].isin(["kept", "broken"])), time="when_")
    is_broken = judged["status"] == "broken"
    judged = judged.mutate(
        learnt=when(is_broken, judged["due"].coalesce(judged["at"]), judged["at"]), broken=when(is_broken, 1.0, 0.0)
    )
    known = rows.select(known_unit=UNIT, known_at="known_at")
    joined = judged.inner_join(known, judged[UNIT] == known["known_unit"])
    early = joined.filter(joined["known_at"].isnull() | (joined["learnt"] < joined["known_at"]))
    return early.group_by(UNIT).aggregate(**{feature.column: early["broken"].max()})


def timing(question: Question, moments: Table) -> dict[str, tuple[int, int]]:
    """Return, for each touchpoint, in how many units it was lived before the outcome was known, and only after."""
    sums = moments.group_by([UNIT, "touchpoint"]).aggregate(before=when(moments["before_"], 1, 0).max())
    counts = sums.group_by("touchpoint").aggregate(before=sums["before"].sum(), all=sums.count())
    found = question.facts.engine.fetch(counts).to_pylist()
    return {row["touchpoint"]: (int(row["before"]), int(row["all"] - row["before"])) for row in found}


def served_by(question: Question, moments: Table, column: str) -> dict[str, list[str]]:
    """Return the touchpoints at which `column` (``channel`` or ``supplier``) took several values, with those."""
    early = moments.filter(moments["before_"] & moments[column].notnull())
    pairs = question.facts.engine.fetch(early.select("touchpoint", column).distinct()).to_pylist()
    values: dict[str, list[str]] = {}
    for row in pairs:
        values.setdefault(row["touchpoint"], []).append(row[column])
    return {touchpoint: sorted(names) for touchpoint, names in sorted(values.items()) if len(names) > 1}


def who_served(moments: Table, touchpoints: dict[str, dict[str, list[str]]]) -> Table | None:
    """Return one row a unit: the channel or supplier of each touchpoint where there are several (the last by name)."""
    early = moments.filter(moments["before_"])
    nothing = null_of("string")
    sums = {
        f"{column}_of_{touchpoint}": when(early["touchpoint"] == touchpoint, early[column], nothing).max()
        for column, several in touchpoints.items()
        for touchpoint in several
    }
    return early.group_by(UNIT).aggregate(**sums) if sums else None
