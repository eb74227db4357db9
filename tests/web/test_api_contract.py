"""The API keeps its own schema: Schemathesis sends what the schema allows and what it does not, as every role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode, checks

from promesa.web import api
from promesa.web.own_pages import Pace
from tests.web.people import ROLES
from tests.web.programs import service_over, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from litestar.testing import TestClient

# What erases or empties would leave nothing for the calls after it.
LEFT_OUT = ("/forget", "/mend")


@pytest.fixture(scope="module")
def client(analysed_shop, service_workspace, tmp_path_factory) -> Iterator[TestClient[Any]]:
    folder = tmp_path_factory.mktemp("contract") / "tienda"
    with service_over(analysed_shop, service_workspace, folder) as one, pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "PACE", Pace(most=10**6, seconds=60))
        yield one


@pytest.fixture(scope="module")
def tokens(client) -> dict[str, dict[str, str]]:
    return tokens_of(client)


@pytest.fixture(scope="module")
def operations(client) -> list[Any]:
    checks.load_all_checks()
    schema = schemathesis.openapi.from_asgi("/schema/openapi.json", client.app)
    return [found.ok() for found in schema.get_all_operations()]


def probe(operation: Any, headers: dict[str, str], *, examples: int, mode: GenerationMode) -> int:
    """Send one operation what fits its schema, or what does not; every answer fits the schema and none is a 500."""
    seen = 0

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Any) -> None:
        nonlocal seen
        seen += 1
        answer = case.call(headers=headers)
        case.validate_response(
            answer,
            checks=[
                checks.not_a_server_error,
                *checks.CHECKS.get_by_names(
                    [
                        "status_code_conformance",
                        "content_type_conformance",
                        "response_headers_conformance",
                        "response_schema_conformance",
                    ]
                ),
            ],
        )
        assert answer.status_code < 500 or answer.status_code == 503

    send()
    return seen


BOTH = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


def probe_all(operations, headers, *, examples: int, modes: tuple[GenerationMode, ...] = BOTH) -> int:
    return sum(
        probe(operation, headers, examples=examples, mode=mode)
        for operation in operations
        for mode in modes
        if not operation.path.endswith(LEFT_OUT) or examples > 5
    )


@pytest.mark.parametrize("role", ROLES)
def test_no_answer_leaves_the_schema(operations, tokens, role) -> None:
    modes = BOTH if role == "administrator" else BOTH[:1]
    assert probe_all(operations, tokens[role], examples=1, modes=modes) >= len(operations) - 2


def test_without_a_token_every_answer_is_a_refusal_within_the_schema(operations) -> None:
    assert probe_all(operations, {}, examples=1, modes=BOTH[:1]) >= len(operations) - 2


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_no_answer_leaves_the_schema_in_many_calls(operations, tokens, role) -> None:
    assert probe_all(operations, tokens[role], examples=40) > 1000


def test_the_probe_sees_an_answer_that_leaves_the_schema(client, tokens) -> None:
    checks.load_all_checks()
    document = client.get("/schema/openapi.json").json()
    document["components"]["schemas"]["WorkspaceShown"]["properties"]["company"] = {"type": "integer"}
    schema = schemathesis.openapi.from_dict(document)
    schema.app = client.app
    operation = schema["/api/v1/workspace"]["GET"]
    with pytest.raises(BaseExceptionGroup, match=r"(?i)failure"):
        probe(operation, tokens["viewer"], examples=1, mode=GenerationMode.POSITIVE)
