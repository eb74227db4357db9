"""The page of cases and its API: what waits, past its limit first; an owner's own; customers only with the right."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from promesa.actions import answering_for
from promesa.web.case_pages import _pages
from tests.web.people import enter, make
from tests.web.programs import API, header_of, service_over, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from litestar.testing import TestClient


@pytest.fixture(scope="module")
def client(analysed_shop, service_workspace, tmp_path_factory) -> Iterator[TestClient[Any]]:
    folder = tmp_path_factory.mktemp("cases") / "shop"
    with service_over(analysed_shop, service_workspace, folder) as one:
        make(one, "owner@tienda.example", "owner")
        make(one, "personal@tienda.example", "owner", personal=True)
        make(one, "analyst@tienda.example", "analyst", personal=True)
        yield one


@pytest.fixture(scope="module")
def tokens(client) -> dict[str, dict[str, str]]:
    return tokens_of(client)


def said(client: TestClient[Any], address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.text.partition("<main")[2]


@pytest.mark.parametrize("lang", ["es", "en"])
def test_the_page_lists_what_waits_and_the_files_hold_it(client, lang) -> None:
    enter(client, "analyst@tienda.example")
    shown = said(client, f"/cases?lang={lang}")
    rows = re.findall(r'<th scope="row">', shown)
    assert 0 < len(rows) <= 50
    dues = re.findall(r'<th scope="row"><time datetime="(.*?)">', shown)
    assert len(dues) == len(rows)
    assert dues == sorted(dues), "what is due first stands first"
    assert re.search(r'href="/customers/\d+"', shown)
    whole = client.get(f"/cases/cases.csv?lang={lang}")
    assert whole.headers["content-type"] == "text/csv; charset=utf-8"
    lines = whole.text.splitlines()
    assert len(lines) > len(rows)
    assert client.get("/cases/cases.xlsx").content[:2] == b"PK"
    assert client.get("/cases/cases.pdf").status_code == 404
    late = said(client, f"/cases?standing=overdue&lang={lang}")
    assert late.count("<strong>") == late.count('<th scope="row">')
    assert client.get("/cases?touchpoint=no_such").status_code == 404
    assert 'aria-current="page"' in client.get("/cases").text
    row = r'<th scope="row">.*?</th><td>[^<]+</td><td.*?</td><td>(.*?)</td>'
    opened = re.findall(row, said(client, "/cases?order=opened"))
    oldest = [re.findall(r'datetime="(.*?)"', cell)[0] for cell in opened]
    assert oldest == sorted(oldest) != []
    told = re.sub(r"<[^>]+>", " ", shown)
    assert not re.search(r"\d{4}-\d\d-\d\d", told), "days as a reader writes them"
    assert re.search(r"\b\d{4}-\d\d-\d\d \d\d:\d\d,", whole.text), "a file can be sorted"
    own = said(client, f"/cases?function=logistics&lang={lang}")
    assert '<option value="logistics" selected>' in own
    assert '<option value="payment">' not in own, "of another function"
    for query in ("function=no_such", "touchpoint=no_such"):
        assert client.get(f"/cases?{query}").status_code == 404, query
    assert said(client, "/cases?order=none&standing=none&page=x").count("<tr>") == shown.count("<tr>")


def test_an_owner_sees_own_cases_and_no_customer_without_the_right(client) -> None:
    enter(client, "personal@tienda.example")
    whole = client.get("/cases/cases.csv?lang=en").text
    assert re.search(r",\d{15,19},", whole), "the customer by number"
    assert not re.search(r'href="/customers/', said(client, "/cases")), "the page of a customer is of the whole company"
    enter(client, "owner@tienda.example")
    shown = said(client, "/cases?lang=en")
    assert "Whose case it is" in shown
    assert not re.search(r"\d{15,19}", shown)
    assert not re.search(r"\d{15,19}", client.get("/cases/cases.csv").text)
    for word in ("Payment", "Website"):
        assert word not in shown
    assert 'href="/cases"' in client.get("/").text
    for address in (
        "/cases?touchpoint=payment",
        "/cases/cases.csv?touchpoint=payment",
        "/cases?touchpoint=no_such",
        "/cases?function=billing",
    ):
        assert client.get(address).status_code == 403, address


def test_the_owner_of_a_promise_sees_its_cases_at_a_touchpoint_of_others(client, monkeypatch) -> None:
    def moved(model: Any) -> dict[str, str]:
        return {**answering_for(model), "payment": "logistics"}

    for module in ("case_asking", "case_pages"):
        monkeypatch.setattr(f"promesa.web.{module}.answering_for", moved)
    enter(client, "owner@tienda.example")
    assert '<option value="payment"' in said(client, "/cases?lang=en")
    assert "Payment" in said(client, "/cases?touchpoint=payment&lang=en")
    assert client.get("/touchpoints/payment").status_code == 403, "the cases alone are theirs"


def test_programs_read_every_case_once(client, tokens) -> None:
    address: str | None = f"{API}/cases?limit=40"
    seen: list[dict[str, Any]] = []
    counts = set()
    while address:
        told = client.get(address, headers=tokens["analyst"]).json()
        seen += told["cases"]
        counts.add((told["as_of"], told["open_now"], told["overdue"]))
        address = f"{API}/cases?limit=40&cursor={told['next']}" if told["next"] else None
    assert len(counts) == 1, "every page is of one instant"
    assert len({(one["source"], one["id"]) for one in seen}) == len(seen) == told["open_now"]
    assert sum(one["overdue"] for one in seen) == told["overdue"]
    assert [one["due"] for one in seen] == sorted(one["due"] for one in seen)
    assert all(one["customer"] for one in seen)


def test_a_program_of_an_owner_is_told_of_own_touchpoints_and_of_nobody(client, tokens) -> None:
    own = client.get(f"{API}/cases?limit=500", headers=tokens["owner"]).json()
    functions = client.app.state.site.workspace.model.touchpoints
    assert own["cases"]
    assert {functions[one["touchpoint"]].function for one in own["cases"]} == {"logistics"}
    plain = make(client, "plain@tienda.example", "owner")
    nobody = client.get(f"{API}/cases?limit=500", headers=header_of(client, plain, scopes=("read",))).json()
    assert {one["customer"] for one in nobody["cases"]} == {None}
    assert [one["id"] for one in nobody["cases"]] == [one["id"] for one in own["cases"]]
    assert {one["customer_revenue"] for one in own["cases"]} == {None}, "it is of the whole company"
    refused = dict.fromkeys(("touchpoint=payment", "function=billing", "order=stake"), 403)
    refused |= dict.fromkeys(("cursor=x", "limit=0", "overdue=maybe", "order=none", "standing=none"), 400)
    for query, status in refused.items():
        answer = client.get(f"{API}/cases?{query}", headers=tokens["owner"])
        assert answer.status_code == status, query
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_company_without_data_or_cases_says_so(new_company) -> None:
    assert "Todavía no se ha cargado nada" in new_company.get("/cases?lang=es").text
    assert new_company.get("/cases/cases.csv").status_code == 404


# Of other functions than logistics. Channels and outcomes are of the whole company.
OTHERS = ("website", "payment", "quick_payment", "Payment", "Pago", "billing", "marketing", "Sitio web")


def test_no_answer_that_a_program_of_an_owner_gets_tells_of_another_function(client, tokens) -> None:
    """Everything of the API that opens for an owner, in bytes."""
    headers = tokens["owner"]
    listed = client.get(f"{API}/answers", headers=headers)
    keys = [one["key"] for one in listed.json()["answers"]]
    assert {"promises", "touchpoints", "cases"} <= set(keys)
    every = [one["key"] for one in client.get(f"{API}/answers", headers=tokens["analyst"]).json()["answers"]]
    assert set(keys) < set(every)
    addresses = ["/answers", *(f"/answers/{key}" for key in keys), *(f"/answers/{key}?format=csv" for key in keys)]
    addresses += ["/promises", "/promises/arrives_on_time", "/touchpoints", "/touchpoints/delivery", "/cases"]
    for address in addresses:
        answer = client.get(f"{API}{address}", headers=headers)
        assert answer.status_code == 200, address
        for word in OTHERS:
            assert not re.search(rf"\b{word}\b", answer.text), (address, word)
    assert any(
        one["measure"] == "kept_rate" for one in client.get(f"{API}/answers/promises", headers=headers).json()["rows"]
    )
    for key in set(every) - set(keys):
        assert client.get(f"{API}/answers/{key}", headers=headers).status_code == 403, key
    for query in ("promises?by=channel&since=2026-01-01", "promises?since=2026-01-01", "cases?by=channel"):
        assert client.get(f"{API}/answers/{query}", headers=headers).status_code == 403, query
    theirs = client.get(f"{API}/answers/promises", headers=headers).headers["etag"]
    assert theirs != client.get(f"{API}/answers/promises", headers=tokens["analyst"]).headers["etag"]


def test_programs_choose_what_comes_first(client, tokens) -> None:
    def told(query: str) -> Any:
        return client.get(f"{API}/cases?limit=500&{query}", headers=tokens["analyst"]).json()

    whole = told("")
    richest = [one["customer_revenue"] or -1 for one in told("order=stake")["cases"]]
    assert richest == sorted(richest, reverse=True)
    assert richest[0] > 0
    opened = [one["opened_at"] for one in told("order=opened")["cases"]]
    assert opened == sorted(opened)
    late, below, on_time = (told(f"standing={standing}") for standing in ("overdue", "below", "in_time"))
    assert late["listed"] == late["overdue"] == whole["overdue"] == told("overdue=true")["listed"]
    assert late["listed"] + on_time["listed"] == whole["listed"] == whole["open_now"]
    assert all(one["below_minimum"] for one in below["cases"])
    functions = {one["touchpoint"] for one in told("function=logistics")["cases"]}
    declared = client.app.state.site.workspace.model.touchpoints
    assert {declared[name].function for name in functions} == {"logistics"}


def test_pages_of_a_long_list_lead_to_each_other() -> None:
    assert _pages(50, 1) == []
    assert _pages(51, 1) == [1, 2]
    assert _pages(10_000, 100) == [1, None, 99, 100, 101, None, 200]
    assert _pages(10_000, 99_999) == [1, None, 200]
    assert _pages(0, 1) == []
