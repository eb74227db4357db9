"""A service over the small shop, and programs with the token of each role."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from litestar.testing import TestClient

from promesa.access import make_token, passwords, person_of
from promesa.web import application
from promesa.web.gate import utc_now
from tests.web.people import ROLES, make

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promesa.workspace import Workspace

API = "/api/v1"
ALL = ("read", "write", "personal")


@contextmanager
def service_over(shop: Path, service: Workspace, folder: Path, *, host: str = "127.0.0.1:1") -> Iterator[Any]:
    """Yield the service of a copy of the small shop, with the database of `service`; webhooks may go to `host`."""
    shutil.copytree(shop, folder)
    file = folder / "promesa.toml"
    own = f'\n[service]\ndatabase = "${{TEST_DATABASE}}"\nwebhook_hosts = ["{host}"]\n'
    file.write_text(file.read_text(encoding="utf-8") + own, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        passwords._nobodys.cache_clear()
        patch.setenv("TEST_DATABASE", service.service.database)
        with TestClient(application(folder), raise_server_exceptions=False) as one:
            yield one


def tokens_of(client: TestClient[Any], *, personal: bool = True) -> dict[str, dict[str, str]]:
    """Return the header of a program for each role, made once."""
    found = {}
    for role in ROLES:
        number = make(client, f"{role}-{personal}@tienda.example", role, personal=personal)
        found[role] = header_of(client, number, scopes=ALL if personal else ("read", "write"))
    return found


def header_of(client: TestClient[Any], number: int, *, scopes: tuple[str, ...]) -> dict[str, str]:
    """Return the header of a program that acts for a person."""
    with client.app.state.gate.database.begin() as connection:
        person = person_of(connection, number)
        assert person is not None
        token = make_token(connection, person, name="programa", scopes=scopes, expires_at=None, now=utc_now())
    return {"Authorization": f"Bearer {token}"}
