"""One HTTP request as the intake needs it: address, headers, body unzipped and within bounds."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import TYPE_CHECKING, Any

from promesa.intake.problems import Refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from promesa.intake.limits import Limits

    Scope = Mapping[str, Any]
    Receive = Callable[[], Awaitable[Mapping[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]

VERSION = "v1"
_LONGEST_LENGTH = 18  # digits of a length; Python reads no number of thousands


class Gone(Exception):
    """The client went away before its request was whole."""


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the headers by name in lower case."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def call_of(scope: Scope) -> str:
    """Return what follows ``/v1/`` in the address, wherever the intake is mounted; empty if nothing does."""
    parts = [part for part in str(scope["path"]).split("/") if part]
    return "/".join(parts[parts.index(VERSION) + 1 :] if VERSION in parts else parts)


def secret_of(headers: Mapping[str, str]) -> str | None:
    """Return the write key of the Authorization header: the user name of Basic, or a Bearer token."""
    scheme, _, value = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip() or None
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[0] or None
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None


def content_type_of(headers: Mapping[str, str]) -> str:
    """Return the media type of the body, without its parameters, in lower case."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


async def body_of(receive: Receive, headers: Mapping[str, str], limits: Limits) -> bytes:
    """Return the whole body, unzipped.

    Raises
    ------
    Refused
        If it is larger than allowed, or not gzip though it says so.
    Gone
        If the client went away.
    """
    length = headers.get("content-length", "")
    if length.isdecimal() and (len(length) > _LONGEST_LENGTH or int(length) > limits.body):
        raise Refused("too-large", {"most": limits.body})
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        part = message.get("body", b"")
        size += len(part)
        if size > limits.body:
            raise Refused("too-large", {"most": limits.body})
        parts.append(part)
        more = message.get("more_body", False)
    body = b"".join(parts) if len(parts) != 1 else bytes(parts[0])
    if headers.get("content-encoding", "").strip().lower() in ("gzip", "x-gzip"):
        body = _unzipped(body, limits)
    return body


def _unzipped(body: bytes, limits: Limits) -> bytes:
    reader = zlib.decompressobj(wbits=31)
    try:
        plain = reader.decompress(body, limits.body + 1)
    except zlib.error as error:
        raise Refused("bad-gzip") from error
    if len(plain) > limits.body:
        raise Refused("too-large", {"most": limits.body})
    if not reader.eof:
        raise Refused("bad-gzip")
    return plain
