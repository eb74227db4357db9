"""The tree of a page as blocks that the typesetter knows: headings, paragraphs, tables, figures, cards.

A block is a dict of plain values. No text becomes part of the typesetter's code: it is handed over as JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from promesa.paper.columns import HALF, is_spread, size_of, widths_of
from promesa.paper.drawings import picture_of
from promesa.paper.lines import inlines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from promesa.paper.markup import Element

    Block = dict[str, Any]
    Inline = dict[str, Any]

HEADS = {"h2": 1, "h3": 2, "h4": 3}
NARROW = "chain-narrow", "lived-wide"
"""Of a drawing that a page carries in several widths, the one for paper."""
OTHER_WIDTHS = "chain-wide", "chain-phone", "lived-phone"
KINDS = ("lead", "soft", "key", "empty", "warning", "big", "between", "said", "rank")
GRIDS = {"top3": 3, "stats": 3, "legend": 2, "notes": 2, "exhibits": 2, "promise-grid": 2, "moved": 2}
WIDE = 420.0
"""Pixels from which a drawing takes the whole width."""
_INLINE = frozenset({"b", "strong", "em", "i", "span", "a", "code", "br", "svg", "small"})


@dataclass(slots=True)
class Paper:
    """What has been set so far: blocks, and the tables that go to the annex.

    Attributes
    ----------
    annex : list of dict
        Tables behind drawings, in the order in which they are referred to.
    heading : str
        Of the document: a part that is headed with the same words goes without.
    """

    heading: str = ""
    annex: list[Block] = field(default_factory=list)

    def blocks(self, inside: Iterable[Element | str]) -> list[Block]:
        """Return elements and texts as blocks; what stands in a line is gathered into paragraphs."""
        found: list[Block] = []
        line: list[Element | str] = []
        for one in inside:
            if isinstance(one, str) or (one.tag in _INLINE and not _is_figure(one)):
                line.append(one)
                continue
            found += self._line(line)
            line = []
            found += self._block(one)
        return [*found, *self._line(line)]

    def _line(self, line: list[Element | str]) -> Iterator[Block]:
        said = list(inlines(line))
        if any(one.get("text", "x").strip() for one in said):
            yield {"is": "p", "kind": "", "in": said}

    def _block(self, one: Element) -> list[Block]:
        if one.attributes.get("aria-hidden") == "true" and one.tag != "p":
            return []
        if one.tag in HEADS and one.text.strip() == self.heading:
            return []
        if one.tag in HEADS:
            return [{"is": "h", "level": HEADS[one.tag], "in": list(inlines(one.inside))}]
        return self._makers().get(one.tag, self._plain)(one)

    def _makers(self) -> dict[str, Callable[[Element], list[Block]]]:
        return {
            "p": self._paragraph,
            "ul": self._list,
            "ol": self._list,
            "dl": self._definitions,
            "table": self._table,
            "svg": self._figure,
            "details": self._details,
            "pre": lambda one: [{"is": "pre", "text": one.text}],
            "div": self._division,
            "article": lambda one: [{"is": "card", "in": self.blocks(one.inside)}],
        }

    def _plain(self, one: Element) -> list[Block]:
        return self.blocks(one.inside)

    def _paragraph(self, one: Element) -> list[Block]:
        if "stage-name" in one.classes:
            return []
        kind = next((kind for kind in KINDS if kind in one.classes), "")
        said = list(inlines(one.inside))
        return [{"is": "p", "kind": kind, "in": said}] if said else []

    def _division(self, one: Element) -> list[Block]:
        columns = next((many for name, many in GRIDS.items() if name in one.classes), 0)
        if not columns:
            return self.blocks(one.inside)
        cells = [cell for cell in (self.blocks([inner]) for inner in one.elements) if cell]
        if "promise-grid" in one.classes and len(cells) == 3:
            cells = [[*cells[0], *cells[2]], cells[1]]
        return list(_side_by_side(cells, columns))

    def _list(self, one: Element) -> list[Block]:
        columns = next((many for name, many in GRIDS.items() if name in one.classes), 0)
        items = [self.blocks(item.inside) for item in one.elements if item.tag == "li"]
        if columns:
            cards = "cards" if "top3" in one.classes else "boxes"
            return [{"is": "grid", "look": cards, "columns": min(columns, len(items)) or 1, "in": items}]
        if "parts" in one.classes:
            return [{"is": "p", "kind": "parts", "in": _joined(one)}]
        return [{"is": "list", "chips": "chips" in one.classes, "ordered": one.tag == "ol", "in": items}]

    def _definitions(self, one: Element) -> list[Block]:
        pairs = [pair for pair in one.elements if pair.tag == "div"]
        if "pairs" in one.classes:
            rows = [[list(inlines(part.inside)) for part in pair.elements] for pair in pairs]
            return [{"is": "pairs", "rows": rows}]
        look = "boxes" if "stats" in one.classes else "notes"
        columns = next((many for name, many in GRIDS.items() if name in one.classes), 1)
        return [{"is": "grid", "look": look, "columns": columns, "in": [_defined(pair) for pair in pairs]}]

    def _figure(self, one: Element) -> list[Block]:
        if one.classes & set(OTHER_WIDTHS):
            return []
        picture = picture_of(one.svg)
        drawn = {"svg": picture.svg, "alt": picture.alt or "–", "width": picture.width, "height": picture.height}
        stretched = "counts" in one.classes
        return [{"is": "figure", "wide": picture.width > WIDE, "stretched": stretched, **drawn}]

    def _details(self, one: Element) -> list[Block]:
        summary = one.first("summary")
        rest = [inner for inner in one.inside if inner is not summary]
        if "behind" in one.classes:
            for shown in self.blocks(rest):
                self.annex.append({**shown, "number": len(self.annex) + 1})
                return [{"is": "see", "number": len(self.annex)}]
            return []
        if "more" in one.classes and summary is not None:
            return [{"is": "h", "level": 2, "in": list(inlines(summary.inside))}, *self.blocks(rest)]
        return self.blocks(rest)

    def _table(self, one: Element) -> list[Block]:
        caption, head = one.first("caption"), one.first("thead")
        heads = head.every("th") if head else []
        rows = [row for body in one.elements if body.tag == "tbody" for row in body.elements if row.tag == "tr"]
        numeric = ["num" in cell.classes for cell in heads]
        widths, whole = widths_of([heads, *(row.elements for row in rows)])
        size, inset = size_of(len(heads))
        return [
            {
                "is": "table",
                "map": "map" in one.classes,
                "size": size,
                "inset": inset,
                "widths": widths,
                "narrow": whole <= HALF,
                "spread": is_spread(whole, numeric),
                "caption": list(inlines(caption.inside)) if caption else [],
                "numeric": numeric,
                "heads": [list(inlines(cell.inside)) for cell in heads],
                "rows": [[self._cell(cell) for cell in row.elements] for row in rows],
            }
        ]

    def _cell(self, cell: Element) -> Block:
        inside = self.blocks(cell.inside)
        return {"named": cell.tag == "th", "faint": bool(cell.classes & {"withheld", "missing"}), "in": inside}


def _is_figure(one: Element) -> bool:
    return one.tag == "svg"


def _side_by_side(cells: list[list[Block]], columns: int) -> Iterator[Block]:
    """Yield cells in rows of columns; one with a wide drawing takes the whole width."""
    row: list[list[Block]] = []
    for cell in cells:
        if any(block.get("wide") for block in cell):
            if row:
                yield {"is": "grid", "look": "plain", "columns": columns, "in": row}
            row = []
            yield from cell
        else:
            row.append(cell)
    if row:
        yield {"is": "grid", "look": "plain", "columns": columns, "in": row}


def side_by_side(tables: Iterable[Block]) -> list[list[Block]]:
    """Return tables in their order, two narrow ones that follow each other beside each other."""
    rows: list[list[Block]] = []
    for one in tables:
        if one.get("narrow") and rows and len(rows[-1]) == 1 and rows[-1][0].get("narrow"):
            rows[-1].append(one)
        else:
            rows.append([one])
    return rows


def _defined(pair: Element) -> list[Block]:
    return [
        {"is": "p", "kind": "term" if part.tag == "dt" else "told", "in": list(inlines(part.inside))}
        for part in pair.elements
    ]


def _joined(one: Element) -> list[Inline]:
    found: list[Inline] = []
    for item in one.elements:
        found += [
            *([{"is": "gap"}] if found else []),
            {"is": "span", "look": "whole", "in": list(inlines(item.inside))},
        ]
    return found
