"""Pairs as a matrix: what two go with together, the colour telling more or less, a frame what is confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words
from promesa.charts.colours import light
from promesa.charts.frame import Drawn, frame, nothing_to_draw, readings
from promesa.charts.scales import finite, scale_of
from promesa.charts.shares import row_axis, row_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Rows = Sequence[Mapping[str, object]]
    Spec = dict[str, object]

CELL = 34
MIDDLE = "#eef1f4"  # what is neither more nor less
FAINT = 0.45  # of a pair without a frame: what may be chance must not shout


def pairs(
    rows: Rows,
    *,
    first: str,
    second: str,
    mark: str,
    title: str,
    unit: str,
    locale: str,
    remark: str = "",
) -> Spec:
    """Draw one cell a pair; the rows name one, the columns the other by the number of its row.

    Parameters
    ----------
    rows : sequence of mapping
        One row a pair, with ``estimate``.
    first, second : str
        Keys of the names of both.
    mark : str
        Key that is true where the cell has a frame.
    remark : str
        What the frame means.
    """
    known = [row for row in rows if finite(row.get("estimate")) is not None]
    if not known:
        return nothing_to_draw(title=title, locale=locale)
    names = list(dict.fromkeys(str(row[key]) for row in known for key in (first, second)))
    place = {name: number for number, name in enumerate(names)}
    both = [(f"{row[first]} + {row[second]}", row) for row in known]
    read = readings([{**row, "pair": name} for name, row in both], label="pair", unit=unit, locale=locale)
    reach = max(abs(one.estimate or 0.0) for one in read) or 1.0
    scale = scale_of([-reach, reach], unit=unit, locale=locale)
    cells: list[Spec] = []
    for one, row in zip(read, known, strict=True):
        ends = sorted((place[str(row[first])], place[str(row[second])]))
        cells.append(
            {
                "row": _row(ends[1], names),
                "column": f"{ends[0] + 1}",
                "label": one.label,
                "estimate": one.estimate,
                "text": _short(one.estimate, unit=unit, reach=reach, locale=locale),
                "framed": bool(row.get(mark)),
                "strength": 1.0 if row.get(mark) else FAINT,
                "dark": bool(row.get(mark)) and abs(one.estimate or 0.0) > 0.5 * reach,
            }
        )
    y = row_axis(padding=0.0)
    y["scale"] = {"domain": [_row(number, names) for number in range(len(names))]}
    x = {
        "field": "column",
        "type": "nominal",
        "sort": None,
        "scale": {"domain": [f"{number + 1}" for number in range(max(1, len(names) - 1))]},
        "axis": {
            "labelAngle": 0,
            "title": None,
            "ticks": False,
            "domain": False,
            "orient": "top",
            "labelOverlap": False,
        },
    }
    colour = {
        "field": "estimate",
        "type": "quantitative",
        "scale": {
            "domain": [-reach, 0, reach],
            "range": [light("second"), MIDDLE, light("first")],
            "interpolate": "rgb",
        },
        "legend": {
            "orient": "bottom",
            "title": None,
            "gradientLength": 200,
            "tickCount": 3,
            "labelExpr": scale.label_expression,
        },
    }
    framed = {"filter": "datum.framed"}
    layers: list[object] = [
        {
            "mark": {"type": "rect", "stroke": light("paper"), "strokeWidth": 1.5},
            "encoding": {
                "color": colour,
                "opacity": {"field": "strength", "type": "quantitative", "scale": None, "legend": None},
            },
        },
        {
            "transform": [framed],
            "mark": {"type": "rect", "filled": False, "stroke": light("ink"), "strokeWidth": 2.5},
        },
        {
            "transform": [framed],
            "mark": {"type": "text", "fontSize": 10},
            "encoding": {
                "text": {"field": "text"},
                "color": {"condition": {"test": "datum.dark", "value": light("paper")}, "value": light("ink")},
            },
        },
    ]
    body: Spec = {
        "height": {"step": CELL},
        "encoding": {"x": x, "y": y},
        "layer": layers,
        "data": {"values": cells},
    }
    drawn = Drawn(title=title, caption=scale.caption, remark=remark, readings=read, unit=unit, locale=locale)
    return frame(drawn, body=body)


def _row(number: int, names: Sequence[str]) -> str:
    return row_key(number, f"{number + 1} {names[number]}")


def _short(value: float | None, *, unit: str, reach: float, locale: str) -> str:
    """Return a figure short enough for a cell."""
    if value is None:
        return ""
    factor = 100.0 if unit == "fraction" else 1.0 if reach < 20_000 else 1e-3
    largest = reach * factor
    decimals = 0 if largest >= 20 else 1 if largest >= 2 else 2
    return words.number(value * factor, locale, decimals=decimals, sign=True).replace("-", "−")
