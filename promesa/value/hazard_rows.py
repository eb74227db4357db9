"""Rows of `retention` about what goes with coming back or leaving, and how well it was foretold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from promesa.errors import TooFewObservations
from promesa.measures import NO_DATA, withheld
from promesa.results import Estimate
from promesa.stats import benjamini_hochberg, separation
from promesa.value.hazards import fit, foretold
from promesa.value.histories import history, parts_for
from promesa.value.staying import extra
from promesa.value.terms import Design, Term, design_of

if TYPE_CHECKING:
    from promesa.measures import Question
    from promesa.results import Value
    from promesa.stats import Separation
    from promesa.value.hazards import Fit
    from promesa.value.histories import History
    from promesa.value.spells import Spells

ROWS_A_STRETCH = 10  # about; what is drawn is counted in stretches, what is fitted in rows
TOO_FEW = "too-few-to-tell"


def drawn(found: Spells) -> History:
    """Return the history of the customers that a regression looks at."""
    most = found.bought.question.workspace.model.studies.drivers.most_rows // ROWS_A_STRETCH
    return history(found, parts=parts_for(found, most))


def hazard_rows(question: Question, found: Spells) -> list[Estimate]:
    """Return the hazard ratio of each term, and how well what came was foretold."""
    seen = drawn(found)
    model = question.workspace.model
    smallest = question.workspace.min_group
    design = design_of(seen, model, contract=found.contract, smallest=smallest)
    event = "leaves" if found.contract else "returns"
    share = extra(event=event, share_sampled=seen.share)
    if reason := withheld(question, seen.owner.size, seen.customers.size):
        return [_none(found, reason, 0 if reason == "withheld-small-cell" else seen.owner.size)]
    level = question.confidence_level
    try:
        fitted = fit(seen, design, lapse_days=found.lapse_days, level=level)
        rows = _ratios(fitted, share)
        any_of_them = fit(seen, _any(design), lapse_days=found.lapse_days, level=level)
        rows = [*(r for r in _ratios(any_of_them, share) if r.extra["kind"] == "any_promise"), *rows]
    except TooFewObservations:
        return [_none(found, TOO_FEW, seen.owner.size)]
    return [*rows, *_told(question, seen, design, found)]


def _none(found: Spells, reason: str, n: int) -> Estimate:
    event = "leaves" if found.contract else "returns"
    return Estimate(
        dimensions={}, measure="hazard_ratio", estimate=None, n=n, unit="times", evidence="associated", note=reason,
        extra=extra(event=event),
    )  # fmt: skip


def _any(design: Design) -> Design:
    """Return the terms with one for any broken promise in the place of one for each."""
    rest = tuple(term for term in design.terms if term.kind != "promise")
    return Design(terms=(Term(kind="any_promise", name="any_promise"), *rest), usual_score=design.usual_score)


def _ratios(fitted: Fit, share: dict[str, Value]) -> list[Estimate]:
    model = fitted.model
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.abs(model.coefficients) / model.standard_errors
    q = benjamini_hochberg(2 * norm.sf(z))
    rows: list[Estimate] = []
    for k, term in enumerate(fitted.design.terms):
        if np.isnan(model.coefficients[k]):
            continue
        estimate, lower, upper = (float(np.exp(v[k])) for v in (model.coefficients, model.lower, model.upper))
        more = extra(
            term=term.name, kind=term.kind, level=term.level, event=str(share["event"]), q=float(q[k]),
            share_sampled=float(str(share["share_sampled"])),
        )  # fmt: skip
        rows.append(
            Estimate(
                dimensions={}, measure="hazard_ratio", estimate=estimate, lower=lower, upper=upper,
                n=fitted.stretches, unit="times", evidence="associated", extra=more,
            )
        )  # fmt: skip
    return rows


def _told(question: Question, seen: History, design: Design, found: Spells) -> list[Estimate]:
    try:
        told = foretold(seen, design, lapse_days=found.lapse_days, level=question.confidence_level)
        if told is not None and not withheld(question, told[0].size, told[0].size):
            return _separated(separation(*told, confidence_level=question.confidence_level))
    except TooFewObservations:
        pass
    return [
        Estimate(dimensions={}, measure="separation", estimate=None, n=0, unit="fraction", note=NO_DATA, extra=extra())
    ]


def _separated(told: Separation) -> list[Estimate]:
    figures = (
        ("separation", told.area, told.lower, told.upper, "fraction"),
        ("top_tenth_lift", told.lift, told.lift_lower, told.lift_upper, "times"),
        ("foretold_share", told.foretold, None, None, "fraction"),
        ("happened_share", told.happened, told.happened_lower, told.happened_upper, "fraction"),
    )
    return [
        Estimate(
            dimensions={}, measure=measure, estimate=estimate, lower=lower, upper=upper, n=told.n, unit=unit,
            extra=extra(),
        )
        for measure, estimate, lower, upper, unit in figures
    ]  # fmt: skip
