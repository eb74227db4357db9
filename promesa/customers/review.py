"""The pairs of records of which a person is asked whether they are one customer, dearest first."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from promesa.customers.person import instant_of, links_in_force
from promesa.engine import literal, name
from promesa.identity import Drawn, draw_pairs, evidence_of, standing
from promesa.store import columns_of, inspect_store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from promesa.store import Inspection
    from promesa.workspace import Workspace

# Fields that the model compares in parts, and its levels from the worst.
_PARTS = {"name": ("given", "given_2", "surname", "surname_2")}
_WORST_FIRST = ("differs", "partly", "swapped", "close", "same")
_NOT_SHOWN = ("source", "id", "at", "customer", "recorded_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One record of a pair, as far as it is known.

    Attributes
    ----------
    customer, person : int
        Surrogates: of the record, and of whom it belongs to now.
    system, key : str
        Who issued the customer's key, and the key.
    records : int
        Records of that person.
    fields : dict of str to str or None
        Newest value of each profile column; None where none was ever given.
    margin : float
        Revenue less cost of goods of the person's orders, in the company's currency.
    events : int
        Moments, opinions and orders of the person.
    """

    customer: int
    person: int
    system: str
    key: str
    records: int
    fields: dict[str, str | None]
    margin: float
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One pair to be reviewed.

    Attributes
    ----------
    stake : float
        Money at stake; see `queue`.
    probability : float or None
        That the two are one person, as the model says; None where it said nothing.
    rules : tuple of str
        Identifiers that the two share, and ``model`` where the model proposed the pair.
    reason : str or None
        Why nobody may join them unasked: ``probability``, ``bridge``, ``size``, ``documents``,
        ``birth_dates``, ``refused``.
    agreed : dict of str to str
        For each field compared ``same``, ``close``, ``swapped``, ``partly``, ``differs`` or ``unknown``.
    drawn : Drawn or None
        For a pair drawn by chance to measure quality.
    """

    low: Side
    high: Side
    stake: float
    probability: float | None
    rules: tuple[str, ...]
    reason: str | None
    agreed: dict[str, str]
    drawn: Drawn | None = None

    def to_document(self) -> dict[str, object]:
        """Return the item as one JSON-ready document; it holds personal data."""
        return {**asdict(self), "rules": list(self.rules)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What waits for a person's word.

    Attributes
    ----------
    items : tuple of Item
        Dearest first; those asked for.
    total : int
        Pairs that wait in all.
    currency : str
        Of the money at stake.
    """

    items: tuple[Item, ...]
    total: int
    currency: str

    def to_document(self) -> dict[str, object]:
        """Return the queue as one JSON-ready document; it holds personal data."""
        return {
            "total": self.total,
            "shown": len(self.items),
            "currency": self.currency,
            "items": [item.to_document() for item in self.items],
        }


def queue(ws: Workspace, *, as_of: date | datetime | str | None = None, top: int | None = None) -> Queue:
    """Return the pairs that wait for a person's word, those with most money at stake first.

    Parameters
    ----------
    as_of : date, datetime, str or None
        As in `open_facts`; None takes everything that is known.
    top : int or None
        Only so many; None means all.

    Notes
    -----
    A pair waits if a link between the two is in review or held, none joins them, both are not one person by
    other links already, nobody has decided it (a `different` counts only for the evidence it was given on),
    and neither is paused. Of several pairs between the same two persons the most probable one is asked: the
    answer settles the others.

    At stake is the money of both sides together: |revenue less cost of goods| of the one person and of the
    other, over all time up to `as_of`. Whichever way a wrong answer goes, that is the money that stands under
    a wrong customer. Of pairs with the same money the one with more events comes first, then the one whose
    probability is nearer to one half, then by surrogate.
    """
    with inspect_store(ws) as look:
        instant = instant_of(ws, as_of)
        _find_waiting(look, instant)
        return _queue(look, instant, top=top)


def sample(ws: Workspace, size: int, *, seed: int | None = None, as_of: date | datetime | str | None = None) -> Queue:
    """Draw pairs by chance, linked ones as well as not, whose review measures the quality of the links.

    Parameters
    ----------
    size : int
        About how many; see `identity.draw_pairs`.

    Returns
    -------
    Queue
        In the order drawn; each item carries its stratum and weight, which its decision is to keep.
    """
    pairs = draw_pairs(ws, size, seed=seed)
    drawn = {(low, high): how for low, high, how in pairs}
    with inspect_store(ws) as look:
        instant = instant_of(ws, as_of)
        listed = ", ".join(f"({low}, {high})" for low, high in drawn) or "(NULL, NULL)"
        chosen = f"SELECT low, high FROM (VALUES {listed}) t(low, high) WHERE low IS NOT NULL"
        _find_sides(look, chosen, instant)
        _find_worth(look, instant)
        found = _queue(look, instant, top=None, drawn=drawn)
    order = {pair: place for place, pair in enumerate(drawn)}
    items = sorted(found.items, key=lambda item: order[item.low.customer, item.high.customer])
    return Queue(items=tuple(items), total=found.total, currency=found.currency)


def _find_waiting(look: Inspection, instant: datetime) -> None:
    links = look.rows("links")
    paused = f"SELECT customer FROM ({look.rows('pauses')}) WHERE until IS NULL"
    waiting = (
        f"SELECT low, high FROM ({links}) WHERE {name('at')} <= {literal(instant)} GROUP BY low, high "
        "HAVING bool_or(state IN ('review', 'held')) AND NOT bool_or(state = 'linked')"
    )
    decided = (
        f"SELECT d.low, d.high FROM ({standing(look.rows('decisions'))}) d "
        f"LEFT JOIN ({evidence_of(links)}) e USING (low, high) "
        "WHERE d.verdict <> 'different' OR e.evidence = split_part(d.id, '-', 2)"
    )
    _find_sides(
        look,
        f"SELECT low, high FROM ({waiting}) w ANTI JOIN ({decided}) d USING (low, high) "
        f"WHERE low NOT IN ({paused}) AND high NOT IN ({paused})",
        instant,
    )
    _one_of_each_couple(look, decided, instant)
    _find_worth(look, instant)


def _find_sides(look: Inspection, pairs: str, instant: datetime) -> None:
    """Store the pairs with the persons of both sides."""
    look.engine.run(f'CREATE OR REPLACE TEMP TABLE "~waiting" AS {_with_persons(look, pairs, instant)}')


def _with_persons(look: Inspection, pairs: str, instant: datetime) -> str:
    persons = links_in_force(look, instant)
    return (
        "SELECT w.low, w.high, coalesce(a.person, w.low) AS person_low, coalesce(b.person, w.high) AS person_high "
        f"FROM ({pairs}) w LEFT JOIN ({persons}) a ON a.customer = w.low "
        f"LEFT JOIN ({persons}) b ON b.customer = w.high"
    )


def _one_of_each_couple(look: Inspection, decided: str, instant: datetime) -> None:
    """Leave one pair of records for each two persons, the most probable; none where they are one or told apart."""
    couple = "least(person_low, person_high) AS one, greatest(person_low, person_high) AS other"
    probable = f"SELECT low, high, max(probability) AS probability FROM ({look.rows('links')}) GROUP BY low, high"
    look.engine.run(
        'CREATE OR REPLACE TEMP TABLE "~waiting" AS SELECT low, high, person_low, person_high '
        f'FROM (SELECT *, {couple} FROM "~waiting") LEFT JOIN ({probable}) USING (low, high) '
        f"ANTI JOIN (SELECT {couple} FROM ({_with_persons(look, decided, instant)})) d USING (one, other) "
        "WHERE person_low <> person_high QUALIFY row_number() OVER "
        "(PARTITION BY one, other ORDER BY probability DESC NULLS LAST, low, high) = 1"
    )


def _find_worth(look: Inspection, instant: datetime) -> None:
    """Store what the persons at stake are worth."""
    at_stake = 'SELECT person_low AS person FROM "~waiting" UNION SELECT person_high FROM "~waiting"'
    look.engine.run(
        'CREATE OR REPLACE TEMP TABLE "~members" AS '
        f"SELECT person, customer FROM ({links_in_force(look, instant)}) SEMI JOIN ({at_stake}) USING (person) "
        f"UNION SELECT person, person AS customer FROM ({at_stake})"
    )
    look.engine.run(f'CREATE OR REPLACE TEMP TABLE "~worth" AS {_worth(look, instant)}')


def _worth(look: Inspection, instant: datetime) -> str:
    """Return a SELECT of margin, events and records of each person at stake."""
    entries = [f"SELECT customer, {name('at')}, revenue - coalesce(cost, 0) AS margin FROM ({look.rows('orders')})"]
    entries += [
        f"SELECT customer, {name('at')}, 0 AS margin FROM ({look.rows(table)})" for table in ("moments", "opinions")
    ]
    facts = " UNION ALL ".join(entries)
    return (
        "SELECT m.person, count(DISTINCT m.customer) AS records, "
        "CAST(coalesce(sum(f.margin), 0) AS DOUBLE) AS margin, CAST(coalesce(sum(f.events), 0) AS BIGINT) AS events "
        'FROM "~members" m LEFT JOIN ('
        f"SELECT customer, sum(margin) AS margin, count(*) AS events FROM ({facts}) "
        f'WHERE {name("at")} <= {literal(instant)} AND customer IN (SELECT customer FROM "~members") '
        "GROUP BY customer) f USING (customer) GROUP BY m.person"
    )


def _queue(
    look: Inspection,
    instant: datetime,
    *,
    top: int | None,
    drawn: Mapping[tuple[int, int], Drawn] | None = None,
) -> Queue:
    total = int(str(look.engine.value('SELECT count(*) FROM "~waiting"')))
    limit = "" if top is None else f" LIMIT {int(top)}"
    look.engine.run(
        'CREATE OR REPLACE TEMP TABLE "~shown" AS '
        "SELECT w.*, a.margin AS margin_low, b.margin AS margin_high, a.events AS events_low, b.events AS events_high, "
        "a.records AS records_low, b.records AS records_high, abs(a.margin) + abs(b.margin) AS stake, "
        "l.probability, l.rules, l.reason, l.agreed "
        'FROM "~waiting" w JOIN "~worth" a ON a.person = w.person_low JOIN "~worth" b ON b.person = w.person_high '
        f"LEFT JOIN ({_said(look)}) l USING (low, high) "
        "ORDER BY stake DESC, a.events + b.events DESC, abs(coalesce(l.probability, 0) - 0.5), low, high" + limit
    )
    fields = _profiles(look, instant)
    keys = _keys(look)
    names = [column for column, _ in look.engine.columns('SELECT * FROM "~shown"')]
    items = [
        _item(dict(zip(names, row, strict=True)), fields, keys, drawn or {})
        for row in look.engine.run('SELECT * FROM "~shown"')
    ]
    return Queue(items=tuple(items), total=total, currency=look.ws.currency)


def _said(look: Inspection) -> str:
    """Return a SELECT of what the links say of each pair that waits: one row, the model's levels first."""
    return (
        "SELECT low, high, max(probability) AS probability, "
        "list_sort(list(DISTINCT CASE WHEN kind = 'exact' THEN rule ELSE 'model' END)) AS rules, "
        "coalesce(min(reason) FILTER (WHERE state = 'held'), min(reason)) AS reason, "
        "coalesce(min(agreed) FILTER (WHERE kind = 'model'), min(agreed)) AS agreed "
        f'FROM ({look.rows("links")}) SEMI JOIN "~waiting" USING (low, high) GROUP BY low, high'
    )


def _profiles(look: Inspection, instant: datetime) -> dict[int, dict[str, str | None]]:
    """Return the newest value of each profile column for the records shown; a correction stands above all."""
    shown = [column.name for column in columns_of("profiles", look.ws.model) if column.name not in _NOT_SHOWN]
    newest = f"(source = 'promesa') , {name('at')}, source, id"
    values = ", ".join(
        f"CAST(last({name(column)} ORDER BY {newest}) FILTER (WHERE {name(column)} IS NOT NULL) AS VARCHAR)"
        for column in shown
    )
    rows = look.engine.run(
        f"SELECT customer, {values} FROM ({look.rows('profiles')}) "
        f"WHERE {name('at')} <= {literal(instant)} AND customer IN "
        '(SELECT low FROM "~shown" UNION ALL SELECT high FROM "~shown") GROUP BY customer'
    )
    return {
        int(str(row[0])): {
            column: None if value is None else str(value) for column, value in zip(shown, row[1:], strict=True)
        }
        for row in rows
    }


def _keys(look: Inspection) -> dict[int, tuple[str, str]]:
    rows = look.engine.run(
        f"SELECT customer, customer_source, key FROM ({look.rows('identities')}) "
        'WHERE customer IN (SELECT low FROM "~shown" UNION ALL SELECT high FROM "~shown")'
    )
    return {int(str(customer)): (str(system), str(key)) for customer, system, key in rows}


def _item(
    row: Mapping[str, Any],
    fields: Mapping[int, dict[str, str | None]],
    keys: Mapping[int, tuple[str, str]],
    drawn: Mapping[tuple[int, int], Drawn],
) -> Item:
    sides = [_side(row, side, fields, keys) for side in ("low", "high")]
    return Item(
        low=sides[0],
        high=sides[1],
        stake=float(row["stake"]),
        probability=row["probability"],
        rules=tuple(row["rules"] or ()),
        reason=row["reason"],
        agreed=_levels(row["agreed"]),
        drawn=drawn.get((row["low"], row["high"])),
    )


def _side(
    row: Mapping[str, Any],
    side: str,
    fields: Mapping[int, dict[str, str | None]],
    keys: Mapping[int, tuple[str, str]],
) -> Side:
    customer = int(row[side])
    system, key = keys.get(customer, ("", ""))
    return Side(
        customer=customer,
        person=int(row[f"person_{side}"]),
        system=system,
        key=key,
        records=int(row[f"records_{side}"]),
        fields=fields.get(customer, {}),
        margin=float(row[f"margin_{side}"]),
        events=int(row[f"events_{side}"]),
    )


def _levels(agreed: str | None) -> dict[str, str]:
    found = json.loads(agreed) if agreed else {}
    return {str(field): str(level) for field, level in found.items()} if isinstance(found, dict) else {}


def differing(item: Item, fields: Sequence[str]) -> dict[str, str]:
    """Return for each field how the two sides compare: what the model found, else what the texts themselves say."""
    return {field: _compared(item, field) for field in fields}


def _compared(item: Item, field: str) -> str:
    if field in item.agreed:
        return item.agreed[field]
    parts = {item.agreed[part] for part in _PARTS.get(field, ()) if part in item.agreed}
    if parts - {"unknown"}:
        return next(level for level in _WORST_FIRST if level in parts)
    low, high = item.low.fields.get(field), item.high.fields.get(field)
    if low is None or high is None:
        return "unknown"
    return "same" if low.casefold().split() == high.casefold().split() else "differs"
