"""What a person lived with the company: moments, opinions, purchases and costs, as one kind of event."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from promesa.engine import local_time_of, null_of, when
from promesa.measures import Question, cost_to_serve, costs_beside_the_books
from promesa.promises import commitments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from promesa.customers.person import PersonFacts
    from promesa.engine import Expression, Table

FEW = 1000  # ids that are worth naming in a query
KINDS = ("moments", "opinions", "orders", "costs")
_DETAILS = {
    "moments": ("employee", "branch", "supplier", "product", "brand", "outcome"),
    "opinions": ("audience", "brand", "survey", "language"),
    "orders": ("product", "quantity"),
    "costs": ("function",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one promise stands at one moment.

    Attributes
    ----------
    status : str
        ``kept``, ``broken``, ``not_yet_due``, ``unknown`` or ``released``, as every analysis judges it.
    due : datetime or None
        Local time.
    gap : float or None
        Delivered less promised, in `unit`.
    """

    promise: str
    status: str
    due: datetime | None
    gap: float | None
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fact of a person.

    Attributes
    ----------
    kind : str
        ``moments``, ``opinions``, ``orders`` or ``costs``: the table it stands in.
    at, local : datetime
        Naive UTC, and local time of the company. Of a commitment not yet lived: when the promise was made.
    record : int
        Customer it came by.
    lived : bool
        False for a commitment that is still open.
    revenue, cost_of_goods, cost_to_serve : float or None
        Money of this event, in the company's currency; null means not given.
    elements : mapping of str to float
        Measured properties of a moment.
    details : mapping of str to value
        What else the fact says (outcome, product, employee...).
    """

    kind: str
    source: str
    id: str
    record: int
    at: datetime
    local: datetime
    journey: str | None
    stage: str | None
    touchpoint: str | None
    channel: str | None
    lived: bool = True
    concept: str | None = None
    score: float | None = None
    text: str | None = None
    revenue: float | None = None
    cost_of_goods: float | None = None
    cost_to_serve: float | None = None
    elements: Mapping[str, float] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    promises: tuple[Outcome, ...] = ()


def moments_known(facts: PersonFacts) -> Table:
    """Return the moments that exist at `as_of`, what lies after it masked.

    A moment in the future whose promise was made already is an open commitment: it stands at the time the
    promise was made. Further columns: ``lived`` and ``serving`` (cost to serve).
    """
    return facts.engine.named("moments known", lambda: _moments_known(facts))


def _moments_known(facts: PersonFacts) -> Table:
    moments, as_of = facts.all_rows("moments"), facts.as_of
    moments = moments.filter((moments["at"] <= as_of) | (moments["promised_at"] <= as_of))
    been, come = moments["at"] <= as_of, moments["delivered"] <= as_of
    hidden = [*facts.workspace.model.elements, "outcome", "cost"]
    moments = moments.mutate(
        lived=been & (moments["promised"].isnull() | come.coalesce(False)),
        at=when(been, moments["at"], moments["promised_at"]),
        delivered=when(come, moments["delivered"], null_of("timestamp(6)")),
        **{column: when(been, moments[column], moments[column].nullif(moments[column])) for column in hidden},
    )
    serving = cost_to_serve(Question(facts=facts), moments)
    return moments.mutate(serving=when(moments["lived"], serving, null_of("float64")))


def newest_rows(facts: PersonFacts, kind: str, limit: int | None) -> tuple[list[dict[str, Any]], int]:
    """Return the newest rows of one table and how many there are in all."""
    if facts.is_empty(kind):
        return [], 0
    table = moments_known(facts) if kind == "moments" else facts.table(kind)
    if kind == "costs":
        table = costs_beside_the_books(Question(facts=facts), table)
    ordered = table.order_by(table["at"].desc(), table["source"], table["id"])
    rows = facts.engine.fetch(ordered if limit is None else ordered.limit(limit)).to_pylist()
    if limit is None or len(rows) < limit:
        return rows, len(rows)
    return rows, int(facts.engine.fetch(table.count()).as_py())


def events_of(facts: PersonFacts, *, limit: int | None, kinds: Sequence[str] = KINDS) -> tuple[tuple[Event, ...], int]:
    """Return the newest events of a person in the order of time, and how many older ones there are."""
    found: list[tuple[str, dict[str, Any]]] = []
    total = 0
    for kind in kinds:
        rows, count = newest_rows(facts, kind, limit)
        found += [(kind, row) for row in rows]
        total += count
    found.sort(key=lambda entry: (entry[1]["at"], KINDS.index(entry[0]), entry[1]["source"], entry[1]["id"]))
    shown = found if limit is None else found[max(0, len(found) - limit) :]
    moments = [str(row["id"]) for kind, row in shown if kind == "moments"]
    outcomes = outcomes_of(facts, moments) if moments else {}
    return tuple(_event(facts, kind, row, outcomes) for kind, row in shown), total - len(shown)


def outcomes_of(facts: PersonFacts, ids: Sequence[str]) -> dict[tuple[str, str], list[Outcome]]:
    """Return how every promise stands at the moments of these ids, by (source, id) of the moment."""
    question, found = Question(facts=facts), dict[tuple[str, str], list[Outcome]]()
    zone = facts.workspace.time_zone
    for promise in facts.workspace.model.promises.values():
        table = commitments(question, promise).select("source", "id", "status", "due", "gap")
        if len(ids) <= FEW:
            table = table.filter(table["id"].isin(ids))
        for row in facts.engine.fetch(table).to_pylist():
            outcome = Outcome(
                promise=promise.name,
                status=row["status"],
                due=None if row["due"] is None else local_time_of(row["due"], zone),
                gap=row["gap"],
                unit=promise.unit,
            )
            found.setdefault((row["source"], row["id"]), []).append(outcome)
    return found


def _event(
    facts: PersonFacts, kind: str, row: Mapping[str, Any], outcomes: Mapping[tuple[str, str], list[Outcome]]
) -> Event:
    ws = facts.workspace
    touchpoint = ws.model.touchpoints.get(str(row.get("touchpoint")))
    common: dict[str, Any] = {
        "kind": kind,
        "source": row["source"],
        "id": row["id"],
        "record": row["record"],
        "at": row["at"],
        "local": local_time_of(row["at"], ws.time_zone),
        "journey": row["journey"],
        "stage": touchpoint.stage if touchpoint else None,
        "touchpoint": row.get("touchpoint"),
        "channel": row.get("channel"),
        "details": {name: row[name] for name in _DETAILS[kind] if row.get(name) is not None},
    }
    return Event(**common, **_own(facts, kind, row, outcomes))


def _own(
    facts: PersonFacts, kind: str, row: Mapping[str, Any], outcomes: Mapping[tuple[str, str], list[Outcome]]
) -> dict[str, Any]:
    """Return what only the events of one kind have."""
    if kind == "moments":
        elements = facts.workspace.model.elements
        return {
            "lived": bool(row["lived"]),
            "cost_to_serve": row["serving"],
            "elements": {name: row[name] for name in elements if row[name] is not None},
            "promises": tuple(outcomes.get((row["source"], row["id"]), ())),
        }
    if kind == "opinions":
        return {"concept": row["concept"], "score": row["score"], "text": row["text"]}
    if kind == "orders":
        return {"revenue": amount(row["revenue"]), "cost_of_goods": amount(row["cost"])}
    return {"cost_to_serve": amount(row["amount"])}


def amount(value: object) -> float | None:
    """Return an amount of money as a number."""
    return None if value is None else float(str(value))


def summed(column: Expression) -> Expression:
    """Return the sum of an amount as a number."""
    return column.cast("float64").sum()
