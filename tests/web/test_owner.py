"""The owner of a function sees the figures, the open commitments and the money of what is theirs; nothing of others."""

from __future__ import annotations

import re
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.people import enter, make
from tests.web.programs import service_over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from litestar.testing import TestClient

# Of other functions. "Página web" is a channel too, and so no touchpoint's alone.
OTHERS = ("website", "Website", "payment", "Pago", "Payment", "quick_payment")
# A touchpoint says where its customers came from and went to, by name.
NEIGHBOURS = {"Website", "Pago", "Payment"}


@pytest.fixture(scope="module")
def client(analysed_shop, service_workspace, tmp_path_factory) -> Iterator[TestClient[Any]]:
    folder = tmp_path_factory.mktemp("owner") / "shop"
    with service_over(analysed_shop, service_workspace, folder) as one:
        make(one, "owner@tienda.example", "owner")
        make(one, "personal@tienda.example", "owner", personal=True)
        make(one, "viewer@tienda.example", "viewer")
        make(one, "analyst@tienda.example", "analyst", personal=True)
        yield one


def said(client: TestClient[Any], address: str) -> str:
    """Return what a page says and leads to, without its frame."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.text.partition("<main")[2]


@pytest.mark.parametrize("lang", ["es", "en"])
def test_the_first_page_of_an_owner_has_figures_of_theirs_and_not_a_word_of_others(client, lang) -> None:
    enter(client, "owner@tienda.example")
    shown = said(client, f"/?lang={lang}")
    for heading in (
        {"es": "Por dónde empezar en lo suyo", "en": "Where to begin in what is yours"},
        {"es": "Lo que está abierto ahora", "en": "What is open now"},
    ):
        assert heading[lang] in shown
    assert 'href="/promises/arrives_on_time"' in shown
    for word in OTHERS:
        assert word not in shown, word
    assert "/take/" not in shown
    enter(client, "viewer@tienda.example")
    whole = said(client, f"/?lang={lang}")
    assert any(word in whole for word in OTHERS)


def test_no_page_that_an_owner_opens_tells_of_another_function(client) -> None:
    enter(client, "personal@tienda.example")
    for address in ("/", "/promises/arrives_on_time", "/touchpoints/delivery", "/promises/arrives_on_time/commitments"):
        shown = said(client, f"{address}?lang=en")
        for word in set(OTHERS) - (NEIGHBOURS if address.startswith("/touchpoints") else set()):
            assert not re.search(rf"\b{re.escape(word)}\b", shown), (address, word)
    for address in ("/promises/quick_payment", "/promises/quick_payment/commitments", "/touchpoints/payment"):
        assert client.get(address).status_code == 403
    for address in ("/promises", "/touchpoints", "/drivers", "/journeys", "/value", "/data", "/customers"):
        assert client.get(address).status_code == 403


def test_the_way_back_from_a_promise_leads_an_owner_to_a_page_of_theirs(client) -> None:
    for who, back in (("owner@tienda.example", "/"), ("viewer@tienda.example", "/promises")):
        enter(client, who)
        way = re.search(r'class="soft asof"><a href="([^"]+)"', client.get("/promises/arrives_on_time").text)
        assert way is not None
        assert way[1] == back
        assert client.get(back).status_code == 200


def test_an_owner_without_cases_is_not_told_that_all_was_delivered(client, monkeypatch) -> None:
    enter(client, "owner@tienda.example")
    empty = SimpleNamespace(cases=[], open_now=0, overdue=0, listed=0, more=False, as_of=datetime(2026, 3, 1))
    monkeypatch.setattr("promesa.web.case_pages.found_cases", lambda *_, **__: empty)
    assert "No case is open that your function answers for" in said(client, "/cases?lang=en")
    enter(client, "viewer@tienda.example")
    assert "No case is open that your function answers for" not in said(client, "/cases?lang=en")


def test_the_commitments_behind_a_promise_are_for_whoever_may_see_personal_data(client) -> None:
    address = "/promises/arrives_on_time/commitments"
    enter(client, "owner@tienda.example")
    assert client.get(address).status_code == 403
    assert f'href="{address}' not in client.get("/promises/arrives_on_time").text
    enter(client, "personal@tienda.example")
    assert f'href="{address}' in client.get("/promises/arrives_on_time").text
    own = client.get(f"{address}?status=broken&lang=en")
    assert own.headers["cache-control"] == "no-store"
    assert "/customers/" not in own.text, "an owner sees the number, not the customer's page"
    enter(client, "analyst@tienda.example")
    broken = client.get(f"{address}?status=broken&lang=en").text
    assert re.search(r'href="/customers/\d+"', broken)
    assert "late" in broken or "has not come" in broken
    assert "Kept</td>" not in broken
    assert "No commitment is like that" in client.get(f"{address}?from=1999-01-01&to=1999-01-02&lang=en").text
    assert client.get("/promises/no_such/commitments").status_code == 404
    second = client.get(f"{address}?page=2&lang=en")
    assert second.status_code == 200
    assert client.get(f"{address}?page=99999&lang=en").status_code == 200
