"""Parts of a whole: one point with its interval a row, the rows coloured by what they belong to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promesa.charts.colours import SERIES, light
from promesa.charts.frame import NUMBER_LENGTH, Drawn, frame, nothing_to_draw, readings, wrapped
from promesa.charts.scales import scale_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.charts.frame import Reading

    Rows = Sequence[Mapping[str, object]]
    Spec = dict[str, object]

LINE_CHARACTERS, MOST_LINES = 27, 2
LINE_HEIGHT, ROW_MARGIN = 14, 12
BRACKETS, HELD = re.compile(r"\([^()]{1,20}\)"), "\u2063"
LABEL_PIXELS = 175
SHAPES = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross")


def shares(
    rows: Rows,
    *,
    label: str,
    title: str,
    unit: str,
    locale: str,
    group: str | None = None,
    group_names: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> Spec:
    """Draw a bar from zero with its interval for each row, in the order given, coloured by group.

    Parameters
    ----------
    rows, label, title, unit, locale, names
        As in `intervals`; names may be sentences of three short lines.
    group : str, optional
        Key of what a row belongs to; it has a colour and a shape.
    group_names : mapping, optional
        How the values of `group` are written; the order of the legend.
    """
    read = readings(rows, label=label, names=names, unit=unit, locale=locale, series=group)
    if not any(one.estimate is not None for one in read):
        return nothing_to_draw(title=title, locale=locale)
    scale = scale_of(
        [0.0, *(end for one in read for end in (one.estimate, one.lower, one.upper))], unit=unit, locale=locale
    )
    axis = {"labelExpr": scale.label_expression, "tickCount": 4, "title": None}
    # Room for the figures, which stand right of the intervals.
    x: dict[str, object] = {
        "field": "estimate",
        "type": "quantitative",
        "axis": axis,
        "scale": {"zero": True, "nice": False, "domain": [0, _reach(read)]},
    }
    paint, shape = _paint(read, group_names)
    layers: list[object] = [
        {
            "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.75},
            "encoding": {"x": {**x, "field": "lower"}, "x2": {"field": "upper"}, **paint},
        },
        {"mark": {"type": "point", "filled": True, "size": 80, "opacity": 1}, "encoding": {"x": x, **paint, **shape}},
        {
            "mark": {"type": "text", "align": "left", "dx": 7, "color": light("ink")},
            "encoding": {"x": {**x, "field": "end"}, "text": {"field": "text"}},
        },
        {
            "mark": {"type": "text", "align": "left", "fontStyle": "italic", "color": light("muted"), "dx": 4},
            "encoding": {"x": {"value": 0}, "text": {"field": "missing"}},
        },
    ]
    body: Spec = {
        "height": {"step": row_height(read)},
        "encoding": {"y": row_axis(padding=0.1)},
        "layer": layers,
        "data": {"values": [_datum(number, one, group_names) for number, one in enumerate(read)]},
    }
    return frame(Drawn(title=title, caption=scale.caption, readings=read, unit=unit, locale=locale), body=body)


def row_key(number: int, text: str, *, below: str = "") -> str:
    """Return the key of a row: its number, then the lines of its name, and perhaps a line below."""
    return f"{number:0{NUMBER_LENGTH}d}" + "\n".join([*row_lines(text), *([below] if below else [])])


def row_lines(text: str) -> list[str]:
    """Return a name in short lines; what stands in brackets, such as a scale, stays on one of them."""
    held = BRACKETS.sub(lambda found: found[0].replace(" ", HELD), text)
    return [line.replace(HELD, " ") for line in wrapped(held, LINE_CHARACTERS, lines=MOST_LINES)]


def row_height(read: Sequence[Reading]) -> int:
    """Return the height of a row that holds the longest name."""
    return LINE_HEIGHT * max(len(row_lines(one.label)) for one in read) + ROW_MARGIN


def row_axis(*, padding: float) -> dict[str, object]:
    """Return the axis of the names of rows."""
    axis = {
        "labelExpr": f"split(substring(datum.label, {NUMBER_LENGTH}), '\\n')",
        "labelOverlap": False,
        "labelLimit": LABEL_PIXELS,
        "labelLineHeight": LINE_HEIGHT,
        "title": None,
        "ticks": False,
        "domain": False,
        "labelPadding": 8,
        "labelColor": light("ink"),
        # A name of several lines is centred on its row.
        "labelOffset": {
            "condition": [
                {"test": f"length(split(datum.label, '\\n')) >= {lines}", "value": -LINE_HEIGHT * (lines - 1) / 2}
                for lines in (4, 3, 2)
            ],
            "value": 0,
        },
    }
    return {"field": "row", "type": "nominal", "sort": None, "axis": axis, "scale": {"padding": padding}}


def legend(*, symbol: str = "circle") -> dict[str, object]:
    """Return a legend below the chart, one entry a line."""
    return {"orient": "bottom", "columns": 1, "title": None, "labelLimit": 300, "symbolType": symbol, "symbolSize": 80}


def _datum(number: int, one: Reading, group_names: Mapping[str, str] | None) -> dict[str, object]:
    ends = [value for value in (one.estimate, one.upper) if value is not None]
    return {
        "row": row_key(number, one.label),
        "label": one.label,
        "group": (group_names or {}).get(one.series, one.series),
        "estimate": one.estimate,
        "lower": one.lower,
        "upper": one.upper,
        "end": max(ends, default=None),
        "text": one.text,
        "missing": one.missing,
    }


def _reach(read: Sequence[Reading]) -> float:
    ends = [value for one in read for value in (one.estimate, one.upper) if value is not None]
    return 1.3 * max([*ends, 1e-9])


def _paint(
    read: Sequence[Reading], group_names: Mapping[str, str] | None
) -> tuple[dict[str, object], dict[str, object]]:
    found = {one.series for one in read if one.series}
    order = [name for name in (group_names or {}) if name in found]
    order += sorted(found - set(order))
    if len(order) < 2:
        return {"color": {"value": light("first")}}, {}
    shown = [(group_names or {}).get(name, name) for name in order]
    colours = [light(SERIES[k % len(SERIES)]) for k in range(len(order))]
    shapes = [SHAPES[k % len(SHAPES)] for k in range(len(order))]
    field = {"field": "group", "type": "nominal", "sort": None, "legend": legend()}
    return (
        {"color": {**field, "scale": {"domain": shown, "range": colours}}},
        {"shape": {**field, "scale": {"domain": shown, "range": shapes}}},
    )
