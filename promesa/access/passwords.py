"""Passwords: kept as argon2id, refused when they would be guessed (NIST SP 800-63B: length and a list, no patterns)."""

from __future__ import annotations

import threading
import unicodedata
from functools import cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from promesa.errors import PasswordRefused

SHORTEST, LONGEST = 12, 256
_FEWEST_LETTERS = 5
HASHER = PasswordHasher()
# Each takes 64 MiB on purpose: a crowd of attempts waits its turn instead of filling the memory.
_AT_ONCE = threading.BoundedSemaphore(4)


def hash_password(password: str) -> str:
    """Return what a password is kept as."""
    with _AT_ONCE:
        return HASHER.hash(_normal(password))


def password_fits(kept: str | None, password: str) -> bool:
    """Tell whether a password is the one kept; takes the same time when none is kept."""
    try:
        with _AT_ONCE:
            fits = HASHER.verify(kept or _nobodys(), _normal(password)[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return fits and kept is not None


def outdated(kept: str) -> bool:
    """Tell whether a password was hashed with weaker parameters than today's."""
    return HASHER.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return HASHER.hash("nobody has this password")


def refuse_weak(password: str, *, email: str, name: str = "") -> None:
    """Raise `PasswordRefused` for a password that would be guessed.

    Parameters
    ----------
    email, name : str
        Of its owner: a password that is little more than either is refused.
    """
    normal = _normal(password)
    if not SHORTEST <= len(normal) <= LONGEST:
        raise _refused(f"{len(normal)} characters", f"{SHORTEST} to {LONGEST} characters; a sentence is easy to keep")
    bare = "".join(letter for letter in normal.casefold() if letter.isalnum())
    if len(set(normal)) < _FEWEST_LETTERS or bare in "01234567890123456789" or bare in "abcdefghijklmnopqrstuvwxyz":
        raise _refused("one pattern, repeated or counted up", "something that cannot be guessed")
    if bare in _common() or bare.rstrip("0123456789") in _common():
        raise _refused("a password that many people use", "one of your own")
    for own in (email.partition("@")[0], email, *name.split()):
        word = "".join(letter for letter in own.casefold() if letter.isalnum())
        if len(word) >= 4 and len(bare.replace(word, "")) < min(6, len(bare)):
            raise _refused("little more than your name or e-mail", "something that does not say who you are")


def _refused(got: str, expected: str) -> PasswordRefused:
    return PasswordRefused(
        what="This password would be guessed.",
        got=got,
        expected=expected,
        fix="choose another one: four words in a row",
    )


@cache
def _common() -> frozenset[str]:
    return frozenset(files("promesa.access").joinpath("common_passwords.txt").read_text(encoding="utf-8").split())


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
