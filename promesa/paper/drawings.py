"""A drawing of the report as a picture that stands alone: its colours in it, its title as the text beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html import unescape

from promesa import report

SIGNS = str.maketrans({"✕": "×"})
"""Signs of the pages that the typesetter's own fonts lack."""
FONT = "Libertinus Serif"
_ROOT = re.compile(r":root\{([^{}]*)\}")
_RULE = re.compile(r"([^{}@]+)\{([^{}]*)\}")
_FAMILY = re.compile(r"font-family=(\"[^\"]*\"|'[^']*')")
_DRAWS = re.compile(r"(^|;)(fill|stroke|opacity|font-size|font-weight|font-style)[\w-]*:")
_KEPT = re.compile(r"^(fill|stroke[\w-]*|opacity|font-size|font-weight|font-style)$")
_BOX = re.compile(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One drawing.

    Attributes
    ----------
    width, height : float
        In pixels of its own.
    alt : str
        Its title and description, for who cannot see it.
    """

    svg: str
    width: float
    height: float
    alt: str


def picture_of(svg: str) -> Picture:
    """Return a drawing of a page as a picture."""
    box = _BOX.search(svg)
    width, height = (float(box[1]), float(box[2])) if box else (340.0, 200.0)
    said = [_text_in(svg, tag) for tag in ("title", "desc")]
    alone = svg if "xmlns=" in svg[:400] else svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    alone = alone.translate(SIGNS)
    alone = _FAMILY.sub(f'font-family="{FONT}"', alone)
    head, mark, rest = alone.partition(">")
    styled = f"{head}{mark}<style>text{{font-family:'{FONT}'}}{rules()}</style>{rest}"
    return Picture(svg=styled, width=width, height=height, alt=" ".join(filter(None, said)))


def _text_in(svg: str, tag: str) -> str:
    found = re.search(rf"<{tag}\b[^>]*>(.*?)</{tag}>", svg, re.DOTALL)
    return unescape(found[1]).strip() if found else ""


@cache
def rules() -> str:
    """Return the rules of the report's style that paint drawings, with the colours of a light page put in."""
    style = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", str(report.style("light")))
    colours = colours_of(style)
    kept: list[str] = []
    for selector, said in _RULE.findall(style):
        if not _DRAWS.search(said) or "root" in selector or ":" in selector:
            continue
        parts = [part for part in said.split(";") if _KEPT.match(part.partition(":")[0].strip())]
        filled = re.sub(r"var\(--([\w-]+)\)", lambda found: colours.get(found[1], "#000"), ";".join(parts))
        if "var(" not in filled and "em" not in filled:
            kept.append(f"{selector.strip()}{{{filled}}}")
    return "".join(kept)


def colours_of(style: str) -> dict[str, str]:
    """Return the named colours of a style sheet."""
    found = _ROOT.search(style)
    pairs = (part.partition(":") for part in (found[1].split(";") if found else ()))
    return {name.removeprefix("--"): value for name, _, value in pairs}
