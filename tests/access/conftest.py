"""Cheap passwords: what is tested is not how long argon2 takes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from promesa.access import AccessKey, Person, Rights, accept_invitation, invite, passwords

if TYPE_CHECKING:
    from collections.abc import Callable

    from promesa.database import Database

NOW = datetime(2026, 3, 1, 9, 0)
GOOD = "cuatro palabras en fila 7"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._nobodys.cache_clear()


@pytest.fixture(scope="session")
def key() -> AccessKey:
    return AccessKey(bytes(range(32)))


@pytest.fixture
def member(database: Database) -> Callable[..., Person]:
    """Return a function that makes a person with a password."""

    def make(email: str, role: str = "viewer", *, functions: tuple[str, ...] = (), personal: bool = False) -> Person:
        rights = Rights(role=role, functions=functions, personal_data=personal)
        with database.begin() as connection:
            token = invite(connection, email, rights=rights, by="terminal", now=NOW)
            return accept_invitation(connection, token, password=GOOD, name="Ñandú Pérez", now=NOW)

    return make
