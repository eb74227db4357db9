"""What money saved where an experiment says what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.value.balance_rows import figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.measures import Question
    from promesa.results import Estimate
    from promesa.workspace import Purpose


def experiment_rows(question: Question, money: Mapping[object, float]) -> list[Estimate]:
    """Return the margin that each unit of money brought, for the purposes whose experiment tells it.

    Parameters
    ----------
    money : mapping
        Booked in the window, by purpose: all of it is taken as spent on the arms.

    Notes
    -----
    The sum over arms of the effect on margin times the customers of the arm, over the money. The arms share a
    control, so that their errors are added as if they always went together. The word is ``experiment``, or what
    `impact.experiments` has left of it where the arms are not those of a lot.
    """
    model = question.workspace.model
    named = [purpose for purpose in model.purposes.values() if purpose.experiment]
    if not named:
        return []
    from promesa.impact import experiments

    outcome = next((one.name for one in model.studies.outcomes.values() if one.kind == "margin"), None)
    if outcome is None:
        return [_nothing(purpose, "no-outcome") for purpose in named]
    found = experiments(
        question.workspace, outcome=outcome, facts=question.facts, confidence_level=question.confidence_level
    )
    return [_row(purpose, found.estimates, money.get(purpose.name, 0.0)) for purpose in named]


def _nothing(purpose: Purpose, note: str) -> Estimate:
    return figure("saved_margin", None, n=0, unit="times", where=_where(purpose), note=note, evidence="experiment",
                  extra={"of": purpose.experiment})  # fmt: skip


def _where(purpose: Purpose) -> dict[str, str | None]:
    return {"kind": purpose.kind, "purpose": purpose.name}


def _row(purpose: Purpose, figures: tuple[Estimate, ...], money: float) -> Estimate:
    rows = [e for e in figures if e.measure == "effect" and e.dimensions["experiment"] == purpose.experiment]
    known = [e for e in rows if e.estimate is not None and e.lower is not None and e.upper is not None]
    if not known:
        return _nothing(purpose, str(next((e.note for e in rows if e.note), "no-data")))
    if money <= 0:
        return _nothing(purpose, "no-spend-booked")
    sizes = [float(str(e.extra["arm_n"])) for e in known]
    total, below, above = (
        sum(size * float(getattr(e, end) or 0.0) for size, e in zip(sizes, known, strict=True)) / money
        for end in ("estimate", "lower", "upper")
    )
    return figure(
        "saved_margin", total, ends=(below, above), n=sum(e.n for e in known), unit="times", where=_where(purpose),
        evidence=known[0].evidence, note=known[0].note, extra={"of": purpose.experiment},
    )  # fmt: skip
