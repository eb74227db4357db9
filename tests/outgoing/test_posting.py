"""Webhooks reach the public internet and nothing inside: by number, by name, by a name that changes, by redirect."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from promesa.errors import InputError
from promesa.outgoing import checked_url, post
from promesa.outgoing.posting import is_public

if TYPE_CHECKING:
    from collections.abc import Iterator

PUBLIC = "93.184.215.14"
INSIDE = (
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "nonsense",
)


class Receiver(BaseHTTPRequestHandler):
    """Keeps what it was sent and answers what it was told to."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        status, headers = self.server.answers.pop(0) if self.server.answers else (200, {})  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"thanks")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def receiving(*answers: tuple[int, dict[str, str]]) -> Iterator[ThreadingHTTPServer]:
    """Run a receiver on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.seen, server.answers = [], list(answers)  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_not_public(address) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_an_address_outside_is(address) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/x",
        "https://127.0.0.1/x",
        "https://127.1/x",
        "https://2130706433/x",
        "https://0x7f.0.0.1/x",
        "https://0177.0.0.1/x",
        "https://[::1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/x",
        "https://localhost/x",
        "https://crm/x",
        "https://crm.internal/x",
        "https://user:secret@hooks.example.com/x",
        "ftp://hooks.example.com/x",
        "file:///etc/passwd",
        "https:///x",
        "https://hooks.example.com:x/",
        "https://hooks.example.com/a b",
        "https://hooks.example.com/\r\nX: y",
    ],
)
def test_an_address_that_is_inside_or_none_is_refused_when_it_is_written(url) -> None:
    with pytest.raises(InputError) as raised:
        checked_url(url)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("addresses", [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["::1"], ["169.254.169.254"], []])
def test_a_name_that_leads_inside_is_refused_when_it_is_reached(addresses) -> None:
    """Also where one of several addresses is inside: the connection might go to that one."""
    sent = post("https://hooks.example.com/x", b"{}", {}, resolve=lambda _host, _port: addresses)
    assert sent.error == "forbidden-address"
    assert not sent.done


def test_a_name_is_looked_up_once_and_the_connection_goes_to_what_was_looked_at(monkeypatch) -> None:
    asked, reached = [], []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return [PUBLIC] if len(asked) == 1 else ["127.0.0.1"]

    def connect(address: tuple[str, int], **_: object) -> None:
        reached.append(address)
        raise OSError

    monkeypatch.setattr("socket.create_connection", connect)
    assert post("https://hooks.example.com/x", b"{}", {}, resolve=resolve).error == "unreachable"
    assert asked == [("hooks.example.com", 443)]
    assert reached == [(PUBLIC, 443)]


def test_a_redirect_is_not_followed() -> None:
    with receiving() as inner, receiving((302, {"Location": f"http://127.0.0.1:{inner.server_port}/in"})) as outer:
        host = f"127.0.0.1:{outer.server_port}"
        sent = post(f"http://{host}/x", b"{}", {}, allowed={host})
        assert sent.status == 302
        assert not sent.done
        assert inner.seen == []


def test_a_host_that_is_allowed_is_reached_at_its_port_and_no_other() -> None:
    with receiving((503, {"Retry-After": "77"})) as server:
        host = f"127.0.0.1:{server.server_port}"
        sent = post(f"http://{host}/hook?a=1", b'{"a":1}', {"webhook-id": "msg_1"}, allowed={host})
        assert (sent.status, sent.retry_after) == (503, 77)
        path, headers, body = server.seen[0]
        assert (path, headers["webhook-id"], body) == ("/hook?a=1", "msg_1", b'{"a":1}')
        assert post(f"http://{host}/", b"", {}, allowed={"127.0.0.1:1"}).error == "forbidden-address"
    assert post(f"http://{host}/", b"", {}, allowed={host}).error == "unreachable"


def test_a_name_that_nobody_has_is_said() -> None:
    def nobody(_host: str, _port: int) -> list[str]:
        raise OSError

    assert post("https://hooks.example.com/x", b"{}", {}, resolve=nobody).error == "unknown-host"
