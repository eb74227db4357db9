"""The application: routes, the frame of errors, headers of safety."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Annotated, Any

from litestar import Litestar, Request, Response, get
from litestar.config.compression import CompressionConfig
from litestar.datastructures import CacheControlHeader, State
from litestar.di import Provide
from litestar.exceptions import HTTPException, InternalServerException, NotFoundException
from litestar.params import PathParameter
from litestar.response import Redirect

from promesa.web import (
    account_pages,
    api,
    api_schema,
    case_pages,
    commitment_pages,
    company_pages,
    customer_pages,
    data_pages,
    details,
    hook_pages,
    mailing_pages,
    moving,
    own_pages,
    papers,
    review_pages,
    sections,
    settings_pages,
    sign_in_pages,
)
from promesa.web.announcing import Announcing
from promesa.web.api_jobs import Jobs
from promesa.web.api_problems import problem_of_failure, problem_of_refusal
from promesa.web.arriving import Arrivals, metrics, ready
from promesa.web.faults import unreachable
from promesa.web.gate import UNASKED, Gate, check, to_sign_in
from promesa.web.mailing import mails
from promesa.web.reader import THEMES, reader_of
from promesa.web.rendering import Visit, assets, is_own, page, script, stylesheet
from promesa.web.site import Site
from promesa.web.warming import Warming
from promesa.words import LANGUAGES

if TYPE_CHECKING:
    from pathlib import Path

SAFE = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
YEAR = 31_536_000
_PAGES = (
    sign_in_pages,
    company_pages,
    account_pages,
    mailing_pages,
    settings_pages,
    hook_pages,
    data_pages,
    commitment_pages,
    review_pages,
    customer_pages,
    own_pages,
)
_PEOPLE = tuple(route for pages in _PAGES for route in pages.ROUTES)
# A page reached by a link of its own tells its address to nobody and is kept nowhere.
_ADDRESSES = ("/me/", "/mail/")
_BY_LINK = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}
LOG = logging.getLogger("promesa.web")


def application(root: Path, *, guarded: bool = True, warmed: bool = False, address: str | None = None) -> Litestar:
    """Return the service of one workspace as an ASGI application.

    Parameters
    ----------
    root : Path
        The company's folder.
    guarded : bool, default True
        Whether people sign in. False shows every page to everybody, needs no database and has no accounts: for
        tests of the pages alone, never for a port that others reach.
    warmed : bool, default False
        Whether the pages of a new analysis are drawn before somebody asks.
    address : str, optional
        Where people open the pages as long as promesa.toml says no other address.
    """
    site = Site(root, address=address)
    gate = Gate(site)
    arrivals = Arrivals(site, gate)
    announcing = Announcing(site, gate)
    warming = [Warming(site)] if warmed else []
    mailing = mails(site, gate)
    people = (*_PEOPLE, api.router(_log), *api_schema.ROUTES) if guarded else ()

    # Litestar reads the annotations of what follows when it runs.
    def visit(request: Request[Any, Any, Any]) -> Visit:
        return _visit(request, site)

    def failed(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
        if request.url.path.startswith("/api/"):
            return problem_of_refusal(request, error)
        if error.status_code == 401 and (asked := to_sign_in(request)) is not None:
            return asked
        return _error_page(_visit(request, site), error)

    def fell(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        _log(request, error)
        if request.url.path.startswith("/api/"):
            return problem_of_failure(request)
        return _error_page(_visit(request, site), InternalServerException(), kind=unreachable(error))

    return Litestar(
        route_handlers=[
            healthy,
            ready,
            metrics,
            static,
            choose,
            sections.home,
            *(sections.place(name) for name in sections.SHOWN),
            details.promise,
            details.touchpoint,
            *case_pages.ROUTES,
            *papers.ROUTES,
            sections.take,
            moving.what_if,
            *people,
        ],
        guards=[check] if guarded else [],
        on_startup=[
            *([gate.open, arrivals.open, announcing.open, mailing.open] if guarded else []),
            *(one.open for one in warming),
        ],
        on_shutdown=[
            *(one.close for one in warming),
            *([mailing.close, announcing.close, arrivals.close, gate.close] if guarded else []),
        ],
        state=State(
            {
                "gate": gate,
                "site": site,
                "arrivals": arrivals,
                "announcing": announcing,
                "jobs": Jobs(),
                "guarded": guarded,
            }
        ),
        dependencies={"visit": Provide(visit, sync_to_thread=False)},
        exception_handlers={HTTPException: failed, Exception: fell},
        before_send=[_add_headers],
        compression_config=CompressionConfig(backend="gzip", gzip_compress_level=5),
        openapi_config=None,
        logging_config=None,
        request_max_body_size=2_000_000,
    )


def _log(_request: Request[Any, Any, Any], error: Exception) -> None:
    LOG.error("A page failed: %s in %s", type(error).__name__, _place(error))


def _place(error: Exception) -> str:
    """Return where an error arose: file and line, and nothing of what was worked on."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename}:{last.lineno}"


def _visit(request: Request[Any, Any, Any], site: Site) -> Visit:
    return Visit(site=site, reader=reader_of(request, company=site.workspace.locale), request=request)


@get("/healthz", opt=UNASKED, sync_to_thread=False)
def healthy() -> str:
    """Say that the process lives."""
    return "ok"


@get(
    "/static/{mark:str}/{name:str}",
    opt=UNASKED,
    sync_to_thread=False,
    cache_control=CacheControlHeader(max_age=YEAR, immutable=True),
)
def static(mark: Annotated[str, PathParameter()], name: Annotated[str, PathParameter()]) -> Response[str]:
    """Give the style in its colours and the script; the mark in the address changes with the content."""
    if f"/static/{mark}/{name}" not in assets().values():
        raise NotFoundException
    if name == "pages.js":
        return Response(script(), media_type="text/javascript")
    theme = next(theme for theme in THEMES if name == f"{theme}.css")
    return Response(stylesheet(theme), media_type="text/css")


@get("/choose", opt=UNASKED, sync_to_thread=False)
def choose(request: Request[Any, Any, Any]) -> Redirect:
    """Keep the language or the colours that a reader chose, and go back to where they were."""
    back = request.query_params.get("to", "/")
    answer = Redirect(back if is_own(back) else "/")
    for key, allowed in (("lang", LANGUAGES), ("theme", THEMES)):
        if (value := request.query_params.get(key)) in allowed:
            answer.set_cookie(key=key, value=str(value), max_age=YEAR, samesite="lax", httponly=True)
    return answer


def _error_page(visit: Visit, error: HTTPException, *, kind: str = "") -> Response[Any]:
    """Return the page of a fault; `kind` is of what cannot be reached."""
    known = error.status_code if error.status_code in {401, 403, 404, 405, 429} else 500
    if error.status_code < 500 and known == 500:
        known = 400
    title, said = (visit.say(f"error.{kind or known}.{part}") for part in ("title", "said"))
    # A customer who came by a link has no other page here.
    by_link = visit.request.url.path.startswith(_ADDRESSES)
    if by_link and (kind or known == 500):
        title, said = visit.say("me.fault"), visit.say("me.fault_said", company=visit.site.workspace.company)
    template = "told_own.html" if by_link else "error.html"
    shown = page(visit, template, title=title, status=503 if kind else error.status_code, said=said)
    shown.headers["Cache-Control"] = "no-store"
    return shown


async def _add_headers(message: Any, scope: Any) -> None:
    if message["type"] == "http.response.start":
        known = {name.lower() for name, _ in message["headers"]}
        own = {**SAFE, **_BY_LINK} if str(scope.get("path", "")).startswith(_ADDRESSES) else SAFE
        message["headers"] = [
            *message["headers"],
            *((k.lower().encode(), v.encode()) for k, v in own.items() if k.lower().encode() not in known),
        ]
