"""Templates of the pages, filled in with every text escaped; the frame around each page."""

from __future__ import annotations

import hashlib
from datetime import UTC
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from litestar import Response
from litestar.di import NamedDependency
from litestar.enums import MediaType
from markupsafe import Markup

from promesa import report, words
from promesa.access import csrf_of, may, reach_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from jinja2 import Environment
    from litestar import Request
    from litestar.datastructures import FormMultiDict

    from promesa.access import Permission, Person
    from promesa.web.reader import Reader, Theme
    from promesa.web.site import Site

PLACES: tuple[tuple[str, str], ...] = (
    ("home", "/"),
    ("promises", "/promises"),
    ("touchpoints", "/touchpoints"),
    ("cases", "/cases"),
    ("drivers", "/drivers"),
    ("journeys", "/journeys"),
    ("customers", "/customers"),
    ("value", "/value"),
    ("data", "/data"),
    ("method", "/method"),
    ("settings", "/settings"),
)
"""The pages of the navigation: name, address."""
NEEDED: dict[str, Permission] = {
    "promises": "see_figures",
    "touchpoints": "see_figures",
    "cases": "see_figures",
    "drivers": "see_figures",
    "journeys": "see_figures",
    "customers": "see_personal_data",
    "value": "see_money",
    "data": "see_figures",
    "settings": "read_audit",
}
"""What a reader may do who is shown a page in the navigation; the others are for whoever is signed in."""


FOR_OWNERS = frozenset({"cases"})
"""Of these, the pages that show the owner of a function what is theirs."""


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

    @property
    def person(self) -> Person | None:
        """Return who is signed in; the gate has found it out."""
        return self.request.state.get("person")

    @property
    def session(self) -> str | None:
        """Return the token of the session that the request came with, if it is good."""
        return self.request.state.get("session")

    @property
    def csrf(self) -> str:
        """Return what a form of this page carries to show that it is of this page."""
        return csrf_of(self.session) if self.session else ""

    @property
    def form(self) -> FormMultiDict:
        """Return the form that was sent; the gate has read it."""
        return self.request.state.form

    def may(self, permission: Permission | None, *, function: str | None = None) -> bool:
        """Tell whether the reader may do something, to what belongs to a function or to the whole company.

        Without a gate everybody may.
        """
        if permission is None or not self.request.app.state.guarded:
            return True
        return may(self.person, permission, function=function)

    def instant(self, at: datetime) -> str:
        """Return an instant of UTC as the company's clock shows it."""
        return words.instant(at.replace(tzinfo=UTC), self.site.workspace.time_zone, self.locale)

    def day(self, day: date) -> str:
        """Return a day as the reader writes it."""
        return words.day(day, self.locale)

    def dated(self, at: datetime | None) -> str:
        """Return an instant of UTC as the company's clock shows it, to be marked as one; nothing for none."""
        zone = self.site.workspace.time_zone
        return words.dated_instant(at.replace(tzinfo=UTC), zone, self.locale) if at else ""

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
    made = Environment(
        loader=DictLoader({**report.templates(), **own}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["coded"] = report.coded
    made.filters["dated"] = dated
    made.filters["device"] = device
    return made


def dated(said: object) -> str:
    """Return a day or an instant marked as one, and no line ends within its day; any other text as it is."""
    if not isinstance(said, words.Dated):
        return str(said)
    day, comma, clock = said.rpartition(", ") if "T" in said.iso else (str(said), "", "")
    whole = Markup('<time datetime="{}"><span class="whole">{}</span>{}</time>')
    return whole.format(said.iso, day, f"{comma}{clock}")


_SYSTEMS = ("iPhone", "iPad", "Android", "Windows", "Macintosh", "CrOS", "Linux")
_BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}


def device(agent: str) -> str:
    """Return the browser and the system of what a browser calls itself; that itself where it is none of the known."""
    system = next((one for one in _SYSTEMS if one in agent), "")
    browser = next((said for mark, said in _BROWSERS.items() if f"{mark}/" in agent), "")
    known = {"Macintosh": "Mac", "CrOS": "ChromeOS"}.get(system, system)
    return " · ".join(part for part in (browser, known) if part) or agent


def page(visit: Visit, template: str, *, title: str, status: int = 200, **values: Any) -> Response[str]:
    """Return a page in its frame: heading, navigation, language and colours, the body of `template`."""
    body = (
        environment()
        .get_template(template)
        .render(
            visit=visit,
            say=partial(_said, visit),
            locale=visit.locale,
            language=visit.locale.replace("_", "-"),
            other_language=_other(visit),
            title=title,
            company=visit.site.workspace.company,
            places=[(name, address) for name, address in PLACES if _is_for(visit, name)],
            path=visit.request.url.path,
            here=here(visit.request),
            theme=visit.reader.theme,
            assets=assets(),
            **{"taking": None, **values},
        )
    )
    return Response(body, media_type=MediaType.HTML, status_code=status, headers={"Vary": "Accept-Language, Cookie"})


def _said(visit: Visit, key: str, **values: object) -> str:
    """Return a message with what it has between backticks as code; what is filled in stays as it is."""
    said = words.catalogue(words.language_of(visit.locale)).get(f"web.{key}", "")
    return report.coded(said).format(**values) if "`" in said else visit.say(key, **values)


def _is_for(visit: Visit, name: str) -> bool:
    """Tell whether a page stands in a reader's navigation."""
    needed = NEEDED.get(name)
    if visit.may(needed):
        return True
    return needed is not None and name in FOR_OWNERS and reach_of(visit.person, needed) == "own"


def is_own(address: str) -> bool:
    """Tell whether an address stays on this site: a path, and none that a browser reads as another host."""
    return address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()


def here(request: Request[Any, Any, Any]) -> str:
    """Return where a choice of language or colours leads back to: the page with its filters; of a form, its page."""
    if request.method not in {"GET", "HEAD"}:
        return request.url.path.rpartition("/")[0] or "/"
    asked = [(key, value) for key, value in parse_qsl(request.url.query) if key not in {"lang", "said"}]
    return f"{request.url.path}?{urlencode(asked)}" if asked else request.url.path


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
