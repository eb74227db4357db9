"""What was lived in each unit looked at, and whether before its outcome was known or only after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.engine import null_of, when
from promesa.experience.units import UNIT, built, moments_of_units, place_of, with_unit
from promesa.promises import commitments

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from promesa.engine import Table
    from promesa.experience.features import Feature
    from promesa.measures import Question

MET = "t_"
BEFORE, ONLY_AFTER = 2, 1  # values of the columns t_<touchpoint>; 0 where it was not met
LATE = "late_"


def seen_moments(question: Question, rows: Table) -> Table:
    """Return the lived moments of the rows looked at, each with whether it came before the outcome was known.

    Parameters
    ----------
    rows : Table
        Columns ``unit_`` and ``known_at`` (null where every moment of the unit comes before).
    """
    moments = moments_of_units(question)

    def seen() -> Table:
        known = rows.select(row_unit_=UNIT, known_at_="known_at")
        joined = moments.inner_join(known, moments[UNIT] == known["row_unit_"])
        return joined.mutate(before_=joined["known_at_"].isnull() | (joined["at"] < joined["known_at_"]))

    return built(question, "seen moments", moments, rows, make=seen)


def lived_values(
    question: Question, moments: Table, features: Sequence[Feature], served: dict[str, dict[str, list[str]]]
) -> Table:
    """Return one row a unit, of one reading of the moments.

    Returns
    -------
    Table
        ``e_<element>``: mean of its values before the outcome. ``t_<touchpoint>``: `BEFORE` or `ONLY_AFTER`.
        ``channel_of_<touchpoint>`` and ``supplier_of_<touchpoint>``, where there are several: who served, before the
        outcome (the last by name).
    """
    asked = ("lived values", tuple(features), repr(served))
    return built(question, asked, moments, make=lambda: _lived_values(question, moments, features, served))


def _lived_values(
    question: Question, moments: Table, features: Sequence[Feature], served: dict[str, dict[str, list[str]]]
) -> Table:
    early, nothing, nobody = moments["before_"], null_of("float64"), null_of("string")
    sums = {}
    for feature in features:
        if feature.kind == "element":
            here = early & moments["touchpoint"].isin(feature.touchpoints)
            sums[feature.column] = when(here, moments[feature.name].cast("float64"), nothing).mean()
    for name in question.workspace.model.touchpoints:
        when_ = when(early, BEFORE, ONLY_AFTER)
        sums[MET + name] = when(moments["touchpoint"] == name, when_, 0).max()
    for column, touchpoints in served.items():
        for name in touchpoints:
            here = early & (moments["touchpoint"] == name)
            sums[f"{column}_of_{name}"] = when(here, moments[column], nobody).max()
    return moments.group_by(UNIT).aggregate(known_=moments.count(), **sums)


def served_by(question: Question, moments: Table) -> dict[str, dict[str, list[str]]]:
    """Return, for ``channel`` and ``supplier``, the touchpoints at which it took several values, with those."""
    early = moments.filter(moments["before_"])
    rows = question.facts.engine.fetch(early.select("touchpoint", "channel", "supplier").distinct()).to_pylist()
    several: dict[str, dict[str, list[str]]] = {}
    for column in ("channel", "supplier"):
        values: dict[str, set[str]] = {}
        for row in rows:
            if row[column] is not None and row["touchpoint"] in question.workspace.model.touchpoints:
                values.setdefault(row["touchpoint"], set()).add(row[column])
        several[column] = {name: sorted(found) for name, found in sorted(values.items()) if len(found) > 1}
    return several


def broken_promises(question: Question, feature: Feature, rows: Callable[[], Table]) -> Table:
    """Return one row a unit in which a promise was kept or broken.

    Returns
    -------
    Table
        ``p_<promise>``: 1 if one was broken before the outcome was known, 0 if kept; null where it was judged only
        after.

    Notes
    -----
    A broken promise is known when it falls due, or when it is lived if that comes first; a kept one when it is
    lived. `rows` is asked for once the commitments are held, for the engine holds few tables.
    """
    table = commitments(question, question.workspace.model.promises[feature.name])
    learnt = built(question, "learnt", table, make=lambda: _learnt(question, table))
    learnt = question.facts.engine.named_anew(place_of(question, f"learnt of {feature.name}"), learnt)
    known = rows()

    def broken() -> Table:
        row = known.select(row_unit_=UNIT, known_at_="known_at")
        joined = learnt.inner_join(row, learnt[UNIT] == row["row_unit_"])
        early = joined["known_at_"].isnull() | (joined["learnt_"] < joined["known_at_"])
        was_broken = when(early, joined["broken_"], null_of("float64")).max()
        return joined.group_by(UNIT).aggregate(**{feature.column: was_broken})

    return built(question, f"broken {feature.name}", learnt, known, make=broken)


def _learnt(question: Question, commitments: Table) -> Table:
    """Return the commitments judged, by unit, with when it was known whether they were broken."""
    judged = with_unit(question, commitments.filter(commitments["status"].isin(["kept", "broken"])), time="when_")
    is_broken = judged["status"] == "broken"
    due = judged["due"].coalesce(judged["at"])
    first = when(judged["arrived"] & (judged["at"] < due), judged["at"], due)
    return judged.select(UNIT, learnt_=when(is_broken, first, judged["at"]), broken_=when(is_broken, 1.0, 0.0))
