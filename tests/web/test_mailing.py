"""Home by mail against a real mail server: chosen, sent once, tried again, ended by one click."""

from __future__ import annotations

import html
import re
import shutil
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from argon2 import PasswordHasher
from litestar.testing import TestClient

from promesa.access import lock_person, named_person, passwords, unlock_person
from promesa.database import tables
from promesa.outgoing import mailing_of
from promesa.web import application
from promesa.web.gate import utc_now
from promesa.web.mailing import send_due
from tests.web.people import enter, make, send

if TYPE_CHECKING:
    from collections.abc import Iterator

VIEWER, OWNER = "vera@tienda.example", "olga@tienda.example"
CHOSEN = {"often": "daily", "hour": "8", "zone": "America/Bogota", "locale": "es"}


class Box:
    """Keeps what arrives, or refuses it."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], Any]] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: ARG002, N802 (aiosmtpd's names)
        if self.answer.startswith("250"):
            self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return self.answer


@pytest.fixture(scope="module")
def box() -> Iterator[tuple[Box, int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = Box()
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    yield kept, port
    controller.stop()


@pytest.fixture(scope="module")
def client(analysed_shop, service_workspace, box, tmp_path_factory) -> Iterator[TestClient[Any]]:
    root = Path(shutil.copytree(analysed_shop, tmp_path_factory.mktemp("mailed") / "tienda"))
    file = root / "promesa.toml"
    service = (
        '\n[service]\ndatabase = "${TEST_DATABASE}"\naddress = "https://cx.tienda.example"\n'
        f'mail = "smtp://127.0.0.1:{box[1]}"\nmail_from = "Promesa <promesa@tienda.example>"\n'
    )
    file.write_text(file.read_text(encoding="utf-8") + service, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        passwords._nobodys.cache_clear()
        patch.setenv("TEST_DATABASE", service_workspace.service.database)
        with TestClient(application(root), raise_server_exceptions=False, base_url="https://testserver.local") as one:
            make(one, VIEWER, "viewer")
            make(one, OWNER, "owner")
            yield one


@pytest.fixture
def chosen(client, box) -> Iterator[Any]:
    """Return a function by which somebody chooses on the page of the account; the mailbox is empty before."""
    box[0].mails.clear()
    box[0].answer = "250 OK"
    with client.app.state.gate.database.begin() as connection:
        connection.execute(tables.mailings.delete())

    def choose(email: str = VIEWER, **fields: str) -> Any:
        enter(client, email)
        answer = send(client, "/account/mailing", **{**CHOSEN, **fields})
        return number_of(client, email), answer

    return choose


def number_of(client: TestClient[Any], email: str) -> int:
    with client.app.state.gate.database.begin() as connection:
        return named_person(connection, email).id


def kept(client: TestClient[Any], person: int) -> Any:
    with client.app.state.gate.database.begin() as connection:
        return mailing_of(connection, person)


def send_at(client: TestClient[Any], at: Any) -> int:
    state = client.app.state
    return send_due(state.site, state.gate, now=lambda: at)


def test_a_person_chooses_on_their_page_and_sees_when(client, chosen) -> None:
    person, answer = chosen()
    assert answer.headers["location"] == "/account?said=mailing"
    found = kept(client, person)
    assert (found.often, found.hour, found.zone, found.locale) == ("daily", 8, "America/Bogota", "es")
    assert found.due_at > utc_now()
    page = client.get("/account?lang=es").text
    assert re.search(
        r"El próximo sale el [^<]* 8:00 \(hora de America/Bogota\)", html.unescape(page).replace("\u202f", " ")
    )
    assert 'value="America/Bogota"' in page
    assert (
        send(client, "/account/mailing", **{**CHOSEN, "often": "never"}).headers["location"].endswith("mailing_ended")
    )
    assert kept(client, person) is None


@pytest.mark.parametrize("wrong", [{"hour": "24"}, {"hour": "x"}, {"zone": "<b>"}, {"often": "hourly"}])
def test_what_cannot_be_is_said_on_the_page(client, chosen, wrong) -> None:
    person, answer = chosen(**wrong)
    assert answer.status_code == 422
    assert kept(client, person) is None


def test_home_comes_at_its_hour_once_with_the_three_things_to_do(client, chosen, box) -> None:
    person, _ = chosen()
    due = kept(client, person).due_at
    assert send_at(client, due - timedelta(minutes=1)) == 0
    assert box[0].mails == []
    state = client.app.state
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: send_due(state.site, state.gate, now=lambda: due), range(4)))
    assert len(box[0].mails) == 1
    to, mail = box[0].mails[0]
    assert to == [VIEWER]
    assert "con datos hasta el" in mail["Subject"]
    text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert re.search(r"Tres cosas por hacer\n1\. ", text)
    assert "https://cx.tienda.example/\n" in text
    (attached,) = mail.iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_content().startswith(b"%PDF")
    assert attached.get_filename().endswith(".pdf")
    assert mail["Date"].datetime.replace(tzinfo=None) == due.replace(microsecond=0)
    found = kept(client, person)
    assert found.sent_at == due
    assert due < found.next_at <= due + timedelta(days=1)
    # No address of a page says who it was sent to.
    assert not any(VIEWER.split("@", maxsplit=1)[0] in link for link in re.findall(r"https://\S+", text))


def test_one_click_ends_it_and_a_look_does_not(client, chosen, box) -> None:
    person, _ = chosen()
    due = kept(client, person).due_at
    send_at(client, due)
    mail = box[0].mails[0][1]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = mail["List-Unsubscribe"].strip("<>").removeprefix("https://cx.tienda.example")
    assert address.startswith("/mail/")
    client.cookies.clear()
    page = client.get(f"{address}?lang=es")
    assert "No quiero más correos" in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert kept(client, person) is not None
    forged = address[:-4] + "0000"
    assert client.post(forged, data={"List-Unsubscribe": "One-Click"}).status_code == 410
    assert kept(client, person) is not None
    answer = client.post(address, data={"List-Unsubscribe": "One-Click"}, follow_redirects=False)
    assert answer.status_code == 200
    assert kept(client, person) is None
    assert client.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 410
    chosen()
    client.cookies.clear()
    assert client.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 410, (
        "an old link ends no new mailing"
    )
    assert kept(client, person) is not None


def test_a_refusal_is_kept_and_tried_again(client, chosen, box) -> None:
    person, _ = chosen()
    due = kept(client, person).due_at
    box[0].answer = "451 later"
    send_at(client, due)
    found = kept(client, person)
    assert (found.attempts, found.error, found.due_at) == (1, "mail-not-sent", due)
    assert "mail-not-sent" in html.unescape(client.get("/account").text)
    box[0].answer = "250 OK"
    assert send_at(client, due + timedelta(seconds=30)) == 0, "not yet"
    send_at(client, found.next_at)
    assert len(box[0].mails) == 1
    assert kept(client, person).error is None


def test_nobody_gets_what_they_may_not_see(client, chosen, box) -> None:
    person, _ = chosen()
    gate = client.app.state.gate
    with gate.database.begin() as connection:
        lock_person(connection, named_person(connection, VIEWER), by="terminal", now=utc_now())
    due = kept(client, person).due_at
    send_at(client, due)
    assert box[0].mails == []
    assert kept(client, person).error == "access-denied"
    with gate.database.begin() as connection:
        unlock_person(connection, named_person(connection, VIEWER), by="terminal", now=utc_now())
    send_at(client, due + timedelta(days=1))
    assert len(box[0].mails) == 1


def test_an_owner_gets_what_is_theirs(client, chosen, box) -> None:
    person, _ = chosen(OWNER, locale="en")
    send_at(client, kept(client, person).due_at)
    mail = box[0].mails[0][1]
    text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert re.search(r"Promises\n1\. “", text)
    assert "Three things to do" not in text
    (attached,) = mail.iter_attachments()
    import io

    from pypdf import PdfReader

    shown = "".join(page.extract_text() for page in PdfReader(io.BytesIO(attached.get_content())).pages)
    assert "The value chain" not in shown
    assert "What your function answers for" in " ".join(shown.split())


def test_where_no_mail_is_sent_the_page_says_so(client, chosen, monkeypatch) -> None:
    from dataclasses import replace

    person, _ = chosen()
    due = kept(client, person).due_at
    ws = client.app.state.site.workspace
    silent = replace(ws, service=replace(ws.service, mail=None))
    monkeypatch.setattr(type(client.app.state.site), "workspace", property(lambda _: silent))
    assert send_at(client, due) == 0
    page = client.get("/account?lang=es").text
    assert "no envía correo" in page
    assert 'action="/account/mailing"' not in page
    assert kept(client, person).next_at == due
