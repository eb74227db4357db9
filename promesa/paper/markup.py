"""The HTML of the report as a tree: only what our own templates write, drawings kept as they are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"br", "col", "hr", "img", "input", "meta", "link", "wbr"})
_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)


@dataclass(slots=True, kw_only=True)
class Element:
    """One element.

    Attributes
    ----------
    inside : list
        Texts and elements, in their order.
    svg : str
        Of a drawing: its whole text; XML tells upper from lower case and HTML does not.
    """

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: list[Element | str] = field(default_factory=list)
    svg: str = ""

    @property
    def classes(self) -> frozenset[str]:
        """Return the words of its class."""
        return frozenset(self.attributes.get("class", "").split())

    @property
    def elements(self) -> list[Element]:
        """Return the elements directly inside."""
        return [one for one in self.inside if isinstance(one, Element)]

    @property
    def text(self) -> str:
        """Return all the text inside."""
        return "".join(one if isinstance(one, str) else one.text for one in self.inside)

    def first(self, tag: str) -> Element | None:
        """Return the first element directly inside that has a tag."""
        return next((one for one in self.elements if one.tag == tag), None)

    def every(self, tag: str) -> list[Element]:
        """Return the elements of a tag, however deep, in their order."""
        found = [self] if self.tag == tag else []
        return found + [deeper for one in self.elements for deeper in one.every(tag)]


class _Reader(HTMLParser):
    def __init__(self, drawings: list[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element(tag="body")
        self._open = [self.root]
        self._drawings = drawings

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        one = Element(tag=tag, attributes=said)
        if tag == "svg":
            one.svg = self._drawings[int(said["data-n"])]
            one.attributes["class"] = _class_of(one.svg)
        self._open[-1].inside.append(one)
        if tag not in VOID:
            self._open.append(one)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and tag in {one.tag for one in self._open[1:]}:
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


def parse(html: str) -> Element:
    """Return the tree of a piece of HTML."""
    drawings: list[str] = []

    def put_aside(found: re.Match[str]) -> str:
        drawings.append(found[0])
        return f'<svg data-n="{len(drawings) - 1}"></svg>'

    reader = _Reader(drawings)
    reader.feed(_SVG.sub(put_aside, html))
    reader.close()
    return reader.root


def _class_of(svg: str) -> str:
    found = re.search(r'^<svg\b[^>]*?\bclass="([^"]*)"', svg)
    return found[1] if found else ""
