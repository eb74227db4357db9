"""The map of touchpoints: stages across, channels down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.report.chain import satisfaction_row
from promesa.report.content import by, by_measure, listed, number, only
from promesa.report.figures import Figure, figure_of
from promesa.report.touchpoints import STAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from promesa.report.content import Content, Row
    from promesa.report.promises import Promise

    Where = tuple[object, str]
    Cell = Mapping[str, Row]

FIRST_IN_CELL = 6
"""Touchpoints of a cell of the map that are shown at once; the others unfold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One touchpoint in one cell of the map.

    Attributes
    ----------
    key, name : str
        As the model and as people call it.
    share : float
        Its moments as a share of the largest of the map, in percent: the length of its bar.
    against : {"above", "below", ""}
        Where its score lies against that of the whole company, when the interval says so.
    broken : str
        Which promise of it is below target; empty when none is.
    """

    key: str
    name: str
    moments: Figure
    share: float
    score: Figure | None
    against: str
    broken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """The map: stages across, channels down.

    Attributes
    ----------
    shared : bool
        Whether a score is that of all channels, because answers name none.
    """

    stages: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[Chip, ...], ...]], ...]
    concept: str
    whole: Figure | None
    shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What every cell of the map is set against: the concept shown, the whole company, the largest volume."""

    concept: str
    whole: Row | None
    largest: float
    promises: Sequence[Promise]


def map_of(content: Content, promises: Sequence[Promise]) -> Map | None:
    """Return the map, or None when no touchpoint has been lived."""
    by_channel = bool(content.rows("touchpoints_by_channel"))
    rows = content.rows("touchpoints_by_channel" if by_channel else "touchpoints")
    groups = by(
        (row for row in rows if row.get("touchpoint") is not None),
        lambda row: (row.get("channel"), str(row.get("touchpoint"))),
    )
    if not groups:
        return None
    cells = {where: by_measure(group) for where, group in groups.items()}
    ground = _ground(content, rows, list(cells.values()), promises)
    cells, shared = _without_answers_alone(cells, ground.concept)
    chips: dict[tuple[object, str], list[Chip]] = {}
    for (channel, touchpoint), cell in cells.items():
        stage = str(content.touchpoints.get(touchpoint, {}).get("stage") or "during")
        chips.setdefault((channel, stage), []).append(_chip(touchpoint, cell, ground, content))
    channels = dict.fromkeys(channel for channel, _ in cells)
    every = content.say("map.all_channels")
    return Map(
        stages=tuple(content.label("stage", stage) for stage in STAGES),
        rows=tuple(
            (
                content.label("channel", channel) if by_channel else every,
                tuple(tuple(sorted(chips.get((channel, stage), []), key=lambda c: -c.share)) for stage in STAGES),
            )
            for channel in channels
        ),
        concept=content.measure(ground.concept) if ground.concept else "",
        whole=figure_of(ground.whole, content) if ground.whole else None,
        shared=shared,
    )


def _without_answers_alone(cells: Mapping[Where, Cell], concept: str) -> tuple[dict[Where, Cell], bool]:
    """Give a score whose answers name no channel to the channels in which its touchpoint was lived; tell if any was."""
    lived = {touchpoint for (channel, touchpoint), cell in cells.items() if channel is not None and _moments(cell)}
    alone = {
        touchpoint: cell
        for (channel, touchpoint), cell in cells.items()
        if channel is None and not _moments(cell) and touchpoint in lived
    }
    kept: dict[Where, Cell] = {}
    for (channel, touchpoint), cell in cells.items():
        said = alone.get(touchpoint, {})
        if channel is None and touchpoint in alone:
            continue
        kept[channel, touchpoint] = cell if concept in cell or concept not in said else {**cell, concept: said[concept]}
    return kept, any(concept in said for said in alone.values())


def touchpoint_chips(content: Content, promises: Sequence[Promise]) -> tuple[str, dict[str, Chip]]:
    """Return the concept shown, and what the map shows of each touchpoint over all channels."""
    rows = [row for row in content.rows("touchpoints") if row.get("touchpoint") is not None]
    groups = {str(name): by_measure(group) for name, group in by(rows, "touchpoint").items()}
    ground = _ground(content, rows, list(groups.values()), promises)
    concept = content.measure(ground.concept) if ground.concept else ""
    return concept, {name: _chip(name, group, ground, content) for name, group in groups.items()}


def _ground(
    content: Content, rows: Sequence[Row], cells: Sequence[Mapping[str, Row]], promises: Sequence[Promise]
) -> Ground:
    """Show the concept of the satisfaction link where touchpoints have it, else the first that they have."""
    wanted = str((satisfaction_row(content) or {}).get("concept"))
    present = dict.fromkeys(str(row.get("measure")) for row in rows if row.get("touchpoint") is not None)
    concepts = [measure for measure in present if content.has_label("concept", measure)]
    concept = wanted if wanted in concepts else next(iter(concepts), "")
    whole = next(only(content.rows("opinions"), concept), None) or satisfaction_row(content)
    return Ground(
        concept=concept,
        whole=whole if whole and whole.get("concept") == concept else None,
        largest=max((_moments(cell) for cell in cells), default=0.0) or 1.0,
        promises=promises,
    )


def _moments(rows: Mapping[str, Row]) -> float:
    return number(rows.get("moments", {}).get("estimate")) or 0.0


def _chip(name: str, rows: Mapping[str, Row], ground: Ground, content: Content) -> Chip:
    score = rows.get(ground.concept)
    return Chip(
        key=name,
        name=content.label("touchpoint", name),
        moments=figure_of(rows.get("moments"), content),
        share=round(100 * _moments(rows) / ground.largest, 1),
        score=figure_of(score, content) if score else None,
        against=_against(score, ground.whole) if score and ground.whole else "",
        broken="; ".join(_broken(name, ground.promises, content)),
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
    return listed(content.promises.get(promise.name, {}).get("touchpoints"))
