"""Templates of the package, filled in with every text escaped."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def texts() -> dict[str, str]:
    """Return the text of each template by name."""
    folder = files("promesa.report").joinpath("templates")
    return {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.is_file()}


@cache
def environment() -> Environment:
    """Return the templates; whatever is put into one is escaped, whatever its name ends in."""
    from jinja2 import DictLoader, Environment, StrictUndefined

    made = Environment(
        loader=DictLoader(texts()), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["coded"] = coded
    return made


def coded(text: object) -> Markup:
    """Return a text with what stands between backticks as code; everything is escaped."""
    if isinstance(text, Markup):
        return text
    pieces = str(text).split("`")
    if len(pieces) % 2 == 0:  # one is left over, so that none is a mark
        return escape(str(text))
    marked = (
        Markup("<code>{}</code>").format(piece) if place % 2 else escape(piece) for place, piece in enumerate(pieces)
    )
    return Markup("").join(marked)


def render(template: str, **values: object) -> Markup:
    """Return a template filled in, as text that needs no more escaping."""
    return Markup(environment().get_template(template).render(**values))  # noqa: S704 - escaped by the template
