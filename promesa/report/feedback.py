"""What later stages say of earlier ones, and what it takes to have a need solved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promesa import charts, words
from promesa.report.content import number, only
from promesa.report.figures import figure_of
from promesa.report.tables import Exhibit, cell_of, drawn, figures_table, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.report.content import Content, Row
    from promesa.report.tables import Cell, Table

MOST = 8
BEYOND_CHANCE = "\u25cf"
WHERE = ("stage", "later", "touchpoint", "channel")
SHOWN = ("needs", "contacts_per_need", "one_contact", "solved_at_first", "contacts_until_solved", "reopened")


def shown(content: Content) -> dict[str, object]:
    """Return what the parts of the section hold."""
    return {
        "later_tables": later_tables(content),
        "later_exhibits": later_exhibits(content),
        "gap_table": gap_table(content),
        "needs_table": needs_table(content),
    }


def later_tables(content: Content) -> list[Table]:
    """Return one table a pair of stages: touchpoints by what came later, the surest difference first."""
    rows = content.rows("feedback")
    of = {(row.get("measure"), *(row.get(key) for key in WHERE)): row for row in rows}
    pairs = dict.fromkeys((str(row["stage"]), str(row["later"])) for row in rows if row.get("later"))
    return [found for pair in pairs if (found := _pair(pair, rows, of, content)) is not None]


def _pair(
    pair: tuple[str, str], rows: Sequence[Row], of: dict[tuple[object, ...], Row], content: Content
) -> Table | None:
    part = [row for row in rows if (row.get("stage"), row.get("later")) == pair]
    places = list(dict.fromkeys(tuple(row.get(key) for key in WHERE) for row in part))
    places.sort(key=lambda place: _surest(place, of))
    body: list[list[Cell | str]] = []
    for place in places:
        line: list[Cell | str] = [_named(place, content)]
        for kind in ("score", "broken"):
            own, less = of.get((f"later_{kind}", *place)), of.get((f"later_{kind}_difference", *place))
            line += [_cell(own, content), _difference(less, content)]
        body.append(line)
    heads = [("came_through", False), ("later_score", True), ("against_rest", True)]
    heads += [("later_broken", True), ("against_rest", True)]
    named = [(content.say(f"column.{key}"), numeric) for key, numeric in heads]
    body = _joined(body)[:MOST]
    caption = words.say(f"journeys.feedback.pair_{pair[0]}_{pair[1]}", content.locale)
    return table(caption, named, body) if body else None


def _difference(row: Row | None, content: Content) -> Cell | str:
    """Return a difference; one beyond chance with a mark."""
    if row is None:
        return words.NOT_STATED
    cell = cell_of(figure_of(row, content, as_change=True))
    return replace(cell, text=f"{cell.text} {BEYOND_CHANCE}") if row.get("found") else cell


def _joined(body: Sequence[list[Cell | str]]) -> list[list[Cell | str]]:
    """Return one line for touchpoints that the same journeys came through: their figures are the same."""
    names: dict[tuple[Cell | str, ...], list[str]] = {}
    for name, *figures in body:
        names.setdefault(tuple(figures), []).append(str(name))
    return [["; ".join(same), *figures] for figures, same in names.items()]


def _surest(place: Sequence[object], of: dict[tuple[object, ...], Row]) -> float:
    found = (of.get((f"later_{kind}_difference", *place)) for kind in ("score", "broken"))
    values = [number(row.get("p_value")) for row in found if row is not None]
    return min((value for value in values if value is not None), default=1.0)


def later_exhibits(content: Content) -> list[Exhibit]:
    """Return the picture of later scores by the touchpoints before them."""
    rows = [
        {**row, "name": content.label("touchpoint", row.get("touchpoint"))}
        for row in only(content.rows("feedback"), "later_score_difference")
        if row.get("later") == "after" and row.get("channel") is None and row.get("estimate") is not None
    ]
    if not rows:
        return []
    rows.sort(key=lambda row: -(number(row.get("estimate")) or 0.0))
    title = words.say("journeys.feedback.chart", content.locale)
    spec = charts.intervals(rows, label="name", title=title, unit="score", locale=content.locale)
    heads = {"name": content.say("column.came_through")}
    behind = figures_table(title, rows, heads=heads, name=lambda _, value: str(value), content=content)
    return [Exhibit(svg=drawn(spec, content, name="feedback"), table=behind)]


def gap_table(content: Content) -> Table | None:
    """Return what was expected and what was lived by the touchpoints of the first stages."""
    of = {(row.get("measure"), *(row.get(key) for key in WHERE)): row for row in content.rows("feedback")}
    gaps = [row for row in only(content.rows("feedback"), "expectation_gap") if row.get("estimate") is not None]
    gaps.sort(key=lambda row: number(row.get("estimate")) or 0.0)
    body: list[list[Cell | str]] = []
    for row in gaps:
        place = tuple(row.get(key) for key in WHERE)
        beside = [_cell(of.get((measure, *place)), content) for measure in ("expected", "experienced")]
        body.append([_named(place, content), *beside, cell_of(figure_of(row, content, as_change=True))])
    heads = [("came_through", False), ("expected", True), ("experienced", True), ("difference", True)]
    named = [(content.say(f"column.{key}"), numeric) for key, numeric in heads]
    body = _joined(body)[:MOST]
    return table(words.say("journeys.feedback.gap_title", content.locale), named, body) if body else None


def needs_table(content: Content) -> Table | None:
    """Return what a need takes: all, and by the channel of the first contact."""
    rows = [row for row in content.rows("needs") if row.get("function") is None]
    of = {(row.get("measure"), row.get("channel")): row for row in rows}
    names = dict.fromkeys(row.get("channel") for row in rows if row.get("estimate") is not None)
    measures = [measure for measure in SHOWN if any(measure == key for key, _ in of)]
    body: list[list[Cell | str]] = [
        [
            content.say("feedback.all_needs") if name is None else content.label("channel", name),
            *(_cell(of.get((measure, name)), content) for measure in measures),
        ]
        for name in names
    ]
    heads = [(content.say("feedback.first_channel"), False), *((content.measure(m), True) for m in measures)]
    return table(content.say("feedback.needs_caption"), heads, body) if body else None


def _named(place: Sequence[object], content: Content) -> str:
    name = content.label("touchpoint", place[2])
    return name if place[3] is None else f"{name} ({content.label('channel', place[3])})"


def _cell(row: Row | None, content: Content) -> Cell | str:
    return words.NOT_STATED if row is None else cell_of(figure_of(row, content))
