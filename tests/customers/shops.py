"""A small shop with two systems, for the tests of one customer: everything a person can have, and a neighbour."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from promesa.store import add_state, inspect_store, replace_state, session
from promesa.workspace import (
    BUILT_IN_IDENTIFIERS,
    Channel,
    ConsentPurpose,
    Identifier,
    IdentitySettings,
    Promise,
    Touchpoint,
    Trait,
)
from tests.begun import begun
from tests.store.companies import NOON, Company, company, label, model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FIRST, LAST = datetime(1, 1, 1), datetime(9999, 12, 31)
LINKED = datetime(2026, 3, 1)
Row = dict[str, Any]
TABLES: dict[str, Sequence[Row]] = {
    "people": (
        {"id": "p1", "at": "2026-01-02 09:00", "customer": "k1", "name": "Ana María Ruiz",
         "email": "ana@correo.example", "phone": "+57 300 123 4567", "document": "1.020.304",
         "birth_date": "1984-05-31", "city": "Bogotá", "card": "L-7744"},
        {"id": "p2", "at": "2026-01-03 09:00", "customer": "k2", "name": "Luis Vega", "email": "luis@correo.example",
         "phone": "", "document": "", "birth_date": "", "city": "Cali", "card": ""},
        {"id": "p3", "at": "2026-01-04 09:00", "customer": "k3", "name": "Ana Torres", "email": "torres@correo.example",
         "phone": "", "document": "", "birth_date": "", "city": "Cali", "card": ""},
    ),
    "accounts": (
        {"id": "a1", "at": "2026-02-01 10:00", "customer": "w1", "name": "RUIZ, Ana", "email": "ana.ruiz@casa.example",
         "phone": "3001234567", "city": "Medellín"},
        {"id": "a2", "at": "2026-02-02 10:00", "customer": "w2", "name": "Otra Persona", "email": "otra@casa.example",
         "phone": "3009999999", "city": "Medellín"},
    ),
    "visits": (
        {"id": "m1", "at": "2026-01-10 10:00", "customer": "w1", "touchpoint": "delivery", "journey": "j1",
         "channel": "web", "days_late": "0", "cost": "2.5", "promised": "2026-01-10 12:00",
         "delivered": "2026-01-10 10:00"},
        {"id": "m2", "at": "2026-02-10 10:00", "customer": "w1", "touchpoint": "delivery", "journey": "j2",
         "channel": "web", "days_late": "3", "cost": "", "promised": "2026-02-07 12:00",
         "delivered": "2026-02-10 10:00"},
        {"id": "m3", "at": "2026-06-29 10:00", "customer": "w1", "touchpoint": "delivery", "journey": "j3",
         "channel": "web", "days_late": "", "cost": "", "promised": "2026-07-20 12:00", "delivered": ""},
        {"id": "m4", "at": "2026-03-05 23:30", "customer": "k1", "touchpoint": "call", "journey": "", "channel": "shop",
         "days_late": "", "cost": "4", "promised": "", "delivered": ""},
        {"id": "m5", "at": "2026-03-06 10:00", "customer": "k2", "touchpoint": "call", "journey": "", "channel": "shop",
         "days_late": "", "cost": "9", "promised": "", "delivered": ""},
    ),
    "answers": (
        {"id": "o1", "at": "2026-01-12 10:00", "customer": "w1", "concept": "stars", "score": "5", "text": "Muy bien",
         "journey": "j1"},
        {"id": "o2", "at": "2026-02-12 10:00", "customer": "w1", "concept": "stars", "score": "", "text": "",
         "journey": "j2"},
    ),
    "sales": (
        {"id": "s1", "at": "2026-01-09 10:00", "customer": "w1", "revenue": "100", "cost": "60", "journey": "j1"},
        {"id": "s2", "at": "2026-02-05 10:00", "customer": "k1", "revenue": "50.5", "cost": "", "journey": "j2"},
        {"id": "s3", "at": "2026-02-06 10:00", "customer": "k2", "revenue": "70", "cost": "30", "journey": "j9"},
    ),
    "bills": (
        {"id": "c1", "at": "2026-02-11 10:00", "customer": "w1", "amount": "6", "journey": "j2", "touchpoint": "call"},
        {"id": "c2", "at": "2026-02-11 10:00", "customer": "", "amount": "1000", "journey": "", "touchpoint": ""},
    ),
    "yesno": (
        {"id": "y1", "at": "2026-01-02 09:00", "customer": "k1", "purpose": "news", "granted": "yes", "notice": "v1"},
        {"id": "y2", "at": "2026-02-02 09:00", "customer": "w1", "purpose": "news", "granted": "no", "notice": ""},
    ),
    "mail": (
        {"id": "d1", "at": "2026-01-20 10:00", "customer": "w1", "action": "coupon", "kind": "offer"},
    ),
}  # fmt: skip
LOADS = {
    "profiles.crm": 'SELECT id, "at" AS at, customer, name, email, phone, document, birth_date, city, card FROM people',
    "profiles.shop": 'SELECT id, "at" AS at, customer, name, email, phone, city FROM accounts',
    "moments.shop": (
        "SELECT id, \"at\" AS at, customer, CASE WHEN customer[1] = 'k' THEN 'crm' ELSE 'shop' END AS customer_source,"
        " touchpoint, journey, channel, days_late, cost, promised, delivered FROM visits"
    ),
    "opinions.shop": 'SELECT id, "at" AS at, customer, concept, score, text, journey FROM answers',
    "orders.shop": (
        "SELECT id, \"at\" AS at, customer, CASE WHEN customer[1] = 'k' THEN 'crm' ELSE 'shop' END AS customer_source,"
        " revenue, cost, journey FROM sales"
    ),
    "costs.shop": 'SELECT id, "at" AS at, customer, amount, journey, touchpoint FROM bills',
    "consents.shop": (
        "SELECT id, \"at\" AS at, customer, CASE WHEN customer[1] = 'k' THEN 'crm' ELSE 'shop' END AS customer_source,"
        " purpose, granted, notice FROM yesno"
    ),
    "deeds.shop": 'SELECT id, "at" AS at, customer, action, kind FROM mail',
}


def shop(root: Path, *, time_zone: str = "America/Bogota", **changes: Any) -> Company:
    """Return the shop, its sources loaded, nobody linked."""
    base = model()
    touchpoints = {
        **base.touchpoints,
        "call": Touchpoint(name="call", label=label("call"), stage="after", function="logistics", cost=Decimal("1.25")),
    }
    promise = Promise(
        name="on_time",
        statement=label("On time"),
        owner="logistics",
        touchpoints=("delivery",),
        kept="delivered <= promised",
        due="promised",
        concept="stars",
    )
    card = Identifier(name="card", label=label("card"), kind="number", joins="alone")
    consents = {
        "news": ConsentPurpose(name="news", label=label("news"), notice="v2", withdraw=label("write to us")),
        "study": ConsentPurpose(name="study", label=label("study"), basis="legitimate_interest", needs=False),
    }
    declared = replace(
        base,
        touchpoints=touchpoints,
        promises={"on_time": promise},
        channels={name: Channel(name=name, label=label(name)) for name in ("web", "shop")},
        traits={"city": Trait(name="city", label=label("city"))},
        identifiers={**BUILT_IN_IDENTIFIERS, "card": card},
        identity=IdentitySettings(country="CO", compare=("city",)),
        consents=consents,
    )
    made = company(
        root,
        loads=changes.pop("loads", LOADS),
        sources={name: {} for name in TABLES},
        time_zone=time_zone,
        model=replace(declared, **changes),
    )

    def load() -> None:
        for name, rows in TABLES.items():
            made.write(f"{name}.csv", rows)
        made.load()

    loads = [(one.name, one.sql) for one in made.ws.loads]
    begun(root, ("shop", loads, made.ws.model, time_zone), load)
    made.clock[0] = 1
    return made


def surrogates(made: Company) -> dict[str, int]:
    """Return the number of each key."""
    with inspect_store(made.ws) as look:
        return {
            str(k): int(str(c)) for k, c in look.engine.run(f"SELECT key, customer FROM ({look.rows('identities')})")
        }


def link(made: Company, first: str, second: str, *, since: datetime = LINKED) -> int:
    """Make two keys one person from an instant on; return the person's number."""
    numbers = surrogates(made)
    low, high = sorted((numbers[first], numbers[second]))
    persons = [(low, low, FIRST, LAST), (high, high, FIRST, since), (high, low, since, LAST)]
    rows = ", ".join(f"({c}, {p}, TIMESTAMP '{s}', TIMESTAMP '{u}')" for c, p, s, u in persons)
    at = f"TIMESTAMP '{since}'"
    with session(made.ws, recorded_at=NOON) as run:
        replace_state(run, "persons", f"SELECT * FROM (VALUES {rows}) t(customer, person, since, until)")
        replace_state(
            run,
            "links",
            f"SELECT {low} AS low, {high} AS high, 'exact' AS kind, 'phone' AS rule, 0.998 AS probability, "
            f"'{{\"phone\": \"same\"}}' AS agreed, 'linked' AS state, NULL AS reason, {at} AS at, {at} AS recorded_at, "
            "'promesa' AS decided_by",
        )
    return low


def doubt(made: Company, first: str, second: str) -> None:
    """Let two keys wait for somebody's word."""
    numbers = surrogates(made)
    low, high = sorted((numbers[first], numbers[second]))
    at = f"TIMESTAMP '{LINKED}'"
    with session(made.ws, recorded_at=NOON) as run:
        add_state(
            run,
            "links",
            f"SELECT {low} AS low, {high} AS high, 'model' AS kind, 'm1' AS rule, 0.6 AS probability, "
            f"'{{\"given\": \"close\"}}' AS agreed, 'review' AS state, 'probability' AS reason, {at} AS at, "
            f"{at} AS recorded_at, 'promesa' AS decided_by",
        )
