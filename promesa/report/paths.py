"""A path model drawn: constructs with their scores, arrows with their coefficients, as wide as they are strong."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from textwrap import wrap
from typing import TYPE_CHECKING, cast

from markupsafe import escape

from promesa import words
from promesa.charts import COLOURS
from promesa.report.content import by, by_measure, number, only
from promesa.report.figures import NO_BREAK
from promesa.report.path_layout import Layout, Node, Sizes, lay_out, spread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.report.content import Row

SIZES = Sizes()
MARGIN = 20.0
FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Helvetica Neue',Arial,'Liberation Sans',sans-serif"
PAPER, INK, SOFT, LINE, TRACK = (COLOURS[role].light for role in ("paper", "ink", "muted", "axis", "grid"))
MORE, LESS = COLOURS["first"].light, COLOURS["second"].light
NAME_LETTERS = 21
NOTE_LETTER = 6.3
NAME_LINE = 19
BOX_HEIGHT, EXPLAINED_HEIGHT = 58, 20
"""Of a box without its name, and of the line that says how much of it is explained."""
PORT = 26.0
"""Distance of two lines where they leave or reach a box."""
THIN, THICK = 1.4, 7.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What one picture needs: the rows of one index survey, where all stands, and in which language."""

    rows: Sequence[Row]
    scores: Mapping[str, Row]
    paths: Sequence[Row]
    layout: Layout
    tops: Sequence[float]
    heights: Sequence[float]
    level: float
    locale: str

    def say(self, key: str, **values: object) -> str:
        """Return a message of path models."""
        return words.say(f"chain.paths.{key}", self.locale, **values)

    def label(self, construct: object) -> str:
        """Return what people call a construct."""
        row = self.scores[str(construct)]
        return str(row.get(f"label_{words.language_of(self.locale)}") or construct)

    def figure(self, row: Row, *, decimals: int) -> str:
        """Return an estimate as text."""
        return words.number(number(row.get("estimate")), self.locale, decimals=decimals).replace("-", "−")

    def ends(self, row: Row, *, decimals: int) -> dict[str, str]:
        """Return the ends of an interval as texts."""
        return {
            end: words.number(number(row.get(end)), self.locale, decimals=decimals).replace("-", "−")
            for end in ("lower", "upper")
        }


def path_picture(document: Mapping[str, object], locale: str) -> str:
    """Return the path diagrams of a document of `chain.paths`: one accessible SVG for each index that was fitted.

    Parameters
    ----------
    document : mapping
        `to_document()` of `chain.paths`.
    locale : str
        The reader's.

    Returns
    -------
    str
        ``<svg>`` elements without ids that another picture could have; empty where no index was fitted.
    """
    rows = cast("Sequence[Row]", document.get("rows", ()))
    level = number(document.get("confidence_level")) or 0.95
    pictures = [_picture(own, level, locale) for own in by(rows, "index").values() if any(only(own, "path"))]
    return "\n".join(pictures)


def _picture(rows: Sequence[Row], level: float, locale: str) -> str:
    scores = {str(row["construct"]): row for row in only(rows, "index_score")}
    paths = list(only(rows, "path"))
    layout = lay_out(list(scores), [(str(p["construct"]), str(p["target"])) for p in paths], sizes=SIZES)
    names = {name: _name_lines(row, name, locale) for name, row in scores.items()}
    explained = {str(row["construct"]) for row in only(rows, "r_squared")}
    needs = {
        name: BOX_HEIGHT + NAME_LINE * len(lines) + EXPLAINED_HEIGHT * (name in explained)
        for name, lines in names.items()
    }
    heights = [
        max((needs[name] for name, box in layout.boxes.items() if box.row == row), default=SIZES.label_height)
        for row in range(layout.rows)
    ]
    tops = [MARGIN]
    for height in heights:
        tops.append(tops[-1] + height + SIZES.gap)
    drawing = Drawing(
        rows=rows,
        scores=scores,
        paths=paths,
        layout=layout,
        tops=tops,
        heights=heights,
        level=level,
        locale=locale,
    )
    return _svg(drawing, names)


def _name_lines(row: Row, name: str, locale: str) -> list[str]:
    label = str(row.get(f"label_{words.language_of(locale)}") or name)
    lines = wrap(label, NAME_LETTERS) or [name]
    return lines if len(lines) <= 2 else [lines[0], lines[1][: NAME_LETTERS - 1].rstrip() + "…"]


def _svg(drawing: Drawing, names: Mapping[str, Sequence[str]]) -> str:
    width = max(drawing.layout.width + 2 * MARGIN, 380.0)
    shift = (width - drawing.layout.width) / 2
    for node in {id(n): n for line in drawing.layout.lines.values() for n in line}.values():
        node.x += shift
    first = next(iter(drawing.scores.values()))
    index = str(first.get(f"index_{words.language_of(drawing.locale)}") or first["index"])
    title = drawing.say("picture_title", index=index)
    note = _note(drawing, int((width - 2 * MARGIN) / NOTE_LETTER))
    bottom = drawing.tops[-1]
    height = bottom + 18 * len(note) + 6
    mark = "p" + sha256(repr([drawing.rows, drawing.locale]).encode()).hexdigest()[:10]
    arrows = [_arrow(drawing, row) for row in sorted(drawing.paths, key=lambda row: abs(_estimate(row)))]
    boxes = [_box(drawing, name, lines) for name, lines in names.items()]
    said = [_text(MARGIN, bottom + 12 + 18 * k, line, fill=SOFT) for k, line in enumerate(note)]
    named = f'role="img" aria-labelledby="{mark}-title {mark}-desc" class="paths"'
    size = f"width:100%;max-width:{width:.0f}px;min-width:{min(width, 560):.0f}px;height:auto"
    style = f'font-family="{FONT}" font-size="12.5" style="{size}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {named} viewBox="0 0 {width:.0f} {height:.0f}" {style}>',
            f'<title id="{mark}-title">{escape(title)}</title>',
            f'<desc id="{mark}-desc">{escape(_described(drawing))}</desc>',
            f'<rect width="{width:.0f}" height="{height:.0f}" fill="{PAPER}"/>',
            *(line for line, _ in arrows),
            *(label for _, label in arrows),
            *boxes,
            *said,
            "</svg>",
        ]
    )


def _note(drawing: Drawing, letters: int) -> list[str]:
    n = words.number(number(drawing.paths[0].get("n")), drawing.locale)
    said = [drawing.say("picture_note", level=words.percent(drawing.level, drawing.locale, decimals=0), n=n)]
    said = [text.replace(f"n {n}", f"n{NO_BREAK}{n}") for text in said]
    if any(_unclear(row) for row in drawing.paths):
        said.append(drawing.say("picture_unclear"))
    if any(_estimate(row) < 0 for row in drawing.paths):
        said.append(drawing.say("picture_negative"))
    return wrap(" ".join(said), letters, break_long_words=False)


def _described(drawing: Drawing) -> str:
    """Return the picture in words: every box, then every arrow."""
    boxes = [
        drawing.say(
            "score",
            construct=drawing.label(name),
            score=drawing.figure(row, decimals=0),
            **drawing.ends(row, decimals=0),
        )
        for name, row in drawing.scores.items()
    ]
    arrows = [
        drawing.say(
            "arrow",
            source=drawing.label(row["construct"]),
            target=drawing.label(row["target"]),
            path=drawing.figure(row, decimals=2),
            **drawing.ends(row, decimals=2),
        )
        for row in drawing.paths
    ]
    return ". ".join([*boxes, *arrows]) + "."


def _box(drawing: Drawing, name: str, lines: Sequence[str]) -> str:
    node, row = drawing.layout.boxes[name], drawing.scores[name]
    x, y = node.x - SIZES.box / 2, drawing.tops[node.row]
    height = drawing.heights[node.row]
    at = y + 25
    shape = f'x="{x:.1f}" y="{y:.1f}" width="{SIZES.box}" height="{height}" rx="9"'
    parts = [f'<rect {shape} fill="{PAPER}" stroke="{LINE}" stroke-width="1.4"/>']
    for line in lines:
        parts.append(_text(x + 14, at, line, size=15, weight=700))
        at += NAME_LINE
    score = number(row.get("estimate"))
    parts.append(_text(x + 14, at + 9, drawing.figure(row, decimals=0), size=23, weight=700))
    if score is not None:
        span = drawing.say("span", **drawing.ends(row, decimals=0))
        parts.append(_text(x + 54, at + 9, f"({span})", size=13, fill=SOFT))
        wide = SIZES.box - 28
        parts.append(f'<rect x="{x + 14:.1f}" y="{at + 18:.1f}" width="{wide}" height="5" rx="2.5" fill="{TRACK}"/>')
        parts.append(
            f'<rect x="{x + 14:.1f}" y="{at + 18:.1f}" width="{wide * score / 100:.1f}" height="5" rx="2.5" '
            f'fill="{MORE}"/>'
        )
    explained = by_measure(r for r in drawing.rows if r.get("construct") == name).get("r_squared")
    if explained is not None:
        share = words.percent(number(explained.get("estimate")), drawing.locale, decimals=0)
        parts.append(_text(x + 14, at + 41, drawing.say("explained", share=share), fill=SOFT))
    return f"<g>{''.join(parts)}</g>"


def _arrow(drawing: Drawing, row: Row) -> tuple[str, str]:
    """Return the line of an arrow with its head, and its label."""
    arrow = (str(row["construct"]), str(row["target"]))
    line = drawing.layout.lines[arrow]
    colour = LESS if _estimate(row) < 0 else MORE
    strong = THIN + (THICK - THIN) * min(1.0, abs(_estimate(row)))
    head = 6 + 1.3 * strong
    start = _port(drawing, line[0], line[1], down=True)
    end = _port(drawing, line[-1], line[-2], down=False)
    x, y = start, drawing.tops[line[0].row] + drawing.heights[line[0].row]
    path = f"M{x:.1f} {y:.1f}"
    for node in line[1:-1]:
        top = drawing.tops[node.row]
        path += _curve(x, y, node.x, top)
        x, y = node.x, top + drawing.heights[node.row]
        path += f"V{y:.1f}"
    tip = drawing.tops[line[-1].row] - 1
    path += _curve(x, y, end, tip - head)
    dashes = ' stroke-dasharray="7 5"' if _unclear(row) else ""
    drawn = (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{strong:.1f}"{dashes}/>'
        f'<path d="M{end:.1f} {tip:.1f}l{-head * 0.6:.1f} {-head:.1f}h{head * 1.2:.1f}z" fill="{colour}"/>'
    )
    label = next(node for node in line if node.kind == "label")
    left, top = label.x - SIZES.label / 2, drawing.tops[label.row]
    span = drawing.say("span", **drawing.ends(row, decimals=2))
    said = (
        f'<g><rect x="{left:.1f}" y="{top:.1f}" width="{SIZES.label}" height="{SIZES.label_height}" rx="7" '
        f'fill="{PAPER}" stroke="{TRACK}"/>'
        f"{_text(label.x, top + 17, drawing.figure(row, decimals=2), size=15, weight=700, middle=True, fill=colour)}"
        f"{_text(label.x, top + 32, span, size=12, middle=True, fill=SOFT)}</g>"
    )
    return drawn, said


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    middle = (y + to_y) / 2
    return f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}"


def _port(drawing: Drawing, box: Node, towards: Node, *, down: bool) -> float:
    """Return where a line leaves or reaches a box: below or above what it comes from, apart from the others."""
    del drawing
    others = sorted(box.below if down else box.above, key=lambda node: node.x)
    reach = SIZES.box / 2 - 18
    wanted = [min(max(node.x, box.x - reach), box.x + reach) for node in others]
    apart = min(PORT, 2 * reach / max(1, len(others) - 1))
    places = spread(wanted, [apart] * len(others), [1.0] * len(others))
    over = max(0.0, places[-1] - box.x - reach) + min(0.0, places[0] - box.x + reach)
    return places[others.index(towards)] - over


def _estimate(row: Row) -> float:
    return number(row.get("estimate")) or 0.0


def _unclear(row: Row) -> bool:
    lower, upper = number(row.get("lower")), number(row.get("upper"))
    return lower is None or upper is None or lower <= 0 <= upper


def _text(
    x: float, y: float, said: str, *, size: float = 12.5, weight: int = 400, fill: str = INK, middle: bool = False
) -> str:
    anchor = ' text-anchor="middle"' if middle else ""
    heavy = f' font-weight="{weight}"' if weight != 400 else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}"{heavy}{anchor}>{escape(said)}</text>'
