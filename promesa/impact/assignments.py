"""Who was put into which arm of an experiment, when, and what came of it afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from promesa.engine import interval_days, null_of, when
from promesa.experience import answer_value, coded, days_of, numbers
from promesa.measures import PREFIX, own_opinions, with_dimensions
from promesa.workspace import OF_OPINIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from promesa.engine import Expression, Table
    from promesa.measures import Question
    from promesa.workspace import Outcome, Trial


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assignment:
    """The customers of an experiment.

    Attributes
    ----------
    arm : ndarray of int, shape (n,)
        0 for the control, then the arms in the order declared.
    outcomes : ndarray of float, shape (n, outcomes)
        NaN where an outcome is not known (nobody answered, too little time).
    before : ndarray of float, shape (n, 2)
        Orders and revenue of the customer before the lot: what sharpens the comparison.
    segments : ndarray of int, shape (n,) or None
        Position in `levels`; -1 where it is not stated.
    levels : list of str
    n_twice : int
        Customers who stand in several arms: left out.
    """

    arm: NDArray[np.int64]
    outcomes: NDArray[np.float64]
    before: NDArray[np.float64]
    segments: NDArray[np.int64] | None
    levels: list[str]
    n_twice: int


def assignment(question: Question, trial: Trial, outcomes: Sequence[Outcome]) -> Assignment:
    """Return who was assigned to which arm and what came of each outcome after it.

    Notes
    -----
    A customer's arm is that of the first deed that puts them into one. Outcomes are counted from that instant on:
    a return, revenue or margin within the outcome's days (not known before they have passed), the mean score of the
    answers given since, a complaint since. Customers with deeds of several arms are left out and counted.
    """
    drawn = _drawn(question, trial)
    drawn = question.facts.engine.hold(f"arms {trial!r} {question.facts.version} {question.facts.as_of}", drawn)
    table = _before(question, drawn)
    for k, outcome in enumerate(outcomes):
        came = _came(question, drawn, outcome).rename(**{f"of_{k}": "customer", f"came_{k}": "value"})
        table = table.left_join(came, table["customer"] == came[f"of_{k}"]).drop(f"of_{k}")
    if trial.by:
        table = with_dimensions(replace(question, by=(trial.by,)), table, time="assigned_at")
    fetched = question.facts.engine.fetch(table.order_by("customer"))
    once = fetched.column("arms").to_numpy() == 1
    codes, levels = coded(fetched, PREFIX + trial.by) if trial.by else (None, [])
    columns = [numbers(fetched, f"came_{k}") for k in range(len(outcomes))]
    came_of = np.column_stack(columns) if columns else np.empty((fetched.num_rows, 0))
    before = np.column_stack([numbers(fetched, name) for name in ("orders", "revenue")])
    return Assignment(
        arm=fetched.column("arm").to_numpy().astype(np.int64)[once],
        outcomes=came_of[once],
        before=before[once],
        segments=None if codes is None else codes[once],
        levels=levels,
        n_twice=int((~once).sum()),
    )


def _drawn(question: Question, trial: Trial) -> Table:
    deeds = question.within(question.facts.table("deeds"))
    names = (trial.control, *trial.arms)
    deeds = deeds.filter(deeds["action"].isin(names))
    if trial.kind:
        deeds = deeds.filter(deeds["kind"] == trial.kind)
    arm = _position(deeds["action"], names)
    deeds = deeds.mutate(arm_=arm)
    return deeds.group_by("customer").aggregate(
        arm=deeds["arm_"].min(), arms=deeds["arm_"].nunique(), assigned_at=deeds["at"].min()
    )


def _position(column: Expression, names: Sequence[str]) -> Expression:
    value = null_of("int64")
    for k, name in enumerate(names):
        value = when(column == name, k, value)
    return value


def _before(question: Question, drawn: Table) -> Table:
    """Return the assigned with how often and for how much they had bought before."""
    orders = question.facts.table("orders").select(
        buyer="customer", bought_at="at", amount=question.facts.table("orders")["revenue"].cast("float64")
    )
    pairs = drawn.inner_join(orders, drawn["customer"] == orders["buyer"])
    pairs = pairs.filter(pairs["bought_at"] < pairs["assigned_at"])
    sums = pairs.group_by(bought_by="customer").aggregate(orders=pairs.count(), revenue=pairs["amount"].sum())
    table = drawn.left_join(sums, drawn["customer"] == sums["bought_by"])
    return table.select(
        "customer",
        "arm",
        "arms",
        "assigned_at",
        orders=table["orders"].coalesce(0).cast("float64"),
        revenue=table["revenue"].coalesce(0.0),
    )


def _came(question: Question, drawn: Table, outcome: Outcome) -> Table:
    if outcome.kind in OF_OPINIONS:
        return _said(question, drawn, outcome)
    if outcome.kind == "complaint":
        moments = question.facts.table("moments")
        events = moments.filter(moments["touchpoint"].isin(outcome.touchpoints)).select(
            who="customer", done_at="at", amount=null_of("float64")
        )
        return _counted(drawn, events, known=None, kind="return")
    days = days_of(question, outcome)
    orders = question.facts.table("orders")
    gain = orders["revenue"].cast("float64")
    if outcome.kind == "margin":
        gain = gain - orders["cost"].cast("float64").coalesce(0.0)
    events = orders.select(who="customer", done_at="at", amount=gain)
    return _counted(drawn, events, known=(days, question), kind=outcome.kind)


def _counted(drawn: Table, events: Table, *, known: tuple[int, Question] | None, kind: str) -> Table:
    """Return, for each assigned customer, what was done since: whether at all, or for how much."""
    pairs = drawn.inner_join(events, drawn["customer"] == events["who"])
    pairs = pairs.filter(pairs["done_at"] > pairs["assigned_at"])
    if known is not None:
        pairs = pairs.filter(pairs["done_at"] <= pairs["assigned_at"] + interval_days(known[0]))
    sums = pairs.group_by(done_by="customer").aggregate(amount=pairs["amount"].sum())
    joined = drawn.left_join(sums, drawn["customer"] == sums["done_by"])
    value = joined["amount"].coalesce(0.0) if kind != "return" else when(joined["done_by"].notnull(), 1.0, 0.0)
    if known is not None:
        old_enough = joined["assigned_at"] + interval_days(known[0]) <= known[1].facts.as_of
        value = when(old_enough, value, null_of("float64"))
    return joined.select("customer", value=value)


def _said(question: Question, drawn: Table, outcome: Outcome) -> Table:
    concept = question.workspace.model.concepts[str(outcome.concept)]
    opinions = own_opinions(question)
    said = opinions.filter((opinions["concept"] == concept.name) & opinions["customer"].notnull())
    answers = said.select(who="customer", said_at="at", score=answer_value(said, concept, outcome))
    pairs = drawn.inner_join(answers, drawn["customer"] == answers["who"])
    pairs = pairs.filter(pairs["said_at"] > pairs["assigned_at"])
    return pairs.group_by("customer").aggregate(value=pairs["score"].mean())
