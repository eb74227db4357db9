"""Shares that only fall: who is still there after so many days, with the band of their interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words
from promesa.charts.colours import DASHES, SERIES, light
from promesa.charts.frame import Drawn, frame, nothing_to_draw, readings
from promesa.charts.scales import finite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Rows = Sequence[Mapping[str, object]]
    Spec = dict[str, object]

HEIGHT = 190
TICK_DAYS = (30, 90, 180, 365)
MOST_TICKS = 7


def decline(rows: Rows, *, days: str, series: str | None, title: str, locale: str) -> Spec:
    """Draw the share still there over days, one line a group.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of a result, shares as fractions.
    days : str
        Key of the days.
    series : str or None
        Key that tells one group from another; None for one line.
    """
    read = readings(rows, label=days, unit="fraction", locale=locale, series=series)
    if not any(one.estimate is not None for one in read):
        return nothing_to_draw(title=title, locale=locale)
    lines = list(dict.fromkeys(one.series for one in read))
    cells = [
        {"day": finite(row.get(days)), "line": one.series, "share": one.estimate, "low": one.lower, "high": one.upper}
        for row, one in zip(rows, read, strict=True)
    ]
    longest = max(cell["day"] or 0.0 for cell in cells if isinstance(cell["day"], float))
    step = next((tick for tick in TICK_DAYS if longest / tick <= MOST_TICKS), TICK_DAYS[-1])
    ticks = list(range(0, int(longest) + 1, step))
    x_axis = {"values": ticks, "title": words.say("unit.days", locale), "grid": False}
    x = {"field": "day", "type": "quantitative", "axis": x_axis, "scale": {"nice": False}}
    y_axis = {"labelExpr": "format(datum.value * 100, '.0f') + ' %'", "tickCount": 5, "title": None, "domain": False}
    y = {"field": "share", "type": "quantitative", "axis": {**y_axis, "ticks": False}, "scale": {"domain": [0, 1]}}
    plain, dashed = _paint(lines)
    solo = {} if plain else {"color": light("first")}
    layers: list[object] = [
        {
            "mark": {"type": "area", "opacity": 0.18, **solo},
            "encoding": {"y": {**y, "field": "low"}, "y2": {"field": "high"}, **plain},
        },
        {"mark": {"type": "line", "strokeWidth": 2, **solo}, "encoding": {"y": y, **dashed}},
    ]
    body: Spec = {"height": HEIGHT, "encoding": {"x": x}, "layer": layers, "data": {"values": cells}}
    return frame(Drawn(title=title, caption="", readings=read, unit="fraction", locale=locale), body=body)


def _paint(lines: Sequence[str]) -> tuple[Spec, Spec]:
    """Return the colours of the bands, and colours and dashes of the lines."""
    if len(lines) < 2:
        return {}, {}
    field = {"field": "line", "type": "nominal", "sort": None}
    colours = [light(SERIES[k % len(SERIES)]) for k in range(len(lines))]
    dashes = [list(DASHES[k // len(SERIES) % len(DASHES)]) for k in range(len(lines))]
    legend = {"orient": "bottom", "columns": 2, "title": None, "symbolType": "stroke", "symbolStrokeWidth": 3}
    colour = {**field, "scale": {"domain": list(lines), "range": colours}, "legend": {**legend, "symbolOpacity": 1}}
    return {"color": colour}, {"color": colour, "strokeDash": {**field, "scale": {"range": dashes}, "legend": None}}
