"""Home by mail: due mails made from the newest snapshot and sent, by the process that shows the pages."""

from __future__ import annotations

import hashlib
import hmac
import logging
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING

from promesa import report, words
from promesa.access import person_of, reach_of
from promesa.errors import PromesaError
from promesa.outgoing import (
    Attachment,
    claim_mailings,
    mailing_of,
    note_failed,
    note_left_out,
    note_sent,
    send_mail,
)
from promesa.web.gate import utc_now
from promesa.web.own import own_of
from promesa.web.papers import file_name
from promesa.web.rounds import Rounds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from promesa.access import AccessKey, Person
    from promesa.outgoing import Mailing
    from promesa.report import Content
    from promesa.snapshot import Snapshot
    from promesa.web.gate import Gate
    from promesa.web.site import Site

    Own = tuple[tuple[str, ...], tuple[str, ...]]

LOG = logging.getLogger("promesa.web")
EVERY_SECONDS = 20.0


def send_due(site: Site, gate: Gate, *, now: Callable[[], datetime]) -> int:
    """Send the mails that are due; return how many were looked at. Nothing is due where no mail server is set."""
    if site.workspace.service.mail is None:
        return 0
    with gate.database.begin() as connection:
        due = claim_mailings(connection, now=now())
    for mailing in due:
        _send(site, gate, mailing, now=now)
    return len(due)


def _send(site: Site, gate: Gate, mailing: Mailing, *, now: Callable[[], datetime]) -> None:
    """Send one mail and write down what came of it."""
    with gate.database.begin() as connection:
        person, still = person_of(connection, mailing.person), mailing_of(connection, mailing.person)
    if still is None or still.mark != mailing.mark:
        return  # ended, or chosen anew, since it was claimed
    reach = reach_of(person, "see_figures")
    snapshot = site.snapshot()
    if person is None or reach == "none" or snapshot is None:
        reason = "nothing-analysed" if reach != "none" else "access-denied"
        with gate.database.begin() as connection:
            note_left_out(connection, mailing, reason=reason, now=now())
        return
    try:
        hand_over(site, gate.key, mailing, person, snapshot, own=reach == "own", now=now())
    except Exception as error:  # noqa: BLE001 - whatever stops one mail, it is tried again and the others go out
        code = error.code if isinstance(error, PromesaError) else type(error).__name__
        LOG.warning("A mail of Home was not sent: %s", code)
        with gate.database.begin() as connection:
            note_failed(connection, mailing, error=code, now=now())
        return
    with gate.database.begin() as connection:
        note_sent(connection, mailing, now=now())


def hand_over(
    site: Site, key: AccessKey, mailing: Mailing, person: Person, snapshot: Snapshot, *, own: bool, now: datetime
) -> None:
    """Make one mail and give it to the mail server."""
    ws = site.workspace
    locale = ws.locale if ws.locale.startswith(mailing.locale[:2]) else mailing.locale
    content = site.content(snapshot, locale)
    theirs = own_of(person, content) if own else None
    stop = f"{ws.service.address}/mail/{stop_token(key, mailing)}"
    pdf = site.home_paper(snapshot, locale, own=theirs)
    sender = str(ws.service.mail_from).rpartition("@")[2].rstrip(">")
    headers = {
        "Date": format_datetime(now.replace(tzinfo=UTC)),
        "Message-ID": f"<{_message(mailing)}@{sender}>",
        "List-Unsubscribe": f"<{stop}>",
    }
    if ws.service.secure:  # RFC 8058 asks for https
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    send_mail(
        ws.service,
        person.email,
        subject=_say(locale, "subject", company=ws.company, day=content.day(content.as_of_day)),
        text=_text(content, mailing, theirs, address=ws.service.address, stop=stop),
        attachments=[
            Attachment(name=file_name(ws.company, "home", snapshot), media_type="application/pdf", content=pdf)
        ],
        headers=headers,
    )


def _text(content: Content, mailing: Mailing, own: Own | None, *, address: str, stop: str) -> str:
    """Return the plain text: three things to do, or an owner's promises; the way to the page and out of the mails."""
    locale = content.locale
    day = content.day(content.as_of_day)
    if own is None:
        head, lines = words.say("web.home.begin", locale), report.begin_lines(content)
    else:
        head, lines = words.say("web.place.promises", locale), report.promise_lines(content.only_promises(own[0]))
    often = _say(locale, f"often.{mailing.often}")
    often = often[:1].lower() + often[1:]
    parts = [
        _say(locale, "opening", company=content.company, day=day),
        "\n".join([head, *_numbered(lines or [_say(locale, "nothing")])]),
        f"{_say(locale, 'page')}\n{address}/",
        _say(locale, "why", often=often, hour=f"{mailing.hour}:00", zone=mailing.zone, account=f"{address}/account"),
        f"{_say(locale, 'no_more')}\n{stop}",
    ]
    return "\n\n".join(parts) + "\n"


def _numbered(lines: Iterable[str]) -> list[str]:
    return [f"{number}. {line}" for number, line in enumerate(lines, start=1)]


def _message(mailing: Mailing) -> str:
    """Return what tells one mail from every other: the same for a mail that is sent twice."""
    return hashlib.sha256(mailing.mark + mailing.due_at.isoformat().encode()).hexdigest()[:32]


def stop_token(key: AccessKey, mailing: Mailing) -> str:
    """Return what the link that ends a mailing carries: the number of the account and a signature."""
    return f"{mailing.person}.{key.mark('mailing', f'{mailing.person}:{mailing.mark.hex()}').hex()}"


def token_fits(key: AccessKey, mailing: Mailing | None, token: str) -> bool:
    """Tell whether a link ends a mailing."""
    return mailing is not None and hmac.compare_digest(stop_token(key, mailing).encode(), token.encode())


def _say(locale: str, key: str, **values: object) -> str:
    return words.say(f"access.mailing.{key}", locale, **values)


def mails(site: Site, gate: Gate) -> Rounds:
    """Return the work of sending what is due."""
    return Rounds("Mails", every=EVERY_SECONDS, step=lambda: send_due(site, gate, now=utc_now) > 0)
