"""The levels of headings: no level is left out on the way down, and a heading inside a frame is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    Block = dict[str, Any]

FRAMES = ("cards", "boxes", "notes")


def set_levels(blocks: Iterable[Block]) -> None:
    """Give each heading of a document its level, in place; 0 for bold text inside a card, a list or a cell."""
    _walk(blocks, above=0, framed=False)


def _walk(blocks: Iterable[Block], *, above: int, framed: bool) -> int:
    for one in blocks:
        if one["is"] == "h":
            one["level"] = 0 if framed else min(one["level"], above + 1)
            above = above if framed else one["level"]
        elif one["is"] == "card":
            above = _walk(one["in"], above=above, framed=framed)
        elif one["is"] in {"grid", "list"}:
            inside = framed or one.get("look") != "plain"
            for item in one["in"]:
                above = _walk(item, above=above, framed=inside)
        elif one["is"] == "table":
            for cell in (cell for row in one["rows"] for cell in row):
                _walk(cell["in"], above=above, framed=True)
    return above
