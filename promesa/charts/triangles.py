"""Cohorts below each other: which share is there so many periods after it began, the darker the more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.charts.colours import light
from promesa.charts.frame import Drawn, frame, nothing_to_draw, readings
from promesa.charts.scales import finite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Rows = Sequence[Mapping[str, object]]
    Spec = dict[str, object]

ROW = 17
MOST = 24  # cohorts and periods drawn: more do not fit on a phone


def triangle(rows: Rows, *, cohort: str, since: str, title: str, axis: str, locale: str) -> Spec:
    """Draw the share of each cohort that is there so many periods later; the first period is left out.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of a result, shares as fractions. The latest cohorts are drawn where there are many.
    cohort, since : str
        Keys of the cohort and of the periods since it began.
    axis : str
        What the periods are called.
    """
    later = [row for row in rows if (finite(row.get(since)) or 0.0) > 0]
    names = sorted({str(row.get(cohort)) for row in later})[-MOST:]
    shown = [row for row in later if str(row.get(cohort)) in names and (finite(row.get(since)) or 0.0) <= MOST]
    read = readings(shown, label=cohort, unit="fraction", locale=locale)
    if not any(one.estimate is not None for one in read):
        return nothing_to_draw(title=title, locale=locale)
    cells = [
        {"cohort": str(row.get(cohort)), "since": finite(row.get(since)), "share": one.estimate}
        for row, one in zip(shown, read, strict=True)
        if one.estimate is not None
    ]
    colour = {
        "field": "share",
        "type": "quantitative",
        "scale": {"range": [light("grid"), light("first")], "zero": True},
        "legend": {
            "orient": "bottom", "title": None, "labelExpr": "format(datum.value * 100, '.0f') + ' %'",
            "gradientLength": 200, "tickCount": 4,
        },
    }  # fmt: skip
    x_axis = {"title": axis, "labelAngle": 0, "labelOverlap": "greedy", "grid": False, "format": "d"}
    y_axis = {"title": None, "labelOverlap": "greedy", "ticks": False, "domain": False}
    body: Spec = {
        "height": {"step": ROW},
        "mark": {"type": "rect", "stroke": light("paper"), "strokeWidth": 1},
        "encoding": {
            "x": {"field": "since", "type": "ordinal", "axis": x_axis},
            "y": {"field": "cohort", "type": "ordinal", "axis": y_axis},
            "color": colour,
        },
        "data": {"values": cells},
    }
    return frame(Drawn(title=title, caption="", readings=read, unit="fraction", locale=locale), body=body)
