"""The rows of feedback: each touchpoint of a stage against the others of it, by what came of their journeys later."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promesa.engine import case, lit, null_of, stack
from promesa.journeys.assembling import JOURNEY
from promesa.journeys.conformance import finite
from promesa.journeys.heard import moment_scores, out_of_ten
from promesa.journeys.holding import UNIT, held_against_rest, two_kinds_held
from promesa.measures import mean_of, own_opinions
from promesa.promises import commitments
from promesa.results import Estimate
from promesa.stats import benjamini_hochberg, overlapping_means, overlapping_shares

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promesa.engine import Expression, Table
    from promesa.journeys.assembling import Steps
    from promesa.measures import Question
    from promesa.results import Evidence
    from promesa.stats import OverlapDifference, OverlapSums
    from promesa.workspace import Concept

    Key = tuple[str | None, ...]
    Compared = tuple[dict[str, str | None], str, OverlapSums, OverlapDifference]

SCORE, BROKEN = "score", "broken"
OWN = ("stage", "later", "touchpoint", "channel")
HELD = ("stage", "touchpoint", "channel")
LATER = ("during", "after")
AT_ONCE = 4
PAIRS = (("before", "during"), ("before", "after"), ("during", "after"))
EXPECTED, EXPERIENCED = "expectation", "satisfaction"


def later_figures(steps: Steps, broken: Table | None) -> Iterator[Estimate]:
    """Yield what came later of journeys through each touchpoint, and how it differs from the others of its stage."""
    question = steps.question
    engine = question.facts.engine
    came = engine.hold(_name(question, "came through"), lambda: _came_through(steps))
    later = engine.hold(_name(question, "came later"), lambda: _came_later(steps, broken))
    compared = [one for stage, after in PAIRS for one in _of_pair(question, came, later, stage=stage, after=after)]
    adjusted = benjamini_hochberg([difference.p_value for *_, difference in compared])
    for (where, kind, sums, difference), q in zip(compared, adjusted, strict=True):
        unit, shape = ("score", "mean") if kind == SCORE else ("fraction", "share")
        yield mean_of(question, where, f"later_{kind}", sums.first, unit=unit, kind=shape)
        found = q <= 1 - question.confidence_level
        extra = {"p_value": finite(difference.p_value), "p_adjusted": finite(float(q)), "found": bool(found)}
        yield _difference(where, f"later_{kind}_difference", sums, difference, unit=unit, extra=extra)


def gap_figures(steps: Steps) -> Iterator[Estimate]:
    """Yield what was expected and what was lived, of journeys through each touchpoint of the first two stages."""
    question = steps.question
    concepts = {link: _first_of(question, link) for link in (EXPECTED, EXPERIENCED)}
    if None in concepts.values() or question.facts.is_empty("opinions"):
        return
    came = question.facts.engine.hold(_name(question, "came through"), lambda: _came_through(steps))
    said = {link: _said_of(steps, concept) for link, concept in concepts.items() if concept is not None}
    came = came.rename({UNIT: JOURNEY})
    sums_of = two_kinds_held(question, came, said[EXPERIENCED], said[EXPECTED], names=HELD)
    for key, sums in _told_apart(sums_of):
        if key[0] == "after" or _too_few(question, sums):
            continue
        where = {"stage": key[0], "later": None, "touchpoint": key[1], "channel": key[2]}
        yield mean_of(question, where, "expected", sums.second, unit="score")
        yield mean_of(question, where, "experienced", sums.first, unit="score")
        difference = overlapping_means(sums, confidence_level=question.confidence_level)
        yield _difference(where, "expectation_gap", sums, difference, unit="score", evidence="described")


def _name(question: Question, what: str) -> str:
    facts = question.facts
    asked = (facts.version, facts.as_of, question.since, question.until, sorted(facts.files.items()))
    return repr((what, *asked, question.workspace.store, question.workspace.model))


def _of_pair(question: Question, came: Table, later: Table, *, stage: str, after: str) -> Iterator[Compared]:
    held = came.filter(came["stage"] == stage)
    through = held.select(in_=JOURNEY).distinct()
    for kind, compare in ((SCORE, overlapping_means), (BROKEN, overlapping_shares)):
        base = later.filter((later["kind"] == kind) & (later["stage"] == after))
        base = base.semi_join(through, [base[JOURNEY] == through["in_"]]).rename({UNIT: JOURNEY})
        sums_of = held_against_rest(question, held.rename({UNIT: JOURNEY}), base, names=HELD)
        for key, sums in _told_apart(sums_of):
            if not _too_few(question, sums):
                where = {"stage": stage, "later": after, "touchpoint": key[1], "channel": key[2]}
                yield where, kind, sums, compare(sums, confidence_level=question.confidence_level)


def _told_apart(found: dict[Key, OverlapSums]) -> Iterator[tuple[Key, OverlapSums]]:
    """Yield touchpoints, and their channels where they have several."""
    for key, sums in found.items():
        channels = {other[2] for other in found if other[:2] == key[:2] and other[2] is not None}
        if key[2] is None or len(channels) > 1:
            yield key, sums


def _too_few(question: Question, sums: OverlapSums) -> bool:
    few = min(sums.first.clusters, sums.second.clusters) < max(2, question.workspace.min_cell)
    return few or min(sums.first.n, sums.second.n) < question.workspace.min_group


def _came_through(steps: Steps) -> Table:
    """Return what each journey met, once each: ``journey_``, ``stage``, ``touchpoint``, ``channel`` (null: any)."""
    table = steps.table.mutate(stage=_stage(steps.question, steps.table))
    any_channel = table.select(JOURNEY, "stage", "touchpoint", channel=null_of("string"))
    each = table.filter(table["channel"].notnull()).select(JOURNEY, "stage", "touchpoint", "channel")
    return stack([any_channel, each]).distinct()


def _stage(question: Question, table: Table) -> Expression:
    touchpoints = question.workspace.model.touchpoints.values()
    branches = [(table["touchpoint"] == one.name, lit(one.stage, "string")) for one in touchpoints]
    return case(*branches, otherwise=null_of("string")) if branches else null_of("string")


def _came_later(steps: Steps, broken: Table | None) -> Table:
    """Return what came of each journey in each stage: ``journey_``, ``customer``, ``kind``, ``stage``, ``value``."""
    question = steps.question
    parts: list[Table] = []
    if not question.facts.is_empty("opinions"):
        scores = moment_scores(steps)
        scores = scores.mutate(stage=_stage(question, scores))
        means = scores.group_by([JOURNEY, "stage"]).aggregate(value=scores["score_"].mean())
        parts.append(means.mutate(kind=lit(SCORE, "string")))
    if broken is not None:
        value = broken["value"].cast("float64")
        parts.append(broken.select("stage", value=value, kind=lit(BROKEN, "string"), **{JOURNEY: "of_journey"}))
    columns = (JOURNEY, "customer", "kind", "stage", "value")
    if not parts:
        nothing = steps.journeys.filter(lit(value=False))
        return nothing.mutate(kind=null_of("string"), stage=null_of("string"), value=null_of("float64")).select(
            *columns
        )
    every = stack([part.select(JOURNEY, "kind", "stage", "value") for part in parts])
    journeys = steps.journeys.select("customer", in_=JOURNEY)
    return every.inner_join(journeys, every[JOURNEY] == journeys["in_"]).select(*columns)


def _promises_of(question: Question, stage: str) -> list[str]:
    model = question.workspace.model
    return [
        name
        for name, promise in model.promises.items()
        if {model.touchpoints[touchpoint].stage for touchpoint in promise.touchpoints} == {stage}
    ]


def broken_of(question: Question) -> Table | None:
    """Return whether a promise of each later stage was broken in each journey with one kept or broken.

    Returns
    -------
    Table or None
        ``of_journey``, ``stage``, ``value``; None where no promise is of a later stage alone.
    """
    whole, model = replace(question, since=None, until=None, by=()), question.workspace.model
    judged = [(name, stage) for stage in LATER for name in _promises_of(question, stage)]
    found: Table | None = None
    # A few at a time: the engine keeps so many tables and no more.
    for k in range(0, len(judged), AT_ONCE):
        parts = [] if found is None else [found]
        for name, stage in judged[k : k + AT_ONCE]:
            known = commitments(whole, model.promises[name])
            known = known.filter(known["journey"].notnull() & known["status"].isin(["kept", "broken"]))
            value = (known["status"] == "broken").cast("int64")
            parts.append(known.select(of_journey="journey", stage=lit(stage, "string"), value=value))
        every = stack(parts)
        reduced = every.group_by(["of_journey", "stage"]).aggregate(value=every["value"].max())
        found = question.facts.engine.hold(_name(question, f"broken {k}"), reduced)
    return found


def _first_of(question: Question, link: str) -> Concept | None:
    return next((one for one in question.workspace.model.concepts.values() if one.link == link), None)


def _said_of(steps: Steps, concept: Concept) -> Table:
    """Return what was said of each journey, from 0 to 10: ``unit_``, ``customer``, ``value``."""
    said = own_opinions(replace(steps.question, since=None, until=None))
    said = said.filter((said["concept"] == concept.name) & said["journey"].notnull())
    said = said.mutate(score_=out_of_ten(said, [concept]))
    said = said.filter(said["score_"].notnull())
    means = said.group_by(of_journey="journey").aggregate(value=said["score_"].mean())
    joined = steps.journeys.inner_join(means, steps.journeys[JOURNEY] == means["of_journey"])
    return joined.select("customer", "value", **{UNIT: JOURNEY})


def _difference(
    where: dict[str, str | None],
    measure: str,
    sums: OverlapSums,
    difference: OverlapDifference,
    *,
    unit: str,
    evidence: Evidence = "associated",
    extra: dict[str, float | bool | None] | None = None,
) -> Estimate:
    interval = difference.interval
    return Estimate(
        dimensions=where, measure=measure, estimate=difference.difference, lower=interval.lower if interval else None,
        upper=interval.upper if interval else None, n=sums.first.n + sums.second.n, unit=unit,
        evidence=evidence, note=None if interval else "all-equal", extra=dict(extra or {}),
    )  # fmt: skip
