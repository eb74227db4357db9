"""Which analyses there are, and which of their questions a snapshot answers."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from promesa.errors import UnknownName, ValueOutOfRange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promesa.results import Result
    from promesa.store import Facts
    from promesa.workspace import Workspace

# Name as `promesa show` takes it -> what it may be narrowed or split by.
SHOWN: dict[str, tuple[str, ...]] = {
    "chain": ("since", "until"),
    "promises": ("by", "since", "until"),
    "touchpoints": ("by", "since", "until"),
    "opinions": ("by", "since", "until"),
    "differences": ("by", "since", "until"),
    "value": ("by", "since", "until"),
    "ledger": ("by", "since", "until"),
    "whale": ("since", "until"),
    "returning": ("by", "since", "until"),
    "lifetime": ("by", "since", "until"),
    "retention": ("by", "since", "until"),
    "dropout": ("since", "until"),
    "tiers": (),
    "standard": ("by", "since", "until"),
    "promoters": ("by", "since", "until"),
    "balance": ("since", "until"),
    "cases": ("by",),
    "journeys": ("by", "since", "until"),
    "transitions": ("by", "since", "until"),
    "handovers": ("by", "since", "until"),
    "memory": ("since", "until"),
    "coherence": ("by", "since", "until"),
    "feedback": ("since", "until"),
    "needs": ("by", "since", "until"),
    "changes": ("since", "until"),
    "conformance": ("by", "since", "until"),
    "endings": ("since", "until"),
    "drivers": ("outcome", "since", "until"),
    "roles": ("outcome", "since", "until"),
    "asymmetry": ("outcome", "since", "until"),
    "synergy": ("outcome", "since", "until"),
    "effects": ("outcome", "since", "until"),
    "experiments": ("outcome", "since", "until"),
    "paths": ("since", "until"),
    "arrows": ("since", "until"),
    "system": ("since", "until"),
    "priorities": ("since", "until"),
    "lags": ("since", "until"),
    "identity": (),
    "quality": (),
}
ANALYSES = tuple(SHOWN)
# Room and function of each; a room is imported when its analysis is asked for.
_WHERE = {
    "chain": ("chain", "links"),
    "promises": ("promises", "kept"),
    "touchpoints": ("measures", "touchpoints"),
    "opinions": ("measures", "opinions"),
    "differences": ("promises", "differences"),
    "value": ("value", "margin"),
    "ledger": ("value", "ledger"),
    "whale": ("value", "whale"),
    "returning": ("value", "returning"),
    "lifetime": ("value", "lifetime"),
    "retention": ("value", "retention"),
    "dropout": ("value", "dropout"),
    "tiers": ("value", "tiers"),
    "standard": ("value", "standard"),
    "promoters": ("value", "promoters"),
    "balance": ("value", "balance"),
    "cases": ("actions", "cases"),
    "journeys": ("journeys", "journeys"),
    "transitions": ("journeys", "transitions"),
    "handovers": ("journeys", "handovers"),
    "memory": ("journeys", "memory"),
    "coherence": ("journeys", "coherence"),
    "feedback": ("journeys", "feedback"),
    "needs": ("journeys", "needs"),
    "changes": ("journeys", "changes"),
    "conformance": ("journeys", "conformance"),
    "endings": ("journeys", "endings"),
    "drivers": ("drivers", "importance"),
    "roles": ("drivers", "roles"),
    "asymmetry": ("drivers", "asymmetry"),
    "synergy": ("drivers", "synergy"),
    "effects": ("impact", "effects"),
    "experiments": ("impact", "experiments"),
    "paths": ("chain", "paths"),
    "arrows": ("chain", "arrows"),
    "system": ("chain", "system"),
    "priorities": ("chain", "priorities"),
    "lags": ("chain", "lags"),
    "identity": ("identity", "quality"),
    "quality": ("measures", "quality"),
}
# Splits that a snapshot keeps for the report, beside each analysis without a split.
_KEPT_SPLITS = {
    "promises": ("month", "function", "supplier", "channel"),
    "touchpoints": ("channel", "month"),
    "opinions": ("month",),
    "value": ("month",),
    "returning": ("month",),
}


def compute(analysis: str, workspace: Workspace, **question: Any) -> Result:
    """Run one analysis.

    Parameters
    ----------
    analysis : str
        One of `ANALYSES`.
    workspace : Workspace
        From `promesa.open`.
    **question
        ``by``, ``outcome``, ``since``, ``until``, ``as_of``, ``confidence_level``, ``facts``; what is None is left out.

    Raises
    ------
    UnknownName
        If there is no such analysis.
    ValueOutOfRange
        If the analysis does not take what is asked of it.
    """
    if analysis not in SHOWN:
        raise UnknownName(analysis, kind="analysis", known=ANALYSES)
    given = {key: value for key, value in question.items() if value not in (None, (), "")}
    names = {"by": "--by", "outcome": "--outcome", "since": "--from", "until": "--to"}
    refused = names.keys() & set(given) - set(SHOWN[analysis])
    if refused:
        raise ValueOutOfRange(
            what=f"The analysis {analysis!r} cannot be narrowed or split that way.",
            got=", ".join(names[key] for key in sorted(refused)),
            expected=f"of {', '.join(names.values())}: {', '.join(names[k] for k in SHOWN[analysis]) or 'none'}",
            fix="leave it out",
        )
    function = _function_of(analysis)
    from threadpoolctl import threadpool_limits

    # The matrices of an analysis are small: threads of the algebra would wait for each other, a fifth of all its time.
    with threadpool_limits(1, user_api="blas"):
        return function(workspace, **given)


def _function_of(analysis: str) -> Callable[..., Result]:
    room, name = _WHERE[analysis]
    function: Callable[..., Result] = getattr(import_module(f"promesa.{room}"), name)
    return function


def room_of(key: str) -> str:
    """Return the room that works out a document of a snapshot."""
    return _WHERE[key.partition("_by_")[0]][0]


def document_key(analysis: str, by: tuple[str, ...] = ()) -> str:
    """Return the name under which a snapshot keeps an answer: ``promises``, ``promises_by_month``."""
    return f"{analysis}_by_{'_and_'.join(by)}" if by else analysis


def kept_questions(workspace: Workspace) -> list[tuple[str, tuple[str, ...]]]:
    """Return what a snapshot answers: every analysis, and those split that the report shows."""
    questions: list[tuple[str, tuple[str, ...]]] = [(analysis, ()) for analysis in ANALYSES]
    for analysis, splits in _KEPT_SPLITS.items():
        questions += [(analysis, (split,)) for split in splits]
    questions += [("promises", (trait,)) for trait in workspace.model.traits]
    return questions


def questions(workspace: Workspace, facts: Facts) -> Iterator[tuple[str, Callable[[], Result]]]:
    """Return everything a snapshot keeps: the name of each answer and the call that works it out."""
    for analysis, by in kept_questions(workspace):
        yield document_key(analysis, by), partial(compute, analysis, workspace, by=by, facts=facts)
