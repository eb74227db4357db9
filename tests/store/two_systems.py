"""A small shop with two systems for the tests of what is removed: Ana (k1 and w1), and others who must not change."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from promesa.store import inspect_store, replace_state, session
from promesa.workspace import BUILT_IN_IDENTIFIERS, ConsentPurpose, Identifier, IdentitySettings
from tests.begun import begun
from tests.store.companies import NOON, Company, company, label, model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FIRST, LAST = datetime(1, 1, 1), datetime(9999, 12, 31)
Row = dict[str, object]


def rows(columns: str, *cells: str) -> tuple[Row, ...]:
    """Return rows from lines of cells parted by bars, in the order of the columns."""
    return tuple(dict(zip(columns.split(), (cell.strip() for cell in line.split("|")), strict=True)) for line in cells)


PROFILE = "id at customer name email phone document birth_date card"
TABLES: dict[str, Sequence[Row]] = {
    "people": rows(
        PROFILE,
        "p1|2026-01-02 09:00|k1|Ana María Ruiz|ana@correo.example|+57 300 123 4567|1.020.304|1984-05-31|L-7712",
        "p2|2026-01-03 09:00|k2|Luis Vega|luis@correo.example||||",
        "p3|2026-01-04 09:00|k3|Ana Torres|torres@correo.example||||",
    ),
    "accounts": rows(
        "id at customer name email phone",
        "a1|2026-02-01 10:00|w1|RUIZ, Ana|ana.ruiz@casa.example|3001234567",
        "a2|2026-02-02 10:00|w2|Otra Persona|otra@casa.example|3009999999",
    ),
    "visits": rows(
        "id at customer touchpoint journey days_late",
        "m1|2026-01-10 10:00|w1|delivery|j1|0",
        "m2|2026-02-10 15:00|w1|delivery|j2|3",
        "m3|2026-06-29 10:00|w1|delivery|j3|",
        "m4|2026-03-05 23:30|k1|call||",
        "m5|2026-03-06 10:00|k2|call||",
    ),
    "answers": rows(
        "id at customer concept score text",
        "o1|2026-01-12 10:00|w1|stars|5|Muy bien",
        "o2|2026-02-12 10:00|w1|stars||",
        "o3|2026-02-13 10:00||stars|2|Muy mal",
    ),
    "sales": rows(
        "id at customer revenue",
        "s1|2026-01-09 10:00|w1|100",
        "s2|2026-02-05 10:00|k1|50.5",
        "s3|2026-02-06 10:00|k2|70",
    ),
    "bills": rows("id at customer amount", "c1|2026-02-11 10:00|w1|6", "c2|2026-02-11 10:00||1000"),
    "yesno": rows(
        "id at customer purpose granted", "y1|2026-01-02 09:00|k1|news|yes", "y2|2026-02-02 09:00|w2|news|no"
    ),
}
SYSTEM = "CASE WHEN customer[1] = 'k' THEN 'crm' ELSE 'shop' END AS customer_source"
LOADS = {
    "profiles.crm": 'SELECT id, "at" AS at, customer, name, email, phone, document, birth_date, card FROM people',
    "profiles.shop": 'SELECT id, "at" AS at, customer, name, email, phone FROM accounts',
    "moments.shop": f'SELECT id, "at" AS at, customer, {SYSTEM}, touchpoint, journey, days_late FROM visits',
    "opinions.shop": 'SELECT id, "at" AS at, customer, concept, score, text FROM answers',
    "orders.shop": f'SELECT id, "at" AS at, customer, {SYSTEM}, revenue FROM sales',
    "costs.shop": 'SELECT id, "at" AS at, customer, amount FROM bills',
    "consents.shop": f'SELECT id, "at" AS at, customer, {SYSTEM}, purpose, granted FROM yesno',
}


def shop(root: Path) -> Company:
    """Return the shop with a history and a quarantine, both of Ana's and of another's; nobody linked."""
    card = Identifier(name="card", label=label("card"), kind="number", joins="alone")
    declared = replace(
        model(),
        identifiers={**BUILT_IN_IDENTIFIERS, "card": card},
        identity=IdentitySettings(country="CO"),
        consents={"news": ConsentPurpose(name="news", label=label("news"))},
    )
    made = company(root, loads=LOADS, sources={name: {} for name in TABLES}, time_zone="UTC", model=declared)
    begun(root, "two systems", lambda: _loaded(made))
    made.clock[0] = 2
    return made


def _loaded(made: Company) -> None:
    for name, table in TABLES.items():
        made.write(f"{name}.csv", table)
    made.load()
    visits, people = [dict(row) for row in TABLES["visits"]], [dict(row) for row in TABLES["people"]]
    visits[0]["days_late"] = "9"
    visits += [{**visits[0], "id": "bad1", "touchpoint": "moon"}, {**visits[4], "id": "bad2", "touchpoint": "moon"}]
    people += [{**people[0], "id": "p9", "customer": ""}, {**people[1], "id": "p8", "customer": ""}]
    made.write("visits.csv", visits)
    made.write("people.csv", people)
    made.load()


def surrogates(made: Company) -> dict[str, int]:
    """Return the number of each key."""
    with inspect_store(made.ws) as look:
        found = look.engine.run(f"SELECT key, customer FROM ({look.rows('identities')})")
    return {str(key): int(str(customer)) for key, customer in found}


def ana(made: Company) -> list[int]:
    """Return the surrogates of Ana's two records."""
    numbers = surrogates(made)
    return sorted((numbers["k1"], numbers["w1"]))


def link_ana(made: Company) -> int:
    """Make Ana's two records one person; return her number."""
    low, high = ana(made)
    with session(made.ws, recorded_at=NOON) as run:
        replace_state(
            run,
            "persons",
            f"SELECT unnest([{low}, {high}]) AS customer, {low} AS person, "
            f"TIMESTAMP '{FIRST}' AS since, TIMESTAMP '{LAST}' AS until",
        )
        replace_state(run, "links", link_row(low, high, state="linked"))
    return low


def link_row(first: int, second: int, *, state: str) -> str:
    """Return the SELECT of one link between two records."""
    low, high = sorted((first, second))
    at = f"TIMESTAMP '{NOON}'"
    return (
        f"SELECT {low} AS low, {high} AS high, 'model' AS kind, 'x' AS rule, 0.7 AS probability, '{{}}' AS agreed, "
        f"'{state}' AS state, NULL AS reason, {at} AS at, {at} AS recorded_at, 'promesa' AS decided_by"
    )
