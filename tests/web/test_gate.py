"""The gate: who gets to which route, and what does not get past it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from litestar.testing import TestClient

from promesa.access import PERMISSIONS, make_token, may, passwords, person_of, reach_of
from promesa.errors import DatabaseUnreachable, StoreDamaged
from promesa.web import application, own_pages
from promesa.web.gate import SAFE_METHODS, utc_now
from promesa.web.rendering import assets
from tests.web.people import GOOD, OWN, ROLES, enter, make, send

if TYPE_CHECKING:
    from collections.abc import Iterator

# One of the owner's function, one of another.
PROMISES = ("arrives_on_time", "quick_payment")
TOUCHPOINTS = ("delivery", "payment")


@pytest.fixture(scope="module")
def client(service_workspace) -> Iterator[TestClient[Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        passwords._nobodys.cache_clear()
        patch.setenv("TEST_DATABASE", service_workspace.service.database)
        with TestClient(application(service_workspace.root), raise_server_exceptions=False) as one:
            for role in ROLES:
                make(one, f"{role}@tienda.example", role)
            yield one


def routes(client: TestClient[Any]) -> list[tuple[str, str, Any]]:
    """Return (method, address, who) of every route of the service."""
    found = []
    for route in client.app.routes:
        for handler in getattr(route, "route_handlers", ()) or (route.route_handler,):
            for method in sorted(getattr(handler, "http_methods", {"GET"}) - {"OPTIONS"}):
                address = route.path_format.replace("{number}", "1").replace("{change}", "rights")
                address = address.replace("{delivery}", "1")
                address = address.replace("/promises/{name}", f"/promises/{PROMISES[0]}")
                address = address.replace("/touchpoints/{name}", f"/touchpoints/{TOUCHPOINTS[0]}")
                found.append((method, address.replace("{", "").replace("}", ""), handler.opt))
    return found


def test_every_route_says_who_it_is_for(client) -> None:
    known = {"anybody", "signed_in", *PERMISSIONS}
    assert [one for one in routes(client) if one[2].get("may") not in known] == []
    assert len(routes(client)) > 30


@pytest.mark.parametrize("role", [None, *ROLES])
def test_a_route_lets_through_whom_it_is_for_and_nobody_else(client, role) -> None:
    """Role x route: refused exactly when the table of rights says so."""
    client.cookies.clear()
    person, csrf = None, ""
    if role is not None:
        assert enter(client, f"{role}@tienda.example").status_code == 303
        with client.app.state.gate.database.begin() as connection:
            person = next(p for n in range(1, 9) if (p := person_of(connection, n)) and p.role == role)
        csrf = client.get("/account").text.split('name="csrf" value="')[1].split('"')[0]
    for method, address, option in routes(client):
        who = option["may"]
        if address == "/sign-out":
            continue
        sent = {"data": {"csrf": csrf}, "headers": OWN} if method not in SAFE_METHODS else {}
        answer = client.request(method, address, follow_redirects=False, **sent)
        allowed = who == "anybody" or (person is not None and (who == "signed_in" or may(person, who)))
        if option.get("own") and not allowed:
            # The first promise and touchpoint of each are of the owner's function; the whole company is not.
            allowed = reach_of(person, who) == "own" and not address.startswith("/take/")
        if allowed:
            assert answer.status_code not in {401, 403, 500}, (method, address, answer.status_code)
        else:
            assert answer.status_code == (401 if person is None else 403), (method, address, answer.status_code)


def test_an_owner_sees_what_is_of_their_function_and_nothing_else(client) -> None:
    enter(client, "owner@tienda.example")
    home = client.get("/?lang=en").text
    for kind, names in (("promises", PROMISES), ("touchpoints", TOUCHPOINTS)):
        assert client.get(f"/{kind}/{names[0]}").status_code == 200
        assert client.get(f"/{kind}/{names[1]}").status_code == 403
        assert client.get(f"/{kind}/no_such").status_code == 403
        assert client.get(f"/paper/{kind}/{names[0]}").status_code == 404, "nothing is analysed yet"
        assert client.get(f"/paper/{kind}/{names[1]}").status_code == 403
        assert f"/{kind}/{names[0]}" in home
        assert f"/{kind}/{names[1]}" not in home
        one = kind.removesuffix("s")
        assert client.get(f"/take/{one}:{names[0]}/table-1.csv").status_code == 404, "nothing is analysed yet"
        assert client.get(f"/take/{one}:{names[1]}/table-1.csv").status_code == 403
    for section in ("chain", "promises", "value", "promise:", ":delivery", "x:delivery"):
        assert client.get(f"/take/{section}/table-1.csv").status_code in {403, 404}, section
    assert client.get("/take/chain/table-1.csv").status_code == 403


def test_a_reader_is_led_to_sign_in_and_back(client) -> None:
    client.cookies.clear()
    asked = client.get("/value?lang=en", headers={"Accept": "text/html"}, follow_redirects=False)
    assert asked.status_code == 302
    assert asked.headers["location"] == "/sign-in?to=%2Fvalue%3Flang%3Den"
    form = {"email": "viewer@tienda.example", "password": GOOD, "to": "/value?lang=en"}
    assert (
        client.post("/sign-in/enter", data=form, headers=OWN, follow_redirects=False).headers["location"] == form["to"]
    )
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example"):
        client.cookies.clear()
        entered = client.post("/sign-in/enter", data={**form, "to": elsewhere}, headers=OWN, follow_redirects=False)
        assert entered.headers["location"] == "/"


def test_the_cookie_is_for_this_site_alone(client) -> None:
    cookie = enter(client, "viewer@tienda.example").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert "secure" not in cookie, "the address of this service is http"


def test_by_tls_the_cookie_is_secure_and_of_this_host_alone(client, monkeypatch) -> None:
    from dataclasses import replace

    gate = client.app.state.gate
    ws = gate.site.workspace
    secured = replace(ws, service=replace(ws.service, address="https://promesa.example"))
    monkeypatch.setattr(type(gate.site), "workspace", property(lambda _: secured))
    cookie = gate.session_cookie("x").to_header(header="")
    assert cookie.startswith("__Host-promesa=")
    assert "secure" in cookie.lower()


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({}, "missing"),
        ({}, "wrong"),
        ({"Origin": "https://evil.example"}, "right"),
        ({"Origin": "null"}, "right"),
        ({"Sec-Fetch-Site": "cross-site"}, "right"),
        ({"Sec-Fetch-Site": "same-site"}, "right"),
    ],
)
def test_a_form_of_another_site_is_refused(client, headers, token) -> None:
    enter(client, "viewer@tienda.example")
    csrf = client.get("/account").text.split('name="csrf" value="')[1].split('"')[0]
    form = {"name": "Cambiada", "locale": "es", "csrf": {"missing": "", "wrong": "0" * 64, "right": csrf}[token]}
    answer = client.post("/account/profile", data=form, headers=headers, follow_redirects=False)
    assert answer.status_code == 403
    assert "Cambiada" not in client.get("/account").text


def test_signing_in_from_another_site_is_refused(client) -> None:
    client.cookies.clear()
    form = {"email": "viewer@tienda.example", "password": GOOD}
    answer = client.post(
        "/sign-in/enter", data=form, headers={"Origin": "https://evil.example"}, follow_redirects=False
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_signing_in_again_ends_the_session_before(client) -> None:
    enter(client, "viewer@tienda.example")
    before = dict(client.cookies)
    form = {"email": "viewer@tienda.example", "password": GOOD}
    client.post("/sign-in/enter", data=form, headers=OWN, follow_redirects=False)
    assert dict(client.cookies) != before
    after = dict(client.cookies)
    client.cookies.clear()
    client.cookies.update(before)
    assert client.get("/account").status_code == 401
    client.cookies.clear()
    client.cookies.update(after)
    assert client.get("/account").status_code == 200
    assert send(client, "/sign-out").status_code == 303
    client.cookies.clear()
    client.cookies.update(after)
    assert client.get("/account").status_code == 401


def test_a_token_opens_what_its_scopes_and_its_owner_may(client) -> None:
    client.cookies.clear()
    with client.app.state.gate.database.begin() as connection:
        person = next(p for n in range(1, 9) if (p := person_of(connection, n)) and p.role == "administrator")
        token = make_token(connection, person, name="cuadro", scopes=["read"], expires_at=None, now=utc_now())
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/promises", headers=headers).status_code == 200
    assert client.get("/settings/audit", headers=headers).status_code == 200
    assert client.get("/settings/people", headers=headers).status_code == 403, "no token manages people"
    assert client.get("/account", headers=headers).status_code == 403, "nor the account of its owner"
    assert client.get("/promises", headers={"Authorization": "Bearer prm_nope"}).status_code == 401


def test_pages_of_access_are_kept_nowhere_and_carry_the_headers(client) -> None:
    enter(client, "administrator@tienda.example")
    for address in ("/sign-in?lang=en", "/account", "/settings/people", "/settings/keys", "/settings/audit"):
        answer = client.get(address, follow_redirects=False)
        if address.startswith("/sign-in"):
            assert answer.status_code == 302
            continue
        assert answer.headers["cache-control"] == "no-store"
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert "<script>" not in answer.text
        assert " style=" not in answer.text


def test_without_the_database_a_page_says_so_and_its_style_comes(client, monkeypatch) -> None:
    def gone(**_: object) -> None:
        raise DatabaseUnreachable(what="The database does not answer.", got="", expected="", fix="")

    monkeypatch.setattr(client.app.state.gate, "person", gone)
    client.cookies.set("promesa", "a session")
    style = assets()["light"]
    answers = [client.get(address) for address in ("/cases?lang=es", style, "/healthz")]
    client.cookies.clear()
    assert [one.status_code for one in answers] == [503, 200, 200]
    assert "La base de datos no responde" in answers[0].text
    assert "<code>promesa db current</code>" in answers[0].text


def test_a_fault_on_a_customers_own_page_leads_nowhere_else(client, monkeypatch) -> None:
    def fall(*_: object, **__: object) -> None:
        raise StoreDamaged(what="A file is gone.", got="", expected="", fix="")

    monkeypatch.setattr(own_pages.customers, "open_own_link", fall)
    client.cookies.clear()
    shown = client.get("/me/abc?lang=es")
    assert shown.status_code == 503
    assert "Inténtelo más tarde con el mismo enlace" in shown.text
    assert 'href="/promises"' not in shown.text
    assert "promesa load" not in shown.text
