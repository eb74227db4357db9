"""Ratios one below the other on a scale on which half and double lie equally far from one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.charts.colours import light
from promesa.charts.frame import Drawn, frame, nothing_to_draw, readings
from promesa.charts.shares import row_axis, row_height, row_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Rows = Sequence[Mapping[str, object]]
    Spec = dict[str, object]

TICKS = (0.1, 0.2, 0.33, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10)


def ratios(rows: Rows, *, label: str, title: str, locale: str) -> Spec:
    """Draw a ratio with its interval for each row, in the order given; the line is at 1, no difference.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of a result in ``times``; ends that leave the axis are cut at it.
    label : str
        Key of the name of a row.
    """
    read = readings(rows, label=label, unit="times", locale=locale)
    ends = [value for one in read for value in (one.estimate, one.lower, one.upper) if value]
    if not ends:
        return nothing_to_draw(title=title, locale=locale)
    reach = min(max(2.0, *(max(value, 1 / value) for value in ends)), TICKS[-1])
    ticks = [tick for tick in TICKS if 1 / reach <= tick <= reach]
    axis = {"values": ticks, "labelExpr": "format(datum.value, '~g')", "title": None}
    x = {
        "field": "estimate", "type": "quantitative", "axis": axis,
        "scale": {"type": "log", "domain": [1 / reach, reach], "clamp": True, "nice": False},
    }  # fmt: skip
    cells = [
        {"row": row_key(k, one.label), "estimate": one.estimate, "lower": one.lower, "upper": one.upper,
         "text": one.text, "sure": bool(one.lower and one.upper and not one.lower <= 1 <= one.upper)}
        for k, one in enumerate(read)
    ]  # fmt: skip
    none = {"datum": 1, **{key: value for key, value in x.items() if key != "field"}}
    colour = {"condition": {"test": "datum.sure", "value": light("second")}, "value": light("axis")}
    layers: list[object] = [
        {"mark": {"type": "rule", "strokeWidth": 1.5, "color": light("ink")}, "encoding": {"x": none, "y": None}},
        {
            "mark": {"type": "rule", "strokeWidth": 3},
            "encoding": {"x": {**x, "field": "lower"}, "x2": {"field": "upper"}, "color": colour},
        },
        {"mark": {"type": "point", "filled": True, "size": 70, "opacity": 1}, "encoding": {"x": x, "color": colour}},
    ]
    body: Spec = {
        "height": {"step": row_height(read)},
        "encoding": {"y": row_axis(padding=0.1)},
        "layer": layers,
        "data": {"values": cells},
    }
    return frame(Drawn(title=title, caption="", readings=read, unit="times", locale=locale), body=body)
