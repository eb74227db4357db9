"""Counts over a scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.charts.colours import light
from promesa.charts.frame import Drawn, frame, nothing_to_draw
from promesa.charts.scales import finite, scale_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Rows = Sequence[Mapping[str, object]]
    Spec = dict[str, object]

HEIGHT = 170


def histogram(
    rows: Rows,
    *,
    lower: str,
    upper: str,
    count: str,
    title: str,
    unit: str,
    locale: str,
    split_at: float | None = None,
) -> Spec:
    """Draw counts over a scale, one column a bin.

    Parameters
    ----------
    rows : sequence of mapping
        One row a bin.
    lower, upper : str
        Keys of the ends of a bin, in `unit`; a bin open to one side is drawn as wide as the first closed one.
    count : str
        Key of the count.
    unit : str
        Of the ends.
    split_at : float, optional
        Where a line stands across the bins: what was promised, say.
    """
    cells = _bins(rows, lower=lower, upper=upper, count=count)
    if not any(cell["count"] for cell in cells):
        return nothing_to_draw(title=title, locale=locale)
    across = scale_of([finite(cell[end]) for cell in cells for end in ("from", "to")], unit=unit, locale=locale)
    upward = scale_of([0.0, *(finite(cell["count"]) for cell in cells)], unit="count", locale=locale)
    x_axis = {"labelExpr": across.label_expression, "tickCount": 6, "title": across.caption or None, "grid": False}
    y_axis = {"labelExpr": upward.label_expression, "tickCount": 4, "title": None, "domain": False, "ticks": False}
    layers: list[object] = [
        {
            "mark": {"type": "rect", "stroke": light("paper"), "strokeWidth": 0.75, "color": light("first")},
            "encoding": {
                "x": {"field": "from", "type": "quantitative", "axis": x_axis, "scale": {"zero": False, "nice": False}},
                "x2": {"field": "to"},
                "y": {"field": "count", "type": "quantitative", "axis": y_axis},
                "y2": {"datum": 0},
            },
        }
    ]
    if split_at is not None:
        rule = {"type": "rule", "strokeWidth": 1.5, "color": light("ink")}
        layers.append({"mark": rule, "encoding": {"x": {"datum": split_at, "type": "quantitative"}}})
    body: dict[str, object] = {"height": HEIGHT, "layer": layers, "data": {"values": cells}}
    return frame(Drawn(title=title, caption=upward.caption, readings=(), unit=unit, locale=locale), body=body)


def _bins(rows: Rows, *, lower: str, upper: str, count: str) -> list[dict[str, float]]:
    ends = [(finite(row.get(lower)), finite(row.get(upper)), finite(row.get(count))) for row in rows]
    widths = [high - low for low, high, _ in ends if low is not None and high is not None]
    width = widths[0] if widths else 1.0
    cells: list[dict[str, float]] = []
    for low, high, many in ends:
        if many is None or (low is None and high is None):
            continue
        start = low if low is not None else (high or 0.0) - width
        stop = high if high is not None else start + width
        cells.append({"from": start, "to": stop, "count": many})
    return sorted(cells, key=lambda cell: cell["from"])
