"""[service] of promesa.toml: what it understands, what it refuses, and that no secret is said back."""

from __future__ import annotations

import pytest

from promesa.workspace import ServiceSettings, describe

SECRETS = {"DB": "postgresql://ana:s3cr3to@db.example:5433/promesa", "MAIL": "s3cr%40to", "OIDC": "s3cr3to"}
WHOLE = """
[service]
database = "${DB}"
address = "https://promesa.example/"
mail = "smtp://ana:${MAIL}@mail.example:587"
mail_from = "Promesa <promesa@example>"
[service.oidc]
issuer = "https://login.example"
client_id = "promesa"
client_secret = "${OIDC}"
allowed_domains = ["@Example.com"]
[company]
"""


def test_without_the_section_there_are_defaults_and_nothing_is_said(draft) -> None:
    ws = draft.open()
    assert ws.service == ServiceSettings()
    assert (ws.service.database, ws.service.address, ws.service.secure) == ("embedded", "http://127.0.0.1:8000", False)
    assert "service" not in describe(ws).to_document()


@pytest.mark.parametrize("locale", ["es", "en"])
def test_the_settings_are_read_back_without_their_secrets(draft, locale) -> None:
    draft.environ = SECRETS
    draft.replace("promesa.toml", "[company]\n", WHOLE)
    ws = draft.open()
    service = ws.service
    assert (service.database, service.address, service.secure) == (SECRETS["DB"], "https://promesa.example", True)
    assert (service.oidc.client_secret, service.oidc.allowed_domains) == ("s3cr3to", ("example.com",))
    said = describe(ws, locale)
    row = said.to_document()["service"]
    assert (row["database"], row["mail"], row["oidc"]) == ("db.example", "mail.example", "https://login.example")
    assert "s3cr" not in said.text() + repr(ws) + repr(said.to_document())
    assert "https://promesa.example" in said.text()


@pytest.mark.parametrize(
    ("section", "key", "told"),
    [
        ('database = "mysql://h/x"', "service.database", "embedded, or postgresql://HOST"),
        ('database = "x${DB}"', "service.database", "x${DB}"),
        ('address = "promesa.example"', "service.address", "https://promesa.example.com"),
        ('address = "https://h:port"', "service.address", "http://HOST"),
        ('mail = "mail.example"\nmail_from = "a@b"', "service.mail", "smtp://HOST"),
        ('mail = "smtp://mail.example"', "service.mail_from", "sender of mail is missing"),
        ('databse = "embedded"', "service.databse", "did you mean 'database'?"),
        ('[service.oidc]\nissuer = "https://x"\nclient_id = "a"', "service.oidc.client_secret", "missing"),
        ('[service.oidc]\nissuer = "http://x"\nclient_id = "a"\nclient_secret = "b"', "service.oidc.issuer", "TLS"),
        (
            '[service.oidc]\nissuer = "https://x"\nclient_id = "a"\nclient_secret = "b"\nrole = "administrator"',
            "service.oidc.role",
            "one of viewer, analyst",
        ),
        ('oidc = "x"', "service.oidc", "a table"),
    ],
)
def test_each_mistake_names_its_key_and_its_cure(draft, section, key, told) -> None:
    draft.environ = SECRETS
    draft.replace("promesa.toml", "[company]\n", f"[service]\n{section}\n[company]\n")
    mistake = draft.only_mistake()
    assert (mistake.file, mistake.key) == ("promesa.toml", key)
    shown = f"{mistake.what} | {mistake.got} | {mistake.expected} | {mistake.fix}"
    assert told in shown
    assert "s3cr" not in shown
