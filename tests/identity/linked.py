"""A small company whose customers come from three systems, to be linked."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from promesa.identity import link
from promesa.store import inspect_store
from promesa.workspace import Identifier, IdentitySettings, Label
from tests.store.companies import NOON, Company, company, model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from promesa.identity import LinkReport

COLUMNS = ("who", "at", "name", "email", "phone", "document", "birth_date", "address", "shop_key")
PROFILES = (
    'SELECT row_number() OVER () AS id, "at" AS at, who AS customer, name, email, phone, document, birth_date, '
    "address, shop_key FROM {}"
)
MOST = 5  # records that may share a value
SYSTEMS = ("shop", "crm", "calls")
MOMENTS = "SELECT id, \"at\" AS at, who AS customer, 'call' AS touchpoint FROM moments"
ORDERS = 'SELECT id, "at" AS at, who AS customer, revenue, cost FROM orders'
CONSENTS = (
    "SELECT id, \"at\" AS at, who AS customer, 'news' AS purpose, CAST(given AS BOOLEAN) AS granted FROM consents"
)


@dataclass
class Linked:
    """The company, and who is who in it by ``system:key``."""

    company: Company
    people: dict[str, list[dict[str, object]]] = field(default_factory=lambda: {system: [] for system in SYSTEMS})

    @property
    def ws(self) -> Any:
        return self.company.ws

    def now(self) -> Any:
        self.company.clock[0] += 1
        return NOON + timedelta(seconds=self.company.clock[0])

    def add(self, system: str, who: str, **values: object) -> None:
        """Add a profile row, or change the one there is."""
        row = {"at": "2026-01-05 10:00:00", **values, "who": who}
        rows = self.people[system]
        place = next((n for n, known in enumerate(rows) if known["who"] == who), None)
        if place is None:
            rows.append(row)
        else:
            rows[place] = {**rows[place], **row}

    def load(self) -> None:
        for system, rows in self.people.items():
            self.company.write(f"{system}_people.csv", rows, columns=COLUMNS)
        self.company.load(recorded_at=self.now())

    def link(self, **options: Any) -> LinkReport:
        report = link(self.ws, recorded_at=self.now(), **options)
        self.check_counts()
        return report

    def check_counts(self) -> None:
        """Check what the last run counted, perhaps by what it changed alone, against all rows."""
        kept = json.loads((self.company.root / ".promesa" / "identity" / "state.json").read_text())["counts"]
        pairs: dict[tuple[int, int], list[tuple[str, str]]] = {}
        exact: Counter[str] = Counter()
        for low, high, kind, rule, state, reason in self.rows("links", "low, high, kind, rule, state, reason"):
            pairs.setdefault((low, high), []).append((state, reason))
            exact[rule] += kind == "exact" and state == "linked"
        states = Counter(
            f"{min(state for state, _ in rows)} {min([reason for _, reason in rows if reason], default='')}"
            for rows in pairs.values()
        )
        sizes = Counter(person for person, until in self.rows("persons", "person, until") if until.year == 9999)
        persons = Counter(str(size) for size in sizes.values())
        assert kept == {"states": dict(states), "exact": {**+exact}, "persons": dict(persons)}

    def rows(self, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
        with inspect_store(self.ws) as look:
            return look.engine.run(f"SELECT {columns} FROM ({look.rows(table)}) ORDER BY ALL")

    def who(self) -> dict[str, int]:
        rows = self.rows("identities", "customer_source || ':' || key, customer")
        return {str(key): int(customer) for key, customer in rows}

    def persons(self) -> set[frozenset[str]]:
        """Return who is one person in the end, as sets of ``system:key``."""
        names = {customer: key for key, customer in self.who().items()}
        groups: dict[int, set[str]] = {}
        for customer, person, until in self.rows("persons", "customer, person, until"):
            if until.year < 9999:
                continue
            groups.setdefault(person, set()).add(names[customer])
        return {frozenset(group) for group in groups.values()}

    def states(self) -> dict[tuple[str, str], set[tuple[str, str, str, str | None]]]:
        """Return kind, rule, state and reason of every link, by the two keys."""
        names = {customer: key for key, customer in self.who().items()}
        found: dict[tuple[str, str], set[tuple[str, str, str, str | None]]] = {}
        for low, high, kind, rule, state, reason in self.rows("links", "low, high, kind, rule, state, reason"):
            one, two = sorted((names[low], names[high]))
            found.setdefault((one, two), set()).add((kind, rule if kind == "exact" else "", state, reason))
        return found


def linked(root: Path, *, identifiers: dict[str, Identifier] | None = None, **identity: Any) -> Linked:
    """Return a company without customers; every run of a test gives the same surrogates."""
    own = {
        "shop_key": Identifier(
            name="shop_key", label=Label(es="clave", en="key"), kind="key", joins="alone", system="shop"
        ),
        **(identifiers or {}),
    }
    base = model()
    settings = IdentitySettings(**{"country": "CO", **identity})
    few = {name: replace(identifier, most=MOST) for name, identifier in base.identifiers.items()}
    declared = replace(base, identifiers={**few, **own}, identity=settings)
    root.mkdir(parents=True, exist_ok=True)
    made = company(
        root,
        loads={
            **{f"profiles.{system}": PROFILES.format(f"{system}_people") for system in SYSTEMS},
            "moments.shop": MOMENTS,
            "orders.shop": ORDERS,
            "consents.shop": CONSENTS,
        },
        sources={
            **{f"{system}_people": {"types": dict.fromkeys(COLUMNS, "text")} for system in SYSTEMS},
            "moments": {},
            "orders": {},
            "consents": {},
        },
        time_zone="UTC",
        model=declared,
    )
    (root / ".promesa").mkdir(exist_ok=True)
    (root / ".promesa" / "secret").write_text("5" * 64)
    facts(made, [])
    return Linked(company=made)


def facts(made: Company, rows: Sequence[dict[str, object]]) -> None:
    """Write moments, orders and consents; each row names `table`."""
    columns = {
        "moments": ("id", "at", "who"),
        "orders": ("id", "at", "who", "revenue", "cost"),
        "consents": ("id", "at", "who", "given"),
    }
    for table, listed in columns.items():
        mine = [{key: row[key] for key in listed} for row in rows if row["table"] == table]
        made.write(f"{table}.csv", mine, columns=listed)
