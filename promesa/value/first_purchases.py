"""Customers by what they lived at their first purchase, as summaries of what they bought, from the engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from promesa.engine import lit, null_of, stack, when
from promesa.measures import own_opinions, score_value
from promesa.promises import commitments
from promesa.stats import Purchases, summarise
from promesa.value.histories import concept_of
from promesa.value.purchases import buying

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promesa.engine import Table
    from promesa.value.purchases import Buying
    from promesa.workspace import Promise

Kind = Literal["promise", "any_promise", "score", "channel"]
GOOD = 0.5  # of an answer as 0 or 1, or of -1, 0 and 1: from here on it is a good one
MOST_LEVELS = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contrast:
    """Customers with something lived at their first purchase, and those without.

    Attributes
    ----------
    kind : Kind
        A promise of it broken (against kept), any of them, a bad answer (against a good one), a channel.
    name : str
        Of the promise or concept; else the kind.
    level, against : str or None
        Of a channel, and the most frequent one that it is held against.
    with_it, without : Purchases
        Their summaries.
    """

    kind: Kind
    name: str
    level: str | None = None
    against: str | None = None
    with_it: Purchases
    without: Purchases


def contrasts(bought: Buying) -> Iterator[Contrast]:
    """Give every contrast that the model knows, in its order."""
    question = replace(bought.question, by=(), since=None)
    model = question.workspace.model
    worst: Table | None = None
    yes, no = lit(1, "int64"), lit(0, "int64")
    for promise in model.promises.values():
        table = commitments(question, promise)
        judged = table.filter(table["status"].isin(["kept", "broken"]) & table["journey"].notnull())
        marked = judged.select(journey="journey", lived=when(judged["status"] == "broken", yes, no))
        found = _of_customers(_first_journeys(bought), marked)
        yield _contrast(bought, found, kind="promise", name=promise.name)
        worst = _worst(bought, promise, [found] if worst is None else [worst, found])
    if worst is not None and len(model.promises) > 1:
        yield _contrast(bought, worst, kind="any_promise", name="any_promise")
    concept = concept_of(model)
    if concept is not None and concept.kind != "mean":
        answers = own_opinions(question).filter(lambda t: (t["concept"] == concept.name) & t["journey"].notnull())
        value = score_value(answers, concept)
        answers = answers.mutate(good=value).filter(value.notnull())
        marked = answers.select(journey="journey", lived=when(answers["good"] >= GOOD, no, yes))
        yield _contrast(bought, _of_customers(_first_journeys(bought), marked), kind="score", name=concept.name)
    yield from _channels(bought)


def _worst(bought: Buying, promise: Promise, tables: list[Table]) -> Table:
    """Return each customer's worst of several, held: what it was made of may be let go when more is held."""
    every = stack([table.select("who", lived=table["lived"].cast("float64")) for table in tables])
    facts = bought.question.facts
    name = repr(("worst of first purchases", facts.version, facts.as_of, bought.end, facts.workspace.model, promise))
    return facts.engine.hold(name, every.group_by("who").aggregate(lived=every["lived"].max()))


def _first_journeys(bought: Buying) -> Table:
    """Return the journeys of each customer's first purchase; asked for anew, for the engine holds few tables."""
    bought = buying(bought.question)
    begun = bought.customers.select(buyer="customer", began="at")
    orders = bought.orders.filter(bought.orders["bought"] & bought.orders["journey"].notnull())
    first = orders.inner_join(begun, [orders["customer"] == begun["buyer"], orders["at"] == begun["began"]])
    return first.select(who="customer", trip="journey").distinct()


def _of_customers(journeys: Table, marked: Table) -> Table:
    """Return each customer's worst of what was lived in the journeys of the first purchase."""
    joined = journeys.inner_join(marked, journeys["trip"] == marked["journey"])
    return joined.group_by("who").aggregate(lived=joined["lived"].max())


def _contrast(
    bought: Buying, lived: Table, *, kind: Kind, name: str, level: str | None = None, against: str | None = None
) -> Contrast:
    table = buying(bought.question).customers
    joined = table.inner_join(lived, table["customer"] == lived["who"])
    joined = joined.mutate(
        repeats=joined["days"] - 1,
        recency=joined["last"].delta(joined["first"], unit="day"),
        seen=lit(bought.last_day).delta(joined["first"], unit="day"),
    )
    counts = joined.group_by("lived", "repeats", "recency", "seen").aggregate(n=joined.count())
    fetched = bought.question.facts.engine.fetch(counts.order_by(["lived", "repeats", "recency", "seen"]))
    columns = {
        column: fetched.column(column).to_numpy(zero_copy_only=False).astype(float) for column in fetched.column_names
    }
    sides: list[Purchases] = []
    for side in (1.0, 0.0):
        here = np.asarray(columns["lived"] == side)
        parts = [columns[column][here] for column in ("repeats", "recency", "seen", "n")]
        sides.append(summarise(*parts[:3], customers=parts[3]))
    return Contrast(kind=kind, name=name, level=level, against=against, with_it=sides[0], without=sides[1])


def _channels(bought: Buying) -> Iterator[Contrast]:
    """Give each channel of the first purchase against the most frequent one."""
    bought = buying(bought.question)
    begun = bought.customers.select(buyer="customer", began="at")
    orders = bought.orders.filter(bought.orders["bought"])
    first = orders.inner_join(begun, [orders["customer"] == begun["buyer"], orders["at"] == begun["began"]])
    first = first.group_by(who="customer").aggregate(channel=first["channel"].min())
    sizes = bought.question.facts.engine.fetch(first.group_by("channel").aggregate(n=first.count())).to_pylist()
    known = sorted((row for row in sizes if row["channel"] is not None), key=lambda row: (-row["n"], row["channel"]))
    if len(known) < 2:
        return
    usual = known[0]["channel"]
    yes, no = lit(1, "int64"), lit(0, "int64")
    for row in known[1 : MOST_LEVELS + 1]:
        lived = when(first["channel"] == row["channel"], yes, when(first["channel"] == usual, no, null_of("int64")))
        marked = first.mutate(lived=lived)
        marked = marked.filter(marked["lived"].notnull())
        yield _contrast(bought, marked, kind="channel", name="channel", level=row["channel"], against=usual)
