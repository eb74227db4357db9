"""What a program is told when a request of the API is refused: one problem document (RFC 9457), no personal data.

Its sentences are in the language that Accept-Language wants, in English without one; codes, names and `title` stay.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from litestar import Response
from msgspec import Struct

from promesa.errors import (
    AccessDenied,
    DatabaseError,
    EngineError,
    InputError,
    MailNotSent,
    NothingAnalysed,
    NothingLoaded,
    NothingTiered,
    PromesaError,
    SignInRefused,
    StoreBusy,
    StoreError,
)
from promesa.web.reader import accepted_language
from promesa.words import error_document, error_text

if TYPE_CHECKING:
    from litestar import Request
    from litestar.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"
NAMESPACE = "urn:promesa:problem:"
AGAIN_SECONDS = 5
# The first class that fits decides.
_STATUS: tuple[tuple[type[PromesaError], int], ...] = (
    (NothingAnalysed, 404),
    (NothingLoaded, 404),
    (NothingTiered, 404),
    (InputError, 400),
    (SignInRefused, 401),
    (AccessDenied, 403),
    (StoreBusy, 409),
    (StoreError, 503),
    (DatabaseError, 503),
    (EngineError, 503),
    (MailNotSent, 503),
)
_SAID = {
    400: "A parameter or the body does not fit the schema.",
    401: "Send a token: Authorization: Bearer prm_...",
    403: "The role, the right to personal data or the scopes of the token do not allow it.",
    404: "There is nothing at this address.",
    405: "The address does not take this method.",
    413: "The body is too large.",
    415: "The body is not of a kind that is taken here.",
    429: "Too many requests; come back after the seconds that Retry-After says.",
}


class ProblemMistake(Struct, frozen=True, kw_only=True):
    """One parameter or field that does not fit.

    `where` is ``body``, ``query``, ``path`` or ``header``; `key` its name.
    """

    where: str
    key: str
    what: str


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request was refused (RFC 9457).

    `type` is stable and names the error; `got`, `expected` and `fix` say more where there is more to say.
    """

    type: str
    title: str
    status: int
    instance: str
    detail: str = ""
    code: str = ""
    got: str = ""
    expected: str = ""
    fix: str = ""
    mistakes: list[ProblemMistake] = []


def status_of(error: PromesaError) -> int:
    """Return the status that an error of promesa is told with."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def problem_of_error(request: Request[Any, Any, Any], error: PromesaError) -> Response[Any]:
    """Return the problem document of an error of promesa."""
    status = status_of(error)
    headers = {"Retry-After": str(AGAIN_SECONDS)} if isinstance(error, StoreBusy) else {}
    said = error_document(error, language_of_program(request))
    told = {name: str(said[name]) for name in ("expected", "fix")} if status < 500 or status == 503 else {}
    if isinstance(error, InputError | AccessDenied):
        told["got"] = str(said["got"])  # of a store or a database it would tell where they stand
    return _answer(
        request,
        status,
        detail=str(said["what"]) if told else "",
        code=error.code,
        headers=headers,
        told=told,
    )


def problem_of_refusal(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Return the problem document of a request that the service refused before or while answering it."""
    headers = dict(error.headers or {})
    if error.status_code == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="promesa"'
    code = str(error.extra["code"]) if isinstance(error.extra, dict) and "code" in error.extra else ""
    language = language_of_program(request)
    detail = error_text(str(error.detail) if code else _SAID.get(error.status_code, ""), language)
    mistakes = _mistakes(error.extra, language)
    return _answer(request, error.status_code, detail=detail, code=code, headers=headers, mistakes=mistakes)


def problem_of_failure(request: Request[Any, Any, Any]) -> Response[Any]:
    """Return the problem document of a fault of the service; what went wrong stands in its log."""
    detail = error_text("The service failed; its log says where.", language_of_program(request))
    return _answer(request, 500, detail=detail, code="failed")


def language_of_program(request: Request[Any, Any, Any]) -> str:
    """Return the language that a program is answered in: a cookie of the pages has no say here."""
    return accepted_language(request) or "en"


def _answer(
    request: Request[Any, Any, Any],
    status: int,
    *,
    detail: str = "",
    code: str = "",
    headers: dict[str, str] | None = None,
    mistakes: list[ProblemMistake] | None = None,
    told: dict[str, str] | None = None,
) -> Response[Any]:
    title = HTTPStatus(status).phrase
    body = Problem(
        type=f"{NAMESPACE}{code}" if code else "about:blank",
        title=title,
        status=status,
        instance=request.url.path,
        detail=detail,
        code=code,
        mistakes=mistakes or [],
        **(told or {}),
    )
    told_in = {"Content-Language": language_of_program(request), "Vary": "Accept-Language"}
    own = {"Cache-Control": "no-store", **told_in, **(headers or {})}
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=own)


def _mistakes(extra: Any, language: str) -> list[ProblemMistake]:
    """Return what the framework found wrong; its words name types and limits and not what was sent."""
    found: list[ProblemMistake] = []
    for one in extra if isinstance(extra, list) else ():
        if isinstance(one, dict):
            where, key = str(one.get("source", "body")), str(one.get("key", ""))
            what = error_text(_without_value(str(one.get("message", ""))), language)
            found.append(ProblemMistake(where=where, key=key, what=what))
    return found


def _without_value(message: str) -> str:
    return "Not one of the values that are taken" if message.startswith("Invalid enum value") else message
