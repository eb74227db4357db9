"""Mail against a real server on loopback: what arrives, by TLS, and what is refused."""

from __future__ import annotations

import socket
import ssl
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from promesa.errors import InputError, MailNotSent
from promesa.outgoing import Attachment, mail, send_mail
from promesa.workspace import ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Box:
    """Keeps what arrives, or refuses it."""

    def __init__(self) -> None:
        self.received: list[Any] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: ARG002, N802 (aiosmtpd's names)
        self.received.append((session, envelope))
        return self.answer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with key and certificate of 127.0.0.1, signed by itself."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "cert.pem"
    plain = serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file.write_bytes(key.private_bytes(pem, form, plain) + made.public_bytes(pem))
    return file


@pytest.fixture
def serve(certificate: Path) -> Iterator[Callable[..., tuple[Box, int]]]:
    """Return a function that starts a mail server."""
    running: list[Controller] = []

    def start(*, tls: str = "", password: str = "") -> tuple[Box, int]:
        box = Box()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options: dict[str, Any] = {"tls_context": context, "require_starttls": True} if tls == "starttls" else {}
        if password:
            right = b"ana", password.encode()
            options |= {
                "authenticator": lambda *about: AuthResult(
                    success=(about[4].login, about[4].password) == right, handled=False
                ),
                "auth_required": True,
                "auth_require_tls": bool(tls),
            }
        wrapped = {"ssl_context": context} if tls == "smtps" else {}
        controller = Controller(box, enable_SMTPUTF8=True, hostname="127.0.0.1", port=port, **wrapped, **options)
        controller.start()
        running.append(controller)
        return box, port

    yield start
    for controller in running:
        controller.stop()


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client trust the certificate of the test."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


def settings(url: str) -> ServiceSettings:
    return ServiceSettings(mail=url, mail_from="Promesa <promesa@tienda.example>")


def send(url: str, **more: Any) -> None:
    send_mail(settings(url), "josé@cliente.example", subject="Invitación: ¡hola!", text="Año nuevo\n", **more)


@pytest.mark.parametrize("tls", ["", "starttls", "smtps"])
def test_a_mail_arrives_whole(serve, trusted, tls: str) -> None:
    box, port = serve(tls=tls)
    pdf = Attachment(name="informe ñ.pdf", media_type="application/pdf", content=b"%PDF-1\x00")
    scheme = "smtps" if tls == "smtps" else "smtp"
    send(f"{scheme}://127.0.0.1:{port}", html="<p>Año</p>", attachments=[pdf])
    session, envelope = box.received[0]
    assert tls == "smtps" or bool(session.ssl) == bool(tls)  # aiosmtpd does not see what wraps the whole connection
    assert envelope.rcpt_tos == ["josé@cliente.example"]
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert message["Subject"] == "Invitación: ¡hola!"
    assert message["From"] == "Promesa <promesa@tienda.example>"
    assert message.get_body(("plain",)).get_content().split() == ["Año", "nuevo"]
    assert message.get_body(("html",)).get_content().strip() == "<p>Año</p>"
    attached = next(message.iter_attachments())
    assert (attached.get_filename(), attached.get_content()) == ("informe ñ.pdf", b"%PDF-1\x00")


def test_the_password_goes_by_tls(serve, trusted) -> None:
    box, port = serve(tls="starttls", password="p@ss:1")
    send(f"smtp://ana:p%40ss%3A1@127.0.0.1:{port}")
    assert len(box.received) == 1
    with pytest.raises(MailNotSent, match="not sent") as caught:
        send(f"smtp://ana:s3cr3to@127.0.0.1:{port}")
    assert "s3cr" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_certificate_that_nobody_vouches_for_is_refused(serve) -> None:
    box, port = serve(tls="starttls")
    with pytest.raises(MailNotSent):
        send(f"smtp://127.0.0.1:{port}")
    assert box.received == []


def test_elsewhere_nothing_goes_without_tls(serve, monkeypatch) -> None:
    """A server that is not this machine and offers no TLS gets neither the password nor the mail."""
    box, port = serve()
    monkeypatch.setattr(mail, "_HERE", frozenset())
    with pytest.raises(MailNotSent, match="not sent"):
        send(f"smtp://ana:s3cr3to@127.0.0.1:{port}")
    assert box.received == []


def test_a_refusal_is_told_without_the_address(serve) -> None:
    box, port = serve()
    box.answer = "550 no josé@cliente.example here"
    with pytest.raises(MailNotSent, match="not sent") as caught:
        send(f"smtp://127.0.0.1:{port}")
    assert "cliente" not in str(caught.value)
    assert "550" in str(caught.value)


def test_no_server_and_no_setting() -> None:
    with pytest.raises(MailNotSent):
        send("smtp://127.0.0.1:1")
    with pytest.raises(InputError, match="No mail server"):
        send_mail(ServiceSettings(), "a@b.example", subject="x", text="y")


@pytest.mark.parametrize(
    ("to", "subject"), [("a@b.example\r\nBcc: c@d.example", "x"), ("a@b.example", "x\nBcc: c@d.e")]
)
def test_a_line_break_adds_no_header(to: str, subject: str) -> None:
    with pytest.raises(InputError, match="line break"):
        send_mail(settings("smtp://127.0.0.1:1"), to, subject=subject, text="y")
