"""Customers put into arms by lot, as rows of fact tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from promesa.impact import Experiments, experiments
from promesa.workspace import Label, Outcome, Studies, Trial
from tests.chain.small import SMALL
from tests.measures.companies import Company, workspace_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

LOT = datetime(2018, 6, 1, 12)
AS_OF = datetime(2018, 11, 20, 15, 30)
Row = dict[str, Any]


def trial(*arms: str, name: str = "vouchers", control: str = "none", **given: Any) -> Trial:
    """Return an experiment."""
    return Trial(name=name, label=Label(es=name, en=name), arms=arms, control=control, **given)


def outcome(kind: Any, **given: Any) -> Outcome:
    """Return an outcome named after its kind."""
    return Outcome(name=kind, label=Label(es=kind, en=kind), kind=kind, **given)


def deed(customer: int | None, action: str, *, at: datetime = LOT, **given: Any) -> Row:
    """Return a deed that puts a customer into an arm."""
    return {"customer": customer, "action": action, "at": at, "kind": "assigned", **given}


def after(days: float) -> datetime:
    """Return the instant so many days after the lot."""
    return LOT + timedelta(days=days)


def company_of(
    folder: Path,
    tables: dict[str, list[Row]],
    *,
    trials: tuple[Trial, ...],
    outcomes: tuple[Outcome, ...],
    as_of: datetime = AS_OF,
    **settings: Any,
) -> Company:
    """Return a company with an experiment."""
    given: dict[str, Any] = {"zone": "Etc/UTC", "min_group": 20, "min_cell": 5, **settings}
    workspace = workspace_of(folder, model=SMALL, **given)
    studies = Studies(outcomes={one.name: one for one in outcomes}, experiments={one.name: one for one in trials})
    model = replace(workspace.model, studies=studies)
    return Company(workspace=replace(workspace, model=model), tables=tables, as_of=as_of)


def found_in(company: Company, folder: Path, engine: Engine, **given: Any) -> Experiments:
    """Return the experiments of a company."""
    return experiments(company.workspace, facts=company.facts(folder, engine=engine), **given)
