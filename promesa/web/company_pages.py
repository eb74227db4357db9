"""Signing in with the company's account: away to the identity provider, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, unquote

from litestar import Response, get
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from promesa.access import Rights, SignedIn, begin, begin_oidc, finish_oidc
from promesa.errors import AccessDenied, LinkExpired, SignInRefused
from promesa.web.account_page import answer, gate_of, say
from promesa.web.gate import LOG, OPEN, utc_now
from promesa.web.rendering import Asked  # noqa: TC001 - read when the application is put together
from promesa.web.sign_in_pages import device_of, entered, way_back

if TYPE_CHECKING:
    from promesa.access import Role
    from promesa.web.rendering import Visit
    from promesa.workspace import OidcSettings

_STATE = "promesa_state"
_PATH = "/sign-in/company"


@get(_PATH, opt=OPEN, sync_to_thread=True)
def company_way(visit: Asked) -> Response[Any]:
    """Lead to the identity provider."""
    settings = _settings(visit)
    try:
        step = begin_oidc(gate_of(visit).database, settings, back=_back(visit), now=utc_now())
    except SignInRefused as error:
        return _told(visit, "company.failed", 502, error.got)
    away = Redirect(step.url)
    to = way_back(visit.request.query_params.get("to", "/"))
    # By this the answer is tied to this browser: nobody can be made to finish another's sign-in.
    away.set_cookie(_state_cookie(visit, f"{step.state}|{quote(to, safe='')}", max_age=600))
    return away


@get(f"{_PATH}/back", opt=OPEN, sync_to_thread=True)
def company_back(visit: Asked) -> Response[Any]:
    """Take what the provider says, and open a session."""
    settings, gate, given = _settings(visit), gate_of(visit), visit.request.query_params
    kept, _, to = visit.request.cookies.get(_STATE, "").partition("|")
    state, code = str(given.get("state", "")), str(given.get("code", ""))
    if not code or not state or state != kept:
        return _told(visit, "company.failed", 410, "another browser, or no code")
    rights, locale, now = Rights(role=cast("Role", settings.role)), visit.site.workspace.locale, utc_now()
    try:
        person = finish_oidc(gate.database, settings, code=code, state=state, rights=rights, locale=locale, now=now)
    except AccessDenied as error:
        return _told(visit, "company.denied", 403, error.got)
    except LinkExpired as error:
        return _told(visit, "company.failed", 410, error.got)
    except SignInRefused as error:
        return _told(visit, "company.failed", 502, error.got)
    with gate.database.begin() as connection:
        session = begin(connection, person, device=device_of(visit), now=now)
    done = entered(visit, SignedIn(person=person, session=session, second_factor=None), way_back(unquote(to)))
    done.set_cookie(_state_cookie(visit, "", max_age=0))
    return done


def _settings(visit: Visit) -> OidcSettings:
    settings = visit.site.workspace.service.oidc
    if settings is None:
        raise NotFoundException
    return settings


def _back(visit: Visit) -> str:
    return f"{visit.site.workspace.service.address}{_PATH}/back"


def _state_cookie(visit: Visit, value: str, *, max_age: int) -> Cookie:
    secure = visit.site.workspace.service.secure
    return Cookie(key=_STATE, value=value, max_age=max_age, path=_PATH, httponly=True, samesite="lax", secure=secure)


def _told(visit: Visit, key: str, status: int, got: str) -> Response[Any]:
    # What the provider answered is for whoever runs the service; it names nobody.
    LOG.error("Signing in with the company's account did not work: %s", got)
    return answer(visit, "told.html", title="company.title", status=status, told=say(visit, key), again="")


ROUTES = (company_way, company_back)
