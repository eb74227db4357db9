"""A small company with a delivery, an adviser and a telephone, in which lateness, waits and kindness are known."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from promesa.workspace import open_workspace
from tests.worlds import facts_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts
    from promesa.workspace import Workspace

Row = dict[str, Any]
AS_OF = datetime(2025, 6, 1)
SETTINGS = """
[company]
name = "Casa Prueba"
time_zone = "America/Bogota"
currency = "COP"
"""
MODEL = """
[functions.sales]
owner = "Eva"
[functions.logistics]
owner = "Ana"
[functions.care]

[channels.web]
[channels.phone]

[touchpoints.advice]
label = { es = "Asesoría", en = "Advice" }
stage = "before"
function = "sales"
[touchpoints.delivery]
stage = "after"
function = "logistics"
[touchpoints.support]
stage = "after"
function = "care"

[elements.kindness]
touchpoint = "advice"
unit = "score"
better = "more"
[elements.days_late]
touchpoint = "delivery"
unit = "days"
better = "less"
[elements.late_again]
touchpoint = "delivery"
unit = "days"
better = "less"
[elements.fixed]
touchpoint = "delivery"
unit = "count"
better = "more"
[elements.rare]
touchpoint = "delivery"
unit = "count"
better = "more"
[elements.wait_minutes]
touchpoint = "support"
unit = "minutes"
better = "less"

[promises.arrives]
statement = { es = "Llega el día que dijimos", en = "It arrives on the day we gave" }
owner = "logistics"
touchpoint = "delivery"
kept = "days_late <= 0"
due = "at"

[concepts.csat]
kind = "mean"
scale = [0, 100]

[outcomes.satisfaction]
label = { es = "Satisfacción", en = "Satisfaction" }
kind = "score"
concept = "csat"
[outcomes.comes_back]
label = { es = "Vuelve", en = "Comes back" }
kind = "return"
[outcomes.needs_help]
label = { es = "Pide ayuda", en = "Needs help" }
kind = "complaint"
better = "less"
touchpoints = ["support"]

[drivers]
confounders = ["price"]
bootstraps = 40
"""


def workspace_in(folder: Path, *, more: str = "", model: str = MODEL) -> Workspace:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "promesa.toml").write_text(SETTINGS + more, encoding="utf-8")
    (folder / "model.toml").write_text(model, encoding="utf-8")
    return open_workspace(folder)


def tables(*, journeys: int, seed: int = 1, orders: bool = True) -> dict[str, list[Row]]:
    """Return moments, opinions and orders; satisfaction falls with lateness and waits and rises with kindness."""
    random = Random(seed)
    moments: list[Row] = []
    opinions: list[Row] = []
    bought: list[Row] = []
    for number in range(journeys):
        one = {"journey": f"j{number:05d}", "customer": 1 + number // 2}
        start = datetime(2025, 1, 1) + timedelta(hours=number % 700)
        late = random.choice([0, 0, 0, 1, 2, 5])
        kind = float(random.randint(1, 5))
        advised, helped = random.random() < 0.6, random.random() < 0.5
        wait = random.choice([1.0, 2.0, 4.0, 9.0])
        score = 70 - 9 * (late > 0) - 1.5 * late + 2 * kind * advised - 2 * wait * helped + random.gauss(0, 5)
        if advised:
            moments.append({**one, "at": start, "touchpoint": "advice", "kindness": kind})
        rare = float(random.random() < 0.5) if number < 20 else None
        came = {"days_late": late, "late_again": 2.0 * late, "fixed": 3.0, "rare": rare}
        carrier = random.choice(["norte", "sur"])
        moments.append({**one, "at": start + timedelta(days=2), "touchpoint": "delivery", "supplier": carrier, **came})
        if helped:
            here = start + timedelta(days=3)
            channel = random.choice(["web", "phone"])
            moments.append({**one, "at": here, "touchpoint": "support", "channel": channel, "wait_minutes": wait})
        known = start + timedelta(days=5)
        opinions.append(
            {**one, "at": known, "concept": "csat", "score": round(score, 3), "scale_min": 0.0, "scale_max": 100.0}
        )
        price = float(random.randint(10, 90))
        bought.append({**one, "at": start, "revenue": price, "cost": price / 2})
    return {"moments": moments, "opinions": opinions, "orders": bought if orders else []}


def facts_in(ws: Workspace, rows: dict[str, list[Row]], *, folder: Path, engine: Engine) -> Facts:
    folder.mkdir(parents=True, exist_ok=True)
    return facts_of(ws, rows, folder=folder, as_of=AS_OF, engine=engine, version=str(folder))
