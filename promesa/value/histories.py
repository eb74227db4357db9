"""Histories: when a sample of customers could leave or come back, and what they had lived by then, day by day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa.engine import lit, when
from promesa.measures import CUSTOMER_PARTS, PREFIX, lived_moments, own_opinions, score_value, share_of, with_dimensions
from promesa.promises import commitments
from promesa.value.spells import renewed, with_gaps

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from promesa.engine import Table
    from promesa.measures import Question
    from promesa.value.spells import Spells
    from promesa.workspace import Concept, Model

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SPAN = 1 << 20  # days: one number holds a customer and a day


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dated:
    """Events of customers: sorted keys (customer x `SPAN` + day), and perhaps a value of each."""

    keys: Ints
    values: Floats | None = None

    def within(self, owners: Ints, days: Ints, window: int) -> Floats:
        """Return how many events of each owner lie in the window that ends with each day."""
        last = np.searchsorted(self.keys, owners * SPAN + days, side="right")
        first = np.searchsorted(self.keys, owners * SPAN + np.maximum(days - window, 0), side="right")
        return (last - first).astype(float)

    def latest(self, owners: Ints, days: Ints) -> Floats:
        """Return the value of the last event of each owner up to each day; NaN where there is none."""
        place = np.searchsorted(self.keys, owners * SPAN + days, side="right") - 1
        known = (place >= 0) & (self.keys[np.maximum(place, 0)] // SPAN == owners) if self.keys.size else place >= 0
        values = self.values if self.values is not None and self.values.size else np.full(1, np.nan)
        return np.where(known, values[np.maximum(place, 0)], np.nan)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """What is known of some customers, days counted from 1970.

    Attributes
    ----------
    customers : ndarray of int, shape (c,)
        Surrogates, in order; owners are places among them.
    owner, begin, end : ndarray of int, shape (n,)
        Stretches in which a customer could come back (from a purchase to the next) or leave (a contract): whose, the
        day it begins, the last day it was seen.
    happened : ndarray of bool, shape (n,)
        Whether it ended so.
    earlier : ndarray of float, shape (n,)
        Days with a purchase before the stretch, that of its beginning included; 0 in a contract.
    joined : ndarray of int, shape (n,)
        Day on which the customer began.
    words : dict of str to ndarray of object
        Channel of the stretch's first purchase, (n,), and traits of its customer, (n,); None where not stated.
    broken : dict of str to Dated
        By promise: when it was known to be broken.
    answers : Dated
        Answers to the concept looked at.
    complaints : Dated
        Moments at which somebody complained.
    last_day : int
        End of the observation.
    share : float
        Of the customers, how many were drawn.
    """

    customers: Ints
    owner: Ints
    begin: Ints
    end: Ints
    happened: NDArray[np.bool_]
    earlier: Floats
    joined: Ints
    words: dict[str, NDArray[np.object_]]
    broken: dict[str, Dated]
    answers: Dated
    complaints: Dated
    last_day: int
    share: float


def concept_of(model: Model) -> Concept | None:
    """Return the concept whose last answer is looked at: the first of satisfaction, else of loyalty."""
    for link in ("satisfaction", "loyalty"):
        for concept in model.concepts.values():
            if concept.link == link:
                return concept
    return None


def complaint_points(model: Model) -> tuple[str, ...]:
    """Return the touchpoints at which customers complain, as the outcomes of the model say."""
    found = [name for o in model.studies.outcomes.values() if o.kind == "complaint" for name in o.touchpoints]
    return tuple(dict.fromkeys(found))


def parts_for(found: Spells, most: int) -> int:
    """Return how many of `CUSTOMER_PARTS` parts of the customers keep the stretches that are read to `most`."""
    table = found.table if found.contract else found.bought.days
    n = int(found.bought.question.facts.engine.fetch(table.count()).as_py())
    return round(share_of(n, most=most) * CUSTOMER_PARTS)


def history(found: Spells, *, first: int = 0, parts: int = CUSTOMER_PARTS) -> History:
    """Read what is known of the customers whose surrogate's remainder lies in ``first`` to ``first + parts``."""
    found = renewed(found)
    question = replace(found.bought.question, by=(), since=None)
    reader = _Reader(question, found, first=first, parts=parts)
    rows = reader.columns(reader.stretches())
    owners = np.unique(rows["customer"])
    reader.customers = owners
    return History(
        customers=owners,
        owner=np.searchsorted(owners, rows["customer"]),
        begin=rows["begin"],
        end=rows["end"],
        happened=rows["happened"].astype(bool),
        earlier=rows["earlier"].astype(float),
        joined=rows["joined"],
        words={name.removeprefix("w_"): rows[name] for name in rows if name.startswith("w_")},
        broken={name: reader.dated(reader.broken(name)) for name in question.workspace.model.promises},
        answers=reader.dated(reader.answers()),
        complaints=reader.dated(reader.complaints()),
        last_day=_number(found.bought.last_day),
        share=parts / CUSTOMER_PARTS,
    )


def _number(day: date) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))


class _Reader:
    """Fetches the rows of the customers drawn, in one order on every engine."""

    def __init__(self, question: Question, found: Spells, *, first: int, parts: int) -> None:
        self.question, self.found, self.first, self.parts = question, found, first, parts
        self.customers: Ints = np.zeros(0, dtype=np.int64)

    def drawn(self, table: Table) -> Table:
        table = table.filter(table["customer"].notnull())
        if self.parts >= CUSTOMER_PARTS:
            return table
        place = table["customer"] % CUSTOMER_PARTS
        return table.filter((place >= self.first) & (place < self.first + self.parts))

    def stretches(self) -> Table:
        """Return one row a chance to come back, or to leave, with what is known of its customer."""
        found, question = self.found, self.question
        table = self.drawn(found.table) if found.contract else self.drawn(with_gaps(found.bought))
        if found.bought.question.since is not None:
            table = table.semi_join(found.bought.customers, ["customer"])
        if found.contract:
            table = table.mutate(day=table["first"], end=table["last"], happened=table["over"], earlier=lit(0, "int64"))
        else:
            last = lit(found.bought.last_day)
            count = table.count().over(group_by=table["customer"], order_by=table["day"], rows=(None, 0))
            table = table.mutate(
                end=table["following"].coalesce(last), happened=table["following"].notnull(), earlier=count
            )
        joined = table["day"].min().over(group_by=table["customer"])
        table = table.mutate(joined=joined)
        orders = found.bought.orders.filter(found.bought.orders["bought"])
        served = orders.group_by(buyer="customer", bought_at="at").aggregate(w_channel=orders["channel"].min())
        table = table.left_join(served, [table["customer"] == served["buyer"], table["at"] == served["bought_at"]])
        traits = tuple(question.workspace.model.traits)
        table = with_dimensions(replace(question, by=traits), table)
        return table.select(
            "customer", "happened", "earlier", "w_channel", begin="day", end="end", joined="joined",
            **{f"w_{name}": PREFIX + name for name in traits},
        ).order_by(["customer", "begin"])  # fmt: skip

    def broken(self, promise: str) -> Table:
        """Return when a promise was known to be broken: when it fell due, or when it was lived if that came first."""
        table = commitments(self.question, self.question.workspace.model.promises[promise])
        table = table.filter(table["status"] == "broken")
        due = table["due"].coalesce(table["at"])
        known = when(table["arrived"] & (table["at"] < due), table["at"], due)
        return self.drawn(table.select("customer", at=known))

    def answers(self) -> Table:
        """Return the scores of the concept looked at."""
        concept = concept_of(self.question.workspace.model)
        table = own_opinions(self.question)
        if concept is None:
            return self.drawn(table.filter(table["id"].isnull()).select("customer", "at", value=lit(0.0)))
        table = table.filter(table["concept"] == concept.name)
        table = table.mutate(value=score_value(table, concept).cast("float64"))
        return self.drawn(table.filter(table["value"].notnull()).select("customer", "at", "value"))

    def complaints(self) -> Table:
        """Return when customers complained."""
        moments = lived_moments(self.question)
        points = complaint_points(self.question.workspace.model)
        return self.drawn(moments.filter(moments["touchpoint"].isin(points or ("",))).select("customer", "at"))

    def dated(self, table: Table) -> Dated:
        """Fetch events of the customers drawn, by local day."""
        table = table.filter(table["at"] <= self.found.bought.end)
        table = table.mutate(day=self.question.facts.local(table["at"]).date()).drop("at")
        names = ["customer", "day", *(name for name in table.columns if name == "value")]
        rows = self.columns(table.select(*names).order_by(names))
        place = np.minimum(np.searchsorted(self.customers, rows["customer"]), max(self.customers.size - 1, 0))
        ours = self.customers[place] == rows["customer"] if self.customers.size else np.zeros(0, dtype=bool)
        keys = (place * SPAN + rows["day"])[ours] if self.customers.size else np.zeros(0, dtype=np.int64)
        return Dated(keys=keys, values=rows["value"][ours] if "value" in rows else None)

    def columns(self, table: Table) -> dict[str, Any]:
        fetched = self.question.facts.engine.fetch(table)
        found: dict[str, Any] = {}
        for name in fetched.column_names:
            column = fetched.column(name).to_numpy(zero_copy_only=False)
            is_day = np.issubdtype(column.dtype, np.datetime64)
            found[name] = column.astype("datetime64[D]").astype(np.int64) if is_day else column
        return found
