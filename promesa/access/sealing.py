"""Tokens that are handed out once and kept as hashes, and the key that seals what must be read again."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from base64 import urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from promesa.errors import AccessError

if TYPE_CHECKING:
    from promesa.workspace import Workspace

_BYTES = 32


@dataclass(frozen=True, slots=True)
class AccessKey:
    """The key of a workspace; never in the database, so that a copy of the database alone opens nothing.

    Attributes
    ----------
    raw : bytes
        32 bytes.
    """

    raw: bytes = field(repr=False)

    def mark(self, purpose: str, text: str) -> bytes:
        """Return a keyed hash: the same text gives the same mark, and the mark does not give the text."""
        return hmac.digest(self._of(purpose), text.encode(), hashlib.sha256)

    def seal(self, text: str) -> bytes:
        """Return `text` so that only this key reads it."""
        from cryptography.fernet import Fernet

        return Fernet(urlsafe_b64encode(self._of("seal"))).encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """Return what was sealed.

        Raises
        ------
        AccessError
            If another key sealed it.
        """
        from cryptography.fernet import Fernet, InvalidToken

        try:
            return Fernet(urlsafe_b64encode(self._of("seal"))).decrypt(sealed).decode()
        except InvalidToken:
            raise AccessError(
                what="What was sealed cannot be read with the key of this workspace.",
                got="another key in .promesa/access.key",
                expected="the key that the database was used with",
                fix="put back .promesa/access.key from the backup; or let an administrator take off the second factor",
            ) from None

    def _of(self, purpose: str) -> bytes:
        return hmac.digest(self.raw, purpose.encode(), hashlib.sha256)


def access_key(ws: Workspace) -> AccessKey:
    """Return the key of a workspace, made at the first call and readable by its owner only."""
    file = ws.root / ".promesa" / "access.key"
    file.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(secrets.token_hex(_BYTES))
            opened.flush()
            os.fsync(opened.fileno())
    text = file.read_text(encoding="ascii").strip()
    for _ in range(100):  # another process may have made the file and not yet filled it
        if len(text) == 2 * _BYTES:
            return AccessKey(bytes.fromhex(text))
        time.sleep(0.02)
        text = file.read_text(encoding="ascii").strip()
    raise AccessError(
        what="The key of the workspace is damaged.",
        got=f"{len(text)} characters in .promesa/access.key",
        expected=f"{2 * _BYTES} characters",
        fix="put the file back from the backup",
    )


def new_token(prefix: str = "") -> str:
    """Return a token of 256 random bits."""
    return prefix + secrets.token_urlsafe(_BYTES)


def hash_of(token: str) -> bytes:
    """Return the hash that a token is kept and found by; it is random, so it needs no salt."""
    return hashlib.sha256(token.encode()).digest()


def csrf_of(session: str) -> str:
    """Return the token that a form of this session carries; who does not have the session cannot make it."""
    return hmac.digest(session.encode(), b"csrf", hashlib.sha256).hex()


def csrf_fits(session: str, given: str) -> bool:
    """Tell whether a form carries the token of its session."""
    return hmac.compare_digest(csrf_of(session).encode(), given.encode())
