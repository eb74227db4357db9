"""How wide the columns of a table are to be, judged by its letters before anything is set."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.paper.markup import Element

PAGE, HALF = 493.0, 239.0
"""Points of text across a page of A4, and across one of two columns of it."""
LETTER = 0.5
"""Width of an average letter, figures and capitals among them, as a part of its size."""
DRAWING = 96.0
"""Points that a drawing inside a cell takes."""
SMALL = 0.86
SIZES = ((9, 6.4, 3.0), (7, 7.0, 3.0), (5, 7.8, 4.0), (0, 8.6, 5.0))
"""More columns than, size of the letters, room left and right of a cell; in points."""
SPREAD = 0.6


def size_of(columns: int) -> tuple[float, float]:
    """Return the size of the letters of a table and the room left and right of each cell: the more, the smaller."""
    return next((size, inset) for more_than, size, inset in SIZES if columns > more_than)


def widths_of(rows: Sequence[Sequence[Element]]) -> tuple[list[float], float]:
    """Return the width that each column asks for, in points, and what the whole table would take.

    No width at all where each column may be as wide as it likes.
    """
    columns = max((len(row) for row in rows), default=0)
    if not columns:
        return [], 0.0
    size, inset = size_of(columns)
    wanted, least = [0.0] * columns, [0.0] * columns
    for row in rows:
        for column, cell in enumerate(row):
            wide, narrow = _asked(cell, size)
            wanted[column], least[column] = max(wanted[column], wide), max(least[column], narrow)
    whole = sum(wanted) + 2 * inset * columns
    if whole <= PAGE:
        return [], whole
    room = max(0.0, PAGE - 2 * inset * columns - sum(least))
    more = sum(wide - narrow for wide, narrow in zip(wanted, least, strict=True)) or 1.0
    shares = [narrow + room * (wide - narrow) / more for wide, narrow in zip(wanted, least, strict=True)]
    return [round(share + 2 * inset, 1) for share in shares], whole


def is_spread(whole: float, numeric: Sequence[bool]) -> bool:
    """Tell whether a table is made as wide as the page: one much narrower would fall apart."""
    return bool(numeric) and not numeric[0] and SPREAD * PAGE <= whole <= PAGE


def _asked(cell: Element, size: float) -> tuple[float, float]:
    """Return how wide a cell would be on one line, and with a line a word."""
    if cell.every("svg"):
        return DRAWING, DRAWING
    smalls = [inner.text for inner in cell.every("span") if "small" in inner.classes]
    own = cell.text
    for small in smalls:
        own = own.replace(small, " ", 1)
    lines = [(own.strip(), size), *((small.strip(), size * SMALL) for small in smalls)]
    wide = max(len(line) * LETTER * letter for line, letter in lines)
    narrow = max(_longest(line) * LETTER * letter for line, letter in lines)
    return max(wide, 2 * size), max(narrow, 2 * size)


def _longest(line: str) -> int:
    return min(24, max((len(word) for word in re.split(r"[ \n\t]+", line)), default=0))
