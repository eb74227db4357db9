"""The four charts: intervals, trend, bars, histogram. Rows in, a Vega-Lite dict out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words
from promesa.charts.colours import DASHES, SERIES, light
from promesa.charts.frame import Drawn, frame, nothing_to_draw, readings
from promesa.charts.scales import finite, scale_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.charts.frame import Reading

    Rows = Sequence[Mapping[str, object]]
    Spec = dict[str, object]

ROW_HEIGHT = 38
BAR_HEIGHT = 30
TREND_HEIGHT = 170


def intervals(
    rows: Rows,
    *,
    label: str,
    title: str,
    unit: str,
    locale: str,
    domain: tuple[float, float] | None = None,
    names: Mapping[str, str] | None = None,
    target: str | None = None,
) -> Spec:
    """Draw a point with its interval for each row, one below the other, in the order given.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of a result. A row without an estimate keeps its place and says why.
    label : str
        Key whose value names a row.
    title : str
        What is shown, as a reader says it.
    unit : str
        Of the estimates, as in `Estimate.unit`.
    domain : (float, float), optional
        Ends of the axis, in `unit`; default: the data.
    names : mapping, optional
        How the values of `label` are written.
    target : str, optional
        Key of a value to reach, drawn as a black mark on the row.
    """
    read = readings(rows, label=label, names=names, target=target, unit=unit, locale=locale)
    if not any(one.estimate is not None for one in read):
        return nothing_to_draw(title=title, locale=locale)
    values = [value for one in read for value in (one.estimate, one.lower, one.upper, one.target)]
    scale = scale_of(domain or values, unit=unit, locale=locale)
    x_scale: dict[str, object] = {"domain": list(domain), "padding": 14} if domain else {"zero": False, "nice": True, "padding": 14}
    axis = {"labelExpr": scale.label_expression, "tickCount": 3, "title": None}
    x = {"field": "estimate", "type": "quantitative", "scale": x_scale, "axis": axis}
    y = {"field": "label", "type": "nominal", "sort": None, "axis": _name_axis(), "scale": {"padding": 0.1}}
    layers: list[object] = [
        {"mark": {"type": "rule", "strokeWidth": 3, "color": light("first")},
         "encoding": {"x": {**x, "field": "lower"}, "x2": {"field": "upper"}}},
        {"mark": {"type": "point", "filled": True, "size": 75, "color": light("first"), "opacity": 1},
         "encoding": {"x": x}},
        {"mark": {"type": "text", "dy": -11, "fontWeight": 600, "color": light("ink")},
         "encoding": {"x": x, "text": {"field": "text"}}},
        {"mark": {"type": "text", "align": "left", "fontStyle": "italic", "color": light("muted"), "dx": 4},
         "encoding": {"x": {"value": 0}, "text": {"field": "missing"}}},
    ]
    if any(one.target is not None for one in read):
        tick = {"type": "tick", "thickness": 2.5, "size": 20, "color": light("ink")}
        layers.append({"mark": tick, "encoding": {"x": {**x, "field": "target"}}})
    remark = words.say("charts.target_mark", locale) if any(one.target is not None for one in read) else ""
    return frame(
        Drawn(title=title, caption=scale.caption, remark=remark, readings=read, unit=unit, locale=locale),
        body={"height": {"step": ROW_HEIGHT}, "encoding": {"y": y}, "layer": layers},
    )


def bars(
    rows: Rows,
    *,
    label: str,
    title: str,
    unit: str,
    locale: str,
    names: Mapping[str, str] | None = None,
) -> Spec:
    """Draw a bar from zero for each row, with its interval where there is one, in the order given.

    Parameters
    ----------
    rows, label, title, unit, locale, names
        As in `intervals`.
    """
    read = readings(rows, label=label, names=names, target=None, unit=unit, locale=locale)
    if not any(one.estimate is not None for one in read):
        return nothing_to_draw(title=title, locale=locale)
    values = [value for one in read for value in (one.estimate, one.lower, one.upper)]
    scale = scale_of([0.0, *values], unit=unit, locale=locale)
    axis = {"labelExpr": scale.label_expression, "tickCount": 3, "title": None}
    x = {"field": "estimate", "type": "quantitative", "axis": axis, "scale": {"zero": True, "padding": 26}}
    y = {"field": "label", "type": "nominal", "sort": None, "axis": _name_axis(), "scale": {"padding": 0.25}}
    layers: list[object] = [
        {"mark": {"type": "bar", "color": light("first"), "cornerRadiusEnd": 2}, "encoding": {"x": x}},
        {"mark": {"type": "rule", "strokeWidth": 2, "color": light("ink")},
         "encoding": {"x": {**x, "field": "lower"}, "x2": {"field": "upper"}}},
        {"mark": {"type": "text", "align": "left", "dx": 5, "color": light("ink")},
         "encoding": {"x": {**x, "field": "end"}, "text": {"field": "text"}}},
        {"mark": {"type": "text", "align": "left", "fontStyle": "italic", "color": light("muted"), "dx": 4},
         "encoding": {"x": {"value": 0}, "text": {"field": "missing"}}},
    ]
    return frame(
        Drawn(title=title, caption=scale.caption, readings=read, unit=unit, locale=locale),
        body={"height": {"step": BAR_HEIGHT}, "encoding": {"y": y}, "layer": layers},
    )


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
    read = _lived(readings(rows, label=period, names=None, target=None, unit=unit, locale=locale, series=series))
    if not any(one.estimate is not None for one in read):
        return nothing_to_draw(title=title, locale=locale)
    scale = scale_of(
        [target, *(value for one in read for value in (one.estimate, one.lower, one.upper))], unit=unit, locale=locale
    )
    lines = list(dict.fromkeys(one.series for one in read))
    shown = {line: (names or {}).get(line, line) for line in lines}
    y_axis = {"labelExpr": scale.label_expression, "tickCount": 4, "title": None, "domain": False, "ticks": False}
    y = {"field": "estimate", "type": "quantitative", "axis": y_axis, "scale": {"zero": _is_volume(unit), "nice": True}}
    paint = _paint([shown[line] for line in lines])
    encoding: dict[str, object] = {"x": _period_axis(read)}
    layers = _trend_layers(y, paint=paint, target=target, several=len({one.label for one in read}) > 1)
    remark = words.say("charts.target_line", locale) if target is not None else ""
    return frame(
        Drawn(title=title, caption=scale.caption, remark=remark, readings=read, unit=unit, locale=locale),
        body={"height": TREND_HEIGHT, "encoding": encoding, "layer": layers},
        series_names=shown,
    )


def _lived(read: Sequence[Reading]) -> tuple[Reading, ...]:
    """Return the readings from the first period with a figure to the last: withheld ends would stretch the axis."""
    known = [one.label for one in read if one.estimate is not None]
    if not known:
        return tuple(read)
    dated = all(part.isdigit() for one in read for part in one.label.split("-"))
    if not dated:
        return tuple(read)
    return tuple(one for one in read if min(known) <= one.label <= max(known))


def _is_volume(unit: str) -> bool:
    """Tell whether a height means an amount, so that its axis begins at zero."""
    return unit == "count" or (len(unit) == 3 and unit.isupper())


def _trend_layers(
    y: Mapping[str, object], *, paint: Mapping[str, object], target: float | None, several: bool
) -> list[object]:
    # Without a series the colour stands on the mark: an empty encoding would draw a legend.
    solo = {} if paint else {"color": light("first")}
    # One period has no area: its interval is a line.
    spread = {"type": "area", "opacity": 0.18} if several else {"type": "rule", "strokeWidth": 3}
    band = {"mark": {**spread, **solo},
            "encoding": {"y": {**y, "field": "lower"}, "y2": {"field": "upper"}, **_plain(paint)}}
    line = {"mark": {"type": "line", "strokeWidth": 2, **solo}, "encoding": {"y": y, **paint}}
    points = {"mark": {"type": "point", "filled": True, "size": 22, "opacity": 1, **solo},
              "encoding": {"y": y, **_plain(paint)}}
    layers: list[object] = [band, line, points]
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
    legend = {"orient": "bottom", "columns": 1, "title": None, "labelLimit": 300, "symbolType": "stroke",
              "symbolStrokeWidth": 3, "symbolSize": 240, "symbolOpacity": 1}
    field = {"field": "series", "type": "nominal", "sort": None}
    return {
        "color": {**field, "scale": {"domain": list(lines), "range": colours}, "legend": legend},
        "strokeDash": {**field, "scale": {"domain": list(lines), "range": dashes}, "legend": legend},
    }


def _period_axis(read: Sequence[Reading]) -> dict[str, object]:
    parts = {len(one.label.split("-")) for one in read}
    dated = all(part.isdigit() for one in read for part in one.label.split("-")) and parts <= {1, 2, 3}
    base = {"field": "label", "title": None}
    axis: dict[str, object] = {"grid": False, "labelOverlap": "greedy", "labelFlush": True, "labelSeparation": 10,
                              "title": None}
    if not dated:
        return {**base, "type": "ordinal", "sort": None, "axis": {**axis, "labelAngle": 0}}
    pattern = {1: "%Y", 2: "%b %y", 3: "%d %b"}[max(parts)]
    values = sorted({one.label for one in read})
    return {**base, "type": "temporal", "scale": {"type": "utc"},
            "axis": {**axis, "format": pattern, "tickCount": min(6, len(values))}}


def _name_axis() -> dict[str, object]:
    return {"labelExpr": "split(datum.label, '\\n')", "labelLimit": 150, "title": None, "ticks": False,
            "domain": False, "labelPadding": 8, "labelColor": light("ink")}


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
        Bins that begin at or above it have the second colour, and a line stands at it.
    """
    cells = _bins(rows, lower=lower, upper=upper, count=count, split_at=split_at)
    if not any(cell["count"] for cell in cells):
        return nothing_to_draw(title=title, locale=locale)
    across = scale_of([finite(cell[end]) for cell in cells for end in ("from", "to")], unit=unit, locale=locale)
    upward = scale_of([0.0, *(finite(cell["count"]) for cell in cells)], unit="count", locale=locale)
    x_axis = {"labelExpr": across.label_expression, "tickCount": 6, "title": across.caption or None, "grid": False}
    y_axis = {"labelExpr": upward.label_expression, "tickCount": 4, "title": None, "domain": False, "ticks": False}
    layers: list[object] = [{
        "mark": {"type": "rect", "stroke": light("paper"), "strokeWidth": 0.75},
        "encoding": {
            "x": {"field": "from", "type": "quantitative", "axis": x_axis, "scale": {"zero": False, "nice": False}},
            "x2": {"field": "to"},
            "y": {"field": "count", "type": "quantitative", "axis": y_axis},
            "y2": {"datum": 0},
            "color": {"field": "side", "type": "nominal", "legend": None,
                      "scale": {"domain": ["before", "after"], "range": [light("first"), light("second")]}},
        },
    }]
    if split_at is not None:
        rule = {"type": "rule", "strokeWidth": 1.5, "color": light("ink")}
        layers.append({"mark": rule, "encoding": {"x": {"datum": split_at, "type": "quantitative"}}})
    body: dict[str, object] = {"height": TREND_HEIGHT, "layer": layers, "data": {"values": cells}}
    return frame(Drawn(title=title, caption=upward.caption, readings=(), unit=unit, locale=locale), body=body)


def _bins(
    rows: Rows, *, lower: str, upper: str, count: str, split_at: float | None
) -> list[dict[str, float | str]]:
    ends = [(finite(row.get(lower)), finite(row.get(upper)), finite(row.get(count))) for row in rows]
    widths = [high - low for low, high, _ in ends if low is not None and high is not None]
    width = widths[0] if widths else 1.0
    cells: list[dict[str, float | str]] = []
    for low, high, many in ends:
        if many is None or (low is None and high is None):
            continue
        start = low if low is not None else (high or 0.0) - width
        stop = high if high is not None else start + width
        after = split_at is not None and start >= split_at
        cells.append({"from": start, "to": stop, "count": many, "side": "after" if after else "before"})
    return sorted(cells, key=lambda cell: cell["from"])

