"""A Vega-Lite dict drawn as SVG, offline, in the reader's numbers and months, for eyes and screen readers."""

from __future__ import annotations

from hashlib import sha256
from json import dumps
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from promesa.charts.scales import number_format, time_format

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SPACE = "http://www.w3.org/2000/svg"
ET.register_namespace("", SPACE)


def to_svg(spec: Mapping[str, object], *, locale: str, name: str = "") -> str:
    """Draw a chart.

    Parameters
    ----------
    spec : mapping
        A chart of this package, or any Vega-Lite dict that carries its own data: nothing is fetched.
    locale : str
        Such as ``es`` or ``es_CO``: signs of numbers, names of months.
    name : str, optional
        What tells this chart from one of the same content on the same page.

    Returns
    -------
    str
        One ``<svg role="img">`` with title and description. Its ids depend on nothing but what is
        handed in, so that the same chart is the same text, and two charts fit on one page.
    """
    import vl_convert

    drawn = vl_convert.vegalite_to_svg(
        dict(spec), format_locale=number_format(locale), time_format_locale=time_format(locale), allowed_base_urls=[]
    )
    root = ET.fromstring(drawn)  # noqa: S314 - written by the line above
    mark = "c" + sha256(dumps([spec, locale, name], sort_keys=True, default=str).encode()).hexdigest()[:10]
    _quieten(root)
    _rename_ids(root, mark)
    _name(root, mark, title=title_of(spec), description=str(spec.get("description", "")))
    return ET.tostring(root, encoding="unicode")


def title_of(spec: Mapping[str, object]) -> str:
    """Return the title of a chart in one line."""
    meta = spec.get("usermeta")
    if isinstance(meta, dict) and "title" in meta:
        return str(meta["title"])
    title = spec.get("title")
    if isinstance(title, dict):
        title = title.get("text")
    return " ".join(map(str, title)) if isinstance(title, list) else str(title or "")


def _quieten(root: ET.Element) -> None:
    """Drop what neither eye nor ear needs: roles inside the image, hidden labels, empty outlines."""
    for parent in root.iter():
        for child in list(parent):
            hidden = child.get("opacity") == "0" or child.get("display") == "none"
            empty = child.tag.endswith("}path") and child.get("d") in {"", "M0,0h0v0h0Z"}
            if hidden or empty:
                parent.remove(child)
    for element in root.iter():
        for name in [key for key in element.attrib if key.startswith("aria-") or key in {"role", "pointer-events"}]:
            del element.attrib[name]
        if element.get("opacity") == "1":
            del element.attrib["opacity"]


def _rename_ids(root: ET.Element, mark: str) -> None:
    # The renderer numbers its ids through the life of the process: ours begin at 0 in every chart.
    renamed = {identity: f"{mark}-{number}" for number, identity in enumerate(_ids(root))}
    for element in root.iter():
        for key, value in element.attrib.items():
            if key == "id":
                element.set(key, renamed[value])
            elif value.startswith("url(#"):
                element.set(key, f"url(#{renamed.get(value[5:-1], value[5:-1])})")


def _ids(root: ET.Element) -> Iterator[str]:
    for element in root.iter():
        if "id" in element.attrib:
            yield element.attrib["id"]


def _name(root: ET.Element, mark: str, *, title: str, description: str) -> None:
    root.set("role", "img")
    root.set("aria-labelledby", f"{mark}-title {mark}-desc" if description else f"{mark}-title")
    parts = [("title", title), ("desc", description)] if description else [("title", title)]
    for position, (tag, text) in enumerate(parts):
        element = ET.Element(f"{{{SPACE}}}{tag}", {"id": f"{mark}-{tag}"})
        element.text = text
        root.insert(position, element)
