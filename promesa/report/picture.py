"""The value chain drawn: eleven boxes and their arrows, laid out for a wide page, a narrow one and a phone."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

from promesa.report.drawing import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from promesa.report.chain import Link
    from promesa.report.content import Content

GLYPHS = {"up": "▲", "down": "▼", "level": "◆", "none": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Sizes of one drawing, in pixels of its own."""

    name: str
    columns: int
    width: int
    height: int
    across: int
    down: int

    @property
    def total_width(self) -> int:
        return self.columns * self.width + (self.columns - 1) * self.across + 2

    def total_height(self, boxes: int) -> int:
        rows = -(-boxes // self.columns)
        return rows * self.height + (rows - 1) * self.down + 2


WIDE = Layout(name="wide", columns=4, width=252, height=204, across=38, down=40)
NARROW = Layout(name="narrow", columns=3, width=226, height=214, across=30, down=36)
PHONE = Layout(name="phone", columns=1, width=328, height=178, across=0, down=28)
LAYOUTS = (WIDE, NARROW, PHONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of text in a box."""

    text: str
    y: int
    style: str
    size: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box, with the place of its upper left corner."""

    x: int
    y: int
    style: str
    family: str
    lines: tuple[Line, ...]


def picture(links: Sequence[Link], layout: Layout, *, content: Content) -> Markup:
    """Return the chain drawn in one layout."""
    boxes = [_box(link, index, layout, content) for index, link in enumerate(links)]
    boxes.append(_closing(len(links), layout, content))
    return render(
        "chain.svg",
        name=layout.name,
        title=content.say("chain.picture_title", company=content.company),
        described=". ".join(_spoken(link, content) for link in links) + ".",
        layout=layout,
        height=layout.total_height(len(boxes)),
        boxes=boxes,
        arrows=[_arrow(index, layout) for index in range(len(boxes) - 1)],
    )


def _spoken(link: Link, content: Content) -> str:
    figure = link.figure
    if figure.state != "shown":
        return f"{link.label}: {figure.text}"
    interval = f" ({figure.interval})" if figure.interval else ""
    return f"{link.label}, {link.measure}: {figure.text}{interval}"


def _place(index: int, layout: Layout) -> tuple[int, int]:
    row, column = divmod(index, layout.columns)
    return 1 + column * (layout.width + layout.across), 1 + row * (layout.height + layout.down)


def _box(link: Link, index: int, layout: Layout, content: Content) -> Box:
    x, y = _place(index, layout)
    head = Line(text=f"{index + 1}. {link.label}", y=30, style="name")
    lines = _shown(link, layout, content) if link.figure.state == "shown" else _empty(link, layout, content)
    return Box(x=x, y=y, style=link.figure.state, family=link.family, lines=(head, *lines))


def _shown(link: Link, layout: Layout, content: Content) -> list[Line]:
    letters = _letters(layout, 6.6)
    room = layout.width - 32
    size = min(29.0, room / max(1, len(link.figure.text)) / 0.56)
    lines = [
        Line(text=_cut(link.measure, letters), y=50, style="soft"),
        Line(text=link.figure.text, y=86, style="figure", size=round(size, 1)),
    ]
    n = content.say("n", n=link.figure.n)
    small = [(f"{link.figure.interval} · {n}" if link.figure.interval else n, "plain")]
    if link.trend.text:
        small.append((f"{GLYPHS[link.trend.sign]} {link.trend.text}".strip(), f"trend-{link.trend.sign}"))
    if link.gap:
        small.append((content.say("chain.gap", gap=link.gap), "plain"))
    if link.owner:
        small.append((content.say("chain.owner", owner=link.owner), "soft"))
    y = 108
    for text, style in small:
        for part in _wrapped(text, letters, lines=2):
            lines.append(Line(text=part, y=y, style=style))
            y += 17
        y += 3
    return lines


def _empty(link: Link, layout: Layout, content: Content) -> list[Line]:
    letters = _letters(layout, 6.6)
    lines = [Line(text=link.figure.text, y=58, style="absent")]
    y = 82
    for part in _wrapped(link.figure.reason, letters, lines=5):
        lines.append(Line(text=part, y=y, style="soft"))
        y += 17
    if link.owner:
        owner = _cut(content.say("chain.owner", owner=link.owner), letters)
        lines.append(Line(text=owner, y=max(y + 5, layout.height - 16), style="soft"))
    return lines


def _closing(index: int, layout: Layout, content: Content) -> Box:
    x, y = _place(index, layout)
    said = _wrapped(content.say("chain.action_text"), _letters(layout, 6.6), lines=6)
    lines = [Line(text=f"↻ {content.say('chain.action')}", y=30, style="name")]
    lines += [Line(text=part, y=56 + 17 * number, style="soft") for number, part in enumerate(said)]
    return Box(x=x, y=y, style="action", family="action", lines=tuple(lines))


def _arrow(index: int, layout: Layout) -> tuple[str, str]:
    """Return the path of the line from a box to the next and that of its head."""
    x, y = _place(index, layout)
    to_x, to_y = _place(index + 1, layout)
    if to_y == y:
        middle = y + 25
        start, end = x + layout.width + 4, to_x - 5
        return f"M{start} {middle}H{end - 6}", f"M{end} {middle}l-9 -5.5v11z"
    from_x, half = x + layout.width // 2, y + layout.height + layout.down // 2
    end_x, end_y = to_x + layout.width // 2, to_y - 4
    return f"M{from_x} {y + layout.height + 3}V{half}H{end_x}V{end_y - 6}", f"M{end_x} {end_y}l-5.5 -9h11z"


def _letters(layout: Layout, each: float) -> int:
    """Return how many letters of the average width fit into a line of a box."""
    return int((layout.width - 30) / each)


def _wrapped(text: str, letters: int, *, lines: int) -> list[str]:
    parts = wrap(text, letters)
    return parts if len(parts) <= lines else [*parts[: lines - 1], _cut(" ".join(parts[lines - 1 :]), letters)]


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"
