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
COUNTED = ("moments", "customers", "cost", "cost_per_moment")
HEARD = ("asked", "answers", "response_rate")


def volume_table(content: Content) -> Table | None:
    """Return one row a touchpoint that was lived: who answers for it, how many came, what it cost."""
    groups = {name: rows for name, rows in _touchpoints(content).items() if "moments" in rows}
    measures = _present(COUNTED, groups)
    if not groups:
        return None
    heads = [
        *((content.say(f"column.{key}"), False) for key in ("touchpoint", "stage", "function")),
        *((content.measure(measure), True) for measure in measures),
    ]
    rows: list[list[Cell | str]] = []
    for name, found in groups.items():
        declared = content.touchpoints.get(str(name), {})
        places = [content.label(kind, declared.get(kind)) for kind in ("stage", "function")]
        rows.append([_name(name, content), *places, *_cells(found, measures, content)])
    return table(content.say("touchpoints.caption"), heads, rows)


def opinion_table(content: Content) -> Table | None:
    """Return what was said of each touchpoint: a row a concept asked about it, invitations and answers on the first."""
    present = dict.fromkeys(str(row.get("measure")) for row in content.rows("touchpoints"))
    concepts = [measure for measure in present if content.has_label("concept", measure)]
    groups = {name: rows for name, rows in _touchpoints(content).items() if {*HEARD, *concepts} & rows.keys()}
    if not groups:
        return None
    measures = _present(HEARD, groups)
    heads = [(content.say("column.touchpoint"), False), *((content.measure(measure), True) for measure in measures)]
    heads += [
        (content.say("column.concept"), False),
        (content.say("column.figure"), True),
        (content.say("column.n"), True),
    ]
    rows: list[list[Cell | str]] = []
    for name, found in groups.items():
        own = [concept for concept in concepts if concept in found]
        first: list[Cell | str] = [_name(name, content), *_cells(found, measures, content)]
        rows.append([*first, *(_said(found, own[0], content) if own else ["", "", ""])])
        rows += [[*[""] * len(first), *_said(found, concept, content)] for concept in own[1:]]
    return table(content.say("touchpoints.opinions_caption"), heads, rows)


def _said(found: Mapping[str, Row], concept: str, content: Content) -> list[Cell | str]:
    figure = figure_of(found[concept], content)
    return [content.measure(concept), cell_of(figure), figure.n]


def _touchpoints(content: Content) -> dict[object, dict[str, Row]]:
    """Return the rows of each touchpoint by measure, in the order of the stages and of the model."""
    groups = by(content.rows("touchpoints"), "touchpoint")
    order = sorted(groups, key=lambda name: _order(str(name), content.touchpoints))
    return {name: by_measure(groups[name]) for name in order}


def _present(measures: tuple[str, ...], groups: Mapping[object, Mapping[str, Row]]) -> list[str]:
    return [measure for measure in measures if any(measure in rows for rows in groups.values())]


def _name(touchpoint: object, content: Content) -> Cell:
    """Return how a touchpoint is called; an opinion that names none is about the whole purchase."""
    if touchpoint is None:
        return Cell(text=content.say("touchpoints.whole"))
    return Cell(text=content.label("touchpoint", touchpoint), names=("touchpoint", str(touchpoint)))


def _cells(rows: Mapping[str, Row], measures: list[str], content: Content) -> list[Cell]:
    return [cell_of(figure_of(rows.get(measure), content)) for measure in measures]


def _order(name: str, declared: Mapping[str, Mapping[str, object]]) -> tuple[int, int]:
    stage, names = str(declared.get(name, {}).get("stage")), list(declared)
    return (
        STAGES.index(stage) if stage in STAGES else len(STAGES),
        names.index(name) if name in names else len(names),
    )


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
            _name(touchpoint, content),
            content.label("element", element),
            *(cell_of(figure_of(statistics.get(key), content)) for key in STATISTICS),
            figure_of(next(iter(statistics.values())), content).n or content.say("none"),
        ]
        for (touchpoint, element), statistics in sorted(found.items(), key=lambda one: _order(one[0][0], declared))
    ]
    return table(content.say("elements.caption"), heads, rows)
