"""The pages behind the sign-in, in a browser: on a phone and a wall, in both languages, and by keyboard alone."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from promesa.access import Rights, accept_invitation, access_key, begin, invite, make_key
from promesa.customers import make_own_link, view
from promesa.outgoing import announce, make_webhook
from promesa.store import quarantine_list
from promesa.web.gate import utc_now
from tests.customers.shops import TABLES, doubt, link, shop
from tests.web import browsing
from tests.web.people import GOOD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promesa.database import Database
    from promesa.workspace import Workspace
    from tests.store.companies import Company

pytestmark = pytest.mark.skipif(browsing.CHROMIUM is None, reason="no Chromium here: apt-get install chromium")


@pytest.fixture(scope="module")
def made(service_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The shop with a couple that waits for somebody's word and a row that waits for mending."""
    company = shop(tmp_path_factory.mktemp("browsed"))
    company.ws = replace(company.ws, service=service_workspace.service)
    wrong = {"id": "m9", "at": "2026-03-07 10:00", "customer": "k2", "touchpoint": "no such desk", "channel": "shop"}
    company.write("visits.csv", [*TABLES["visits"], {**dict.fromkeys(TABLES["visits"][0], ""), **wrong}])
    long = {"id": "p9", "at": "2026-01-05 09:00", "customer": "k9", "name": "N" * 300, "city": "C" * 200}
    company.write("people.csv", [*TABLES["people"], {**dict.fromkeys(TABLES["people"][0], ""), **long}])
    company.load()
    link(company, "k1", "w1")
    doubt(company, "k2", "w2")
    doubt(company, "k3", "w2")
    return company


@pytest.fixture(scope="module")
def session(database: Database, made: Company) -> str:
    """The session of an administrator with the right to personal data."""
    now, rights = utc_now(), Rights(role="administrator", functions=(), personal_data=True)
    with database.begin() as connection:
        token = invite(connection, "ana@tienda.example", rights=rights, by="terminal", now=now)
        person = accept_invitation(connection, token, password=GOOD, name="Ana Administradora", now=now)
        plain = Rights(role="viewer", functions=(), personal_data=False)
        invite(connection, f"{'x' * 60}@{'y' * 50}.example", rights=plain, by="terminal", now=now)
        url, asked = (
            f"https://hooks.example.com/{'a' * 200}",
            {"events": (), "allowed": ("hooks.example.com",), "now": now},
        )
        make_webhook(connection, url, key=access_key(made.ws), **asked)
        announce(connection, "load.finished", {"load": "1"}, now=now)
        make_key(connection, "tienda", tables_=("moments",), source=None, rate=None, by=person.actor, now=now)
        return begin(connection, person, device="Chromium", now=now)


@pytest.fixture(scope="module")
def site(made: Company) -> Iterator[str]:
    kept = made.root / "company.pickle"
    kept.write_bytes(pickle.dumps(made.ws))
    with browsing.served("company", kept) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing.chromium() as opened:
        yield opened


def enter(page: Any, site: str, session: str) -> None:
    page.context.add_cookies([{"name": "promesa", "value": session, "url": site}])


def addresses(ws: Workspace) -> list[str]:
    row = quarantine_list(ws)[0]
    person = view(ws, "crm:k1").person
    own = make_own_link(ws, "crm:k1", days=7, now=utc_now()).path
    longest = view(ws, "crm:k9").person
    customers = [
        "/customers",
        f"/customers/{person}",
        f"/customers/{longest}",
        f"/customers/{person}/forget",
        "/customers/review",
    ]
    settings = ["/settings/people", "/settings/keys", "/settings/audit", "/account"]
    settings += ["/settings/webhooks", "/settings/webhooks/1"]
    promise = ["/promises/on_time/commitments", "/promises/on_time/commitments?status=released"]
    rows = ["/data/quarantine", f"/data/quarantine/{row.id}"]
    return [*customers, *settings, "/cases", *promise, *rows, own, f"{own}/held", f"{own}x"]


@pytest.mark.parametrize(("width", "locale", "scheme"), browsing.ON)
def test_each_page_of_people_fits_and_can_be_used_by_everybody(
    browser, site, made, session, width, locale, scheme
) -> None:
    found: dict[str, list[str]] = {}
    with browsing.screen(browser, width, locale, scheme) as (page, wrong):
        enter(page, site, session)
        for address in addresses(made.ws):
            answer = page.goto(site + address)
            many = browsing.faults(page)
            if many or answer.status != (404 if address.endswith("x") else 200):
                found[address] = [*many, f"status {answer.status}"]
    assert found == {}
    assert [one for one in wrong if "404" not in one] == []


def tab_to(page: Any, wanted: str) -> None:
    """Press Tab until what is wanted has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    pytest.fail(f"no Tab leads to {wanted}")


def test_by_keyboard_alone_a_customer_is_found_and_a_pair_decided_and_undone(browser, site, made, session) -> None:
    with browsing.screen(browser, 1280, "en-GB", "light") as (page, wrong):
        enter(page, site, session)
        page.goto(f"{site}/customers")
        tab_to(page, "#who")
        page.keyboard.type("ana@correo.example")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/customers/{view(made.ws, 'crm:k1').person}")
        assert "Ana María Ruiz" in page.inner_text("main")
        tab_to(page, "a[href='/customers']")
        page.keyboard.press("Enter")
        page.wait_for_url("**/customers")
        tab_to(page, "a[href='/customers/review']")
        page.keyboard.press("Enter")
        page.wait_for_url("**/customers/review")
        tab_to(page, "button[value=different]")
        page.keyboard.press("Enter")
        page.wait_for_selector("button[value=undo]")
        page.keyboard.press("u")
        page.wait_for_url("**/customers/review?skip=0")
        assert page.query_selector("button[value=undo]") is None
        assert page.query_selector("button[value=same]") is not None
    assert wrong == []


def test_without_a_script_somebody_signs_in_finds_a_customer_and_narrows(browser, site, made, session) -> None:
    page = browser.new_context(java_script_enabled=False, locale="es-CO").new_page()
    page.goto(f"{site}/sign-in?to=/customers")
    page.fill("#email", "ana@tienda.example")
    page.fill("#password", "no es esta")
    page.click("main button[type=submit]")
    assert page.input_value("#email") == "ana@tienda.example"
    page.fill("#password", GOOD)
    page.click("main button[type=submit]")
    page.fill("#who", "ana@correo.example")
    page.click("form[role=search] button")
    assert page.url.endswith(f"/customers/{view(made.ws, 'crm:k1').person}")
    page.goto(f"{site}/cases")
    page.select_option("form.filters select >> nth=-1", "opened")
    page.click("form.filters button")
    assert "order=opened" in page.url
    page.context.close()
