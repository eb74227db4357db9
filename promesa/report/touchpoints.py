"""The touchpoints: the table, and the elements measured at each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.report.content import STATISTICS, by, by_measure
from promesa.report.figures import figure_of
from promesa.report.tables import Cell, Table, cell_of, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.report.content import Content, Row

STAGES = ("before", "during", "after")
COUNTED = ("moments", "customers", "response_rate", "cost", "cost_per_moment")


def touchpoint_table(content: Content) -> Table | None:
    """Return one row a touchpoint: volume, response, cost, and every concept asked about it."""
    groups = by(content.rows("touchpoints"), "touchpoint")
    if not groups:
        return None
    present = {str(row.get("measure")) for row in content.rows("touchpoints")}
    concepts = [
        m
        for m in dict.fromkeys(str(r.get("measure")) for r in content.rows("touchpoints"))
        if content.has_label("concept", m)
    ]
    measures = [measure for measure in COUNTED if measure in present] + concepts
    order = sorted(groups, key=lambda name: _order(str(name), content.touchpoints))
    rows = [_touchpoint_row(name, by_measure(groups[name]), measures, content) for name in order]
    heads = [
        *((content.say(f"column.{key}"), False) for key in ("touchpoint", "stage", "function")),
        *((content.measure(measure), True) for measure in measures),
    ]
    return table(content.say("touchpoints.caption"), heads, rows)


def _order(name: str, declared: Mapping[str, Mapping[str, object]]) -> tuple[int, int]:
    stage, names = str(declared.get(name, {}).get("stage")), list(declared)
    return (
        STAGES.index(stage) if stage in STAGES else len(STAGES),
        names.index(name) if name in names else len(names),
    )


def _touchpoint_row(name: object, rows: Mapping[str, Row], measures: list[str], content: Content) -> list[Cell | str]:
    declared = content.touchpoints.get(str(name), {})
    return [
        content.label("touchpoint", name),
        content.label("stage", declared.get("stage")),
        content.label("function", declared.get("function")),
        *(cell_of(figure_of(rows.get(measure), content)) for measure in measures),
    ]


def element_table(content: Content) -> Table | None:
    """Return one row an element of a touchpoint: mean with interval, median, ninth decile, n."""
    found: dict[tuple[str, str], dict[str, Row]] = {}
    for row in content.rows("touchpoints"):
        element, _, statistic = str(row.get("measure")).rpartition(".")
        if element and statistic in STATISTICS:
            found.setdefault((str(row.get("touchpoint")), element), {})[statistic] = row
    if not found:
        return None
    declared = content.touchpoints
    heads = [
        *((content.say(f"column.{key}"), False) for key in ("touchpoint", "element")),
        *((content.say(f"statistic.{key}"), True) for key in STATISTICS),
        (content.say("column.n"), True),
    ]
    rows = [
        [
            content.label("touchpoint", touchpoint),
            content.label("element", element),
            *(cell_of(figure_of(statistics.get(key), content)) for key in STATISTICS),
            figure_of(next(iter(statistics.values())), content).n or content.say("none"),
        ]
        for (touchpoint, element), statistics in sorted(found.items(), key=lambda one: _order(one[0][0], declared))
    ]
    return table(content.say("elements.caption"), heads, rows)
