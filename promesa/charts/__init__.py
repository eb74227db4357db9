"""Rows of a result -> Vega-Lite charts as plain dicts, and those drawn as accessible SVG.

A chart is designed 340 pixels wide, so that its letters stay readable on a phone; a wide page sets
several side by side. It holds only the columns it draws, under names of its own.
"""

from promesa.charts.colours import COLOURS, SERIES
from promesa.charts.curves import curve
from promesa.charts.histograms import histogram
from promesa.charts.matrix import matrix
from promesa.charts.pairs import pairs
from promesa.charts.penalties import penalties
from promesa.charts.ranges import bars, intervals
from promesa.charts.shares import shares
from promesa.charts.svg import to_svg
from promesa.charts.trends import trend

__all__ = [
    "COLOURS",
    "SERIES",
    "bars",
    "curve",
    "histogram",
    "intervals",
    "matrix",
    "pairs",
    "penalties",
    "shares",
    "to_svg",
    "trend",
]
