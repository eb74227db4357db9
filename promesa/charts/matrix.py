"""A table of shares as a picture: each cell its figure, tinted by it, framed and marked where it misses its target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words
from promesa.charts.colours import light
from promesa.charts.frame import NUMBER_LENGTH, Drawn, frame, nothing_to_draw, readings, wrapped
from promesa.charts.scales import finite
from promesa.charts.shares import row_axis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Rows = Sequence[Mapping[str, object]]
    Spec = dict[str, object]

CELL_HEIGHT = 46
NAME_CHARACTERS = 18
COLUMN_CHARACTERS = 9
SHORT_OF = "\u25bc"  # above a figure below its target, so that colour is never alone
FAINT, STRONG = 0.10, 0.28  # of the tint: what reaches its target must not shout


def matrix(
    rows: Rows,
    *,
    row: str,
    column: str,
    target: str,
    title: str,
    unit: str,
    locale: str,
    remark: str = "",
) -> Spec:
    """Draw one cell for each row and column, in the order in which their names first come.

    Parameters
    ----------
    rows : sequence of mapping
        One a cell, with ``estimate``, ``lower``, ``upper`` and ``note``.
    row, column : str
        Keys of the names of both.
    target : str
        Key of the value that a cell should reach; one whose interval lies below it is marked.
    remark : str
        What the mark means.
    """
    if not any(finite(one.get("estimate")) is not None for one in rows):
        return nothing_to_draw(title=title, locale=locale)
    lines = list(dict.fromkeys(str(one[row]) for one in rows))
    heads = list(dict.fromkeys(str(one[column]) for one in rows))
    named = [{**one, "cell": f"{one[row]}, {one[column]}"} for one in rows]
    read = readings(named, label="cell", unit=unit, locale=locale, target=target)
    cells: list[Spec] = []
    for one, given in zip(read, rows, strict=True):
        short = one.target is not None and one.upper is not None and one.upper < one.target
        cells.append(
            {
                "row": _line(lines.index(str(given[row])), lines),
                "column": _head(str(given[column])),
                "label": one.label,
                "estimate": one.estimate,
                "text": one.text or words.NOT_STATED,
                "short": short,
                "strength": STRONG if short else FAINT,
            }
        )
    y = row_axis(padding=0.0)
    y["scale"] = {"domain": [_line(number, lines) for number in range(len(lines))]}
    x = {
        "field": "column",
        "type": "nominal",
        "sort": None,
        "scale": {"domain": [_head(head) for head in heads]},
        "axis": {
            "labelAngle": 0,
            "title": None,
            "ticks": False,
            "domain": False,
            "orient": "top",
            "labelOverlap": False,
        },
    }
    short_of = {"filter": "datum.short"}
    layers: list[object] = [
        {"mark": {"type": "rect", "stroke": light("paper"), "strokeWidth": 2}, "encoding": _tint()},
        {
            "transform": [short_of],
            "mark": {"type": "rect", "filled": False, "stroke": light("ink"), "strokeWidth": 2},
        },
        {
            "transform": [short_of],
            "mark": {"type": "text", "fontSize": 10, "dy": -13, "color": light("ink"), "text": SHORT_OF},
        },
        {"mark": {"type": "text", "fontSize": 11, "color": light("ink")}, "encoding": {"text": {"field": "text"}}},
    ]
    body: Spec = {
        "height": {"step": CELL_HEIGHT},
        "encoding": {"x": x, "y": y},
        "layer": layers,
        "data": {"values": cells},
    }
    drawn = Drawn(title=title, caption="", remark=remark, readings=read, unit=unit, locale=locale)
    return frame(drawn, body=body)


def _tint() -> Spec:
    """Return the colour of a cell: a role of the page, so that a dark page finds its own."""
    return {
        "color": {"condition": {"test": "datum.short", "value": light("second")}, "value": light("first")},
        "opacity": {"field": "strength", "type": "quantitative", "scale": None, "legend": None},
    }


def _line(number: int, names: Sequence[str]) -> str:
    return f"{number:0{NUMBER_LENGTH}d}" + "\n".join(wrapped(names[number], NAME_CHARACTERS, lines=3))


def _head(name: str) -> str:
    return "\n".join(wrapped(name, COLUMN_CHARACTERS, lines=2))
