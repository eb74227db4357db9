"""The page of webhooks: made, changed, paused, renewed, removed; secrets once; for administrators."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from litestar.testing import TestClient

from promesa.access import audit_entries, passwords
from promesa.outgoing import announce, list_deliveries, list_webhooks
from promesa.web import application
from promesa.web.gate import utc_now
from tests.web.people import OWN, enter, make, send

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = "/settings/webhooks"
URL = "https://hooks.example.com/in?key=hidden"


@pytest.fixture(scope="module")
def client(service_workspace) -> Iterator[TestClient[Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        passwords._nobodys.cache_clear()
        patch.setenv("TEST_DATABASE", service_workspace.service.database)
        # A name is looked up when a webhook is made; nothing here leaves the machine.
        patch.setattr("promesa.outgoing.webhooks.checked_url", _checked)
        with TestClient(application(service_workspace.root), raise_server_exceptions=False) as one:
            make(one, "admin@tienda.example", "administrator")
            make(one, "analyst@tienda.example", "analyst")
            yield one


def _checked(url: str, **_: Any) -> str:
    from promesa.errors import InputError

    if not url.startswith("https://"):
        raise InputError(what="No TLS.", got="http", expected="https", fix="use https")
    return url


def secret_of(page: str) -> str:
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", page)
    assert found is not None
    return found[0]


def test_a_webhook_is_made_used_and_removed_on_its_page(client) -> None:
    enter(client, "admin@tienda.example")
    assert "Todavía no hay ninguno" in client.get(f"{AT}?lang=es").text
    made = send(client, f"{AT}/make", url=URL, event=["snapshot.published", "cases.overdue"])
    secret = secret_of(made.text)
    assert made.headers["cache-control"] == "no-store"
    with client.app.state.gate.database.begin() as connection:
        (hook,) = list_webhooks(connection)
        assert hook.events == ("cases.overdue", "snapshot.published")
        announce(connection, "cases.overdue", {"touchpoint": "delivery", "overdue": 5}, now=utc_now())
        (sent,) = list_deliveries(connection, hook.id)
    one = f"{AT}/{hook.id}"
    shown = client.get(f"{one}?lang=en").text
    assert "More cases past their limit" in shown
    assert secret not in shown + client.get(AT).text, "a secret is shown once"
    assert send(client, f"{one}/again/{sent.id}").headers["location"] == f"{one}?said=hook_again"
    assert send(client, f"{one}/pause").status_code == 303
    assert "paused" in client.get(f"{one}?lang=en").text
    with client.app.state.gate.database.begin() as connection:
        assert announce(connection, "cases.overdue", {}, now=utc_now()) is None, "nothing is kept for a paused one"
    assert send(client, f"{one}/resume").status_code == 303
    assert send(client, f"{one}/change", url="https://hooks.example.com/other").status_code == 303
    with client.app.state.gate.database.begin() as connection:
        (hook,) = list_webhooks(connection)
    assert (hook.active, hook.url, hook.events) == (True, "https://hooks.example.com/other", ())
    assert secret_of(send(client, f"{one}/secret").text) != secret
    assert "24" in client.get(one).text
    wrong = send(client, f"{one}/change", url="http://hooks.example.com")
    assert wrong.status_code == 422
    assert send(client, f"{one}/remove", confirm="yes").status_code == 303
    assert client.get(one).status_code == 404
    with client.app.state.gate.database.begin() as connection:
        log = [one for one in audit_entries(connection) if one.object.startswith("webhook:")]
    kinds = ("made", "paused", "resumed", "changed", "renewed", "removed")
    assert [one.action for one in log] == [f"webhook.{kind}" for kind in kinds]
    assert "hidden" not in repr(log), "an address may hold a secret"


def test_nobody_else_comes_there_and_no_form_of_another_site(client) -> None:
    enter(client, "analyst@tienda.example")
    for address in (AT, f"{AT}/1"):
        assert client.get(address).status_code == 403
    assert send(client, f"{AT}/make", url=URL).status_code == 403
    enter(client, "admin@tienda.example")
    assert client.post(f"{AT}/make", data={"url": URL}, headers=OWN).status_code == 403, "without the token"
    for address in (f"{AT}/5", f"{AT}/{2**70}"):
        assert client.get(address).status_code == 404
    for address in (f"{AT}/5/pause", f"{AT}/5/again/1", f"{AT}/5/nothing", f"{AT}/5/again/{2**70}"):
        assert send(client, address).status_code == 404
    unknown = send(client, f"{AT}/make", url=URL, event="no.such")
    assert unknown.status_code == 422
