"""Effects one below the other: the whole name, its interval on a scale that all share, its figure.

Drawn 340 pixels wide with the name above the line, so that a promise is read in full on a phone.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from math import ceil, floor, log10
from textwrap import wrap
from typing import TYPE_CHECKING

from promesa import words
from promesa.charts import COLOURS
from promesa.report.drawing import render
from promesa.report.figures import change, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from promesa.report.content import Content

WIDTH, EDGE = 340, 8
LETTERS, TITLE_LETTERS, NOTE_LETTERS = 55, 44, 58
LINE, MARK, APART = 16, 22, 12
FIGURE_LETTER = 7.2
"""Width of a letter of the figures, with room to spare."""
TICK_LETTER = 6.4
MOST_TICKS = 4
MILLION, THOUSAND = 1_000_000, 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One row of the drawing.

    Attributes
    ----------
    label, small : str
        What it is, and a remark below it.
    estimate, lower, upper : float or None
        Without an estimate, `text` stands in its place.
    text, interval : str
        The figure and its ends in words.
    plain : float or None
        Another figure to be seen beside it, drawn as an empty diamond.
    """

    label: str
    estimate: float | None
    lower: float | None
    upper: float | None
    text: str
    interval: str = ""
    small: str = ""
    plain: float | None = None

    @property
    def unclear(self) -> bool:
        """Tell whether its interval holds 0, or is not known."""
        return self.lower is None or self.upper is None or self.lower <= 0 <= self.upper


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """One axis from 0 to what is shown, in pixels of the drawing."""

    low: float
    high: float
    end: float

    def place(self, value: float) -> float:
        """Return where a value stands."""
        share = (value - self.low) / (self.high - self.low)
        return round(EDGE + min(1.0, max(0.0, share)) * (self.end - EDGE), 1)


def forest(
    marks: Sequence[Mark], *, title: str, unit: str, content: Content, name: str, changes: bool = True
) -> Markup:
    """Return the drawing.

    Parameters
    ----------
    unit : str
        Of the figures.
    name : str
        What tells this drawing from every other one on the page.
    changes : bool, default True
        The figures are differences, whose axis is signed and, of fractions, in percentage points.
    """
    figure_width = max((len(one.text) * FIGURE_LETTER for one in marks if one.estimate is not None), default=40.0)
    scale = _scale(marks, end=WIDTH - figure_width - 14)
    heads = wrap(title, TITLE_LETTERS) or [""]
    notes = wrap(_note(marks, unit, scale, content), NOTE_LETTERS)
    top = 20 * len(heads) + LINE * len(notes) + 14
    rows, y = _placed(marks, scale, top)
    mark = "f" + sha256(repr((title, name, content.locale, marks)).encode()).hexdigest()[:10]
    return render(
        "forest.svg",
        mark=mark,
        title=title,
        described=". ".join(_spoken(one) for one in marks) + ".",
        heads=heads,
        notes=notes,
        rows=rows,
        ticks=_ticks(scale, unit, content, changes=changes),
        zero=scale.place(0.0),
        top=top - 4,
        bottom=y,
        width=WIDTH,
        colour={role: COLOURS[role].light for role in ("ink", "muted", "grid", "axis", "first", "second", "paper")},
    )


def _placed(marks: Sequence[Mark], scale: Scale, top: float) -> tuple[list[dict[str, object]], float]:
    rows: list[dict[str, object]] = []
    y = top
    for one in marks:
        labels = [(text, y + 12 + LINE * k) for k, text in enumerate(wrap(one.label, LETTERS))]
        smalls = [(text, y + 12 + LINE * (len(labels) + k)) for k, text in enumerate(wrap(one.small, NOTE_LETTERS))]
        y += LINE * (len(labels) + len(smalls))
        known = one.estimate is not None
        ends = (one.lower, one.upper) if known and one.lower is not None and one.upper is not None else None
        rows.append(
            {
                "labels": labels,
                "smalls": smalls,
                "y": y + MARK / 2,
                "point": scale.place(one.estimate) if one.estimate is not None else None,
                "ends": [scale.place(end) for end in ends] if ends else None,
                "plain": scale.place(one.plain) if one.plain is not None and known else None,
                "text": one.text,
                "unclear": one.unclear,
            }
        )
        y += MARK + APART
    return rows, y


def _scale(marks: Sequence[Mark], *, end: float) -> Scale:
    values = [0.0]
    for one in marks:
        if one.estimate is not None:
            values += [value for value in (one.estimate, one.lower, one.upper, one.plain) if value is not None]
    low, high = min(values), max(values)
    return Scale(low=low, high=high if high > low else low + 1.0, end=end)


def _step(scale: Scale, letters: int) -> float:
    """Return a distance of ticks of which the labels do not touch: 1, 2 or 5 times a power of ten."""
    room = max(1, min(MOST_TICKS, floor((scale.end - EDGE) / (TICK_LETTER * letters + 14))))
    rough = (scale.high - scale.low) / room
    power = 10.0 ** floor(log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))


def _ticks(scale: Scale, unit: str, content: Content, *, changes: bool) -> list[tuple[float, str]]:
    step = _step(scale, 4)
    texts = _written(scale, step, unit, content, changes=changes)
    # Labels tell how long they are only when they are written.
    step = _step(scale, max(len(text) for _, text in texts))
    texts = _written(scale, step, unit, content, changes=changes)
    return [(scale.place(value), text) for value, text in texts]


def _written(scale: Scale, step: float, unit: str, content: Content, *, changes: bool) -> list[tuple[float, str]]:
    divisor, _ = _sized(scale, unit, content)
    places = range(ceil(scale.low / step - 1e-9), floor(scale.high / step + 1e-9) + 1)
    return [(k * step, _tick(k * step, step, divisor, unit, content, changes=changes)) for k in places]


def _tick(value: float, step: float, divisor: float, unit: str, content: Content, *, changes: bool) -> str:
    if value == 0:
        return "0"
    if unit == "fraction":
        decimals = max(0, ceil(-log10(100 * step) - 1e-9))
        number = words.number(100 * value, content.locale, decimals=decimals, sign=changes).replace("-", "\u2212")
        return content.say("percentage_points", value=number) if changes else f"{number} %"
    decimals = max(0, ceil(-log10(step / divisor) - 1e-9))
    return words.number(value / divisor, content.locale, decimals=decimals, sign=changes).replace("-", "\u2212")


def _sized(scale: Scale, unit: str, content: Content) -> tuple[float, str]:
    """Return by what the figures of the axis are divided, and how that is said."""
    largest = max(abs(scale.low), abs(scale.high))
    if unit == "fraction" or largest < 20 * THOUSAND:
        return 1.0, ""
    millions = largest >= 2 * MILLION
    size = words.say("charts.millions" if millions else "charts.thousands", content.locale)
    said = words.say("charts.sized_unit", content.locale, size=size, unit=unit) if unit.isupper() else size
    return float(MILLION if millions else THOUSAND), said


def _note(marks: Sequence[Mark], unit: str, scale: Scale, content: Content) -> str:
    shown = [one for one in marks if one.estimate is not None]
    said = [_sized(scale, unit, content)[1]]
    if any(one.plain is not None for one in shown):
        said.append(content.say("forest.plain"))
    if any(one.unclear for one in shown):
        said.append(content.say("forest.unclear"))
    return " · ".join(part for part in said if part)


def _spoken(one: Mark) -> str:
    interval = f" ({one.interval})" if one.interval else ""
    return f"{one.label}: {one.text}{interval}"


def figure_text(value: float, unit: str, content: Content, *, changes: bool) -> str:
    """Return a figure short enough to stand beside its mark."""
    return short(value, unit, content, signed=changes) if unit.isupper() else change(value, unit, content)
