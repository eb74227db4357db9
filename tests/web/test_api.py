"""The API: answers, jobs, the model, data, customers; who may what; refusals, cursors, requests sent twice."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import threading
import time
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from promesa.access import PERMISSIONS, audit_entries, may, person_of, reach_of, record
from promesa.database import tables
from promesa.snapshot import latest
from promesa.store import inspect_store, places_of, session
from promesa.web import api, api_webhooks
from promesa.web.gate import utc_now
from promesa.web.own_pages import Pace
from tests.outgoing.test_posting import receiving
from tests.outgoing.test_webhooks import verified
from tests.web.people import enter
from tests.web.programs import API, header_of, service_over, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from litestar.testing import TestClient


@pytest.fixture(scope="module")
def receiver() -> Iterator[Any]:
    with receiving() as server:
        yield server


@pytest.fixture(scope="module")
def client(analysed_shop, service_workspace, tmp_path_factory, receiver) -> Iterator[TestClient[Any]]:
    folder, host = tmp_path_factory.mktemp("api") / "tienda", f"127.0.0.1:{receiver.server_port}"
    with (
        service_over(analysed_shop, service_workspace, folder, host=host) as one,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(api, "PACE", Pace(most=10**6, seconds=60))
        yield one


@pytest.fixture(scope="module")
def tokens(client) -> dict[str, dict[str, str]]:
    return tokens_of(client)


@pytest.fixture
def admin(tokens) -> dict[str, str]:
    return tokens["administrator"]


def wait_for(client, job: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    for _ in range(600):
        job = client.get(job["link"], headers=headers).json()
        if job["state"] != "working":
            return job
        time.sleep(0.05)
    raise AssertionError(job)


def problem(answer, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    told = answer.json()
    assert told["status"] == status
    assert told["title"]
    assert told["type"]
    return told


def test_every_kept_answer_is_given_as_it_is_kept(client, admin) -> None:
    listed = client.get(f"{API}/answers", headers=admin).json()
    snapshot = latest(client.app.state.site.workspace)
    assert [one["key"] for one in listed["answers"]] == snapshot.about["documents"]
    for one in listed["answers"]:
        given = client.get(one["link"], headers=admin)
        assert given.json() == json.loads((snapshot.folder / f"{one['key']}.json").read_text()), one["key"]
        assert given.headers["etag"].startswith('W/"')


def test_an_answer_that_has_not_changed_is_not_sent_again(client, admin) -> None:
    first = client.get(f"{API}/answers/promises", headers=admin)
    tag = first.headers["etag"]
    again = client.get(f"{API}/answers/promises", headers={**admin, "If-None-Match": f'"x", {tag}'})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == tag
    other = client.get(f"{API}/answers/promises?format=csv", headers={**admin, "If-None-Match": tag})
    assert other.status_code == 200
    about = latest(client.app.state.site.workspace).folder / "about.json"
    about.touch()
    assert client.get(f"{API}/answers/promises", headers={**admin, "If-None-Match": tag}).status_code == 200


def test_csv_holds_every_row_unrounded(client, admin) -> None:
    rows = client.get(f"{API}/answers/promises", headers=admin).json()["rows"]
    given = client.get(f"{API}/answers/promises?format=csv", headers=admin)
    assert given.headers["content-type"] == "text/csv; charset=utf-8"
    read = list(csv.DictReader(io.StringIO(given.text)))
    assert len(read) == len(rows)
    for line, row in zip(read, rows, strict=True):
        assert line["estimate"] == ("" if row["estimate"] is None else repr(row["estimate"]))


def test_what_is_not_kept_is_worked_out_once_and_kept(client, admin) -> None:
    address = f"{API}/answers/promises?by=channel&since=2024-01-01&until=2024-12-31"
    asked = client.get(address, headers=admin)
    assert asked.status_code == 202
    assert asked.headers["location"] == asked.json()["link"]
    done = wait_for(client, asked.json(), admin)
    assert done["state"] == "done"
    given = client.get(done["result"], headers=admin)
    assert given.status_code == 200
    assert given.json()["dimensions"] == ["promise", "channel"]
    assert client.get(address, headers=admin).json() == given.json()


def test_a_question_that_cannot_be_answered_says_why(client, admin) -> None:
    problem(client.get(f"{API}/answers/nothing", headers=admin), 404)
    told = problem(client.get(f"{API}/answers/tiers?by=channel", headers=admin), 400)
    assert "by" in told["detail"]
    problem(client.get(f"{API}/answers/promises?since=yesterday", headers=admin), 400)
    problem(client.get(f"{API}/answers/promises?since=0001-01-01", headers=admin), 400)
    asked = client.get(f"{API}/answers/promises?by=no_such", headers=admin).json()
    failed = wait_for(client, asked, admin)
    assert failed["state"] == "failed"
    assert "no_such" in failed["detail"]
    for number in ("a-", "a-x", "a-bnVsbA", "r-nothing", "x"):
        problem(client.get(f"{API}/jobs/{number}", headers=admin), 404)


def test_what_if_moves_a_lever_and_refuses_what_was_never_seen(client, admin) -> None:
    levers = client.get(f"{API}/levers", headers=admin).json()["levers"]
    name = levers[0]["name"] if levers else "arrives_on_time"
    if levers:
        asked = {"changes": {name: levers[0]["lowest"]}}
        assert client.post(f"{API}/what-if", headers=admin, json=asked).json()["analysis"] == "whatif"
    problem(client.post(f"{API}/what-if", headers=admin, json={"changes": {"no_such": 0.1}}), 400)
    problem(client.post(f"{API}/what-if", headers=admin, json={"changes": {}}), 400)
    told = problem(client.post(f"{API}/what-if", headers=admin, json={"changes": {name: "x"}, "more": 1}), 400)
    assert told["mistakes"]
    problem(client.post(f"{API}/what-if", headers=admin, content=b"{"), 400)


def test_owners_get_what_is_theirs(client, tokens, admin) -> None:
    model = client.app.state.site.workspace.model
    every = {one["name"] for one in client.get(f"{API}/promises", headers=admin).json()["promises"]}
    assert every == set(model.promises)
    mine = {one["name"] for one in client.get(f"{API}/promises", headers=tokens["owner"]).json()["promises"]}
    assert mine == {name for name, one in model.promises.items() if one.owner == "logistics"}
    assert 0 < len(mine) < len(every)
    for name in every:
        given = client.get(f"{API}/promises/{name}", headers=tokens["owner"])
        assert given.status_code == (200 if name in mine else 403)
        if name in mine:
            figures = given.json()["figures"]
            assert "promises" in figures
            assert all(row["promise"] == name for rows in figures.values() for row in rows)
    answers = client.get(f"{API}/answers", headers=tokens["owner"]).json()["answers"]
    assert {"promises", "touchpoints"} <= {one["analysis"] for one in answers}
    for name, one in model.touchpoints.items():
        expected = 200 if one.function == "logistics" else 403
        assert client.get(f"{API}/touchpoints/{name}", headers=tokens["owner"]).status_code == expected
    assert client.get(f"{API}/workspace", headers=tokens["owner"]).json()["company"]


def routes(client: TestClient[Any]) -> list[tuple[str, str, Any]]:
    found = []
    for route in client.app.routes:
        if not route.path.startswith(API):
            continue
        for handler in route.route_handlers:
            for method in sorted(handler.http_methods - {"OPTIONS"}):
                address = route.path_format.replace("{number}", "9").replace("{delivery}", "9")
                address = address.replace("{key}", "promises").replace("{person}", "7").replace("{item}", "x")
                address = address.replace("/promises/{name}", "/promises/arrives_on_time")
                address = address.replace("/touchpoints/{name}", "/touchpoints/delivery").replace("{job}", "r-x")
                found.append((method, address, handler.opt))
    return found


BODIES = {
    "/what-if": {"changes": {"no_such": 0.1}},
    "/customers/search": {"who": "nobody"},
    "/quarantine/x/mend": {"changes": {"score": "5"}},
    "/quarantine/replay": {"ids": ["no-such"]},
    "/customers/7/consents": {"purpose": "x", "granted": True},
    "/customers/7/correct": {"changes": {"name": "x"}},
    "/customers/7/forget": {"confirm": "7"},
    "/pairs/decide": {"low": "1", "high": "2", "verdict": "same"},
    "/webhooks": {"url": "https://192.168.0.1/x"},
    "/webhooks/9": {"url": "https://hooks.example.com/x"},
}


@pytest.mark.parametrize("role", [None, "administrator", "analyst", "owner", "viewer"])
@pytest.mark.parametrize("personal", [True, False])
def test_a_route_lets_through_whom_it_is_for_and_nobody_else(client, tokens, role, personal) -> None:
    """Role x right to personal data x route: refused exactly when the table of rights says so."""
    assert {one[2]["may"] for one in routes(client)} <= set(PERMISSIONS)
    assert len(routes(client)) > 30
    person, headers = None, {}
    if role is not None:
        with client.app.state.gate.database.begin() as connection:
            person = next(p for n in range(1, 5) if (p := person_of(connection, n)) and p.role == role)
        headers = tokens[role] if personal else header_of(client, person.id, scopes=("read", "write"))
        scopes = {"read", "write", "personal"} if personal else {"read", "write"}
        from dataclasses import replace

        person = replace(person, scopes=frozenset(scopes))
    for method, address, option in routes(client):
        body = BODIES.get(address.removeprefix(API))
        answer = client.request(method, address, headers=headers, **({"json": body} if body else {}))
        allowed = person is not None and may(person, option["may"])
        if option.get("own") and not allowed and person is not None:
            allowed = reach_of(person, option["may"]) == "own"
        if allowed:
            assert answer.status_code not in {401, 403}, (method, address, answer.text)
            assert answer.status_code < 500, (method, address, answer.text)
        else:
            problem(answer, 401 if person is None else 403)


def test_the_commitments_behind_a_promise_are_counted_and_listed_to_the_last(client, tokens) -> None:
    address: str | None = f"{API}/promises/arrives_on_time/commitments?limit=40"
    seen, counts = [], set()
    while address:
        told = client.get(address, headers=tokens["analyst"]).json()
        seen += told["commitments"]
        counts.add((told["as_of"], *told["counts"].items()))
        address = f"{API}/promises/arrives_on_time/commitments?limit=40&cursor={told['next']}" if told["next"] else None
    assert len(counts) == 1, "every page is of one instant"
    assert len({(one["source"], one["id"]) for one in seen}) == len(seen) > 40
    for status in ("kept", "broken", "unknown"):
        assert told["counts"][status] == sum(one["status"] == status for one in seen)
    late = client.get(f"{API}/promises/arrives_on_time/commitments?status=broken&limit=5", headers=tokens["analyst"])
    assert {one["status"] for one in late.json()["commitments"]} == {"broken"}
    problem(client.get(f"{API}/promises/none/commitments", headers=tokens["analyst"]), 404)
    problem(client.get(f"{API}/promises/arrives_on_time/commitments?since=0001-01-01", headers=tokens["analyst"]), 400)


def test_every_refusal_is_a_problem_document(client, admin) -> None:
    for method, address, status in (
        ("GET", "/nothing", 404),
        ("DELETE", "/answers", 405),
        ("GET", "/quarantine/no-such", 404),
        ("GET", "/webhooks/5", 404),
        ("GET", "/loads?limit=0", 400),
        ("GET", "/loads?cursor=x", 400),
        ("GET", "/audit?actor=%00", 400),
    ):
        problem(client.request(method, f"{API}{address}", headers=admin), status)
    told = problem(client.get(f"{API}/answers"), 401)
    assert told["detail"].startswith("Send a token")
    assert "bearer" in client.get(f"{API}/answers").headers["www-authenticate"].lower()
    assert "access-control-allow-origin" not in client.get(f"{API}/answers", headers=admin).headers
    too_long = client.post(f"{API}/customers/search", headers=admin, json={"who": "Zutanita" * 100})
    assert "Zutanita" not in too_long.text
    problem(too_long, 400)


def test_a_store_that_is_at_work_is_said_without_where_it_stands(client, tokens) -> None:
    ws = client.app.state.site.workspace
    with session(ws, recorded_at=utc_now()), inspect_store(ws) as look:
        number = look.engine.value(f"SELECT min(customer) FROM ({look.rows('identities')})")
        answer = client.post(f"{API}/customers/{number}/pause", headers=tokens["analyst"])
    told = problem(answer, 409)
    assert told["code"] == "store-busy"
    assert answer.headers["retry-after"]
    assert str(ws.root) not in answer.text


def test_who_asks_too_much_is_told_when_to_come_back(client, admin, monkeypatch) -> None:
    monkeypatch.setattr(api, "PACE", Pace(most=2, seconds=60))
    answers = [client.get(f"{API}/workspace", headers=admin) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert int(answers[2].headers["retry-after"]) >= 1
    problem(answers[2], 429)


def test_a_page_of_a_list_goes_on_where_it_stopped_though_entries_are_added(client, admin) -> None:
    """Cursor over changing data: entries written between two pages shift nothing."""

    def first_seen() -> list[int]:
        return [one["number"] for one in client.get(f"{API}/audit?limit=500", headers=admin).json()["entries"]]

    before = first_seen()
    seen: list[int] = []
    address: str | None = f"{API}/audit?limit=3"
    while address:
        answer = client.get(address, headers=admin)
        seen += [one["number"] for one in answer.json()["entries"]]
        with client.app.state.gate.database.begin() as connection:
            record(connection, by="terminal", action="test.page", about="page:1", now=utc_now())
        after = answer.json()["next"]
        address = f"{API}/audit?limit=3&cursor={after}" if after else None
        assert (f"cursor={after}" in answer.headers.get("link", "")) is bool(after)
    assert seen == before


def test_loads_are_listed_newest_first_by_pages(client, admin) -> None:
    reports = places_of(client.app.state.site.workspace).reports
    old = next(reports.glob("*.json"))
    (reports / "20250702T120000000000-00000000.json").write_text(old.read_text(encoding="utf-8"), encoding="utf-8")
    (reports / "20250703T120000000000-00000000.json").write_text("{", encoding="utf-8")
    whole = client.get(f"{API}/loads", headers=admin).json()["loads"]
    assert len(whole) == 2
    assert [one["id"] for one in whole] == sorted((one["id"] for one in whole), reverse=True)
    first = client.get(f"{API}/loads?limit=1", headers=admin).json()
    second = client.get(f"{API}/loads?limit=1&cursor={first['next']}", headers=admin).json()
    assert [first["loads"][0], second["loads"][0]] == whole[:2]


def test_a_change_sent_twice_is_made_once(client, admin, tokens) -> None:
    headers = {**admin, "Idempotency-Key": "k-1"}
    asked = {"url": "https://hooks.example.com/a", "events": ["load.finished"]}
    first = client.post(f"{API}/webhooks", headers=headers, json=asked)
    again = client.post(f"{API}/webhooks", headers=headers, json=asked)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert first.headers["location"] == again.headers["location"]
    assert len(client.get(f"{API}/webhooks", headers=admin).json()["webhooks"]) == 1
    problem(client.post(f"{API}/webhooks", headers=headers, json={**asked, "events": []}), 422)
    problem(client.post(f"{API}/webhooks", headers={**admin, "Idempotency-Key": "x" * 300}, json=asked), 400)
    with client.app.state.gate.database.begin() as connection:
        rows = connection.execute(tables.replays.select()).all()
    assert all(first.json()["secret"].encode() not in bytes(row.answer) for row in rows)
    number = first.json()["id"]
    assert client.delete(f"{API}/webhooks/{number}", headers=admin).status_code == 204


def test_a_claim_that_nobody_renews_is_taken_over_and_one_at_work_is_not(client, admin, monkeypatch) -> None:
    """As a service leaves it that was killed between the change and its answer."""
    monkeypatch.setattr("promesa.web.api_once.LEASE", timedelta(seconds=3))
    headers = {**admin, "Idempotency-Key": "k-killed"}
    asked = {"url": "https://hooks.example.com/killed"}
    made = client.post(f"{API}/webhooks", headers=headers, json=asked).json()["id"]
    table, mark = tables.replays, hashlib.sha256(b"k-killed").digest()

    def left(seconds: float) -> None:
        with client.app.state.gate.database.begin() as connection:
            at = utc_now() - timedelta(seconds=seconds)
            connection.execute(table.update().where(table.c.key == mark).values(answer=None, created_at=at))

    left(1)
    refused = client.post(f"{API}/webhooks", headers=headers, json=asked)
    problem(refused, 409)
    assert refused.json()["code"] == "still-working"
    left(4)
    problem(client.post(f"{API}/webhooks", headers=headers, json={"url": "https://other.example.com"}), 422)
    again = client.post(f"{API}/webhooks", headers=headers, json=asked)
    assert again.status_code == 201
    assert "idempotency-replayed" not in again.headers
    assert client.post(f"{API}/webhooks", headers=headers, json=asked).headers["idempotency-replayed"] == "true"
    for number in (made, again.json()["id"]):
        client.delete(f"{API}/webhooks/{number}", headers=admin)


def test_a_long_change_keeps_its_claim(client, admin, monkeypatch) -> None:
    monkeypatch.setattr("promesa.web.api_once.LEASE", timedelta(seconds=0.6))
    real, began = api_webhooks.make_webhook, threading.Event()

    def slow(*given: Any, **named: Any) -> Any:
        began.set()
        time.sleep(2)
        return real(*given, **named)

    monkeypatch.setattr(api_webhooks, "make_webhook", slow)
    headers = {**admin, "Idempotency-Key": "k-long"}
    asked = {"url": "https://hooks.example.com/long"}
    answers: list[Any] = []
    first = threading.Thread(target=lambda: answers.append(client.post(f"{API}/webhooks", headers=headers, json=asked)))
    first.start()
    assert began.wait(10)
    time.sleep(1.2)
    problem(client.post(f"{API}/webhooks", headers=headers, json=asked), 409)
    first.join()
    assert answers[0].status_code == 201
    client.delete(f"{API}/webhooks/{answers[0].json()['id']}", headers=admin)


def test_a_refused_request_does_not_use_its_key_up(client, admin) -> None:
    headers = {**admin, "Idempotency-Key": "k-2"}
    problem(client.post(f"{API}/webhooks", headers=headers, json={"url": "https://10.0.0.1/x"}), 400)
    made = client.post(f"{API}/webhooks", headers=headers, json={"url": "https://hooks.example.com/b"})
    assert made.status_code == 201
    client.delete(f"{API}/webhooks/{made.json()['id']}", headers=admin)


def test_a_session_needs_the_mark_of_its_page_for_a_change(client) -> None:
    assert enter(client, "administrator-True@tienda.example").status_code == 303
    asked = {"changes": {"no_such": 1.0}}
    problem(client.post(f"{API}/what-if", json=asked), 403)
    csrf = client.get("/account").text.split('name="csrf" value="')[1].split('"')[0]
    problem(client.post(f"{API}/what-if", json=asked, headers={"X-CSRF-Token": csrf}), 400)
    assert client.get(f"{API}/workspace").status_code == 200
    client.cookies.clear()


def test_a_customer_is_found_seen_changed_and_forgotten(client, tokens, admin) -> None:
    analyst = tokens["analyst"]
    with inspect_store(client.app.state.site.workspace) as look:
        number = str(look.engine.value(f"SELECT min(customer) FROM ({look.rows('identities')})"))
    found = client.post(f"{API}/customers/search", headers=analyst, json={"who": number})
    assert found.headers["cache-control"] == "no-store"
    person = found.json()["found"][0]["person"]
    at = f"{API}/customers/{person}"
    shown = client.get(at, headers=analyst).json()
    assert shown["person"] == person
    assert client.post(f"{at}/pause", headers=analyst).json() == {"person": person, "done": "pause"}
    assert client.get(at, headers=analyst).json()["paused"] is True
    assert client.post(f"{at}/resume", headers=analyst).status_code == 200
    problem(client.post(f"{at}/pause", headers=tokens["viewer"]), 403)
    asked = {"purpose": "newsletter", "granted": True}
    assert client.post(f"{at}/consents", headers=analyst, json=asked).json()["done"] == "give"
    problem(client.post(f"{at}/correct", headers=analyst, json={"changes": {"no_such": "x"}}), 400)
    packed = client.post(f"{at}/export", headers=analyst)
    assert "person.json" in zipfile.ZipFile(io.BytesIO(packed.content)).namelist()
    assert client.get(f"{API}/pairs", headers=analyst).json()["total"] >= 0
    problem(client.post(f"{at}/forget", headers=analyst, json={"confirm": "1"}), 400)
    gone = client.post(f"{at}/forget", headers=analyst, json={"confirm": person}).json()
    assert gone["certificate"]
    assert gone["rows"] > 0
    problem(client.get(at, headers=analyst), 404)
    with client.app.state.gate.database.begin() as connection:
        actions = {one.action for one in audit_entries(connection) if one.object == f"customer:{person}"}
    assert {"customer.pause", "customer.resume", "customer.export", "customer.forget"} <= actions


def test_an_analysis_reaches_a_receiver_and_what_was_sent_is_listed_and_sent_again(client, admin, receiver) -> None:
    at = f"http://127.0.0.1:{receiver.server_port}/in"
    asked = {"url": at, "events": ["snapshot.published"]}
    made = client.post(f"{API}/webhooks", headers=admin, json=asked).json()
    (latest(client.app.state.site.workspace).folder / "about.json").touch()
    address = f"{API}/webhooks/{made['id']}/deliveries"
    sent: list[Any] = []
    for _ in range(200):
        sent = client.get(address, headers=admin).json()["deliveries"]
        if sent and sent[0]["state"] == "delivered":
            break
        time.sleep(0.05)
    assert [one["state"] for one in sent] == ["delivered"]
    _, headers, body = receiver.seen[0]
    assert verified(made["secret"], headers, body)
    assert json.loads(body)["type"] == "snapshot.published"
    again = client.post(f"{address}/{sent[0]['id']}/replay", headers=admin)
    assert again.status_code == 202
    for _ in range(200):
        if len(receiver.seen) == 2:
            break
        time.sleep(0.05)
    assert receiver.seen[1][1]["webhook-id"] == headers["webhook-id"]
    renewed = client.post(f"{API}/webhooks/{made['id']}/secret", headers=admin).json()
    assert renewed["secret"] not in {made["secret"], None}
    assert renewed["old_secret_until"]
    assert client.get(f"{API}/webhooks/{made['id']}", headers=admin).json()["secret"] is None
    assert client.delete(f"{API}/webhooks/{made['id']}", headers=admin).status_code == 204
    problem(client.get(address, headers=admin), 404)


def test_the_schema_and_its_page_are_for_everybody(client) -> None:
    client.cookies.clear()
    schema = client.get("/schema/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    described = {(path, method) for path, methods in schema["paths"].items() for method in methods}
    there = {
        (route.path_format, method.lower())
        for route in client.app.routes
        if route.path.startswith(API)
        for handler in route.route_handlers
        for method in handler.http_methods - {"OPTIONS"}
    }
    assert described == there
    for lang in ("es", "en"):
        page = client.get(f"/schema?lang={lang}")
        assert page.status_code == 200
        assert "<script>" not in page.text
        for path, _ in described:
            assert path in page.text
    for methods in schema["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            assert "429" in operation["responses"]
