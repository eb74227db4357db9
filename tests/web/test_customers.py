"""The pages of customers: search, the person, links, rights, and the customer's own page."""

from __future__ import annotations

import io
import logging
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from litestar.testing import TestClient

from promesa import words
from promesa.access import audit_entries, passwords, verify_audit
from promesa.customers import OwnTelling, Telling, correct, forget, make_own_link, view
from promesa.customers.finding import one_person
from promesa.customers.person import AFTER_ALL
from promesa.store import inspect_store
from promesa.web import application, own_pages
from promesa.web.gate import utc_now
from promesa.web.site import Site
from tests.customers.shops import doubt, link, shop, surrogates
from tests.store.companies import Company
from tests.web.people import enter, make, send

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promesa.workspace import Workspace

EVIL = "<script>alert(1)</script> Núñez"


@pytest.fixture(scope="module")
def made(service_workspace, tmp_path_factory) -> tuple[Workspace, dict[str, int]]:
    company = shop(tmp_path_factory.mktemp("pages"))
    link(company, "k1", "w1")
    ws = replace(company.ws, service=service_workspace.service)
    correct(ws, "crm:k2", changes={"name": EVIL}, by="test", recorded_at=utc_now())
    return ws, surrogates(company)


@pytest.fixture(scope="module")
def client(made) -> Iterator[TestClient[Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        passwords._nobodys.cache_clear()
        patch.setattr(Site, "workspace", property(lambda _: made[0]))
        with TestClient(application(made[0].root), raise_server_exceptions=False) as one:
            make(one, "ana@tienda.example", "analyst", personal=True)
            make(one, "ver@tienda.example", "viewer", personal=True)
            make(one, "sin@tienda.example", "administrator")
            yield one


@pytest.fixture
def analyst(client) -> TestClient[Any]:
    enter(client, "ana@tienda.example")
    return client


@pytest.fixture
def nobody(client, monkeypatch) -> TestClient[Any]:
    client.cookies.clear()
    for name in ("LOOKS", "DEEDS"):
        pace = getattr(own_pages, name)
        monkeypatch.setattr(own_pages, name, own_pages.Pace(most=pace.most, seconds=pace.seconds))
    return client


def post(client: TestClient[Any], address: str, **fields: Any) -> Any:
    return client.post(address, data=fields, headers={"Origin": "null"}, follow_redirects=False)


def person(made, key: str) -> int:
    """Return the number of a person, for which their whole view need not be drawn."""
    with inspect_store(made[0]) as look:
        return one_person(look, key, instant=AFTER_ALL).number


def test_a_search_leads_to_the_person_and_leaves_nothing_in_addresses_or_logs(analyst, made, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    for who in ("ana@correo.example", "ANA MARIA RUIZ", "1.020.304", "crm:k1", "+57 300 123 4567"):
        found = send(analyst, "/customers/find", "/customers", who=who)
        assert found.status_code == 303, who
        assert found.headers["location"] == f"/customers/{person(made, 'crm:k1')}"
    assert "correo.example" not in caplog.text.replace("HTTP Request", "")
    several = send(analyst, "/customers/find?lang=en", "/customers", who="Ana")
    assert "persons were found" in several.text
    for lang, message in (("es", "No se encontró a nadie"), ("en", "Nobody was found")):
        assert message in send(analyst, f"/customers/find?lang={lang}", "/customers", who="Zutano").text


@pytest.mark.parametrize("lang", ["es", "en"])
def test_the_page_shows_the_person_and_escapes_every_text(analyst, made, lang) -> None:
    shown = analyst.get(f"/customers/{person(made, 'crm:k1')}?lang={lang}")
    assert shown.status_code == 200
    assert shown.headers["cache-control"] == "no-store"
    assert "Ana María Ruiz" in shown.text
    assert '<svg class="time-line"' in shown.text
    evil = analyst.get(f"/customers/{person(made, 'crm:k2')}?lang={lang}").text
    assert "<script>alert" not in evil
    assert "&lt;script&gt;alert(1)&lt;/script&gt; Núñez" in evil


def test_what_is_no_number_of_promesa_is_not_found(analyst, made) -> None:
    for number in (1020304, 5, 2**63, 10**25):
        assert analyst.get(f"/customers/{number}").status_code == 404, number
    assert send(analyst, f"/customers/{person(made, 'crm:k3')}/nonsense").status_code == 404


def test_a_record_leads_to_its_person(analyst, made) -> None:
    one = view(made[0], "crm:k1")
    other = next(r.customer for r in one.records if r.customer != one.person)
    led = analyst.get(f"/customers/{other}", follow_redirects=False)
    assert led.headers["location"] == f"/customers/{one.person}"


def test_only_who_may_sees_and_changes(client, made) -> None:
    number = person(made, "crm:k3")
    enter(client, "sin@tienda.example")
    for address in ("/customers", f"/customers/{number}", "/customers/review"):
        assert client.get(address).status_code == 403
    assert send(client, f"/customers/{number}/export").status_code == 403
    enter(client, "ver@tienda.example")
    assert client.get(f"/customers/{number}").status_code == 200
    assert "/pause" not in client.get(f"/customers/{number}").text
    for change in ("pause", "forget/now", "link", "correct"):
        assert send(client, f"/customers/{number}/{change}").status_code == 403
    assert client.get("/customers/review").status_code == 403


def test_changes_are_made_once_said_and_audited_without_values(analyst, made) -> None:
    ws, number = made[0], person(made, "crm:k3")
    at = f"/customers/{number}"
    purpose = view(ws, number).consents[0].purpose
    for change in ("give", "withdraw"):
        for _ in range(2):
            assert send(analyst, f"{at}/{change}", purpose=purpose).status_code == 303
        assert view(ws, number).consents[0].allowed is (change == "give")
    assert send(analyst, f"{at}/correct", field="email", value="nueva@casa.example").status_code == 303
    assert "nueva@casa.example" in analyst.get(f"{at}?said=correct").text
    assert send(analyst, f"{at}/correct", field="email", value="nothing").status_code == 422
    assert send(analyst, f"{at}/correct", field="no_such", value="x").status_code == 422
    assert send(analyst, f"{at}/pause").status_code == 303
    assert view(ws, number).paused
    assert send(analyst, f"{at}/resume").status_code == 303
    assert not view(ws, number).paused
    with analyst.app.state.gate.database.begin() as connection:
        entries = [one for one in audit_entries(connection) if one.object == f"customer:{number}"]
        verify_audit(connection)
    kinds = {one.action for one in entries}
    assert {f"customer.{c}" for c in ("give", "withdraw", "correct", "pause", "resume")} <= kinds
    assert "casa.example" not in str(entries)


def test_an_export_is_one_file_with_everything(analyst, made) -> None:
    answer = send(analyst, f"/customers/{person(made, 'crm:k1')}/export")
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert "person.json" in names
    assert answer.headers["cache-control"] == "no-store"


def test_the_review_without_pairs_says_so(analyst) -> None:
    assert "No pair waits" in analyst.get("/customers/review?lang=en").text
    assert send(analyst, "/customers/review/decide", verdict="same", low="1", high="2").status_code == 422
    assert send(analyst, "/customers/review/decide", verdict="nonsense", low="1", high="2").status_code == 422


@pytest.mark.parametrize("lang", ["es", "en"])
def test_the_own_page_opens_by_its_link_alone(nobody, made, lang) -> None:
    link_ = make_own_link(made[0], "crm:k2", days=7, now=utc_now())
    shown = nobody.get(f"{link_.path}?lang={lang}")
    assert shown.status_code == 200
    assert "Núñez" in shown.text
    assert "<script>alert" not in shown.text
    assert "Ana María" not in shown.text
    for name, value in (("referrer-policy", "no-referrer"), ("cache-control", "no-store")):
        assert shown.headers[name] == value
    assert "noindex" in shown.headers["x-robots-tag"]
    assert "Núñez" not in link_.path


@pytest.mark.parametrize(
    ("lang", "born", "late"), [("es", "31 may 1984", "10 feb 2026"), ("en", "May 31, 1984", "Feb 10, 2026")]
)
def test_days_are_written_the_readers_way_and_marked_for_programs(analyst, made, lang, born, late) -> None:
    pages = [
        analyst.get(f"/customers/{person(made, 'crm:k1')}?lang={lang}").text,
        analyst.get(f"{make_own_link(made[0], 'crm:k1', days=7, now=utc_now()).path}?lang={lang}").text,
    ]
    for shown in pages:
        told = re.sub(r"<[^>]+>", " ", shown.partition("<main")[2])
        assert not re.search(r"\d{4}-\d\d-\d\d", told)
        assert born in told
        assert late in told
        assert '<time datetime="2026-02-10T10:00-05:00"><span class="whole">' in shown


@pytest.mark.parametrize("lang", ["es", "en"])
def test_the_own_page_shows_what_concerns_the_customer_and_no_figure_of_the_company(nobody, made, lang) -> None:
    shown = nobody.get(f"{make_own_link(made[0], 'shop:w1', days=7, now=utc_now()).path}?lang={lang}").text
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", shown))
    assert re.search(r"100\b", told), "what they paid"
    for inner in ("\N{MINUS SIGN}", " 60 ", "6.00", "6,00", "2.50", "2,50"):
        assert inner not in told, inner
    assert words.say("customers.view.paid", lang) in told
    assert words.say("web.customer.lane.costs", lang) not in told


def test_codes_of_the_company_are_told_to_the_company_alone(made) -> None:
    ws = made[0]
    found = view(ws, "crm:k2")
    event = replace(
        next(event for journey in found.journeys for event in journey.events if event.kind == "moments"),
        details={"employee": "E-17", "supplier": "S-4", "product": "chair", "outcome": "solved"},
        cost_to_serve=9.0,
    )
    inside, own = (" ".join(told(found, ws, "en", cut=None).event_cells(event)) for told in (Telling, OwnTelling))
    for code in ("E-17", "S-4", "9.00"):
        assert code in inside
        assert code not in own
    assert "chair" in own
    assert "solved" in own


def test_a_link_that_was_tampered_with_or_is_too_old_opens_nothing(nobody, made) -> None:
    ws, now = made[0], utc_now()
    good = make_own_link(ws, "crm:k2", days=7, now=now).token
    other = make_own_link(ws, "crm:k3", days=7, now=now).token
    number, since, ends, mark, seal = good.split(".")
    old = make_own_link(ws, "crm:k2", days=1, now=now - timedelta(days=2)).token
    forged = [
        ".".join([other.split(".")[0], since, ends, mark, seal]),
        f"{number}.{since}.ffffffffffffff.{mark}.{seal}",
        f"{number}.ffffffffffffff.{ends}.{mark}.{seal}",
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        f"{number}.{since}.{ends}.{mark}.",
        "x",
        old,
    ]
    for token in forged:
        answer = nobody.get(f"/me/{token}")
        assert answer.status_code == 404, token
        assert "Núñez" not in answer.text
        assert post(nobody, f"/me/{token}/pause", confirm="yes").status_code == 404
        assert post(nobody, f"/me/{token}/export").status_code == 404
    assert not view(ws, "crm:k2").paused


def test_records_of_somebody_else_are_not_taken_apart(analyst, made) -> None:
    one = view(made[0], "crm:k1")
    stranger = view(made[0], "crm:k2").records[0].customer
    at = f"/customers/{one.person}"
    assert send(analyst, f"{at}/apart", low=one.person, high=stranger).status_code == 422
    assert view(made[0], "crm:k1").records == one.records


def test_two_told_apart_are_two_until_it_is_undone(analyst, made) -> None:
    ws = made[0]
    one = view(ws, "crm:k1")
    at, pair = f"/customers/{one.person}", {"low": one.links[0].low, "high": one.links[0].high}
    assert f'action="{at}/apart"' in analyst.get(at).text
    done = send(analyst, f"{at}/apart", **pair)
    assert done.headers["location"] == f"{at}?said=apart"
    assert person(made, "crm:k1") != person(made, "shop:w1")
    shown = analyst.get(f"{at}?said=apart&lang=en").text
    assert "Told apart" in shown
    assert f'action="{at}/undo"' in shown
    assert send(analyst, f"{at}/undo", low=pair["low"], high=person(made, "crm:k2")).status_code == 422
    assert send(analyst, f"{at}/undo", **pair).status_code == 303
    assert person(made, "crm:k1") == person(made, "shop:w1") == one.person
    assert send(analyst, f"{at}/undo", low=1, high=2).status_code == 422
    with analyst.app.state.gate.database.begin() as connection:
        done = {entry.action for entry in audit_entries(connection) if entry.object == f"customer:{one.person}"}
    assert {"customer.apart", "customer.undo"} <= done


def test_a_pair_in_review_is_joined_parted_closed_and_put_back(analyst, made) -> None:
    ws, numbers = made
    doubt(Company(ws.root, ws), "w2", "k2")
    pair = dict(zip(("low", "high"), sorted((numbers["w2"], numbers["k2"])), strict=True))
    for verdict, joined in (("same", True), ("different", False), ("never", False)):
        shown = analyst.get("/customers/review?lang=en").text
        assert f'name="low" value="{pair["low"]}"' in shown
        done = send(analyst, "/customers/review/decide", "/customers/review", verdict=verdict, **pair)
        assert (person(made, "crm:k2") == person(made, "shop:w2")) is joined, verdict
        after = analyst.get(f"{done.headers['location']}&lang=en").text
        assert "No pair waits" in after
        last = re.search(r'name="last" value="([\w-]+)"', after)
        assert last is not None
        back = send(analyst, "/customers/review/decide", "/customers", verdict="undo", last=last[1])
        assert back.headers["location"] == "/customers/review?skip=0"
        assert person(made, "crm:k2") != person(made, "shop:w2")
    with analyst.app.state.gate.database.begin() as connection:
        about = f"customer:{pair['low']},{pair['high']}"
        said = [entry.action for entry in audit_entries(connection) if entry.object == about]
    assert said == [f"customer.review.{one}" for one in ("same", "undo", "different", "undo", "never", "undo")]
    assert send(analyst, "/customers/review/decide", verdict="never", **pair).status_code == 303


def test_customers_change_their_own_data_after_being_asked_once_more(nobody, made) -> None:
    ws = made[0]
    at = make_own_link(ws, "crm:k2", days=7, now=utc_now()).path
    purpose = view(ws, "crm:k2").consents[0].purpose
    for change, sent in (
        ("give", {"purpose": purpose}),
        ("correct", {"field": "phone", "value": "+57 310 000 0000"}),
        ("pause", {}),
        ("resume", {}),
    ):
        asked = post(nobody, f"{at}/{change}", **sent)
        assert asked.status_code == 200, change
        assert 'name="confirm" value="yes"' in asked.text
        done = post(nobody, f"{at}/{change}", confirm="yes", **sent)
        assert done.status_code == 303, change
    assert view(ws, "crm:k2").consents[0].allowed
    assert nobody.get(f"{at}/receipt/{purpose}").json()["status"]["allowed"] is True
    assert nobody.get(f"{at}/receipt/no_such").status_code == 404
    assert post(nobody, f"{at}/apart", confirm="yes").status_code == 404
    assert "person.json" in zipfile.ZipFile(io.BytesIO(post(nobody, f"{at}/export").content)).namelist()
    refused = nobody.post(f"{at}/pause", data={"confirm": "yes"}, headers={"Origin": "https://evil.example"})
    assert refused.status_code == 403


def test_customers_are_told_beside_the_field_why_nothing_was_changed(nobody, made) -> None:
    at = make_own_link(made[0], "crm:k2", days=7, now=utc_now()).path
    sent = {"field": "birth_date", "value": "31/02/1990"}
    asked = post(nobody, f"{at}/correct?lang=es", **sent)
    assert "fecha de nacimiento: 31/02/1990" in asked.text
    refused = post(nobody, f"{at}/correct?lang=es", confirm="yes", **sent)
    assert refused.status_code == 422
    assert re.search(r'id="value"[^>]+value="31/02/1990"[^>]+aria-describedby="value-wrong"', refused.text)
    assert "escriba la fecha como año-mes-día" in refused.text
    assert '<details class="person" open>' in refused.text
    forgetting = post(nobody, f"{at}/forget?lang=es", word="no")
    assert forgetting.status_code == 422
    assert 'id="word-wrong"' in forgetting.text
    assert "esta persona" not in forgetting.text, "it is said to them, not of them"
    shown = nobody.get(f"{at}?lang=es").text
    assert "el cliente" not in shown
    assert "Retiro mi permiso" in shown or "Doy mi permiso" in shown


def test_customers_see_how_much_is_held_table_by_table(nobody, made) -> None:
    link_ = make_own_link(made[0], "crm:k2", days=7, now=utc_now())
    assert f'href="{link_.path}/held"' in nobody.get(link_.path).text
    shown = nobody.get(f"{link_.path}/held?lang=en")
    assert shown.headers["cache-control"] == "no-store"
    counted = forget(made[0], "crm:k2", recorded_at=utc_now(), by="test")
    assert f"{counted.total} rows in all" in shown.text
    for row in counted.rows():
        assert f'<td class="num">{row["rows"]}</td>' in shown.text
    assert view(made[0], "crm:k2").records, "counting erases nothing"
    assert nobody.get(f"{link_.path}x/held").status_code == 404


def test_changes_by_a_link_are_slowed_down(nobody, made, monkeypatch) -> None:
    monkeypatch.setattr(own_pages, "DEEDS", own_pages.Pace(most=2, seconds=60))
    at = make_own_link(made[0], "crm:k2", days=7, now=utc_now()).path
    answers = [post(nobody, f"{at}/pause").status_code for _ in range(3)]
    assert answers == [200, 200, 429]


def test_a_forgotten_customer_is_gone_and_so_is_the_link(nobody, made) -> None:
    ws = made[0]
    link_ = make_own_link(ws, "crm:k2", days=7, now=utc_now())
    asked = post(nobody, f"{link_.path}/forget?lang=en")
    assert "forget" in asked.text
    assert post(nobody, f"{link_.path}/forget?lang=en", word="no").status_code == 422
    assert nobody.get(link_.path).status_code == 200
    gone = post(nobody, f"{link_.path}/forget?lang=en", word=" Forget ")
    assert gone.status_code == 200
    assert "Certificate" in gone.text
    assert nobody.get(link_.path).status_code == 404
    assert post(nobody, f"{link_.path}/forget?lang=en", word="forget").status_code == 404
    with nobody.app.state.gate.database.begin() as connection:
        assert any(one.action == "own.forget" and one.actor == "customer" for one in audit_entries(connection))


def test_the_company_forgets_a_person_by_typing_the_word(analyst, made) -> None:
    number = person(made, "crm:k3")
    assert "olvidar" in analyst.get(f"/customers/{number}/forget?lang=es").text
    assert send(analyst, f"/customers/{number}/forget/now?lang=es", word="").status_code == 422
    gone = send(analyst, f"/customers/{number}/forget/now?lang=es", word="olvidar")
    assert gone.status_code == 200
    assert "Certificado" in gone.text
    assert analyst.get(f"/customers/{number}").status_code == 404


def test_the_button_makes_a_link_that_works(analyst, made) -> None:
    number = person(made, "crm:k1")
    shown = send(analyst, f"/customers/{number}/link")
    path = re.search(r"/me/[\w.-]+", shown.text)
    assert path is not None
    analyst.cookies.clear()
    assert analyst.get(path[0]).status_code == 200


def test_links_that_were_taken_back_open_nothing_and_new_ones_do(analyst, made) -> None:
    number = person(made, "crm:k1")
    handed = [send(analyst, f"/customers/{number}/link").text for _ in range(2)]
    assert f'action="/customers/{number}/links-taken-back"' in handed[0]
    paths = [re.findall(r"/me/[\w.-]+", text)[0] for text in handed]
    done = send(analyst, f"/customers/{number}/links-taken-back")
    assert "open nothing" in analyst.get(f"{done.headers['location']}&lang=en").text
    again = re.findall(r"/me/[\w.-]+", send(analyst, f"/customers/{number}/link").text)[0]
    analyst.cookies.clear()
    assert [analyst.get(path).status_code for path in (*paths, again)] == [404, 404, 200]
    assert post(analyst, f"{paths[0]}/pause", confirm="yes").status_code == 404
