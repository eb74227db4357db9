"""Many of each, up to ten thousand: customers of one name, open cases, rows that wait, entries of the audit log."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from litestar.testing import TestClient

from promesa.access import passwords
from promesa.database import tables
from promesa.web import application
from promesa.web.gate import utc_now
from promesa.web.site import Site
from promesa.words import number
from tests.customers.shops import TABLES, shop
from tests.web.people import enter, make, send

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HEAVIEST = 300_000
"""Bytes of a page before it is packed."""


def rows_like(many: int, first: Mapping[str, Any], **changes: str) -> list[dict[str, Any]]:
    """Return many rows; ``{n}`` in a change is the number of the row."""
    return [{**first, **{key: text.format(n=n) for key, text in changes.items()}} for n in range(many)]


@pytest.fixture(scope="module", params=[600, pytest.param(10_000, marks=pytest.mark.slow)])
def many(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture(scope="module")
def client(service_workspace, tmp_path_factory, many) -> Iterator[TestClient[Any]]:
    company = shop(tmp_path_factory.mktemp("many"))
    people, visits = TABLES["people"], TABLES["visits"]
    named = rows_like(many, people[1], id="n{n}", customer="c{n}", name="Marta Peña", email="marta{n}@correo.example")
    company.write("people.csv", [*people, *named])
    waiting = rows_like(many, visits[2], id="o{n}", customer="c{n}", promised="2026-06-01 12:00")
    wrong = rows_like(many, visits[2], id="w{n}", customer="c{n}", touchpoint="no such desk")
    company.write("visits.csv", [*visits, *waiting, *wrong])
    company.load()
    ws = replace(company.ws, service=service_workspace.service)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        passwords._nobodys.cache_clear()
        patch.setattr(Site, "workspace", property(lambda _: ws))
        with TestClient(application(ws.root), raise_server_exceptions=False) as one:
            make(one, "ana@tienda.example", "administrator", personal=True)
            with one.app.state.gate.database.begin() as connection:
                entry = {"at": utc_now(), "actor": "service", "action": "load.done", "object": "load:1"}
                entry |= {"previous": b"x", "hash": b"x"}
                connection.execute(tables.audit.insert(), [{**entry, "number": 10 * many + n} for n in range(many)])
            enter(one, "ana@tienda.example")
            yield one


@pytest.mark.parametrize(
    ("address", "more"),
    [
        ("/cases", "/cases?page=6"),
        ("/data/quarantine", "/data/quarantine?page=6"),
        ("/settings/audit", "/settings/audit?before={middle}"),
    ],
)
def test_a_long_list_comes_in_pages(client, many: int, address: str, more: str) -> None:
    for one in (address, more.format(middle=10 * many + many // 2)):
        page = client.get(one)
        assert page.status_code == 200
        assert 40 <= page.text.count("<tr") <= 120, one
        assert len(page.content) < HEAVIEST, one


def test_a_search_that_finds_many_shows_some_and_says_so(client, many) -> None:
    found = send(client, "/customers/find?lang=es", "/customers", who="marta peña")
    assert f"Se encontraron {number(many, 'es')} personas" in found.text
    assert "Se muestran 200" in found.text
    assert len(re.findall(r'href="/customers/\d+"', found.text)) == 200
    assert len(found.content) < HEAVIEST
