"""The schema of the API: OpenAPI 3.1 as a document, and as a page that lists it."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from litestar import Litestar, Response, Router, get
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme, Tag

from promesa import __version__
from promesa.web import api
from promesa.web.api_problems import MEDIA_TYPE, Problem
from promesa.web.gate import OPEN
from promesa.web.rendering import Asked, page

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLE = "promesa"
DESCRIPTION = """Everything that the pages of the service show, and everything that can be done on them.

A request carries a token (`Authorization: Bearer prm_...`, made on the page of the own account) or the session of a
page. Errors are problem documents (RFC 9457). Lists go on with `cursor`. A POST that carries an `Idempotency-Key` is
done once, however often it is sent within 24 hours. Times are ISO 8601 in UTC; shares are fractions."""
TAGS = {
    "answers": "Figures of the newest snapshot, and those worked out on request.",
    "model": "The company as its folder describes it, and work in the background.",
    "commitments": "What a promise promised, to whom, and what came of it; only with the right to personal data.",
    "cases": "What customers began and nobody has finished.",
    "data": "Loads, rows that wait, the audit log.",
    "customers": "Single customers; only with the right to personal data and the scope `personal`.",
    "webhooks": "Where events are sent; for administrators.",
}
PROBLEMS = {
    400: "A parameter or the body does not fit.",
    401: "No token, or one that is unknown, over or revoked.",
    403: "Not for this role, right or scope.",
    404: "There is no such thing, or nothing has been loaded or analysed yet.",
    409: "Another request, load or analysis is at it: come back after `Retry-After`.",
    413: "The body is too large.",
    415: "The body is not of a kind that is taken.",
    422: "The `Idempotency-Key` was sent with another request.",
    429: "Too many requests: come back after `Retry-After`.",
    500: "The service failed.",
    503: "The store or the database cannot be reached or written.",
}
WITH_TAG = ("/api/v1/answers", "/api/v1/answers/{key}")
EXAMPLES: Mapping[tuple[str, str], dict[str, Any]] = {
    ("/api/v1/what-if", "post"): {"changes": {"arrives_by_date": 0.03}},
    ("/api/v1/customers/search", "post"): {"who": "crm:1042"},
    ("/api/v1/quarantine/{item}/mend", "post"): {"changes": {"score": "5"}},
    ("/api/v1/quarantine/replay", "post"): {"ids": []},
    ("/api/v1/customers/{person}/consents", "post"): {"purpose": "newsletter", "granted": True, "channel": "web"},
    ("/api/v1/customers/{person}/correct", "post"): {"changes": {"birth_date": "1984-02-29"}},
    ("/api/v1/customers/{person}/forget", "post"): {"confirm": "4611686018427387904"},
    ("/api/v1/pairs/decide", "post"): {"low": "101", "high": "4611686018427387904", "verdict": "same"},
    ("/api/v1/webhooks", "post"): {"url": "https://hooks.example.com/promesa", "events": ["snapshot.published"]},
    ("/api/v1/webhooks/{number}", "put"): {"url": "https://hooks.example.com/promesa", "events": []},
}
_METHODS = ("get", "post", "put", "delete")


@cache
def schema() -> dict[str, Any]:
    """Return the schema of the API as OpenAPI 3.1."""

    @get("/problem", sync_to_thread=False)
    def problem() -> Problem:
        """Stand for the shape of every refusal."""
        raise NotImplementedError

    config = OpenAPIConfig(
        title=TITLE,
        version=__version__,
        description=DESCRIPTION,
        use_handler_docstrings=True,
        tags=[Tag(name=name, description=said) for name, said in TAGS.items()],
        components=Components(
            security_schemes={
                "token": SecurityScheme(type="http", scheme="bearer", description="`prm_...`, with scopes"),
                "session": SecurityScheme(
                    type="apiKey", name="promesa", security_scheme_in="cookie", description="a reader of the pages"
                ),
            }
        ),
        security=[{"token": []}, {"session": []}],
    )
    stands_in = Provide(lambda: None, sync_to_thread=False)
    routes = [Router(api.ROOT, route_handlers=[_copy(tag, part) for tag, part in api.PARTS]), problem]
    made = Litestar(route_handlers=routes, openapi_config=config, dependencies={"visit": stands_in})
    document: dict[str, Any] = json.loads(json.dumps(made.openapi_schema.to_schema(), default=str))
    del document["paths"]["/problem"]
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                _complete(path, method, methods[method])
    return document


def _copy(tag: str, part: Any) -> Router:
    return Router("", route_handlers=list(part.ROUTES), tags=[tag])


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    """Add to an operation what its types do not say: a short name, an example, headers, every refusal."""
    said = str(operation.get("description", ""))
    operation["summary"] = said.partition("\n")[0].rstrip(".")
    example = EXAMPLES.get((path, method))
    if example is not None:
        for content in operation["requestBody"]["content"].values():
            content["example"] = example
    responses: dict[str, Any] = operation["responses"]
    if path in WITH_TAG:
        responses["304"] = {"description": "What the client holds is still good."}
        operation.setdefault("parameters", []).append(_header("If-None-Match", "the `ETag` that the client holds"))
    if path == "/api/v1/answers/{key}":
        _complete_answer(responses)
    if path.endswith("/export"):
        responses["200"]["content"] = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
    if method == "post" and not path.endswith(("/what-if", "/search", "/export")):
        told = "1 to 255 characters: a second request with the same key is not done again"
        operation.setdefault("parameters", []).append(_header("Idempotency-Key", told))
    for status, words in PROBLEMS.items():
        responses[str(status)] = _problem(status, words)


def _complete_answer(responses: dict[str, Any]) -> None:
    rows = {"schema": {"type": "string"}}
    responses["200"]["content"]["text/csv"] = rows
    responses["202"] = {
        "description": "It is being worked out: poll the job.",
        "headers": {"Location": {"schema": {"type": "string"}}, "Retry-After": {"schema": {"type": "string"}}},
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}},
    }


def _header(name: str, said: str) -> dict[str, Any]:
    limits = {"type": "string", "minLength": 1, "maxLength": 255}
    return {"name": name, "in": "header", "required": False, "description": said, "schema": limits}


def _problem(status: int, words: str) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    told: dict[str, Any] = {"description": words, "content": content}
    if status in {409, 429}:
        told["headers"] = {"Retry-After": {"description": "seconds", "schema": {"type": "string"}}}
    return told


@get("/schema/openapi.json", opt=OPEN, sync_to_thread=True)
def document() -> Response[Any]:
    """Give the schema as OpenAPI 3.1."""
    return Response(deepcopy(schema()), media_type="application/json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One operation as the page lists it."""

    method: str
    path: str
    said: str
    parameters: list[tuple[str, str, str]]
    body: str
    example: str
    answers: str


@get("/schema", opt=OPEN, sync_to_thread=True)
def listed(visit: Asked) -> Response[str]:
    """List the API, part by part."""
    parts = [(name, TAGS[name], _operations(name)) for name, _ in api.PARTS]
    return page(visit, "api.html", title=visit.say("api.title"), parts=parts, told=told)


def told(text: str) -> list[tuple[str, bool]]:
    """Return a text in pieces, each with whether it is code: what stands between backticks."""
    return [(piece, place % 2 == 1) for place, piece in enumerate(re.split(r"`+", text)) if piece]


@cache
def _operations(tag: str) -> list[Shown]:
    return [
        _shown(path, method, methods[method])
        for path, methods in schema()["paths"].items()
        for method in _METHODS
        if method in methods and tag in methods[method]["tags"]
    ]


def _shown(path: str, method: str, operation: dict[str, Any]) -> Shown:
    given = [(one["name"], one["in"], str(one.get("description", ""))) for one in operation.get("parameters", ())]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return Shown(
        method=method.upper(),
        path=path,
        said=str(operation.get("description", "")),
        parameters=given,
        body=str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2],
        example=json.dumps(content["example"], ensure_ascii=False) if "example" in content else "",
        answers=", ".join(sorted(status for status in operation["responses"] if status < "4")),
    )


ROUTES = (document, listed)
