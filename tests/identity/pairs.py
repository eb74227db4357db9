"""A small company whose customers, records and links are written down by the test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from promesa.engine import literal
from promesa.store import STATE, inspect_store, replace_state, session
from tests.begun import begun
from tests.store.companies import NOON, Company, company

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DAY = datetime(2026, 1, 15)
PROFILES = 'SELECT id, "at" AS at, who AS customer, name, email, phone FROM people'
ORDERS = 'SELECT id, "at" AS at, who AS customer, revenue, cost FROM orders'
MOMENTS = "SELECT id, \"at\" AS at, who AS customer, 'call' AS touchpoint FROM moments"
RECORDS = (("customer", "whole"), ("at", "time"), ("document", "text"))


@dataclass
class Pairs:
    """A loaded company and the surrogates of its customers by key."""

    company: Company
    who: dict[str, int]

    @property
    def ws(self) -> Any:
        return self.company.ws

    def now(self) -> datetime:
        self.company.clock[0] += 1
        return NOON + timedelta(seconds=self.company.clock[0])

    def link(self, rows: Sequence[dict[str, Any]]) -> None:
        """Make these the links; `low` and `high` are keys."""
        made = []
        for row in rows:
            low, high = sorted((self.who[row["low"]], self.who[row["high"]]))
            base = {
                "kind": "model",
                "rule": "m1",
                "probability": 0.8,
                "agreed": '{"name": "same"}',
                "state": "review",
                "reason": "probability",
                "at": DAY,
                "recorded_at": NOON,
                "decided_by": "promesa",
            }
            made.append({**base, **row, "low": low, "high": high})
        with session(self.ws, recorded_at=self.now()) as run:
            replace_state(run, "links", _select("links", made))

    def records(self, rows: dict[str, dict[str, Any]]) -> None:
        """Make these the normalised records, by key."""
        made = [{"at": DAY, **values, "customer": self.who[key]} for key, values in rows.items()]
        with session(self.ws, recorded_at=self.now()) as run:
            replace_state(run, "records", _values(RECORDS, made), columns=RECORDS)

    def persons(self, groups: Sequence[str], since: datetime = datetime(1, 1, 1)) -> None:
        """Make each text of keys one person."""
        made = [
            {
                "customer": self.who[key],
                "person": min(self.who[k] for k in group),
                "since": since,
                "until": datetime(9999, 12, 31),
            }
            for group in groups
            for key in group
        ]
        with session(self.ws, recorded_at=self.now()) as run:
            replace_state(run, "persons", _select("persons", made))

    def keys(self, *customers: int) -> str:
        names = {number: key for key, number in self.who.items()}
        return "".join(sorted(names[c] for c in customers))


def _select(table: str, rows: Sequence[dict[str, Any]]) -> str:
    return _values(STATE[table], rows)


def _values(columns: Sequence[tuple[str, str]], rows: Sequence[dict[str, Any]]) -> str:
    types = {"whole": "BIGINT", "text": "VARCHAR", "time": "TIMESTAMP", "number": "DOUBLE"}
    casts = ", ".join(f'CAST("{name}" AS {types[kind]}) AS "{name}"' for name, kind in columns)
    names = ", ".join(f'"{name}"' for name, _ in columns)
    if not rows:
        empty = ", ".join(f'NULL AS "{name}"' for name, _ in columns)
        return f"SELECT {casts} FROM (SELECT {empty}) WHERE false"
    listed = ", ".join(f"({', '.join(literal(_text(row.get(name))) for name, _ in columns)})" for row in rows)
    return f"SELECT {casts} FROM (VALUES {listed}) t({names})"


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def pairs(root: Path, keys: str = "abcdef", money: dict[str, int] | None = None) -> Pairs:
    """Return a company with a profile for each key, an order of `money` and a call."""
    made = company(
        root,
        loads={"profiles.shop": PROFILES, "orders.shop": ORDERS, "moments.shop": MOMENTS},
        time_zone="UTC",
        sources={"people": {}, "orders": {}, "moments": {}},
    )
    day = "2026-02-01 10:00:00"
    people = [
        {"id": f"p{k}", "at": day, "who": k, "name": f"Ana {k}", "email": f"{k}@correo.example", "phone": f"30{n}"}
        for n, k in enumerate(keys)
    ]
    worth = money or {k: 10 * (n + 1) for n, k in enumerate(keys)}
    orders = [{"id": f"o{k}", "at": day, "who": k, "revenue": worth.get(k, 0), "cost": 0} for k in keys]
    calls = [{"id": f"m{k}", "at": day, "who": k} for k in keys]

    def load() -> dict[str, int]:
        for file, rows in (("people", people), ("orders", orders), ("moments", calls)):
            made.write(f"{file}.csv", rows)
        made.load()
        with inspect_store(made.ws) as look:
            found = look.engine.run(f"SELECT key, customer FROM ({look.rows('identities')})")
        return {str(key): int(str(customer)) for key, customer in found}

    who = begun(root, ("pairs", people, orders), load)
    made.clock[0] = 1
    return Pairs(company=made, who=who)
