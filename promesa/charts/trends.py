"""Lines over months, with the band of their intervals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promesa import words
from promesa.charts.colours import DASHES, SERIES, light
from promesa.charts.frame import Drawn, frame, nothing_to_draw, readings
from promesa.charts.scales import is_money, scale_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.charts.frame import Reading

    Rows = Sequence[Mapping[str, object]]
    Spec = dict[str, object]

HEIGHT = 170


def trend(
    rows: Rows,
    *,
    period: str,
    series: str | None,
    title: str,
    unit: str,
    locale: str,
    names: Mapping[str, str] | None = None,
    target: float | None = None,
) -> Spec:
    """Draw a line with its interval band over months (or days, or years).

    Parameters
    ----------
    rows : sequence of mapping
        Rows of a result. A period without an estimate breaks the line.
    period : str
        Key whose value is ``2018``, ``2018-03`` or ``2018-03-31``; other texts stand in the order given.
    series : str or None
        Key that tells one line from another; None for one line.
    names : mapping, optional
        How the values of `series` are written.
    target : float, optional
        A value to reach, drawn as a level line.
    """
    read = _lived(readings(rows, label=period, unit=unit, locale=locale, series=series))
    if not any(one.estimate is not None for one in read):
        return nothing_to_draw(title=title, locale=locale)
    heights = [value for one in read for value in (one.estimate, one.lower, one.upper)]
    scale = scale_of([target, *heights, *([0.0] if _is_volume(unit) else [])], unit=unit, locale=locale)
    lines = list(dict.fromkeys(one.series for one in read))
    shown = {line: (names or {}).get(line, line) for line in lines}
    y_axis = {"labelExpr": scale.label_expression, "tickCount": 4, "title": None, "domain": False, "ticks": False}
    y = {"field": "estimate", "type": "quantitative", "axis": y_axis, "scale": {"zero": _is_volume(unit), "nice": True}}
    paint = _paint([shown[line] for line in lines])
    encoding: dict[str, object] = {"x": _period_axis(read)}
    layers = _trend_layers(y, paint=paint, target=target)
    remark = words.say("charts.target_line", locale) if target is not None else ""
    return frame(
        Drawn(title=title, caption=scale.caption, remark=remark, readings=read, unit=unit, locale=locale),
        body={"height": HEIGHT, "encoding": encoding, "layer": layers},
        series_names=shown,
    )


def _lived(read: Sequence[Reading]) -> list[Reading]:
    """Return the readings from the first period with a figure to the last: withheld ends would stretch the axis."""
    known = [one.label for one in read if one.estimate is not None]
    dated = all(part.isdigit() for one in read for part in one.label.split("-"))
    lived = [one for one in read if not known or not dated or min(known) <= one.label <= max(known)]
    return [replace(one, alone=_is_alone(one, lived)) for one in lived]


def _is_alone(one: Reading, read: Sequence[Reading]) -> bool:
    line = [other for other in read if other.series == one.series]
    at = next(index for index, other in enumerate(line) if other is one)
    beside = [*line[max(0, at - 1) : at], *line[at + 1 : at + 2]]
    return one.estimate is not None and all(other.estimate is None for other in beside)


def _is_volume(unit: str) -> bool:
    """Tell whether a height means an amount, so that its axis begins at zero."""
    return unit == "count" or is_money(unit)


def _trend_layers(y: Mapping[str, object], *, paint: Mapping[str, object], target: float | None) -> list[object]:
    # Without a series the colour stands on the mark: an empty encoding would draw a legend.
    solo = {} if paint else {"color": light("first")}
    span = {"y": {**y, "field": "lower"}, "y2": {"field": "upper"}, **_plain(paint)}
    band = {"mark": {"type": "area", "opacity": 0.18, **solo}, "encoding": span}
    # A period without neighbours has no area: its interval is a line.
    lonely = {
        "transform": [{"filter": "datum.alone"}],
        "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.45, **solo},
        "encoding": span,
    }
    line = {"mark": {"type": "line", "strokeWidth": 2, **solo}, "encoding": {"y": y, **paint}}
    points = {
        "mark": {"type": "point", "filled": True, "size": 22, "opacity": 1, **solo},
        "encoding": {"y": y, **_plain(paint)},
    }
    layers: list[object] = [band, lonely, line, points]
    if target is not None:
        rule = {"type": "rule", "strokeDash": [4, 3], "strokeWidth": 1.5, "color": light("ink")}
        layers.append({"mark": rule, "encoding": {"y": {"datum": target, "type": "quantitative"}, "x": None}})
    return layers


def _plain(paint: Mapping[str, object]) -> dict[str, object]:
    """Return the colour alone: bands and points have no dash."""
    return {key: value for key, value in paint.items() if key != "strokeDash"}


def _paint(lines: Sequence[str]) -> dict[str, object]:
    if len(lines) < 2:
        return {}
    colours = [light(SERIES[index % len(SERIES)]) for index in range(len(lines))]
    dashes = [list(DASHES[index % len(DASHES)]) for index in range(len(lines))]
    legend = {
        "orient": "bottom",
        "columns": 1,
        "title": None,
        "labelLimit": 300,
        "symbolType": "stroke",
        "symbolStrokeWidth": 3,
        "symbolSize": 240,
        "symbolOpacity": 1,
    }
    field = {"field": "series", "type": "nominal", "sort": None}
    return {
        "color": {**field, "scale": {"domain": list(lines), "range": colours}, "legend": legend},
        "strokeDash": {**field, "scale": {"domain": list(lines), "range": dashes}, "legend": legend},
    }


def _period_axis(read: Sequence[Reading]) -> dict[str, object]:
    parts = {len(one.label.split("-")) for one in read}
    dated = all(part.isdigit() for one in read for part in one.label.split("-")) and parts <= {1, 2, 3}
    base = {"field": "label", "title": None}
    axis: dict[str, object] = {
        "grid": False,
        "labelOverlap": "greedy",
        "labelFlush": True,
        "labelSeparation": 10,
        "title": None,
    }
    if not dated:
        return {**base, "type": "ordinal", "sort": None, "axis": {**axis, "labelAngle": 0}}
    pattern = {1: "%Y", 2: "%b %y", 3: "%d %b"}[max(parts)]
    values = sorted({one.label for one in read})
    return {
        **base,
        "type": "temporal",
        "scale": {"type": "utc"},
        "axis": {**axis, "format": pattern, "tickCount": min(6, len(values))},
    }
