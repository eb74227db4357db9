"""What waits is listed, mended and tried again on pages; what arrives at the port reaches the store."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import create_engine, make_url

from promesa.access import make_key, revoke_key
from promesa.database import tables
from promesa.intake import compact
from promesa.store import load, open_facts, quarantine_list
from promesa.web import application
from promesa.web.arriving import with_arrivals
from promesa.web.gate import utc_now
from promesa.workspace import open_workspace
from tests.web.people import OWN, enter, make, send

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promesa.workspace import Workspace


@pytest.fixture(scope="module")
def client(service_workspace: Workspace) -> Iterator[TestClient[Any]]:
    """Return the service of a shop of which one answer is off its scale, an analyst signed in."""
    concept, source = next(iter(service_workspace.model.concepts)), next(iter(service_workspace.sources))
    (service_workspace.root / "load" / "opinions.extra.sql").write_text(
        f"SELECT 'wrong-<b>1</b>' AS id, TIMESTAMP '2024-01-02 10:00' AS at, 'nadie' AS customer, "
        f"'{concept}' AS concept, 77.0 AS score FROM {source} LIMIT 1",
        encoding="utf-8",
    )
    url = {"TEST_DATABASE": service_workspace.service.database}
    load(open_workspace(service_workspace.root, environ=url), recorded_at=utc_now())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_DATABASE", service_workspace.service.database)
        pages = application(service_workspace.root)
        with TestClient(pages, raise_server_exceptions=False) as one:
            for role in ("analyst", "viewer", "administrator"):
                make(one, f"{role}@tienda.example", role)
            yield one


def item_of(ws: Workspace) -> str:
    return quarantine_list(ws, state=None)[0].id


def test_of_a_mended_row_the_database_keeps_only_that_it_was_mended(client, service_workspace) -> None:
    """`forget` does not look there: a second request with the same key is told what the store knows then."""
    enter(client, "analyst@tienda.example")
    csrf = client.get("/account").text.split('name="csrf" value="')[1].split('"')[0]
    headers = {"X-CSRF-Token": csrf, "Idempotency-Key": "mend-1"}
    at = f"/api/v1/quarantine/{item_of(service_workspace)}"
    first, again = (client.post(f"{at}/mend", headers=headers, json={"changes": {"score": "77.0"}}) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json() == client.get(at).json()
    assert [one.headers.get("idempotency-replayed") for one in (first, again)] == [None, "true"]
    assert again.headers["cache-control"] == "no-store"
    other = client.post(f"{at}/mend", headers=headers, json={"changes": {"score": "76.0"}})
    assert other.status_code == 422, "the key was sent with another request"
    gate = client.app.state.gate
    with gate.database.begin() as connection:
        [row] = connection.execute(tables.replays.select()).all()
    assert "nadie" not in gate.key.open(row.answer)
    assert "77" not in gate.key.open(row.answer)


def test_the_rows_that_wait_are_listed_with_their_reason(client, service_workspace) -> None:
    enter(client, "analyst@tienda.example")
    page = client.get("/data/quarantine?lang=en").text
    assert "opinions.extra" in page
    assert f"/data/quarantine/{item_of(service_workspace)}" in page
    assert "<b>1</b>" not in page
    assert client.get("/data/quarantine?rule=nothing&page=999&lang=es").status_code == 200
    assert client.get("/data/quarantine?page=x").status_code == 200


def test_a_row_is_not_changed_without_a_token_nor_by_who_may_not(client, service_workspace) -> None:
    address = f"/data/quarantine/{item_of(service_workspace)}"
    enter(client, "analyst@tienda.example")
    assert client.post(f"{address}/mend", data={"value-score": "5"}, headers=OWN).status_code == 403
    enter(client, "viewer@tienda.example")
    assert client.get(address).status_code == 403
    assert send(client, f"{address}/mend", **{"value-score": "5"}).status_code == 403
    assert send(client, "/data/replay").status_code == 403


def test_a_row_is_mended_and_goes_into_the_store(client, service_workspace) -> None:
    enter(client, "analyst@tienda.example")
    item = item_of(service_workspace)
    address = f"/data/quarantine/{item}"
    row = client.get(f"{address}?lang=en").text
    assert 'name="value-score"' in row
    assert send(client, f"{address}/mend", address).status_code == 422
    answer = send(client, f"{address}/mend", address, **{"value-score": "5"})
    assert answer.status_code == 303
    before = open_facts(service_workspace).table("opinions").count().execute()
    done = send(client, "/data/replay", address, item=item)
    assert re.fullmatch(r"/data/quarantine\?said=1-0", done.headers["location"])
    assert open_facts(service_workspace).table("opinions").count().execute() == before + 1
    assert "Taken into the store: 1. Still waiting: 0." in client.get(f"{done.headers['location']}&lang=en").text
    assert client.get(address).status_code in {200, 404}
    assert "No row waits" in client.get("/data/quarantine?lang=en").text
    enter(client, "administrator@tienda.example")
    assert "quarantine.replayed" in client.get("/settings/audit").text


def test_an_unknown_row_is_said(client) -> None:
    enter(client, "analyst@tienda.example")
    assert client.get("/data/quarantine/nothing").status_code == 404
    assert client.get("/data/quarantine/%27%20OR%201=1").status_code == 404


def test_the_service_says_that_it_is_ready_and_how_it_does(client) -> None:
    assert client.get("/readyz").text == "ready"
    client.cookies.clear()
    assert client.get("/metrics").status_code == 401
    enter(client, "viewer@tienda.example")
    assert "process_cpu_seconds_total" in client.get("/metrics").text or client.get("/metrics").status_code == 200


def test_a_database_that_starts_again_beneath_the_service_costs_nothing(client, service_workspace) -> None:
    """Every connection is cut while pages are read and facts arrive, as when PostgreSQL starts again."""
    gate = client.app.state.gate
    with gate.database.begin() as connection:
        secret = make_key(connection, "tienda", tables_=["costs"], by="terminal", now=utc_now())
    basic = {"Authorization": f"Basic {base64.b64encode(f'{secret}:'.encode()).decode()}"}
    port = TestClient(with_arrivals(client.app), raise_server_exceptions=False)
    enter(client, "viewer@tienda.example")
    server = create_engine(make_url(service_workspace.service.database).set(drivername="postgresql+psycopg"))
    for number in range(5):
        with server.connect() as admin:
            cut = admin.exec_driver_sql(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).scalar_one()
        assert cut > 0
        row = {"id": f"cut-{number}", "at": "2025-03-01T10:00:00Z", "customer": "k-1", "amount": 1.0}
        assert client.get("/data?lang=en").status_code == 200
        assert port.post("/v1/facts/costs", json=[row], headers=basic).status_code == 200
    server.dispose()


def test_a_fact_that_arrives_at_the_port_stands_in_the_store(client, service_workspace) -> None:
    gate = client.app.state.gate
    with gate.database.begin() as connection:
        secret = make_key(connection, "caja", tables_=["costs"], by="terminal", now=utc_now())
    row = {"id": "c1", "at": "2025-03-01T10:00:00Z", "customer": "k-1", "amount": 12.5, "touchpoint": "delivery"}
    port = TestClient(with_arrivals(client.app), raise_server_exceptions=False)
    basic = {"Authorization": f"Basic {base64.b64encode(f'{secret}:'.encode()).decode()}"}
    assert port.post("/v1/facts/costs", json=[row]).status_code == 401
    assert port.post("/v1/facts/costs", json=[row], headers=basic).status_code == 200
    assert port.post("/v1/facts/orders", json=[row], headers=basic).status_code == 403
    assert port.get("/healthz").text == "ok"
    client.app.state.arrivals.close()
    compact(
        open_workspace(service_workspace.root, environ={"TEST_DATABASE": service_workspace.service.database}),
        recorded_at=utc_now(),
    )
    client.app.state.arrivals.open()
    costs = open_facts(service_workspace).table("costs")
    assert costs.filter(costs["source"] == "caja").count().execute() == 1
    counted = {(one["counter"], one["key"]): one["count"] for one in client.app.state.arrivals.counts()}
    assert counted == {}
    with gate.database.begin() as connection:
        revoke_key(connection, "caja", by="terminal", now=utc_now())
