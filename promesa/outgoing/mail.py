"""Mail through the company's own server, by TLS."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from promesa.errors import InputError, MailNotSent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promesa.workspace import ServiceSettings

_TIMEOUT = 20.0
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a mail.

    Attributes
    ----------
    media_type : str
        Such as ``application/pdf``.
    """

    name: str
    media_type: str
    content: bytes = field(repr=False)


def send_mail(
    settings: ServiceSettings,
    to: str,
    *,
    subject: str,
    text: str,
    html: str | None = None,
    attachments: Iterable[Attachment] = (),
    headers: Mapping[str, str] | None = None,
) -> None:
    """Hand a mail to the server of [service].

    By TLS: from the start with ``smtps://``, by STARTTLS with ``smtp://``. A server on this machine may go without.

    Parameters
    ----------
    headers : mapping, optional
        Further ones, in place of our own where they have the same name: ``Message-ID``, ``List-Unsubscribe``.

    Raises
    ------
    InputError
        If no mail server is set, or subject or address hold a line break.
    MailNotSent
        If the server cannot be reached or refuses; neither address nor password is in the message.
    """
    if settings.mail is None or settings.mail_from is None:
        raise InputError(
            what="No mail server is set.",
            got="no `mail` in [service]",
            expected="the address of a mail server and a sender",
            fix='add mail = "smtp://..." and mail_from = "..." to [service] of promesa.toml',
        )
    message = _message(settings.mail_from, to, subject=subject, text=text, html=html, attachments=attachments)
    for name, value in (headers or {}).items():
        del message[name]
        message[name] = value
    try:
        _hand_over(settings.mail, message)
    except (OSError, smtplib.SMTPException) as error:
        # The server's words may repeat the address.
        code = getattr(error, "smtp_code", None)
        raise MailNotSent(
            what="The mail was not sent.",
            got=type(error).__name__ + (f", answer {code}" if code else ""),
            expected=f"a mail server at {urlsplit(settings.mail).hostname} that takes it",
            fix="check `mail` in [service]: host, port, user, password, and that the server offers TLS",
        ) from None


def _message(
    sender: str, to: str, *, subject: str, text: str, html: str | None, attachments: Iterable[Attachment]
) -> EmailMessage:
    if any(letter in part for part in (to, subject) for letter in "\r\n"):
        raise InputError(
            what="An address or a subject holds a line break.",
            got="more than one line",
            expected="one line",
            fix="take the line break out",
        )
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip(">") or None)
    message["Date"] = formatdate(usegmt=True)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    for attachment in attachments:
        kind, _, subtype = attachment.media_type.partition("/")
        message.add_attachment(attachment.content, maintype=kind, subtype=subtype, filename=attachment.name)
    return message


def _hand_over(url: str, message: EmailMessage) -> None:
    parts = urlsplit(url)
    host, context = parts.hostname or "", ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=_TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=_TIMEOUT)
    with server:
        server.ehlo()
        if parts.scheme == "smtp" and (host not in _HERE or server.has_extn("starttls")):
            server.starttls(context=context)
            server.ehlo()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)
