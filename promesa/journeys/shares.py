"""Shares of journeys: of all, those that hold something; clustered by customer, who may have several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.errors import ValueOutOfRange
from promesa.journeys.assembling import JOURNEY
from promesa.measures import PERIODS, PREFIX, ask, group_of, mean_of, with_dimensions
from promesa.results import Estimate
from promesa.stats import ClusterSums

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from promesa.engine import Table
    from promesa.journeys.assembling import Steps
    from promesa.measures import Question
    from promesa.store import Facts
    from promesa.workspace import Workspace

Group = tuple[str | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How many journeys there are by group.

    Attributes
    ----------
    by_customer : Table
        ``owner_`` (customer), the group's columns prefixed with ``of_``, and ``all_``: the journeys of the customer.
    sums : mapping of group to (journeys, customers, sum of squares of a customer's journeys)
    """

    by_customer: Table
    sums: dict[Group, tuple[int, int, float]]


def asked_of_journeys(
    workspace: Workspace,
    *,
    by: str | Sequence[str],
    since: date | datetime | str | None,
    until: date | datetime | str | None,
    as_of: date | datetime | str | None,
    confidence_level: float | None,
    facts: Facts | None,
) -> Question:
    """Return what is asked, split only by what a journey has once.

    Raises
    ------
    ValueOutOfRange
        If `by` names anything else.
    """
    question = ask(
        workspace, by=by, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts
    )
    refused = [name for name in question.by if name not in (*PERIODS, "tier", *workspace.model.traits)]
    if refused:
        raise ValueOutOfRange(
            what="Journeys cannot be split that way.",
            got=f"by {', '.join(refused)}",
            expected="a period (in which the journey began), `tier` or a trait of the customer",
            fix="take a dimension that a journey has once; `promesa show touchpoints` knows the others",
        )
    return question


def with_groups(steps: Steps) -> Table:
    """Return the journeys with the dimensions asked."""
    return with_dimensions(steps.question, steps.journeys, time="started_at")


def keys_of(question: Question) -> list[str]:
    """Return the columns that hold the dimensions asked."""
    return [PREFIX + name for name in question.by]


def totals_of(question: Question, journeys: Table) -> Totals:
    """Count the journeys of each group and of each customer in it."""
    keys = keys_of(question)
    each = journeys.group_by([*keys, "customer"]).aggregate(all_=journeys.count())
    squares = (each["all_"].cast("float64") * each["all_"].cast("float64")).sum()
    found = each.group_by(keys) if keys else each
    rows = question.facts.engine.fetch(found.aggregate(n=each["all_"].sum(), c=each.count(), nn=squares)).to_pylist()
    sums = {
        tuple(group_of(question, row).values()): (int(row["n"]), int(row["c"]), float(row["nn"]))
        for row in rows
        if row["c"]
    }
    named = {f"of_{key}": each[key] for key in keys}
    return Totals(by_customer=each.select(owner_=each["customer"], all_=each["all_"], **named), sums=sums)


def share_rows(
    question: Question, holders: Table, journeys: Table, totals: Totals, *, names: Sequence[str], measure: str
) -> Iterator[Estimate]:
    """Yield the share of journeys that hold something at least once.

    Parameters
    ----------
    holders : Table
        Rows with ``journey_`` and the columns ``by_<name>`` of `names`; a journey may stand in it several times.
    journeys : Table
        From `with_groups`: those that count.
    names : sequence of str
        Dimensions of what is held, put before those of the question.
    """
    own, keys = [PREFIX + name for name in names], keys_of(question)
    held = holders.select(JOURNEY, *own).distinct()
    groups = journeys.select("customer", *keys, asked_=JOURNEY)
    held = held.inner_join(groups, held[JOURNEY] == groups["asked_"])
    each = held.group_by([*own, *keys, "customer"]).aggregate(held_=held.count())
    of = totals.by_customer
    matches = [each["customer"] == of["owner_"], *(each[key].identical_to(of[f"of_{key}"]) for key in keys)]
    each = each.inner_join(of, matches)
    s, n = each["held_"].cast("float64"), each["all_"].cast("float64")
    found = each.group_by([*own, *keys]).aggregate(s=s.sum(), ss=(s * s).sum(), ns=(n * s).sum(), c=each.count())
    rows = question.facts.engine.fetch(found.order_by([*own, *keys])).to_pylist()
    for row in rows:
        where = group_of(question, row, names=names)
        journeys_all, customers, squares = totals.sums[tuple(where[name] for name in question.by)]
        sums = ClusterSums(n=journeys_all, clusters=customers, total=row["s"], nn=squares, ns=row["ns"], ss=row["ss"])
        if row["c"] < question.workspace.min_cell:
            yield Estimate(
                dimensions=where, measure=measure, estimate=None, n=0, unit="fraction", note="withheld-small-cell"
            )
        else:
            yield mean_of(question, where, measure, sums, unit="fraction", kind="share")
