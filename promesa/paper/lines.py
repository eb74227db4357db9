"""What stands in a line: texts, each with how it looks; long words made to break."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from promesa.paper.drawings import SIGNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promesa.paper.markup import Element

    Inline = dict[str, Any]

LONGEST = 24
"""Letters of a word before it may break anywhere: an address, a name without spaces."""


def inlines(inside: Iterable[Element | str]) -> Iterator[Inline]:
    """Yield what stands in a line: texts, each with how it looks."""
    for one in inside:
        if isinstance(one, str):
            if text := re.sub(r"[ \t\r\n]+", " ", one):
                yield {"is": "text", "text": breakable(text)}
            continue
        if "hidden" in one.classes or one.tag == "svg":
            continue
        yield from _inline(one)


def _inline(one: Element) -> Iterator[Inline]:
    classes = one.classes
    if one.tag == "br":
        yield {"is": "br"}
    elif "swatch" in classes:
        part = next((name for name in classes if name.startswith("part-")), "")
        yield {"is": "swatch", "colour": part.removeprefix("part-")}
    elif "bar" in classes:
        share = re.search(r"width:\s*([\d.]+)", str(one.elements[0].attributes.get("style"))) if one.elements else None
        yield {"is": "bar", "share": min(100.0, float(share[1])) if share else 0.0}
    else:
        inner = list(inlines(one.inside))
        if inner:
            yield {"is": "span", "look": _look(one), "in": inner}


_LOOKS = {
    "small": "small",
    "tag": "tag",
    "unit": "unit",
    "soft": "soft",
    "figure": "figure",
    "warning": "warning",
    "chip-warning": "warning",
    "chip-name": "name",
    "chip-figures": "line",
    "trend-up": "up",
    "trend-down": "down",
    "against-above": "up",
    "against-below": "down",
    "withheld": "faint",
    "missing": "faint",
}


def _look(one: Element) -> str:
    if one.tag in {"b", "strong"}:
        return "strong"
    if one.tag == "code":
        return "code"
    return next((look for name, look in _LOOKS.items() if name in one.classes), "")


def breakable(text: str) -> str:
    """Return a text whose longest words may break: a space without width every few letters."""
    text = text.translate(SIGNS)
    if len(text) <= LONGEST:
        return text
    return re.sub(rf"[^\s\u00a0\u202f]{{{LONGEST},}}", lambda found: "\u200b".join(_pieces(found[0])), text)


def _pieces(word: str) -> list[str]:
    size = LONGEST // 2
    return [word[at : at + size] for at in range(0, len(word), size)]
