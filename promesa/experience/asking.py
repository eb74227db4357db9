"""What every analysis of outcomes shares: which outcomes are asked, in which unit, and how many units stand behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.errors import UnknownName

if TYPE_CHECKING:
    from promesa.experience.lived import Lived
    from promesa.measures import Question
    from promesa.results import Value
    from promesa.workspace import Outcome


def outcomes_asked(question: Question, outcome: str | None) -> list[Outcome]:
    """Return the outcome of that name, or all that the model declares.

    Raises
    ------
    UnknownName
        If there is none of that name.
    """
    known = question.workspace.model.studies.outcomes
    if outcome is None:
        return list(known.values())
    if outcome not in known:
        raise UnknownName(outcome, kind="outcome", known=known)
    return [known[outcome]]


def unit_of(question: Question, outcome: Outcome) -> str:
    """Return the unit of an outcome, as rows name it."""
    if outcome.kind == "score":
        return "score"
    return question.workspace.currency if outcome.kind in {"revenue", "margin"} else "fraction"


def sign_of(outcome: Outcome) -> int:
    """Return 1 where more of the outcome is better, else -1."""
    return 1 if outcome.better == "more" else -1


def journeys_of(lived: Lived) -> dict[str, Value]:
    """Return how many units there are, and which share of customers was looked at."""
    return {"n_known": lived.n_units, "share_sampled": lived.share}
