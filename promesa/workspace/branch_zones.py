"""Zones of branches that are elsewhere than the company, as promesa.toml declares them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.workspace.fields import Place, show
from promesa.workspace.sourcing import check_time_zone

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_branch_zones(table: object, *, place: Place) -> Mapping[str, str]:
    """Return the zone of each branch that is named, after noting every mistake."""
    if not isinstance(table, dict):
        place.wrong(
            what="This is not a table.",
            got=show(table),
            expected="a table of branches",
            fix='write [branch_time_zones] above lines such as "Las Palmas" = "Atlantic/Canary"',
        )
        return {}
    zones: dict[str, str] = {}
    for branch, zone in table.items():
        here = place.at(branch)
        if isinstance(zone, str):
            check_time_zone(zone, show(zone), here)
            zones[branch] = zone
        else:
            here.wrong(
                what="This is not the name of a time zone.",
                got=show(zone),
                expected="an IANA name in quotes, such as Atlantic/Canary",
                fix="put it in quotes",
            )
    return zones
