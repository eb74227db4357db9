"""The value chain drawn: eleven boxes and their arrows, laid out for a wide page, a narrow one and a phone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from textwrap import wrap
from typing import TYPE_CHECKING

from promesa.report.drawing import render
from promesa.report.figures import NO_BREAK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from promesa.report.chain import Link
    from promesa.report.content import Content

GLYPHS = {"up": "▲", "down": "▼", "level": "◆", "none": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Sizes of one drawing, in pixels of its own; the boxes of a row are as high as the fullest needs."""

    name: str
    columns: int
    width: int
    across: int
    down: int


WIDE = Layout(name="wide", columns=4, width=252, across=38, down=40)
NARROW = Layout(name="narrow", columns=3, width=226, across=30, down=36)
PHONE = Layout(name="phone", columns=1, width=328, across=0, down=28)
LAYOUTS = (WIDE, NARROW, PHONE)
FOOT = 18
LETTER = 6.6
"""Width of an average letter of the small text, with room to spare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of text in a box."""

    text: str
    y: int
    style: str
    size: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box of text."""

    style: str
    family: str
    lines: tuple[Line, ...]

    @property
    def need(self) -> int:
        """Height that its lines take."""
        return self.lines[-1].y + FOOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A box with its upper left corner and its height."""

    box: Box
    x: int
    y: int
    height: int


def picture(links: Sequence[Link], layout: Layout, *, content: Content) -> Markup:
    """Return the chain drawn in one layout."""
    placed = boxes_of(links, layout, content=content)
    return render(
        "chain.svg",
        name=layout.name,
        title=content.say("chain.picture_title", company=content.company),
        described=". ".join(_spoken(link) for link in links) + ".",
        box_width=layout.width,
        width=layout.columns * (layout.width + layout.across) - layout.across + 2,
        height=placed[-1].y + placed[-1].height + 1,
        placed=placed,
        arrows=[_arrow(one, other, layout) for one, other in pairwise(placed)],
    )


def boxes_of(links: Sequence[Link], layout: Layout, *, content: Content) -> list[Placed]:
    """Return a box a link, and the one of the actions that close the circle, each in its place."""
    boxes = [_box(link, index, layout, content) for index, link in enumerate(links)]
    return _placed([*boxes, _closing(layout, content)], layout)


def _placed(boxes: Sequence[Box], layout: Layout) -> list[Placed]:
    placed: list[Placed] = []
    y = 1
    for start in range(0, len(boxes), layout.columns):
        row = boxes[start : start + layout.columns]
        height = max(box.need for box in row)
        placed += [
            Placed(box=box, x=1 + column * (layout.width + layout.across), y=y, height=height)
            for column, box in enumerate(row)
        ]
        y += height + layout.down
    return placed


def _spoken(link: Link) -> str:
    figure = link.figure
    if figure.state != "shown":
        return f"{link.label}: {figure.text}"
    interval = f" ({figure.interval})" if figure.interval else ""
    arriving = "".join(f"; {text}" for text in link.arriving)
    return f"{link.label}, {link.measure}: {figure.text}{interval}{arriving}"


def _box(link: Link, index: int, layout: Layout, content: Content) -> Box:
    head = Line(text=f"{index + 1}. {link.label}", y=30, style="name")
    lines = _shown(link, layout, content) if link.figure.state == "shown" else _empty(link, layout, content)
    return Box(style=link.figure.state, family=link.family, lines=(head, *lines))


def _shown(link: Link, layout: Layout, content: Content) -> list[Line]:
    letters = _letters(layout)
    room = layout.width - 32
    size = min(29.0, room / max(1, len(link.figure.text)) / 0.64)
    lines = [
        Line(text=_cut(link.measure, letters), y=50, style="soft"),
        Line(text=link.figure.text, y=86, style="figure", size=round(size, 1)),
    ]
    n = content.say("n", n=link.figure.n).replace(" ", NO_BREAK)
    small = [(f"{link.figure.interval} · {n}" if link.figure.interval else n, "plain")]
    if link.scale:
        small.append((link.scale, "soft"))
    if link.trend.text:
        ends = f" ({link.trend.interval})" if link.trend.interval and link.trend.sign != "level" else ""
        small.append((f"{GLYPHS[link.trend.sign]} {link.trend.text}{ends}".strip(), f"trend-{link.trend.sign}"))
    if link.gap:
        small.append((content.say("chain.gap", gap=link.gap), "plain"))
    if link.owner:
        small.append((content.say("chain.owner", owner=link.owner), "soft"))
    small += [(f"← {text}", "arriving") for text in link.arriving]
    y = 108
    for text, style in small:
        for part in _wrapped(text, letters, lines=4 if style == "arriving" else 3):
            lines.append(Line(text=part, y=y, style=style))
            y += 17
        y += 3
    return lines


def _empty(link: Link, layout: Layout, content: Content) -> list[Line]:
    letters = _letters(layout)
    lines = [Line(text=link.figure.text, y=58, style="absent")]
    y = 82
    for part in _wrapped(link.figure.reason, letters, lines=5):
        lines.append(Line(text=part, y=y, style="soft"))
        y += 17
    if link.owner:
        lines.append(Line(text=_cut(content.say("chain.owner", owner=link.owner), letters), y=y + 3, style="soft"))
    return lines


def _closing(layout: Layout, content: Content) -> Box:
    said = _wrapped(content.say("chain.action_text"), _letters(layout), lines=7)
    lines = [Line(text=f"↻ {content.say('chain.action')}", y=30, style="name")]
    lines += [Line(text=part, y=56 + 17 * number, style="soft") for number, part in enumerate(said)]
    return Box(style="action", family="action", lines=tuple(lines))


def _arrow(one: Placed, other: Placed, layout: Layout) -> tuple[str, str]:
    """Return the path of the line from a box to the next and that of its head."""
    if one.y == other.y:
        middle = one.y + 25
        start, end = one.x + layout.width + 4, other.x - 5
        return f"M{start} {middle}H{end - 6}", f"M{end} {middle}l-9 -5.5v11z"
    start_x, half = one.x + layout.width // 2, one.y + one.height + layout.down // 2
    end_x, end_y = other.x + layout.width // 2, other.y - 4
    return f"M{start_x} {one.y + one.height + 3}V{half}H{end_x}V{end_y - 6}", f"M{end_x} {end_y}l-5.5 -9h11z"


def _letters(layout: Layout) -> int:
    """Return how many letters fit into a line of a box."""
    return int((layout.width - 30) / LETTER)


def _wrapped(text: str, letters: int, *, lines: int) -> list[str]:
    parts = wrap(text, letters)
    return parts if len(parts) <= lines else [*parts[: lines - 1], _cut(" ".join(parts[lines - 1 :]), letters)]


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"
