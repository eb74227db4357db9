"""The API: its routes under ``/api/v1``, the pace of each token, and how its refusals are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Request, Response, Router
from litestar.exceptions import HTTPException

from promesa.errors import PromesaError
from promesa.web import api_answers, api_cases, api_commitments, api_customers, api_data, api_model, api_webhooks
from promesa.web.api_once import note_body
from promesa.web.api_problems import problem_of_error, problem_of_failure, problem_of_refusal
from promesa.web.own_pages import Pace

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = "/api/v1"
PACE = Pace(most=600, seconds=60)
"""Requests of one token, or of one session, in a minute."""
PARTS = (
    ("answers", api_answers),
    ("model", api_model),
    ("commitments", api_commitments),
    ("cases", api_cases),
    ("data", api_data),
    ("customers", api_customers),
    ("webhooks", api_webhooks),
)
"""Heading in the schema -> the module whose routes stand below it."""


async def begin(request: Request[Any, Any, Any]) -> None:
    """Slow down who asks too much, refuse what no table can hold, and note what is asked."""
    person = request.state.get("person")
    PACE.step((person.id if person else None, request.headers.get("authorization", "")))
    if b"\0" in request.scope["path"].encode() or any("\0" in one for _, one in request.query_params.multi_items()):
        raise HTTPException("An address holds no NUL.", status_code=400, extra={"code": "bad-address"})
    await note_body(request)


def router(fell: Callable[[Request[Any, Any, Any], Exception], None]) -> Router:
    """Return the routes; `fell` writes into the log what nobody expected."""

    def failed(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        fell(request, error)
        return problem_of_failure(request)

    return Router(
        ROOT,
        route_handlers=[Router("", route_handlers=list(part.ROUTES), tags=[name]) for name, part in PARTS],
        before_request=begin,
        exception_handlers={
            PromesaError: problem_of_error,
            HTTPException: problem_of_refusal,
            Exception: failed,
        },
    )
