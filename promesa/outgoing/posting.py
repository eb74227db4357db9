"""Sends a message to an address that a person wrote, and to nothing inside the company's own network.

The name is resolved once, every address it gives is looked at, and the connection goes to one that was looked at: a
name that changes its mind between the look and the connection gains nothing. Redirects are answers, not followed.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from promesa.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

SECONDS = 15.0
_FORBIDDEN = tuple(
    ipaddress.ip_network(one)
    for one in ("64:ff9b::/96", "64:ff9b:1::/48", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "fec0::/10")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of sending: the status of the answer, or in one word why there was none.

    Attributes
    ----------
    retry_after : int or None
        Seconds that the receiver asks to be left alone for.
    """

    status: int | None = None
    error: str | None = None
    retry_after: int | None = None

    @property
    def done(self) -> bool:
        """Tell whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def is_public(address: str) -> bool:
    """Tell whether an address is one of the public internet, also where IPv6 wraps an address of IPv4."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        teredo = found.teredo[1] if found.teredo else None
        inner = found.ipv4_mapped or found.sixtofour or teredo
        if inner is not None:
            return is_public(str(inner))
        if found in ipaddress.ip_network("::/96"):
            return False
    inside = any(found.version == net.version and found in net for net in _FORBIDDEN)
    return found.is_global and not found.is_multicast and not found.is_reserved and not inside


def checked_url(url: str, *, allowed: Collection[str] = ()) -> str:
    """Return an address that webhooks may be sent to, as far as its text tells.

    Parameters
    ----------
    allowed : collection of str
        ``host:port`` inside the company that may be reached nevertheless, also without TLS.

    Raises
    ------
    InputError
        If it is no https address, carries a password, or names an address inside.
    """
    parts, port = _parts(url)
    if parts is not None and parts.hostname and f"{parts.hostname}:{port}" in allowed:
        return url
    plain = parts is not None and parts.scheme == "https" and parts.hostname and not (parts.username or parts.password)
    if not plain or not url.isascii() or not url.isprintable() or " " in url:
        raise _refused("no https address without user and password")
    assert parts is not None  # noqa: S101 (asked above)
    host = parts.hostname or ""
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host + _colon(host):
        raise _refused("a name inside the own network")
    if (_looks_numeric(host) or ":" in host) and not is_public(host):
        raise _refused("an address inside the own network")
    return url


def _colon(host: str) -> str:
    return "." if ":" in host else ""


def _looks_numeric(host: str) -> bool:
    # 127.1, 0x7f.1 and 2130706433 are loopback to a resolver; only four plain numbers are an address to us.
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdigit() or last.startswith("0x")


def _parts(url: str) -> tuple[SplitResult | None, int]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None, 0
    return parts, port or (443 if parts.scheme == "https" else 80)


def _refused(got: str) -> InputError:
    return InputError(
        what="Webhooks cannot be sent to this address.",
        got=got,
        expected="https://HOST/... on the public internet, or a host in `webhook_hosts` of [service]",
        fix="use the public address of the receiver; for one inside, add its host:port to webhook_hosts",
    )


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allowed: Collection[str] = (),
    resolve: Callable[[str, int], list[str]] = resolve,
) -> Sent:
    """Send a body and return what came of it; nothing the receiver says is kept but its status.

    Parameters
    ----------
    allowed : collection of str
        As in `checked_url`.
    resolve : callable
        Host and port to addresses; tests put their own.
    """
    try:
        checked_url(url, allowed=allowed)
    except InputError:
        return Sent(error="forbidden-address")
    parts, port = _parts(url)
    assert parts is not None  # noqa: S101 (a checked address has its parts)
    host = parts.hostname or ""
    try:
        addresses = resolve(host, port)
    except OSError:
        return Sent(error="unknown-host")
    if f"{host}:{port}" not in allowed and not (addresses and all(map(is_public, addresses))):
        return Sent(error="forbidden-address")
    return _post_to(addresses[0], parts, port, body, headers)


def _post_to(address: str, parts: SplitResult, port: int, body: bytes, headers: Mapping[str, str]) -> Sent:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with closing(_Connection(address, parts, port)) as connection:
            connection.request("POST", target, body=body, headers={**headers, "Connection": "close"})
            answer = connection.getresponse()
            return Sent(status=answer.status, retry_after=_seconds(answer.getheader("Retry-After")))
    except TimeoutError:
        return Sent(error="timeout")
    except ssl.SSLError:
        return Sent(error="tls")
    except (OSError, http.client.HTTPException):
        return Sent(error="unreachable")


class _Connection(http.client.HTTPConnection):
    """A connection to one address, by TLS for the host that the name is of."""

    def __init__(self, address: str, parts: SplitResult, port: int) -> None:
        super().__init__(parts.hostname or "", port, timeout=SECONDS)
        self._address, self._secure = address, parts.scheme == "https"

    def connect(self) -> None:
        """Connect to the address that was looked at."""
        self.sock = socket.create_connection((self._address, self.port), timeout=SECONDS)
        if self._secure:
            self.sock = _context().wrap_socket(self.sock, server_hostname=self.host)


@cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


def _seconds(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 7 else None
