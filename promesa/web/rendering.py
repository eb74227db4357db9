"""Templates of the pages, filled in with every text escaped; the frame around each page."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from litestar import Response
from litestar.di import NamedDependency
from litestar.enums import MediaType

from promesa import report, words

if TYPE_CHECKING:
    from jinja2 import Environment
    from litestar import Request

    from promesa.web.reader import Reader, Theme
    from promesa.web.site import Site

PLACES: tuple[tuple[str, str], ...] = (
    ("home", "/"),
    ("promises", "/promises"),
    ("touchpoints", "/touchpoints"),
    ("drivers", "/drivers"),
    ("journeys", "/journeys"),
    ("customers", "/customers"),
    ("value", "/value"),
    ("data", "/data"),
    ("method", "/method"),
    ("settings", "/settings"),
)
"""The pages of the navigation: name, address."""


class Visit:
    """One request for a page: the site, the reader, the request.

    A plain class: the framework takes an instance as it is.
    """

    def __init__(self, *, site: Site, reader: Reader, request: Request[Any, Any, Any]) -> None:
        self.site = site
        self.reader = reader
        self.request = request

    @property
    def locale(self) -> str:
        """Return the reader's locale."""
        return self.reader.locale

    def say(self, key: str, **values: object) -> str:
        """Return a message of the pages."""
        return words.say(f"web.{key}", self.locale, **values)


Asked = NamedDependency[Visit]
"""How a route asks for its visit."""


@cache
def environment() -> Environment:
    """Return the templates; whatever is put into one is escaped."""
    from jinja2 import DictLoader, Environment, StrictUndefined

    folder = files("promesa.web").joinpath("templates")
    own = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.is_file()}
    return Environment(
        loader=DictLoader({**report.templates(), **own}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(visit: Visit, template: str, *, title: str, status: int = 200, **values: Any) -> Response[str]:
    """Return a page in its frame: heading, navigation, language and colours, the body of `template`."""
    body = (
        environment()
        .get_template(template)
        .render(
            visit=visit,
            say=visit.say,
            locale=visit.locale,
            language=visit.locale.replace("_", "-"),
            other_language=_other(visit),
            title=title,
            company=visit.site.workspace.company,
            places=PLACES,
            path=visit.request.url.path,
            theme=visit.reader.theme,
            assets=assets(),
            taking=None,
            **values,
        )
    )
    return Response(body, media_type=MediaType.HTML, status_code=status, headers={"Vary": "Accept-Language, Cookie"})


def _other(visit: Visit) -> str:
    return "en" if visit.locale.startswith("es") else "es"


@cache
def stylesheet(theme: Theme) -> str:
    """Return the style of every page in one of its colours."""
    own = files("promesa.web").joinpath("static", "pages.css").read_text(encoding="utf-8")
    return f"{report.style(theme)}\n{own}"


@cache
def script() -> str:
    """Return the script; each page is whole without it."""
    return files("promesa.web").joinpath("static", "pages.js").read_text(encoding="utf-8")


@cache
def assets() -> dict[str, str]:
    """Return the addresses of style and script, each with a mark of its content so that it can be kept for ever."""
    styles = {theme: f"/static/{_mark(stylesheet(theme))}/{theme}.css" for theme in ("auto", "light", "dark")}
    return {**styles, "script": f"/static/{_mark(script())}/pages.js"}


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
