"""The rows of memory: what foretells an outcome, what each part weighs, which moment would change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import InputError
from promesa.measures import count_of, mean_of, withheld
from promesa.results import Estimate
from promesa.stats import CANDIDATES, WEIGHED, ClusterSums, change_by, raised, remembered_by, score_summaries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from promesa.journeys.recalling import Recalled
    from promesa.journeys.supposing import Lived, Whole
    from promesa.measures import Question
    from promesa.results import Value
    from promesa.stats import Remembered

    Floats = NDArray[np.float64]
    Extra = dict[str, Value]

REMEMBERED, RETURN = "remembered", "return"
FEWEST_JOURNEYS = 100  # lines on four summaries need some dozens
TOO_FEW = "too-few-journeys-asked-twice"
SAMPLED = "sampled-customers"
OUTCOME_UNIT = {REMEMBERED: "score", RETURN: "fraction"}


def memory_figures(question: Question, outcome: str, seen: Recalled, extra: Extra) -> Iterator[Estimate]:
    """Yield what an outcome follows; only how many journeys there are where they are too few."""
    n, customers = len(seen.starts), len(np.unique(seen.customers))
    count = count_of(question, _where(outcome), "journeys_asked", n, customers=customers)
    reason = count.note or withheld(question, n, customers) or (TOO_FEW if n < FEWEST_JOURNEYS else None)
    yield Estimate(
        dimensions=count.dimensions, measure=count.measure, estimate=count.estimate, n=count.n, unit="count",
        n_missing=0 if count.note else seen.n_missing, note=reason or _sampled(seen), extra=dict(extra),
    )  # fmt: skip
    if reason is not None:
        return
    summaries = score_summaries(seen.scores, seen.starts)
    try:
        found = remembered_by(seen.outcome, summaries, seen.customers, confidence_level=question.confidence_level)
    except InputError:  # too few customers, or all the same came of it
        return
    yield from _levels(question, outcome, seen, summaries, extra)
    for name in CANDIDATES:
        yield from _of_summary(outcome, seen, name, found, extra)
    yield from _of_touchpoints(question, outcome, seen, found, extra)


def supposed_figures(question: Question, outcome: str, lived: Lived, seen: Whole, extra: Extra) -> Iterator[Estimate]:
    """Yield what an outcome follows where moments that nobody was asked about are supposed; nothing of few journeys."""
    n = len(seen.outcome)
    if n < FEWEST_JOURNEYS or withheld(question, n, len(np.unique(seen.customers))) or not seen.unasked.any():
        return
    try:
        found = remembered_by(seen.outcome, seen.summaries, seen.customers, confidence_level=question.confidence_level)
    except InputError:  # too few customers, or all the same came of it
        return
    note = SAMPLED if lived.share < 1 else None
    share = _sums(seen.unasked, seen.customers)
    yield mean_of(
        question, _where(outcome), "supposed_share", share, unit="fraction", n_missing=seen.n_missing, extra=dict(extra)
    )
    for name, values in seen.summaries.items():
        level = _sums(values, seen.customers)
        where = _where(outcome, summary=name)
        yield mean_of(question, where, "journey_score_supposed", level, unit="score", extra=dict(extra))
    for name in CANDIDATES:
        told = found.foretold[name]
        figures = {"foretold_supposed": (told.estimate, told.lower, told.upper)}
        if name != "mean":
            figures["foretold_more_supposed"] = (told.more, told.more_lower, told.more_upper)
        for measure, (estimate, lower, upper) in figures.items():
            yield Estimate(
                dimensions=_where(outcome, summary=name), measure=measure, estimate=estimate, lower=lower, upper=upper,
                n=n, unit="fraction", evidence="associated", note=note, extra=dict(extra),
            )  # fmt: skip


def explained_figures(question: Question, lived: Lived, extra: Extra) -> Iterator[Estimate]:
    """Yield how well the scores of each touchpoint follow from what is known of its moments."""
    for name, found in sorted(lived.explained.items()):
        if withheld(question, found.n, found.n) is None:
            yield Estimate(
                dimensions=_where(None, touchpoint=name), measure="score_explained", estimate=found.estimate,
                lower=found.lower, upper=found.upper, n=found.n, unit="fraction", evidence="associated",
                note=SAMPLED if lived.share < 1 else None, extra=dict(extra),
            )  # fmt: skip


def _where(outcome: str | None, *, summary: str | None = None, touchpoint: str | None = None) -> dict[str, str | None]:
    return {"outcome": outcome, "summary": summary, "touchpoint": touchpoint}


def _sampled(seen: Recalled) -> str | None:
    return SAMPLED if seen.share < 1 else None


def _levels(
    question: Question, outcome: str, seen: Recalled, summaries: dict[str, Floats], extra: Extra
) -> Iterator[Estimate]:
    for name, values in summaries.items():
        sums = _sums(values, seen.customers)
        yield mean_of(question, _where(outcome, summary=name), "journey_score", sums, unit="score", extra=dict(extra))


def _of_summary(outcome: str, seen: Recalled, name: str, found: Remembered, extra: Extra) -> Iterator[Estimate]:
    told, weights = found.foretold[name], found.weights
    figures = {"foretold": (told.estimate, told.lower, told.upper, "fraction")}
    if name != "mean":
        figures["foretold_more"] = (told.more, told.more_lower, told.more_upper, "fraction")
    if name in WEIGHED and np.isfinite(weights.coefficients[k := WEIGHED.index(name)]):
        own = (float(of[k]) for of in (weights.coefficients, weights.lower, weights.upper))
        figures["weight"] = (*own, OUTCOME_UNIT[outcome])  # type: ignore[assignment]
    for measure, (estimate, lower, upper, unit) in figures.items():
        yield Estimate(
            dimensions=_where(outcome, summary=name), measure=measure, estimate=estimate, lower=lower, upper=upper,
            n=len(seen.starts), unit=unit, evidence="associated", note=_sampled(seen), extra=dict(extra),
        )  # fmt: skip


def _of_touchpoints(
    question: Question, outcome: str, seen: Recalled, found: Remembered, extra: Extra
) -> Iterator[Estimate]:
    """Yield what a point more at each touchpoint goes with, in how many journeys it is the worst, and the last."""
    changes = raised(seen.scores, seen.starts, seen.touchpoints, count=len(seen.names))
    worst, last = _edges(seen)
    owners = np.repeat(np.arange(len(seen.starts)), np.diff(np.append(seen.starts, len(seen.scores))))
    for k in sorted(range(len(seen.names)), key=lambda k: seen.names[k]):
        own = np.unique(owners[seen.touchpoints == k])
        if withheld(question, len(own), len(np.unique(seen.customers[own]))) is not None or not len(own):
            continue
        where = _where(outcome, touchpoint=seen.names[k])
        for measure, held in (("worst_share", worst == k), ("end_share", last == k)):
            sums = _sums(held.astype(float), seen.customers)
            yield mean_of(question, where, measure, sums, unit="fraction", kind="share", extra=dict(extra))
        changed = change_by(found.weights, changes[k])
        if changed is not None:
            yield Estimate(
                dimensions=where, measure="change_by_point", estimate=changed[0], lower=changed[1].lower,
                upper=changed[1].upper, n=len(own), unit=OUTCOME_UNIT[outcome], evidence="associated",
                note=_sampled(seen), extra=dict(extra),
            )  # fmt: skip


def _edges(seen: Recalled) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the touchpoint of the worst score of each journey, the last of several, and that of its last score."""
    lengths = np.diff(np.append(seen.starts, len(seen.scores)))
    owners = np.repeat(np.arange(len(seen.starts)), lengths)
    order = np.lexsort((-np.arange(len(seen.scores)), seen.scores, owners))
    return seen.touchpoints[order][seen.starts], seen.touchpoints[seen.starts + lengths - 1]


def _sums(values: Floats, customers: NDArray[np.int64]) -> ClusterSums:
    codes = np.unique(customers, return_inverse=True)[1]
    n, s = np.bincount(codes).astype(float), np.bincount(codes, weights=values)
    return ClusterSums(
        n=len(values), clusters=len(n), total=float(s.sum()), nn=float(n @ n), ns=float(n @ s), ss=float(s @ s)
    )
