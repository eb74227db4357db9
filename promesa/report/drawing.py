"""Templates of the package, filled in with every text escaped."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from markupsafe import Markup

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

    return Environment(
        loader=DictLoader(texts()), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def render(template: str, **values: object) -> Markup:
    """Return a template filled in, as text that needs no more escaping."""
    return Markup(environment().get_template(template).render(**values))  # noqa: S704 - escaped by the template
