"""Moments at which a standard holds, judged by the machinery of promises, with the groups that they are told by."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promesa.engine import lit, null_of, when
from promesa.measures import AGE_BAND, clustered, mean_of, with_age_band
from promesa.promises import commitments
from promesa.value.tiers import missing_tiers
from promesa.workspace import Promise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.engine import Table
    from promesa.measures import Group, Question
    from promesa.results import Estimate, Value
    from promesa.workspace import Standard

GROUPS_WHERE = ("touchpoint", "channel", "supplier")
EMPTY: dict[str, Value] = {
    "by": None, "group": None, "target": None, "level": None, "p_value": None, "worse": None,
}  # fmt: skip


def asked_of(question: Question) -> tuple[Question, tuple[str, ...]]:
    """Return the question by everything that groups are told by, and which of it is a customer's own."""
    model = question.workspace.model
    own = [*model.traits]
    own += ["tier"] if model.tiers and not missing_tiers(question) else []
    ages = () if AGE_BAND in own or question.facts.is_empty("profiles") else (AGE_BAND,)
    return replace(question, by=(*own, *GROUPS_WHERE)), (*own, *ages)


def judged(question: Question, standard: Standard, *, level: str | None = None, today: bool = False) -> Table:
    """Return the moments of a standard with their status, as `promises.commitments` gives them.

    Parameters
    ----------
    level : str or None
        Tier whose level they are judged by; None is the minimum.
    today : bool, default False
        Whether to add each customer's age band at `as_of`.
    """
    rule = Promise(
        name=f"standard_{standard.name}" + (f"_{level}" if level else ""),
        statement=standard.label,
        owner="",
        touchpoints=standard.touchpoints,
        kept=standard.levels[level] if level else standard.kept,
        due=standard.due,
        released=standard.released,
        promised="at",
        delivered="at",
    )
    table = commitments(question, rule)
    if today and AGE_BAND not in question.workspace.model.traits and not question.facts.is_empty("profiles"):
        facts = question.facts
        day = facts.engine.fetch(facts.local(lit(facts.as_of, "timestamp(6)")).date()).as_py()
        # Kept by the engine: each group asks the same rows again.
        parts = (
            facts.version,
            facts.as_of,
            facts.workspace.store,
            standard,
            question.by,
            question.since,
            question.until,
        )
        key = repr((*parts, sorted(facts.files.items())))
        table = facts.engine.hold(f"standard by age {key}", with_age_band(question, table, today=day))
    return table


def status_groups(question: Question, table: Table, *, names: Sequence[str] = ()) -> list[Group]:
    """Return, for each group, the sums of what got it (``rate``) and how many are unknown (``unknown``)."""
    nothing = null_of("float64")
    got = when(table["status"] == "kept", 1.0, when(table["status"] == "broken", 0.0, nothing))
    values = {"rate": got, "unknown": when(table["status"] == "unknown", 1.0, nothing)}
    return clustered(replace(question, by=()), table, values, names=names)


def rates(
    question: Question, standard: Standard, table: Table, *, names: Sequence[str], split: bool = False
) -> list[Estimate]:
    """Return the share of each group's moments that got the minimum.

    Parameters
    ----------
    names : sequence of str
        What groups are told by: one name, none, or, with `split`, the dimensions of the answer.
    """
    figures: list[Estimate] = []
    for group in status_groups(question, table, names=names):
        where: dict[str, str | None] = {"standard": standard.name}
        extra = {**EMPTY, "target": standard.target}
        if split:
            where |= group.dimensions
        elif names:
            extra |= {"by": names[0], "group": group.dimensions[names[0]]}
        figures.append(
            mean_of(
                question, where, "kept_rate", group.values["rate"], unit="fraction", kind="share",
                n_missing=group.values["unknown"].n, extra=extra,
            )
        )  # fmt: skip
    return figures
