"""Promises and touchpoints by what hangs on them: which page somebody will open first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.report.content import number
from promesa.report.priorities import ranked_by

if TYPE_CHECKING:
    from promesa.report.content import Content


def by_stake(content: Content) -> list[tuple[str, str]]:
    """Return kind and name: promises by what the broken ones cost, then touchpoints by rank, then what has neither."""
    costs: dict[str, float] = {}
    for row in content.rows("promises"):
        if row.get("measure") in {"cost_of_broken", "broken"}:
            # Money of any size comes before a mere count.
            weight = 1e9 if row.get("measure") == "cost_of_broken" else 1.0
            name = str(row.get("promise"))
            costs[name] = costs.get(name, 0.0) + weight * max(number(row.get("estimate")) or 0.0, 0.0)
    measure, last = ranked_by(content), float(len(content.touchpoints) + 1)
    ranks = {
        str(row.get("name")): number(row.get("rank")) or last
        for row in content.rows("priorities")
        if row.get("level") == "touchpoint" and row.get("measure") == measure
    }
    promises = sorted(content.promises, key=lambda name: -costs.get(name, 0.0))
    touchpoints = sorted(content.touchpoints, key=lambda name: ranks.get(name, last))
    return [("promise", name) for name in promises] + [("touchpoint", name) for name in touchpoints]
