"""A small shop whose journeys have a cause and an effect: late parcels lead to calls, bad scores and fewer returns."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from tests.measures.companies import Company, workspace_of

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = datetime(2018, 11, 20, 15, 30)
SMALL = """
[functions.catalogue]
[functions.logistics]
owner = "Ana"
[functions.care]
owner = "Luis"

[channels.web]

[touchpoints.browse]
label = { es = "Ver el catálogo", en = "Browsing" }
stage = "before"
function = "catalogue"
[touchpoints.delivery]
label = { es = "Entrega", en = "Delivery" }
stage = "after"
function = "logistics"
[touchpoints.support]
label = { es = "Llamada", en = "Call" }
stage = "after"
function = "care"

[elements.photos]
touchpoint = "browse"
unit = "count"
better = "more"
[elements.wait_minutes]
touchpoint = "support"
unit = "minutes"
better = "less"

[promises.arrives]
statement = { es = "Llega el día dicho", en = "Arrives on the day given" }
owner = "logistics"
touchpoint = "delivery"
kept = "delivered <= promised"
due = "promised"

[concepts.csat]
label = { es = "Satisfacción", en = "Satisfaction" }
kind = "mean"
scale = [1, 5]

[traits.region]
"""


def company_of(folder: Path, *, seed: int, customers: int = 260, model: str = SMALL) -> Company:
    """Return the shop with about two journeys a customer, each with an order."""
    chance = Random(seed)
    tables: dict[str, list[dict[str, Any]]] = {"moments": [], "opinions": [], "orders": [], "profiles": []}
    for customer in range(1, customers + 1):
        remote = chance.random() < 0.3
        tables["profiles"].append(
            {"at": datetime(2017, 1, 1), "customer": customer, "region": "far" if remote else "near"}
        )
        at, number = datetime(2017, 9, 1) + timedelta(days=chance.randrange(200)), 0
        while at < AS_OF - timedelta(days=5):
            score = _journey(tables, chance, customer=customer, number=number, at=at, remote=remote)
            soon = chance.random() < 0.25 + 0.12 * (score - 2)
            at += timedelta(days=chance.randrange(20, 50) if soon else chance.randrange(90, 250))
            number += 1
    workspace = workspace_of(folder, min_group=20, min_cell=5, model=model)
    return Company(workspace=workspace, tables=tables, as_of=AS_OF)


def _journey(
    tables: dict[str, list[dict[str, Any]]],
    chance: Random,
    *,
    customer: int,
    number: int,
    at: datetime,
    remote: bool,
) -> float:
    """Add one journey and return how satisfied it left the customer."""
    own = {"customer": customer, "journey": f"J{customer}-{number}"}
    photos = float(chance.randrange(6))
    late = chance.random() < (0.4 if remote else 0.2)
    promised = at + timedelta(days=4)
    called = chance.random() < (0.5 if late else 0.15)
    wait = round(chance.uniform(1, 9), 1)
    score = 4.3 + 0.08 * photos - 1.1 * late - 0.4 * remote - called * 0.08 * wait + chance.gauss(0, 0.5)
    if chance.random() < 0.9:
        tables["moments"].append({**own, "at": at, "touchpoint": "browse", "photos": photos})
    tables["orders"].append(
        {**own, "at": at + timedelta(hours=1), "revenue": 60 + chance.randrange(80), "cost": 40, "channel": "web"}
    )
    arrives = promised + timedelta(hours=chance.randrange(1, 60) * (1 if late else -1))
    tables["moments"].append(
        {**own, "at": arrives, "touchpoint": "delivery", "promised": promised, "delivered": arrives}
    )
    if called:
        tables["moments"].append(
            {**own, "at": promised + timedelta(days=3), "touchpoint": "support", "wait_minutes": wait}
        )
    if chance.random() < 0.7:
        rounded = float(min(5, max(1, round(score))))
        tables["opinions"].append({**own, "at": promised + timedelta(days=6), "concept": "csat", "score": rounded})
    return score
