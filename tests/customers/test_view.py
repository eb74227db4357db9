"""The view of one customer: complete, in order, by the rules of every analysis, and of nobody else."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from promesa.customers import CustomerView, Event, correct, view
from promesa.errors import InputError
from promesa.store import add_state, open_facts, session
from promesa.value import margin
from tests.customers.shops import LINKED, TABLES, link, shop, surrogates
from tests.store.companies import NOON, Company

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Company:
    company = shop(tmp_path_factory.mktemp("view"))
    link(company, "k1", "w1")
    return company


@pytest.fixture(scope="module")
def seen(made: Company) -> CustomerView:
    return view(made.ws, "crm:k1")


def events(found: CustomerView) -> dict[str, Event]:
    return {event.id: event for journey in found.journeys for event in journey.events}


def test_journeys_hold_every_fact_of_the_person_in_the_order_of_time(seen: CustomerView) -> None:
    assert [(journey.name, [event.id for event in journey.events]) for journey in seen.journeys] == [
        ("j1", ["s1", "m1", "o1"]),
        ("j2", ["s2", "m2", "c1", "o2"]),
        ("j3", ["m3"]),
        (None, ["m4"]),
    ]
    late = events(seen)["m4"]
    assert late.local == datetime(2026, 3, 5, 23, 30)
    assert late.at == datetime(2026, 3, 6, 4, 30)
    assert (late.stage, late.touchpoint, late.channel) == ("after", "call", "shop")


def test_promises_are_judged_as_everywhere(seen: CustomerView) -> None:
    found = {id_: [(o.promise, o.status) for o in event.promises] for id_, event in events(seen).items()}
    assert found["m1"] == [("on_time", "kept")]
    assert found["m2"] == [("on_time", "broken")]
    assert found["m3"] == [("on_time", "not_yet_due")]
    assert found["m4"] == []
    assert events(seen)["m2"].promises[0].gap == 3
    assert not events(seen)["m3"].lived


def test_money_opinions_and_elements(seen: CustomerView) -> None:
    facts = events(seen)
    assert (facts["o1"].score, facts["o1"].text, facts["o2"].score) == (5, "Muy bien", None)
    assert facts["m2"].elements == {"days_late": 3}
    assert (facts["s1"].revenue, facts["s1"].cost_of_goods) == (100, 60)
    assert facts["c1"].cost_to_serve == 6
    totals = seen.totals
    assert (totals.moments, totals.open_commitments, totals.opinions, totals.orders) == (3, 1, 1, 2)
    assert (totals.revenue, totals.cost_of_goods, totals.cost_to_serve, totals.margin) == (150.5, 60, 12.5, 78)
    assert totals.first_seen == datetime(2026, 1, 9, 15)


def test_goods_whose_cost_nobody_gave_did_not_cost_nothing(tmp_path: Path) -> None:
    made = shop(tmp_path)
    found = view(made.ws, "crm:k1").totals
    assert (found.orders, found.revenue, found.cost_of_goods) == (1, 50.5, None)
    assert view(made.ws, "crm:k3").totals.cost_of_goods == 0


def test_totals_of_all_persons_are_those_of_the_company(made: Company) -> None:
    persons = {view(made.ws, f"{'crm' if key[0] == 'k' else 'shop'}:{key}").person for key in surrogates(made)}
    views = [view(made.ws, number, as_of=NOON) for number in persons]
    whole = margin(made.ws, as_of=NOON, facts=open_facts(made.ws, as_of=NOON))
    nobody = 1000  # the row of costs without a customer
    for measure, added in (("revenue", 0), ("cost_of_goods", 0), ("cost_to_serve", nobody)):
        figures = [getattr(found.totals, measure) or 0 for found in views]
        rows = {e.measure: e for e in whole.estimates}
        if rows[measure].estimate is not None:  # small companies are withheld
            assert rows[measure].estimate == pytest.approx(sum(figures) + added)
    assert sum(found.totals.orders for found in views) == len(TABLES["sales"])


def test_the_profile_tells_origin_and_conflict(seen: CustomerView) -> None:
    fields = {field.name: field for field in seen.profile}
    assert (fields["document"].stated.value, fields["document"].stated.source) == ("1020304", "crm")
    assert fields["email"].stated.source == "shop"
    assert [(c.value, c.source) for c in fields["email"].conflicts] == [("ana@correo.example", "crm")]
    assert fields["phone"].conflicts == ()  # with and without the country's code
    assert fields["city"].stated.since == datetime(2026, 2, 1, 15)


def test_records_links_and_consents(made: Company, seen: CustomerView) -> None:
    numbers = surrogates(made)
    assert [(r.system, r.key, r.customer) for r in seen.records] == [
        ("crm", "k1", numbers["k1"]),
        ("shop", "w1", numbers["w1"]),
    ]
    (only,) = seen.links
    assert (only.low, only.high) == tuple(sorted((numbers["k1"], numbers["w1"])))
    assert (only.rule, only.state, only.decided_by, only.agreed) == ("phone", "linked", "promesa", {"phone": "same"})
    assert {each.purpose: each.allowed for each in seen.consents} == {"news": False, "study": True}
    assert [event.granted for event in seen.consent_history] == [True, False]
    assert [deed.action for deed in seen.sent] == ["coupon"]


def test_before_the_link_each_record_stands_alone(made: Company) -> None:
    early = view(made.ws, "crm:k1", as_of=LINKED - timedelta(days=1))
    assert [record.key for record in early.records] == ["k1"]
    assert set(events(early)) == {"s2"}
    assert early.consents[0].allowed
    assert early.links == ()


def test_what_lies_after_as_of_is_not_known_yet(made: Company) -> None:
    at_due = view(made.ws, "shop:w1", as_of=datetime(2026, 2, 8))
    assert "m2" not in events(at_due)
    later = view(made.ws, "shop:w1", as_of=datetime(2026, 8, 1))
    assert [o.status for o in events(later)["m3"].promises] == ["broken"]


def test_the_newest_are_shown_and_the_rest_counted(made: Company, seen: CustomerView) -> None:
    few = view(made.ws, "crm:k1", newest=3)
    newest = sorted(events(seen).values(), key=lambda event: event.at)[-3:]
    assert set(events(few)) == {event.id for event in newest}
    assert few.older_events == len(events(seen)) - 3
    assert few.totals == seen.totals
    assert view(made.ws, "crm:k1", newest=None).older_events == 0


def test_a_decision_of_a_person_is_told(tmp_path: Path) -> None:
    made = shop(tmp_path)
    low = link(made, "k1", "w1")
    (high,) = {surrogates(made)[key] for key in ("k1", "w1")} - {low}
    decision = (
        f"SELECT '{{}}' AS id, {low} AS low, {high} AS high, '{{}}' AS verdict, 'Eva' AS by, 'called her' AS note, "
        f"NULL AS probability, NULL AS stratum, NULL AS weight, TIMESTAMP '{NOON}' AS at, "
        f"TIMESTAMP '{NOON}' AS recorded_at"
    ).replace("AS by", 'AS "by"')
    with session(made.ws, recorded_at=NOON) as run:
        add_state(run, "decisions", decision.format("d1", "same"))
    (told,) = view(made.ws, "crm:k1").links
    assert (told.verdict, told.decided_by, told.note, told.state) == ("same", "Eva", "called her", "linked")
    with session(made.ws, recorded_at=NOON) as run:
        add_state(run, "decisions", decision.format("d2", "withdrawn"))
    (told,) = view(made.ws, "crm:k1").links
    assert (told.verdict, told.decided_by, told.note) == (None, "promesa", None)


def test_a_paused_person_still_sees_everything_and_is_told(tmp_path: Path) -> None:
    made = shop(tmp_path)
    link(made, "k1", "w1")
    with session(made.ws, recorded_at=NOON) as run:
        paused = (
            f"SELECT {surrogates(made)['w1']} AS customer, TIMESTAMP '{NOON}' AS at, NULL AS until, 'x' AS \"by\", "
        )
        add_state(run, "pauses", paused + f"TIMESTAMP '{NOON}' AS recorded_at")
    found = view(made.ws, "crm:k1")
    assert found.paused
    assert found.totals.orders == 2
    assert not any(each.allowed for each in found.consents)


def test_a_correction_goes_first_and_what_it_contradicts_is_shown(tmp_path: Path) -> None:
    made = shop(tmp_path)
    link(made, "k1", "w1")
    correct(made.ws, "crm:k1", changes={"city": "Tunja"}, by="Eva", recorded_at=NOON, at=datetime(2026, 1, 1))
    city = {field.name: field for field in view(made.ws, "crm:k1").profile}["city"]
    assert (city.stated.value, city.stated.source) == ("Tunja", "promesa")
    assert [(c.value, c.source) for c in city.conflicts] == [("Medellín", "shop"), ("Bogotá", "crm")]


def test_the_document_is_json_with_stable_keys(seen: CustomerView) -> None:
    document = json.loads(json.dumps(seen.to_document(), allow_nan=False))
    assert list(document) == [
        "person", "company", "currency", "time_zone", "as_of", "store_version", "paused", "profile", "records", "links",
        "journeys", "sent", "consents", "consent_history", "totals", "older_events", "older_deeds",
    ]  # fmt: skip
    assert document["journeys"][0]["events"][0]["local"] == "2026-01-09T10:00:00"
    assert document["totals"]["margin"] == 78


def test_nobody_is_an_error(made: Company) -> None:
    with pytest.raises(InputError, match="Nobody"):
        view(made.ws, "crm:nobody")


def test_a_person_without_any_fact_but_a_profile_is_shown(made: Company) -> None:
    found = view(made.ws, "crm:k3")
    assert found.journeys == ()
    assert found.totals.cost_to_serve is None
    assert found.totals.first_seen is None
    assert found.as_of == datetime(2026, 6, 29, 15)  # the last instant in the facts
