"""A small OpenID Connect provider on loopback, which lies when a test tells it to."""

from __future__ import annotations

import hashlib
import json
import threading
from base64 import b64decode, urlsafe_b64encode
from contextlib import contextmanager
from datetime import UTC
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

from tests.access.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

BACK = "http://127.0.0.1:8000/sign-in/company/back"
SECRET = "s3cr3to con espacio"


class Provider:
    """A provider that does what it should, unless a test tells it not to."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"use": "sig", "kid": "uno"})
        self.signing: Any = self.key
        self.header: dict[str, Any] = {"alg": "ES256", "kid": "uno"}
        self.changed: dict[str, Any] = {}
        self.known: dict[str, Any] = {}
        self.told: dict[str, Any] = {"sub": "someone else"}
        self.asked: dict[str, Any] = {}
        self.issuer, self.now = "", NOW

    def answer(self, path: str, form: dict[str, list[str]], headers: Any) -> tuple[int, Any]:
        """Return what the provider says to a request."""
        if path == "/.well-known/openid-configuration":
            names = {
                "authorization_endpoint": "auth?x=1",
                "token_endpoint": "token",
                "jwks_uri": "jwks",
                "userinfo_endpoint": "me",
            }
            return 200, {"issuer": self.issuer, **{k: f"{self.issuer}/{v}" for k, v in names.items()}, **self.known}
        if path == "/me":
            assert headers["Authorization"] == "Bearer x"
            return 200, self.told
        if path == "/jwks":
            other = {"kty": "oct", "k": "AAAA", "use": "enc"}
            return 200, {"keys": [other, self.key.as_dict(private=False)]}
        name, _, secret = b64decode(headers["Authorization"].partition(" ")[2]).decode().partition(":")
        challenge = urlsafe_b64encode(hashlib.sha256(form["code_verifier"][0].encode()).digest()).rstrip(b"=").decode()
        fits = (
            form["code"] == ["el código"]
            and form["redirect_uri"] == [BACK]
            and [challenge] == self.asked["code_challenge"]
            and (name, secret) == ("promesa", "s3cr3to%20con%20espacio")
        )
        if not fits:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.token()}

    def token(self) -> str:
        """Return who it is, signed."""
        seconds = int(self.now.replace(tzinfo=UTC).timestamp())
        claims = {
            "iss": self.issuer,
            "aud": "promesa",
            "sub": "ana-1",
            "iat": seconds,
            "exp": seconds + 300,
            "nonce": self.asked["nonce"][0],
            "email": "Ana@Tienda.example",
            "email_verified": True,
            "name": "Ana Ñáñez",
        }
        told = {key: value for key, value in {**claims, **self.changed}.items() if value is not ...}
        return jwt.encode(self.header, told, self.signing)


@contextmanager
def running() -> Iterator[Provider]:
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def _say(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            form = parse_qs(self.rfile.read(length).decode())
            status, told = made.answer(urlsplit(self.path).path, form, self.headers)
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _say  # noqa: N815 (the names of http.server)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()
