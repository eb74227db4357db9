"""The pages of access as somebody uses them: first start, invitation, password, second factor, keys, audit log."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from aiosmtpd.controller import Controller
from argon2 import PasswordHasher
from litestar.testing import TestClient

from promesa.access import first_administrator, passwords, verify_audit
from promesa.web import application
from promesa.web.gate import utc_now
from tests.access.provider import SECRET, running
from tests.web.people import GOOD, OWN, enter, send

if TYPE_CHECKING:
    from collections.abc import Iterator

ADMIN = "jefa@tienda.example"
ACCENTED = "José Ñáñez <b>"


class Box:
    """Keeps the mails that arrive."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], str]] = []

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: ARG002, N802 (aiosmtpd's names)
        from email import message_from_bytes, policy

        text = message_from_bytes(envelope.content, policy=policy.default).get_content()
        self.mails.append((envelope.rcpt_tos, text))
        return "250 OK"


@pytest.fixture(scope="module")
def box() -> Iterator[tuple[Box, int]]:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = Box()
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    yield kept, port
    controller.stop()


@pytest.fixture(scope="module")
def client(service_workspace, box) -> Iterator[TestClient[Any]]:
    file = service_workspace.root / "promesa.toml"
    mail = f'mail = "smtp://127.0.0.1:{box[1]}"\nmail_from = "promesa@tienda.example"\n'
    file.write_text(file.read_text(encoding="utf-8") + mail, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        passwords._nobodys.cache_clear()
        patch.setenv("TEST_DATABASE", service_workspace.service.database)
        with TestClient(application(service_workspace.root), raise_server_exceptions=False) as one:
            yield one


def post(client: TestClient[Any], address: str, **fields: Any) -> Any:
    return client.post(address, data=fields, headers=OWN, follow_redirects=False)


def said(answer: Any) -> str:
    """Return the words of a page as a reader sees them."""
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.text))


def test_the_first_start_leads_to_an_administrator(client) -> None:
    with client.app.state.gate.database.begin() as connection:
        token = first_administrator(connection, now=utc_now())
    page = client.get(f"/invitation/{token}?lang=es")
    assert "primera cuenta de administración" in page.text
    weak = post(client, f"/invitation/{token}/open?lang=es", email=ADMIN, name=ACCENTED, password="password1234")
    assert weak.status_code == 422
    assert "se adivinaría" in weak.text
    assert f'value="{ADMIN}"' in weak.text
    assert 'aria-invalid="true" aria-describedby="password-wrong password-hint"' in weak.text
    opened = post(client, f"/invitation/{token}/open", email=ADMIN, name=ACCENTED, password=GOOD)
    assert opened.headers["location"] == "/sign-in?said=password"
    assert client.get(f"/invitation/{token}").status_code == 410
    assert enter(client, ADMIN).headers["location"] == "/account"
    page = client.get("/account")
    assert ACCENTED in said(page)
    assert "<b>" not in page.text


def test_a_wrong_password_is_told_in_both_languages(client) -> None:
    client.cookies.clear()
    for lang, told in (("es", "No se pudo iniciar la sesión"), ("en", "Signing in did not work")):
        answer = post(client, f"/sign-in/enter?lang={lang}", email=ADMIN, password="no es esta clave")
        assert answer.status_code == 422
        assert told in said(answer)
        assert "no es esta clave" not in answer.text


def test_somebody_invited_gets_a_mail_and_opens_the_account(client, box) -> None:
    enter(client, ADMIN)
    fields = {"email": "Luz@tienda.example", "name": "Luz", "role": "owner", "function": "logistics"}
    assert send(client, "/settings/people/invite", "/settings/people", **fields).headers["location"].endswith("mailed")
    to, text = box[0].mails[-1]
    assert to == ["luz@tienda.example"]
    link = re.search(r"http://127\.0\.0\.1:8000(/invitation/\S+)", text)
    assert link is not None
    people = client.get("/settings/people?lang=es")
    assert "luz@tienda.example" in people.text
    assert "invitada" in people.text
    client.cookies.clear()
    assert "luz@tienda.example" in client.get(link[1]).text
    assert post(client, f"{link[1]}/open", name="Luz", password=GOOD).status_code == 303
    enter(client, "luz@tienda.example")
    assert client.get("/settings/people").status_code == 403
    assert client.get("/settings", follow_redirects=False).headers["location"] == "/account"


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "x@tienda.example", "role": "owner"},
        {"email": "x@tienda.example", "role": "owner", "function": "nope"},
        {"email": "x@tienda.example", "role": "king"},
        {"email": "x", "role": "viewer"},
        {"email": "a@b.example\r\nBcc: c@d.example", "role": "viewer"},
    ],
)
def test_a_form_that_does_not_fit_is_told(client, box, fields) -> None:
    enter(client, ADMIN)
    before = len(box[0].mails)
    answer = send(client, "/settings/people/invite", "/settings/people", **fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert len(box[0].mails) == before


def test_what_was_typed_stays_and_what_is_wrong_stands_beside_it(client) -> None:
    enter(client, ADMIN)
    fields = {"email": "sin arroba", "name": "Eva", "role": "owner", "function": "billing", "personal_data": "yes"}
    page = send(client, "/settings/people/invite?lang=es", "/settings/people", **fields).text
    assert re.search(r'id="email"[^>]+value="sin arroba"[^>]+aria-describedby="email-wrong"', page)
    assert "se escribe como nombre@empresa.com" in page
    assert 'value="Eva"' in page
    assert re.search(r'value="billing" checked', page)
    alone = send(client, "/settings/people/invite?lang=es", "/settings/people", email="x@y.example", role="owner").text
    assert 'id="role-new-wrong"' in alone
    key = send(client, "/settings/keys/make?lang=es", "/settings/keys", name="web2", table="orders", rate="0").text
    assert 'id="key-rate-wrong"' in key
    assert re.search(r'value="orders" checked', key)
    mailing = send(client, "/account/mailing?lang=es", often="weekly", hour="7", zone="Marte", locale="es").text
    assert re.search(r'id="zone"[^>]+value="Marte"[^>]+aria-invalid="true"', mailing)
    assert '<option value="weekly" selected>' in mailing
    token = send(client, "/account/tokens?lang=es", name="cuadro", days="30").text
    assert 'id="token-scopes-wrong"' in token
    assert 'value="cuadro"' in token
    assert '<option value="30" selected>' in token


def test_rights_are_changed_and_the_last_administrator_stays(client) -> None:
    enter(client, ADMIN)
    fields = {"role": "analyst", "personal_data": "yes"}
    assert send(client, "/settings/people/2/rights", "/settings/people", **fields).status_code == 303
    assert "datos personales" in client.get("/settings/people?lang=es").text.lower()
    for change in ("lock", "rights"):
        answer = send(client, f"/settings/people/1/{change}", "/settings/people", role="viewer", confirm="yes")
        assert answer.status_code == 422
        assert "última persona" in said(answer) or "last administrator" in said(answer)
    assert send(client, "/settings/people/2/lock", "/settings/people", confirm="yes").status_code == 303
    assert enter(client, "luz@tienda.example").status_code == 422
    enter(client, ADMIN)
    assert send(client, "/settings/people/2/unlock", "/settings/people").status_code == 303
    assert send(client, "/settings/people/99/lock", "/settings/people").status_code == 404


def test_a_forgotten_password_is_told_the_same_to_all_and_mailed_to_those_who_have_one(client, box) -> None:
    client.cookies.clear()
    before = len(box[0].mails)
    answers = {
        post(client, "/forgotten/send?lang=en", email=email).text for email in ("nadie@x.example", "luz@tienda.example")
    }
    assert len(answers) == 1
    (mail,) = box[0].mails[before:]
    path = re.search(r"http://127\.0\.0\.1:8000(/new-password/\S+)", mail[1])
    assert path is not None
    assert client.get(path[1]).status_code == 200
    assert post(client, f"{path[1]}/keep", password="corta").status_code == 422
    assert post(client, f"{path[1]}/keep", password="otra frase larga 55").status_code == 303
    assert client.get(path[1]).status_code == 410
    assert enter(client, "luz@tienda.example").status_code == 422
    assert enter(client, "luz@tienda.example", "otra frase larga 55").status_code == 303


def test_the_second_factor_is_set_up_by_a_picture_and_asked_for(client) -> None:
    enter(client, "luz@tienda.example", "otra frase larga 55")
    assert send(client, "/account/second-factor", current="no es esta").status_code == 422
    page = send(client, "/account/second-factor", current="otra frase larga 55")
    assert "<svg" in page.text
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page.text)
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    assert secret is not None
    assert token is not None
    wrong = send(client, "/account/second-factor/confirm", token=token[1], code="000000")
    assert wrong.status_code == 422
    assert secret[1] in wrong.text
    codes = send(client, "/account/second-factor/confirm", token=token[1], code=pyotp.TOTP(secret[1]).now())
    recovery = re.findall(r"\w{4}-\w{4}-\w{4}-\w{4}", codes.text)
    assert len(recovery) == 10
    asked = enter(client, "luz@tienda.example", "otra frase larga 55")
    assert asked.status_code == 200
    assert not client.cookies
    step = re.search(r'name="token" value="([^"]+)"', asked.text)
    assert step is not None
    assert post(client, "/sign-in/code", token=step[1], code="000000", to="/").status_code == 422
    assert post(client, "/sign-in/code", token=step[1], code=recovery[0], to="/account").status_code == 303
    assert "9" in said(client.get("/account"))
    assert send(client, "/account/second-factor/off", current="otra frase larga 55").status_code == 303


def test_the_own_account_is_changed(client) -> None:
    enter(client, "luz@tienda.example", "otra frase larga 55")
    assert send(client, "/account/profile", name="Luz Marina", locale="en").status_code == 303
    assert "Luz Marina" in client.get("/account?said=profile").text
    assert send(client, "/account/profile", name="", locale="en").status_code == 422
    made = send(client, "/account/tokens", name="cuadro", scope=["read", "personal"], days="90")
    assert re.search(r"prm_[\w-]{43}", made.text)
    assert send(client, "/account/tokens", name="nada", days="90").status_code == 422
    number = re.search(r'name="token" value="(\d+)"', client.get("/account").text)
    assert number is not None
    enter(client, ADMIN)
    assert send(client, "/account/tokens/revoke", token=number[1], confirm="yes").status_code == 422, "not one's own"
    enter(client, "luz@tienda.example", "otra frase larga 55")
    assert send(client, "/account/tokens/revoke", token=number[1], confirm="yes").status_code == 303
    assert send(client, "/account/password", current=GOOD, password=GOOD).status_code == 422
    changed = send(client, "/account/password", current="otra frase larga 55", password=GOOD)
    assert changed.headers["location"] == "/sign-in?said=password"
    assert client.get("/account").status_code == 401


def test_write_keys_are_made_rotated_and_revoked(client) -> None:
    enter(client, ADMIN)
    made = send(client, "/settings/keys/make", "/settings/keys", name="web", table=["orders", "moments"], rate="500")
    first = re.search(r"pwk_[\w-]{43}", made.text)
    assert first is not None
    assert first[0] not in client.get("/settings/keys").text
    for fields in (
        {"name": "web", "table": "orders"},
        {"name": "b"},
        {"name": "c", "table": "nope"},
        {"name": "d", "source": "x"},
    ):
        assert send(client, "/settings/keys/make", "/settings/keys", **fields).status_code == 422
    rotated = send(client, "/settings/keys/rotate", "/settings/keys", name="web")
    assert first[0] not in rotated.text
    assert client.get("/settings/keys").text.count("<code>pwk_") == 2
    asked = send(client, "/settings/keys/revoke?lang=es", "/settings/keys", name="web")
    assert "No se puede deshacer" in said(asked)
    assert client.get("/settings/keys").text.count("<code>pwk_") == 2, "it is asked once more"
    assert send(client, "/settings/keys/revoke", "/settings/keys", name="web", confirm="yes").status_code == 303
    assert "<code>pwk_" not in client.get("/settings/keys").text


def test_the_audit_log_is_read_filtered_checked_and_taken_away(client) -> None:
    enter(client, ADMIN)
    page = client.get("/settings/audit?lang=es&action=key&verify=1")
    assert "key.rotated" in page.text
    assert "Clave de escritura renovada" in page.text
    assert "person.invited" not in page.text
    assert "íntegra" in page.text
    assert client.get("/settings/audit?since=2999-01-01&until=x&before=x").status_code == 200
    file = client.get("/settings/audit.csv")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    with client.app.state.gate.database.begin() as connection:
        entries = verify_audit(connection).entries
    assert len(file.text.splitlines()) == entries + 1
    for secret in ("pwk_", "prm_", GOOD, "tienda.example", "Luz"):
        assert secret not in file.text


def test_signing_in_with_the_companys_account(client, service_workspace) -> None:
    file = service_workspace.root / "promesa.toml"
    plain = file.read_text(encoding="utf-8")
    client.cookies.clear()
    assert client.get("/sign-in/company").status_code == 404
    with running() as provider:
        provider.now = utc_now()
        oidc = f'issuer = "{provider.issuer}"\nclient_id = "promesa"\nclient_secret = "{SECRET}"\n'
        oidc += 'allowed_domains = ["tienda.example"]\n'
        file.write_text(f"{plain}\n[service.oidc]\n{oidc}", encoding="utf-8")
        assert "/sign-in/company?to=" in client.get("/sign-in").text

        def leave() -> str:
            client.cookies.clear()
            away = client.get("/sign-in/company?to=/account", follow_redirects=False).headers["location"]
            assert away.startswith(f"{provider.issuer}/auth")
            provider.asked = parse_qs(urlsplit(away).query)
            return provider.asked["state"][0]

        back = {"code": "el código", "state": leave()}
        entered = client.get("/sign-in/company/back", params=back, follow_redirects=False)
        assert entered.headers["location"] == "/account"
        assert "Ana Ñáñez" in client.get("/account").text
        assert client.get("/sign-in/company/back", params=back).status_code == 410, "once"
        stolen = {"code": "el código", "state": leave()}
        client.cookies.clear()
        assert client.get("/sign-in/company/back", params=stolen).status_code == 410, "another browser"
        assert client.get("/sign-in/company/back", params={"error": "access_denied"}).status_code == 410
        provider.changed = {"sub": "x", "email": "x@ajeno.example"}
        refused = client.get("/sign-in/company/back", params={"code": "el código", "state": leave()})
        assert refused.status_code == 403
        assert "ajeno" not in refused.text
    assert client.get("/sign-in/company", follow_redirects=False).status_code == 502, "the provider is gone"
    file.write_text(plain, encoding="utf-8")
