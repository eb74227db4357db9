"""What the service writes down: a line a request, with nothing in it that names or opens anything."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from litestar.testing import TestClient

from promesa.web import application
from promesa.web.gate import utc_now
from promesa.web.logs import FIELDS, JsonLines, Readable, logged, settings
from tests.web.people import GOOD, OWN, make

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def lines() -> Iterator[dict[str, io.StringIO]]:
    """What each style writes of the same records."""
    kept, handlers = {}, []
    for name, formatter in (("json", JsonLines()), ("text", Readable())):
        kept[name] = io.StringIO()
        handler = logging.StreamHandler(kept[name])
        handler.setFormatter(formatter)
        handlers.append(handler)
    own = logging.getLogger("promesa")
    before = own.level
    own.setLevel(logging.INFO)
    for handler in handlers:
        own.addHandler(handler)
    yield kept
    own.setLevel(before)
    for handler in handlers:
        own.removeHandler(handler)


def documents(kept: dict[str, io.StringIO]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in kept["json"].getvalue().splitlines()]


def test_a_line_a_request_and_no_word_of_who_or_what(service_workspace, lines, monkeypatch) -> None:
    monkeypatch.setenv("TEST_DATABASE", service_workspace.service.database)
    with TestClient(logged(application(service_workspace.root)), raise_server_exceptions=False) as client:  # type: ignore[arg-type]
        app = application(service_workspace.root)
        with TestClient(app) as inner:
            make(inner, "ana@tienda.example", "analyst", personal=True)
        secret = "SECRETTOKEN.abc.def"
        client.get("/healthz")
        client.get("/static/x/auto.css")
        form = {"email": "ana@tienda.example", "password": GOOD, "to": "/account?name=Zulema"}
        entered = client.post("/sign-in/enter", data=form, headers=OWN, follow_redirects=False)
        assert entered.status_code == 303
        client.get("/customers?who=Zulema")
        client.get("/customers/123456789012345678")
        client.get(f"/me/{secret}")
        client.get(f"/invitation/{secret}")
        client.get("/zulema@tienda.example")
        assert client.get("/promises").headers["x-request-id"]
    told = documents(lines)
    requests = [one for one in told if one["from"] == "promesa.requests"]
    routes = [one["route"] for one in requests]
    assert "/healthz" not in routes
    for route in ("/customers", "/customers/{number}", "/me/{token}", "/promises", "unknown"):
        assert route in routes, route
    assert all(set(FIELDS) <= set(one) for one in requests)
    assert {one["role"] for one in requests} == {"nobody", "analyst"}
    assert len({one["request"] for one in requests}) == len(requests)
    everything = lines["json"].getvalue() + lines["text"].getvalue()
    for word in ("tienda.example", "ana@", "Zulema", "zulema", "SECRETTOKEN", "123456789012345678", GOOD):
        assert word not in everything, word


def test_a_fault_is_told_by_kind_and_place_and_not_by_its_text(lines) -> None:
    async def falls(_scope: Any, _receive: Any, _send: Any) -> None:
        raise ValueError("ana@tienda.example is wrong")

    with pytest.raises(ValueError, match="is wrong"):
        asyncio.run(logged(falls)({"type": "http", "path": "/x", "method": "GET"}, None, None))
    try:
        {}["ana@tienda.example"]
    except KeyError:
        logging.getLogger("promesa.web").exception("A view failed")
    first, second = documents(lines)
    assert (first["status"], first["level"], first["route"]) == (500, "error", "unknown")
    assert (second["fault"], second["event"]) == ("KeyError", "A view failed")
    assert __file__ in second["place"]
    assert "tienda" not in lines["json"].getvalue() + lines["text"].getvalue()


def test_a_librarys_own_sentence_is_told_by_its_place(lines) -> None:
    record = logging.LogRecord("urllib3", logging.WARNING, "pool.py", 7, "%s asked", ("ana@tienda.example",), None)
    for formatter in (JsonLines(), Readable()):
        assert "tienda" not in formatter.format(record)


@pytest.mark.parametrize("style", ["text", "json"])
def test_both_styles_can_be_set_up(style) -> None:
    made = settings(style)
    assert made["handlers"]["stderr"]["stream"] == "ext://sys.stderr"
    assert set(made["loggers"]) == {"promesa", "_granian", "granian.access"}
    assert utc_now()
