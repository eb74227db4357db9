"""Home, the report, a promise, a touchpoint as PDF: what the page shows to the same reader, filters and all."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter
from litestar.response import Redirect

from promesa import words
from promesa.report import dimension_name
from promesa.web.gate import asking
from promesa.web.narrowing import narrowing_of
from promesa.web.own import own_of, require_own
from promesa.web.rendering import Asked, Visit, page

if TYPE_CHECKING:
    from promesa.report import Content
    from promesa.snapshot import Snapshot
    from promesa.web.narrowing import Narrowing

NAMED = Annotated[str, PathParameter(max_length=200)]


@get("/paper/home", opt=asking("see_figures", own=True), sync_to_thread=True)
def home_paper(visit: Asked) -> Response[bytes]:
    """Give Home as PDF; to an owner what is theirs."""
    snapshot = visit.site.snapshot()
    if snapshot is None:
        raise NotFoundException
    own = None if visit.may("see_figures") else own_of(visit.person, visit.site.content(snapshot, visit.locale))
    body = visit.site.home_paper(snapshot, visit.locale, own=own)
    return _file(body, file_name(visit.site.workspace.company, "home", snapshot))


@get("/paper/report", opt=asking("see_money"), sync_to_thread=True)
def report_paper(visit: Asked) -> Response[Any]:
    """Give the whole report as PDF; while it is being set, a page that asks again by itself."""
    snapshot = visit.site.snapshot()
    if snapshot is None:
        raise NotFoundException
    body = visit.site.report_paper(snapshot, visit.locale)
    if body is None:
        return page(visit, "setting.html", title=visit.say("setting.title"))
    return _file(body, file_name(visit.site.workspace.company, visit.say("setting.file"), snapshot))


@get("/paper/promises/{name:str}", opt=asking("see_figures", own=True), sync_to_thread=True)
def promise_paper(visit: Asked, name: NAMED) -> Response[bytes] | Redirect:
    """Give one promise as PDF."""
    return _detail(visit, "promise", name)


@get("/paper/touchpoints/{name:str}", opt=asking("see_figures", own=True), sync_to_thread=True)
def touchpoint_paper(visit: Asked, name: NAMED) -> Response[bytes] | Redirect:
    """Give one touchpoint as PDF."""
    return _detail(visit, "touchpoint", name)


def _detail(visit: Visit, kind: str, name: str) -> Response[bytes] | Redirect:
    require_own(visit, kind, name)
    snapshot = visit.site.snapshot()
    if snapshot is None:
        raise NotFoundException
    content = visit.site.content(snapshot, visit.locale)
    if name not in (content.promises if kind == "promise" else content.touchpoints):
        raise NotFoundException
    to = replace(narrowing_of(visit.request.query_params), function="", compare="")
    seen = visit.site.narrowed(f"{kind}s", to, snapshot, visit.locale)
    if seen.waiting or seen.nothing:  # the page says so
        return Redirect(f"{visit.request.url.path.removeprefix('/paper')}?{to.query}", status_code=303)
    said = narrowed_to(visit, to, content)
    body = visit.site.paper(kind, name, seen, snapshot, narrowed=said, query=to.query)
    return _file(body, file_name(visit.site.workspace.company, f"{kind}-{name}", snapshot))


def narrowed_to(visit: Visit, to: Narrowing, content: Content) -> tuple[tuple[str, str], ...]:
    """Return what a page is narrowed to, as the facts below the heading of its PDF say it."""
    days = (("filters.from", to.since), ("filters.to", to.until))
    said = [(visit.say(key), words.day(day, visit.locale)) for key, day in days if day is not None]
    if to.dimension:
        said.append((dimension_name(to.dimension, content), content.label(to.dimension, to.group)))
    return tuple(said)


def file_name(company: str, what: str, snapshot: Snapshot) -> str:
    """Return the name of a file to keep: company, what it shows, the last day of its data."""
    day = str(snapshot.about.get("as_of_day") or snapshot.about["as_of"])[:10]
    return f"{_plain(company)}-{_plain(what)}-{day}.pdf".removeprefix("-")


def _plain(text: str) -> str:
    """Return a text in letters that every system takes in a file name."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.lower()).strip("-")[:60]


def _file(body: bytes, name: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Vary": "Accept-Language, Cookie"}
    return Response(body, media_type="application/pdf", headers=headers)


ROUTES = (home_paper, report_paper, promise_paper, touchpoint_paper)
