"""A small shop with a promise whose truth is known: late parcels cost points, far customers are sourer anyway."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa.impact import Effects, effects
from promesa.workspace import DriverSettings, EffectQuestion, Label, Outcome, Studies
from tests.chain.small import SMALL
from tests.measures.companies import Company, workspace_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from promesa.engine import Engine

AS_OF = datetime(2018, 11, 20, 15, 30)
SATISFACTION = Outcome(
    name="satisfaction", label=Label(es="Satisfacción", en="Satisfaction"), kind="score", concept="csat"
)
RETURN = Outcome(name="comes_back", label=Label(es="Vuelve a comprar", en="Buys again"), kind="return", within_days=60)
COMPLAINT = Outcome(
    name="complains", label=Label(es="Reclama", en="Complains"), kind="complaint", touchpoints=("support",)
)
REVENUE = Outcome(name="revenue_after", label=Label(es="Ventas", en="Sales"), kind="revenue", within_days=60)


def question(name: str = "asked", **given: Any) -> EffectQuestion:
    """Return an effect that is asked for."""
    return EffectQuestion(name=name, label=Label(es=name, en=name), **given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What the shop is made of."""

    effect: float = -1.0
    far: float = -1.0
    late_near: float = 0.1
    late_far: float = 0.5
    noise: float = 0.5
    minute: float = 0.0
    again: float = 0.3
    again_late: float = 0.0


def shop(
    folder: Path,
    *,
    customers: int = 300,
    journeys: int = 2,
    seed: int = 1,
    truth: Truth | None = None,
    late: Callable[[bool, float], bool] | None = None,
    answers: float = 1.0,
    orders: bool = True,
    outcomes: tuple[Outcome, ...] = (SATISFACTION,),
    asked: tuple[EffectQuestion, ...] = (),
    confounders: tuple[str, ...] = ("region",),
    **settings: Any,
) -> Company:
    """Return a shop; `late` decides from whether the customer lives far and a lot whether a parcel is late."""
    truth, rng = truth or Truth(), np.random.default_rng(seed)
    tables: dict[str, list[dict[str, Any]]] = {"moments": [], "opinions": [], "orders": [], "profiles": []}
    for customer in range(1, customers + 1):
        far = bool(rng.random() < 0.4)
        tables["profiles"].append(
            {"at": datetime(2017, 1, 1), "customer": customer, "region": "far" if far else "near"}
        )
        for number in range(journeys):
            at = datetime(2017, 9, 1) + timedelta(days=int(rng.integers(0, 60)) + 150 * number)
            _journey(tables, rng, truth, customer=customer, number=number, at=at, far=far, late=late, answers=answers)
    if not orders:
        del tables["orders"]
    given: dict[str, Any] = {"min_group": 20, "min_cell": 5, **settings}
    workspace = workspace_of(folder, model=SMALL, **given)
    studies = Studies(
        outcomes={one.name: one for one in outcomes},
        effects={one.name: one for one in asked},
        drivers=DriverSettings(confounders=confounders),
    )
    model = replace(workspace.model, studies=studies)
    return Company(workspace=replace(workspace, model=model), tables=tables, as_of=AS_OF)


def _journey(
    tables: dict[str, list[dict[str, Any]]],
    rng: np.random.Generator,
    truth: Truth,
    *,
    customer: int,
    number: int,
    at: datetime,
    far: bool,
    late: Callable[[bool, float], bool] | None,
    answers: float,
) -> None:
    own = {"customer": customer, "journey": f"J{customer}-{number}"}
    lot, photos, price = float(rng.random()), float(rng.integers(0, 6)), float(rng.integers(60, 140))
    is_late = late(far, lot) if late else lot < (truth.late_far if far else truth.late_near)
    promised = at + timedelta(days=4)
    arrives = promised + timedelta(hours=int(rng.integers(1, 60)) * (1 if is_late else -1))
    wait = float(rng.uniform(1, 9)) if rng.random() < 0.4 else None
    score = 8 + truth.effect * is_late + truth.far * far + 0.1 * photos + truth.noise * rng.normal()
    score += truth.minute * (wait or 0)
    if rng.random() < 0.9:
        tables["moments"].append({**own, "at": at, "touchpoint": "browse", "photos": photos})
    tables["orders"].append({**own, "at": at + timedelta(hours=1), "revenue": price, "cost": 40, "channel": "web"})
    tables["moments"].append(
        {**own, "at": arrives, "touchpoint": "delivery", "promised": promised, "delivered": arrives}
    )
    if wait is not None:
        tables["moments"].append(
            {**own, "at": promised + timedelta(days=3), "touchpoint": "support", "wait_minutes": wait}
        )
    if rng.random() < answers:
        tables["opinions"].append(
            {
                **own,
                "at": promised + timedelta(days=9),
                "concept": "csat",
                "score": score,
                "scale_min": 1,
                "scale_max": 5,
            }
        )
    if rng.random() < truth.again + truth.again_late * is_late:
        again = {
            "customer": customer,
            "at": promised + timedelta(days=20),
            "revenue": price,
            "cost": 40,
            "channel": "web",
        }
        tables["orders"].append(again)


def found_in(company: Company, folder: Path, engine: Engine, **given: Any) -> Effects:
    """Return the effects of a company."""
    return effects(company.workspace, facts=company.facts(folder, engine=engine), **given)
