"""People at the gate: a service over an empty company, and browsers that are signed in as each role."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from promesa.access import Rights, accept_invitation, invite
from promesa.web.gate import utc_now

if TYPE_CHECKING:
    from litestar.testing import TestClient

GOOD = "cuatro palabras en fila 7"
ROLES = ("administrator", "analyst", "owner", "viewer")


def make(client: TestClient[Any], email: str, role: str = "viewer", *, personal: bool = False) -> int:
    """Make a person with the password `GOOD`; return the number."""
    functions = ("logistics",) if role == "owner" else ()
    rights = Rights(role=role, functions=functions, personal_data=personal)  # type: ignore[arg-type]
    with client.app.state.gate.database.begin() as connection:
        token = invite(connection, email, rights=rights, by="terminal", now=utc_now())
        return accept_invitation(connection, token, password=GOOD, name=f"Persona {role}", now=utc_now()).id


def enter(client: TestClient[Any], email: str, password: str = GOOD) -> Any:
    """Sign in as a browser does, forgetting who was there; return the answer."""
    client.cookies.clear()
    form = {"email": email, "password": password, "to": "/account"}
    return client.post("/sign-in/enter", data=form, headers=OWN, follow_redirects=False)


OWN = {"Origin": "http://testserver.local", "Sec-Fetch-Site": "same-origin"}


def send(client: TestClient[Any], address: str, page: str = "/account", **fields: Any) -> Any:
    """Send a form of a page as a browser does, with the token that the page carries."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get(page).text)
    assert found is not None
    return client.post(address, data={**fields, "csrf": found[1]}, headers=OWN, follow_redirects=False)
