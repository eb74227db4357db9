"""What failing and excelling go with: two bars a row, from zero to either side, with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.charts.colours import light
from promesa.charts.frame import Drawn, frame, nothing_to_draw, readings
from promesa.charts.scales import finite, scale_of
from promesa.charts.shares import LINE_HEIGHT, legend, row_axis, row_height, row_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.charts.frame import Reading

    Rows = Sequence[Mapping[str, object]]
    Spec = dict[str, object]

SIDES = ("penalty", "reward")
BAR, APART = 9, 7  # pixels: thickness of a bar, distance of the two of a row from its middle


def penalties(
    rows: Rows,
    *,
    label: str,
    text: str,
    names: tuple[str, str],
    title: str,
    unit: str,
    locale: str,
) -> Spec:
    """Draw penalty and reward of each row from zero, with intervals and a word beside them, in the order given.

    Parameters
    ----------
    rows : sequence of mapping
        Keys ``penalty_estimate``, ``_lower``, ``_upper`` and the same of ``reward``; a side not known is left out.
    label : str
        Key of the name of a row.
    text : str
        Key of the word that stands below the name: its class.
    names : (str, str)
        What penalty and reward are called in the legend.
    title, unit, locale
        As in `intervals`.
    """
    read = {
        side: readings([_side(row, side, label) for row in rows], label=label, unit=unit, locale=locale)
        for side in SIDES
    }
    known = [one for side in SIDES for one in read[side] if one.estimate is not None]
    if not known:
        return nothing_to_draw(title=title, locale=locale)
    ends = [end for one in known for end in (one.estimate, one.lower, one.upper)]
    scale = scale_of([0.0, *ends], unit=unit, locale=locale)
    x: Spec = {
        "field": "estimate",
        "type": "quantitative",
        "axis": {"labelExpr": scale.label_expression, "tickCount": 5, "title": None},
        "scale": {"zero": True, "nice": True, "padding": 8},
    }
    colour: Spec = {
        "field": "side",
        "type": "nominal",
        "scale": {"domain": list(names), "range": [light("second"), light("first")]},
        "legend": legend(symbol="square"),
    }
    layers: list[object] = []
    for name, offset in zip(names, (-APART, APART), strict=True):
        here = {"transform": [{"filter": {"field": "side", "equal": name}}]}
        bar = {"type": "bar", "size": BAR, "yOffset": offset}
        line = {"type": "rule", "strokeWidth": 1.5, "color": light("ink"), "yOffset": offset}
        layers += [
            {**here, "mark": bar, "encoding": {"x": x, "color": colour}},
            {**here, "mark": line, "encoding": {"x": {**x, "field": "lower"}, "x2": {"field": "upper"}}},
        ]
    zero = {"type": "rule", "strokeWidth": 1, "color": light("axis")}
    layers.append({"mark": zero, "encoding": {"x": {"datum": 0, "type": "quantitative"}}})
    words_of = {str(row[label]): str(row[text]) for row in rows}
    body: Spec = {
        "height": {"step": row_height(known) + LINE_HEIGHT},
        "encoding": {"y": row_axis(padding=0.12)},
        "layer": layers,
        "data": {
            "values": [
                _datum(number, one, name, words_of[one.label])
                for side, name in zip(SIDES, names, strict=True)
                for number, one in enumerate(read[side])
                if one.estimate is not None
            ]
        },
    }
    drawn = Drawn(title=title, caption=scale.caption, readings=known, unit=unit, locale=locale)
    return frame(drawn, body=body)


def _side(row: Mapping[str, object], side: str, label: str) -> dict[str, object]:
    return {label: row[label], **{key: finite(row.get(f"{side}_{key}")) for key in ("estimate", "lower", "upper")}}


def _datum(number: int, one: Reading, side: str, word: str) -> dict[str, object]:
    return {
        "row": row_key(number, one.label, below=f"({word})"),
        "label": one.label,
        "side": side,
        "estimate": one.estimate,
        "lower": one.lower,
        "upper": one.upper,
    }
