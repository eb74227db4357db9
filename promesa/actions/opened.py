"""Cases as rows: what customers began, until when each is due by what the model declares, and whether it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from promesa.engine import lit, literal, null_of, rewritten_sql, when

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.engine import Table
    from promesa.measures import Question
    from promesa.workspace import Model

RECENT_DAYS = 28
AT_ONCE = "at"
"""Of a rule that judges the moment itself: it says nothing of how long something may stay open."""
_KEPT = ("source", "id", "customer", "journey", "touchpoint", "channel", "branch", "employee", "supplier", "product")
_MORE = ("brand", "outcome", "opened", "closed", "due", "least_due")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How long a case may stay open, as a promise or a minimum standard says it.

    Attributes
    ----------
    due : str
        SQL timestamp over the columns of a moment.
    released : str or None
        SQL condition under which nothing is owed any more.
    least : bool
        Whether it is a minimum standard.
    """

    touchpoints: tuple[str, ...]
    due: str
    released: str | None
    least: bool


def limits_of(model: Model) -> list[Limit]:
    """Return every limit that the model declares: promises, then minimum standards."""
    found = [
        Limit(touchpoints=one.touchpoints, due=one.due, released=one.released, least=False)
        for one in model.promises.values()
    ]
    return found + [
        Limit(touchpoints=one.touchpoints, due=one.due, released=one.released, least=True)
        for one in model.standards.values()
    ]


def answering_for(model: Model) -> dict[str, str]:
    """Return which function answers for the cases of each touchpoint.

    The owner of the promises that set their limit; the touchpoint's own function where none does, or where they
    have several owners.
    """
    owners: dict[str, set[str]] = {}
    for promise in model.promises.values():
        if promise.due.strip() != AT_ONCE:
            for touchpoint in promise.touchpoints:
                owners.setdefault(touchpoint, set()).add(promise.owner)
    alone = {touchpoint: min(found) for touchpoint, found in owners.items() if len(found) == 1}
    return {one.name: alone.get(one.name, one.function) for one in model.touchpoints.values()}


def recent_cases(question: Question) -> Table:
    """Return the cases that are open now, and those opened or closed in the last `RECENT_DAYS` days.

    Returns
    -------
    Table
        One row a case: the columns of its moment, ``opened`` (when it was promised, or else `at`), ``closed`` (null
        while it is open), ``due`` (the earliest limit), ``least_due`` (that of the minimum standards, null without
        one). Times are naive UTC. One that a promise or a standard releases is no case. The engine keeps the rows.
    """
    facts = question.facts
    parts = (facts.version, facts.as_of, facts.workspace.store, facts.clock)
    name = repr(("cases", *parts, facts.workspace.model, sorted(facts.files.items())))
    return facts.engine.hold(name, lambda: _limited(question))


def _limited(question: Question) -> Table:
    began = _began(question).alias("cases_begun").sql(_rule(question), dialect="duckdb")
    left = began.filter(~began["released_"].coalesce(False))
    return left.mutate(due=left["due_"].coalesce(left["promised"])).select(*_KEPT, *_MORE)


def _began(question: Question) -> Table:
    """Return the moments of which something was promised, as they stood at `as_of`; small enough to be judged."""
    as_of, moments = question.facts.as_of, question.facts.all_rows("moments")
    since = as_of - timedelta(days=RECENT_DAYS)
    moments = moments.mutate(
        opened=moments["promised_at"].coalesce(moments["at"]),
        closed=when(moments["delivered"] <= as_of, moments["delivered"], null_of("timestamp(6)")),
    )
    recent = moments["closed"].isnull() | (moments["closed"] > since) | (moments["opened"] > since)
    begun = moments["promised"].notnull() & (moments["opened"] <= as_of) & recent
    # What comes after `as_of` has not come: a rule must not see it.
    return moments.filter(begun).mutate(delivered=moments["closed"])


def _rule(question: Question) -> str:
    """Return the SELECT that adds the limits of the model to moments (dialect of DuckDB)."""
    limits = [one for one in limits_of(question.workspace.model) if one.touchpoints]
    timed = [one for one in limits if one.due.strip() != AT_ONCE]
    released = [one for one in limits if one.released]
    said = {
        "due_": _least(question, timed),
        "least_due": _least(question, [one for one in timed if one.least]),
        "released_": " OR ".join(
            f"coalesce({_at(one)} AND CAST(({_sql(question, one.released or '')}) AS BOOLEAN), FALSE)"
            for one in released
        )
        or "FALSE",
    }
    added = ", ".join(f"{text} AS {column}" for column, text in said.items())
    return f"SELECT *, {added} FROM cases_begun"


def _least(question: Question, limits: Sequence[Limit]) -> str:
    """Return the earliest due time of a moment; a null counts for none, as in both engines."""
    nothing = "CAST(NULL AS TIMESTAMP)"
    times = [f"CASE WHEN {_at(one)} THEN CAST(({_sql(question, one.due)}) AS TIMESTAMP) END" for one in limits]
    return f"LEAST({', '.join([*times, nothing, nothing])})"


def _at(limit: Limit) -> str:
    return f"touchpoint IN ({', '.join(literal(name) for name in limit.touchpoints)})"


def _sql(question: Question, text: str) -> str:
    return rewritten_sql(text, clock=question.facts.clock, dialect="duckdb")


def open_only(table: Table) -> Table:
    """Return the cases that nobody has finished."""
    return table.filter(table["closed"].isnull())


def with_standing(question: Question, table: Table) -> Table:
    """Return open cases with ``overdue``, ``below`` (past a minimum standard; null without one) and ``hours`` open."""
    now = lit(question.facts.as_of, "timestamp(6)")
    return table.mutate(
        overdue=table["due"] <= now,
        below=table["least_due"] <= now,
        hours=now.delta(table["opened"], unit="microsecond").cast("float64") / 3.6e9,
        hours_beyond=now.delta(table["due"], unit="microsecond").cast("float64") / 3.6e9,
    )
