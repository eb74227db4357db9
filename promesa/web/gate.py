"""The gate of every route: who is here, whether the route is for them, and whether a form came from our own page."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import anyio.to_thread
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.response import Redirect

from promesa.access import PERMISSIONS, access_key, csrf_fits, may, person_of_session, person_of_token, reach_of
from promesa.database import open_database

if TYPE_CHECKING:
    from litestar import Response
    from litestar.connection import ASGIConnection
    from litestar.datastructures import Cookie
    from litestar.handlers.base import BaseRouteHandler

    from promesa.access import AccessKey, Permission, Person
    from promesa.database import Database
    from promesa.web.site import Site

LOG = logging.getLogger("promesa.web")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LIFETIME = 14 * 24 * 3600
OPEN: dict[str, Any] = {"may": "anybody"}
"""Option of a route that is for everybody, signed in or not."""
BY_LINK: dict[str, Any] = {"may": "anybody", "by_link": True}
"""Option of a route whose address holds a secret: another site cannot send a form to what it does not know, and a page
that tells nobody its address has its forms sent with the origin ``null``."""
UNASKED: dict[str, Any] = {"may": "anybody", "unasked": True}
"""Option of a route that says the same to everybody: nobody is looked up, so it answers without the database too."""
SIGNED_IN: dict[str, Any] = {"may": "signed_in"}
"""Option of a route that is for whoever is signed in, whatever the role: the own account."""


def asking(permission: Permission, *, own: bool = False) -> dict[str, Any]:
    """Return the option of a route that a permission opens.

    Parameters
    ----------
    own : bool
        Whether it is also for owners of functions; the route itself then stops them at what is not theirs.
    """
    return {"may": permission, "own": own}


def utc_now() -> datetime:
    """Return this instant as the database keeps times: naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


class Gate:
    """The database behind the pages, held open while the service runs.

    Parameters
    ----------
    site : Site
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self._held: tuple[Database, AccessKey] | None = None

    def open(self) -> None:
        """Open the database; its schema is brought up to date."""
        ws = self.site.workspace
        self._held = (open_database(ws), access_key(ws))

    def close(self) -> None:
        """Give the database back."""
        if self._held is not None:
            self._held[0].close()
            self._held = None

    @property
    def database(self) -> Database:
        """Return the open database."""
        assert self._held is not None  # noqa: S101 (the framework opens it before the first request)
        return self._held[0]

    @property
    def key(self) -> AccessKey:
        """Return the key of the workspace."""
        assert self._held is not None  # noqa: S101 (as above)
        return self._held[1]

    @property
    def cookie(self) -> str:
        """Return the name of the session's cookie; by TLS one that no other host of the domain can set."""
        return "__Host-promesa" if self.site.workspace.service.secure else "promesa"

    def session_cookie(self, token: str | None) -> Cookie:
        """Return the cookie of a session; without a token, one that takes it away."""
        from litestar.datastructures import Cookie

        return Cookie(
            key=self.cookie,
            value=token or "",
            max_age=LIFETIME if token else 0,
            path="/",
            httponly=True,
            samesite="lax",
            secure=self.site.workspace.service.secure,
        )

    def person(self, *, session: str | None, token: str | None) -> Person | None:
        """Return who is behind a session or a token of the API."""
        with self.database.begin() as connection:
            if token is not None:
                return person_of_token(connection, token, now=utc_now())
            return person_of_session(connection, session, now=utc_now()) if session else None


async def check(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let a request through, or stop it; a route that does not say whom it is for is for nobody.

    Raises
    ------
    NotAuthorizedException
        If nobody is signed in.
    PermissionDeniedException
        If the person may not, or the form did not come from our own page.
    """
    needed: Any = handler.opt.get("may")
    if handler.opt.get("unasked") and connection.scope.get("method") in SAFE_METHODS:
        return
    gate: Gate = connection.app.state.gate
    token = _bearer(connection)
    session = None if token else connection.cookies.get(gate.cookie)
    if token or session:
        connection.state.person = await anyio.to_thread.run_sync(lambda: gate.person(session=session, token=token))
    person: Person | None = connection.state.get("person")
    connection.state.session = session if person is not None else None
    if connection.scope.get("method") not in SAFE_METHODS:
        by_link = bool(handler.opt.get("by_link"))
        await _check_origin(connection, token=token, needed=needed, by_link=by_link)
    if needed == "anybody":
        return
    if person is None:
        raise NotAuthorizedException
    if needed == "signed_in" and person.scopes is None:
        return
    if needed not in PERMISSIONS:
        raise PermissionDeniedException
    if not may(person, needed) and not (handler.opt.get("own") and reach_of(person, needed) == "own"):
        raise PermissionDeniedException


def _bearer(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and token.strip() else None


async def _check_origin(connection: Any, *, token: str | None, needed: str | None, by_link: bool) -> None:
    """Refuse a form of another site: by what the browser says of its origin, and by the token of the session."""
    if token is not None:
        return  # no browser sends a token by itself
    origin, site = connection.headers.get("origin"), connection.headers.get("sec-fetch-site", "same-origin")
    own = {connection.headers.get("host"), urlsplit(connection.app.state.gate.site.workspace.service.address).netloc}
    if by_link and origin == "null":
        origin = None
    if (origin is not None and urlsplit(origin).netloc not in own) or site not in {"same-origin", "none"}:
        raise PermissionDeniedException
    connection.state.form = form = await connection.form()
    session = connection.state.get("session")
    given = connection.headers.get("x-csrf-token") or str(form.get("csrf", ""))
    # A form for everybody was made before there was a session; the browser's word on its origin is what counts there.
    if needed != "anybody" and session is not None and not csrf_fits(session, given):
        raise PermissionDeniedException


def to_sign_in(request: Any) -> Response[Any] | None:
    """Return the way to the sign-in page and back, for a reader who opens a page; None for a program."""
    if request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
        return None
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return Redirect(f"/sign-in?to={quote(path, safe='')}" if path != "/" else "/sign-in")
