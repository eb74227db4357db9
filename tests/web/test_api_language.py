"""Refusals of the API in the language that a program asks for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.programs import API, service_over, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from litestar.testing import TestClient


@pytest.fixture(scope="module")
def client(analysed_shop, service_workspace, tmp_path_factory) -> Iterator[TestClient[Any]]:
    folder = tmp_path_factory.mktemp("api language") / "tienda"
    with service_over(analysed_shop, service_workspace, folder) as one:
        yield one


@pytest.fixture(scope="module")
def admin(client) -> dict[str, str]:
    return tokens_of(client)["administrator"]


def told(client, address: str, headers: dict[str, str], language: str | None) -> tuple[dict[str, Any], str]:
    asked = {} if language is None else {"Accept-Language": language}
    answer = client.get(f"{API}{address}", headers={**headers, **asked})
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert "accept-language" in answer.headers["vary"].lower()
    return answer.json(), answer.headers["content-language"]


@pytest.mark.parametrize(
    ("language", "spoken"),
    [
        ("es", "es"),
        ("es-CO,es;q=0.9,en;q=0.5", "es"),
        ("fr, es;q=0.3", "es"),
        ("en, es;q=0.3", "en"),
        ("fr", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_a_refusal_is_in_the_language_that_is_asked_for(client, admin, language, spoken) -> None:
    problem, content = told(client, "/nothing", admin, language)
    assert content == spoken
    assert (
        problem["detail"] == {"es": "No hay nada en esta dirección.", "en": "There is nothing at this address."}[spoken]
    )
    assert (problem["title"], problem["status"]) == ("Not Found", 404)


def test_an_error_of_promesa_keeps_its_code_and_its_values(client, admin) -> None:
    asked = {"json": {"changes": {"no_such": 0.1}}}
    english = client.post(f"{API}/what-if", headers=admin, **asked).json()
    spanish = client.post(f"{API}/what-if", headers={**admin, "Accept-Language": "es"}, **asked).json()
    for field in ("code", "type", "status", "title", "got"):
        assert spanish[field] == english[field], field
    for field in ("detail", "fix", "expected"):
        assert spanish[field] != english[field], field
    assert spanish["detail"].startswith("No hay")
    assert "'no_such'" in spanish["detail"]


def test_work_that_failed_says_why_in_the_language_of_who_asks(client, admin) -> None:
    job = client.get(f"{API}/answers/promises?by=chanel", headers=admin).json()
    for _ in range(600):
        job = client.get(job["link"], headers={**admin, "Accept-Language": "es"}).json()
        if job["state"] != "working":
            break
        time.sleep(0.05)
    assert job["state"] == "failed"
    assert job["detail"].startswith("No hay")
    assert "'chanel'" in job["detail"]


def test_what_a_route_says_itself_is_told_too(client, admin) -> None:
    spanish, _ = told(client, "/answers/tiers?by=channel", admin, "es")
    assert spanish["detail"] == "El análisis tiers no admite by; admite as_of."
    spanish, _ = told(client, "/loads?cursor=x", admin, "es")
    assert "cursor" in spanish["detail"]
    assert "This is" not in spanish["detail"]


def test_a_cookie_of_the_pages_has_no_say(client, admin) -> None:
    client.cookies.set("lang", "es")
    try:
        assert told(client, "/nothing", admin, None)[1] == "en"
    finally:
        client.cookies.clear()


def test_who_sends_no_token_is_told_in_the_own_language(client) -> None:
    problem, _ = told(client, "/answers", {}, "es")
    assert "Authorization: Bearer prm_..." in problem["detail"]
    assert not problem["detail"].startswith("Send")
