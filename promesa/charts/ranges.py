"""Rows one below the other: points with their intervals, and bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words
from promesa.charts.colours import light
from promesa.charts.frame import LABEL_CHARACTERS, NUMBER_LENGTH, Drawn, frame, nothing_to_draw, readings
from promesa.charts.scales import scale_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Rows = Sequence[Mapping[str, object]]
    Spec = dict[str, object]

ROW_HEIGHT = 38
BAR_HEIGHT = 30


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
    x_scale: dict[str, object] = (
        {"domain": list(domain), "padding": 14} if domain else {"zero": False, "nice": True, "padding": 14}
    )
    axis = {"labelExpr": scale.label_expression, "tickCount": 3, "title": None}
    x = {"field": "estimate", "type": "quantitative", "scale": x_scale, "axis": axis}
    layers: list[object] = [
        _range_layer(x, width=3, role="first"),
        {
            "mark": {"type": "point", "filled": True, "size": 75, "color": light("first"), "opacity": 1},
            "encoding": {"x": x},
        },
        {
            "mark": {"type": "text", "dy": -11, "fontWeight": 600, "color": light("ink")},
            "encoding": {"x": x, "text": {"field": "text"}},
        },
        _missing_layer(),
    ]
    remark = ""
    if any(one.target is not None for one in read):
        remark = words.say("charts.target_mark", locale)
        tick = {"type": "tick", "thickness": 2.5, "size": 20, "color": light("ink")}
        layers.append({"mark": tick, "encoding": {"x": {**x, "field": "target"}}})
    return frame(
        Drawn(title=title, caption=scale.caption, remark=remark, readings=read, unit=unit, locale=locale),
        body={"height": {"step": ROW_HEIGHT}, "encoding": {"y": _rows(padding=0.1)}, "layer": layers},
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
    read = readings(rows, label=label, names=names, unit=unit, locale=locale)
    if not any(one.estimate is not None for one in read):
        return nothing_to_draw(title=title, locale=locale)
    values = [value for one in read for value in (one.estimate, one.lower, one.upper)]
    scale = scale_of([0.0, *values], unit=unit, locale=locale)
    axis = {"labelExpr": scale.label_expression, "tickCount": 3, "title": None}
    x = {"field": "estimate", "type": "quantitative", "axis": axis, "scale": {"zero": True, "padding": 26}}
    layers: list[object] = [
        {"mark": {"type": "bar", "color": light("first"), "cornerRadiusEnd": 2}, "encoding": {"x": x}},
        _range_layer(x, width=2, role="ink"),
        {
            "mark": {"type": "text", "align": "left", "dx": 5, "color": light("ink")},
            "encoding": {"x": {**x, "field": "end"}, "text": {"field": "text"}},
        },
        _missing_layer(),
    ]
    return frame(
        Drawn(title=title, caption=scale.caption, readings=read, unit=unit, locale=locale),
        body={
            "height": {"step": ROW_HEIGHT if any(len(one.label) > LABEL_CHARACTERS for one in read) else BAR_HEIGHT},
            "encoding": {"y": _rows(padding=0.25)},
            "layer": layers,
        },
    )


def _missing_layer() -> dict[str, object]:
    """Return the reason in the place of a figure that is not there."""
    return {
        "mark": {"type": "text", "align": "left", "fontStyle": "italic", "color": light("muted"), "dx": 4},
        "encoding": {"x": {"value": 0}, "text": {"field": "missing"}},
    }


def _range_layer(x: Mapping[str, object], *, width: float, role: str) -> dict[str, object]:
    return {
        "mark": {"type": "rule", "strokeWidth": width, "color": light(role)},
        "encoding": {"x": {**x, "field": "lower"}, "x2": {"field": "upper"}},
    }


def _rows(*, padding: float) -> dict[str, object]:
    return {"field": "row", "type": "nominal", "sort": None, "axis": _name_axis(), "scale": {"padding": padding}}


def _name_axis() -> dict[str, object]:
    # A row is known by its number, so that two long names cut to the same letters stay two rows.
    return {
        "labelExpr": f"split(substring(datum.label, {NUMBER_LENGTH}), '\\n')",
        "labelOverlap": False,
        "labelLimit": 150,
        "title": None,
        "ticks": False,
        "domain": False,
        "labelPadding": 8,
        "labelColor": light("ink"),
    }
