"""The touchpoints: the map by stage and channel, the table, the elements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.report.chain import satisfaction_row
from promesa.report.content import STATISTICS, by, by_measure, number
from promesa.report.figures import Figure, figure_of
from promesa.report.tables import Cell, Table, cell_of, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from promesa.report.content import Content, Row
    from promesa.report.promises import Promise

STAGES = ("before", "during", "after")
COUNTED = ("moments", "customers", "response_rate", "cost", "cost_per_moment")
FIRST_IN_CELL = 6
"""Touchpoints of a cell of the map that are shown at once; the others unfold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One touchpoint in one cell of the map.

    Attributes
    ----------
    share : float
        Its moments as a share of the largest of the map, in percent: the length of its bar.
    against : {"above", "below", ""}
        Where its score lies against that of the whole company, when the interval says so.
    broken : str
        Which promise of it is below target; empty when none is.
    """

    name: str
    moments: Figure
    share: float
    score: Figure | None
    against: str
    broken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """The map: stages across, channels down."""

    stages: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[Chip, ...], ...]], ...]
    concept: str
    whole: Figure | None


def map_of(content: Content, promises: Sequence[Promise]) -> Map | None:
    """Return the map, or None when no touchpoint has been lived."""
    key = "touchpoints_by_channel" if content.rows("touchpoints_by_channel") else "touchpoints"
    rows = [row for row in content.rows(key) if row.get("touchpoint") is not None]
    cells = by(rows, lambda row: (row.get("channel"), row.get("touchpoint")))
    if not cells:
        return None
    whole, concept = satisfaction_row(content), _map_concept(content, rows)
    largest = max((_moments(by_measure(group)) for group in cells.values()), default=0.0) or 1.0
    chips: dict[tuple[object, str], list[Chip]] = {}
    for (channel, touchpoint), group in cells.items():
        stage = str(content.touchpoints.get(str(touchpoint), {}).get("stage") or "during")
        chip = _chip(str(touchpoint), by_measure(group), concept, whole, largest, promises, content)
        chips.setdefault((channel, stage), []).append(chip)
    channels = list(dict.fromkeys(channel for channel, _ in cells))
    every = content.say("map.all_channels")
    return Map(
        stages=tuple(content.label("stage", stage) for stage in STAGES),
        rows=tuple(
            (
                content.label("channel", channel) if key != "touchpoints" else every,
                tuple(tuple(sorted(chips.get((channel, stage), []), key=lambda c: -c.share)) for stage in STAGES),
            )
            for channel in channels
        ),
        concept=content.measure(concept) if concept else "",
        whole=figure_of(whole, content) if whole and whole.get("concept") == concept else None,
    )


def _map_concept(content: Content, rows: Sequence[Row]) -> str:
    """Return the concept that the map shows: that of the satisfaction link, else the first with a score."""
    whole = satisfaction_row(content)
    found = list(dict.fromkeys(str(row.get("measure")) for row in rows))
    concepts = [measure for measure in found if content.has_label("concept", measure)]
    wanted = str(whole.get("concept")) if whole else ""
    return wanted if wanted in concepts else next(iter(concepts), "")


def _moments(rows: Mapping[str, Row]) -> float:
    return number(rows.get("moments", {}).get("estimate")) or 0.0


def _chip(
    name: str,
    rows: Mapping[str, Row],
    concept: str,
    whole: Row | None,
    largest: float,
    promises: Sequence[Promise],
    content: Content,
) -> Chip:
    score = rows.get(concept)
    comparable = whole is not None and whole.get("concept") == concept
    return Chip(
        name=content.label("touchpoint", name),
        moments=figure_of(rows.get("moments"), content),
        share=round(100 * _moments(rows) / largest, 1),
        score=figure_of(score, content) if score else None,
        against=_against(score, whole) if score and whole and comparable else "",
        broken="; ".join(_broken(name, promises, content)),
    )


def _against(score: Row, whole: Row) -> str:
    middle = number(whole.get("estimate"))
    lower, upper = number(score.get("lower")), number(score.get("upper"))
    if middle is None or lower is None or upper is None:
        return ""
    return "above" if lower > middle else "below" if upper < middle else ""


def _broken(touchpoint: str, promises: Iterable[Promise], content: Content) -> list[str]:
    return [
        content.say("map.broken", statement=promise.statement, rate=promise.kept_rate.text)
        for promise in promises
        if promise.below_target and touchpoint in _places(promise, content)
    ]


def _places(promise: Promise, content: Content) -> Sequence[object]:
    places = content.promises.get(promise.name, {}).get("touchpoints")
    return places if isinstance(places, (list, tuple)) else ()


def touchpoint_table(content: Content) -> Table | None:
    """Return one row a touchpoint: volume, response, cost, and every concept asked about it."""
    groups = by(content.rows("touchpoints"), "touchpoint")
    if not groups:
        return None
    present = {str(row.get("measure")) for row in content.rows("touchpoints")}
    concepts = [m for m in dict.fromkeys(str(r.get("measure")) for r in content.rows("touchpoints"))
                if content.has_label("concept", m)]  # fmt: skip
    measures = [measure for measure in COUNTED if measure in present] + concepts
    order = sorted(groups, key=lambda name: _order(str(name), content.touchpoints))
    rows = [_touchpoint_row(name, by_measure(groups[name]), measures, content) for name in order]
    heads = [*((content.say(f"column.{key}"), False) for key in ("touchpoint", "stage", "function")),
             *((content.measure(measure), True) for measure in measures)]  # fmt: skip
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
    heads = [*((content.say(f"column.{key}"), False) for key in ("touchpoint", "element")),
             *((content.say(f"statistic.{key}"), True) for key in STATISTICS), (content.say("column.n"), True)]  # fmt: skip
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
