"""A quantity along a share from 0 to 100 percent, with the band of its intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.charts.colours import light
from promesa.charts.frame import Drawn, frame, nothing_to_draw, readings
from promesa.charts.scales import scale_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Rows = Sequence[Mapping[str, object]]
    Spec = dict[str, object]

HEIGHT = 230


def curve(
    rows: Rows,
    *,
    along: str,
    title: str,
    along_title: str,
    unit: str,
    locale: str,
    level: float | None = None,
) -> Spec:
    """Draw a curve that begins at nothing, over a share.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of a result, in the order of `along`.
    along : str
        Key of the share, a fraction.
    along_title : str
        What the share is of.
    level : float, optional
        A height to compare with, drawn as a level line.
    """
    labelled = [{**row, "label": f"{100 * float(str(row[along])):g} %"} for row in rows]
    read = readings(labelled, label="label", unit=unit, locale=locale)
    if not any(one.estimate is not None for one in read):
        return nothing_to_draw(title=title, locale=locale)
    heights = [value for one in read for value in (one.estimate, one.lower, one.upper)]
    scale = scale_of([0.0, level, *heights], unit=unit, locale=locale)
    axis: dict[str, object] = {"labelExpr": scale.label_expression, "tickCount": 5, "title": None, "domain": False}
    y = {"field": "estimate", "type": "quantitative", "axis": axis, "scale": {"nice": True}}
    share = {
        "field": "along",
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "axis": {"format": "~%", "values": [0, 0.2, 0.4, 0.6, 0.8, 1], "grid": False, "title": along_title},
    }
    # The label of a reading is its share in percent: the marks read their place off it.
    place = {"calculate": "toNumber(replace(datum.label, ' %', '')) / 100", "as": "along"}
    span = {"y": {**y, "field": "lower"}, "y2": {"field": "upper"}}
    layers: list[object] = [
        {"mark": {"type": "area", "opacity": 0.18, "color": light("first")}, "encoding": span},
        {"mark": {"type": "line", "strokeWidth": 2, "color": light("first")}, "encoding": {"y": y}},
    ]
    if level is not None:
        rule = {"type": "rule", "strokeDash": [4, 3], "strokeWidth": 1.5, "color": light("ink")}
        layers.append({"mark": rule, "encoding": {"y": {"datum": level, "type": "quantitative"}, "x": None}})
    return frame(
        Drawn(title=title, caption=scale.caption, readings=read, unit=unit, locale=locale),
        body={"height": HEIGHT, "transform": [place], "encoding": {"x": share}, "layer": layers},
    )
