"""Loyalty where nobody was asked: that customers bought again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from promesa import chain
from tests.measures.companies import AS_OF, Company, workspace_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine


def test_who_bought_on_two_days_stands_for_loyalty_nobody_was_asked_about(tmp_path: Path, duckdb: Engine) -> None:
    def order(customer: int, day: int, revenue: int = 10) -> dict[str, Any]:
        return {"at": AS_OF - timedelta(days=day), "customer": customer, "revenue": revenue}

    again = [order(k, day) for k in range(4) for day in (30, 10)]
    once = [order(k, 20) for k in range(4, 10)] * 2  # two orders of one day are one purchase
    back = [order(9, 5, revenue=-10)]
    workspace = workspace_of(tmp_path, min_group=5, min_cell=2)
    asked = Company(workspace=workspace, tables={"orders": [*again, *once, *back]})
    found = chain.links(workspace, facts=asked.facts(tmp_path, engine=duckdb)).find("repeat_share", link="loyalty")
    assert found is not None
    assert (found.estimate, found.n, found.unit) == (0.4, 10, "fraction")
    assert found.lower is not None
    silent = Company(workspace=workspace, tables={"moments": []})
    empty = chain.links(workspace, facts=silent.facts(tmp_path, engine=duckdb)).find("none", link="loyalty")
    assert empty is not None
    assert empty.note == "no-loyalty-asked"
