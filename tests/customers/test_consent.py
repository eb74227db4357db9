"""Consent: the latest word counts, a no beats a yes, and one person's `may` is every list's `allowed`."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promesa.customers import allowed, find, give, may, receipt, withdraw
from promesa.engine import connect
from promesa.errors import InputError, UnknownName
from promesa.store import add_state, open_facts, session
from promesa.workspace import ConsentPurpose
from tests.customers.shops import FIRST, LAST, link, shop, surrogates
from tests.drawn import cases
from tests.store.companies import NOON, Company, company, label, model
from tests.worlds import facts_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts

DAY = datetime(2026, 5, 1)
PURPOSES = {
    "news": ConsentPurpose(name="news", label=label("news")),
    "study": ConsentPurpose(name="study", label=label("study"), needs=False),
}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return connect("duckdb")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Return a company without a store: its facts come from rows."""
    return company(tmp_path_factory.mktemp("bare"), loads={}, time_zone="UTC", model=model(consents=PURPOSES))


def facts(bare: Company, folder: Path, engine: Engine, as_of: datetime, **tables: list[dict[str, Any]]) -> Facts:
    facts.turn += 1  # type: ignore[attr-defined]
    place = folder / str(facts.turn)  # type: ignore[attr-defined]
    place.mkdir()
    version = f"v{facts.turn}"  # type: ignore[attr-defined]
    return facts_of(bare.ws, tables, folder=place, as_of=as_of, engine=engine, version=version)


facts.turn = 0  # type: ignore[attr-defined]


def yes(customer: int, at: datetime, *, until: datetime | None = None, granted: bool = True) -> dict[str, Any]:
    return {"customer": customer, "at": at, "purpose": "news", "granted": granted, "until": until}


def no(customer: int, at: datetime) -> dict[str, Any]:
    return yes(customer, at, granted=False)


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([], "never-given"),
        ([yes(1, DAY)], "given"),
        ([no(1, DAY)], "refused"),
        ([yes(1, DAY - timedelta(1)), no(1, DAY)], "withdrawn"),
        ([no(1, DAY - timedelta(1)), yes(1, DAY)], "given"),
        ([yes(1, DAY), no(1, DAY)], "refused"),
        ([yes(1, DAY + timedelta(microseconds=1))], "never-given"),
        ([yes(1, DAY - timedelta(1), until=DAY)], "ended"),
        ([yes(1, DAY - timedelta(1), until=DAY + timedelta(microseconds=1))], "given"),
        ([yes(1, DAY - timedelta(1)), yes(1, DAY - timedelta(1), until=DAY)], "ended"),
        ([yes(2, DAY - timedelta(2)), no(1, DAY - timedelta(1))], "withdrawn"),
    ],
)
def test_the_latest_word_counts(
    bare: Company, tmp_path: Path, engine: Engine, events: list[dict[str, Any]], reason: str
) -> None:
    joined = [{"customer": c, "person": 1, "since": FIRST, "until": LAST} for c in (1, 2)]
    world = facts(bare, tmp_path, engine, DAY, consents=events, persons=joined)
    found = may(world, 1, "news", as_of=DAY)
    assert (found.reason, found.allowed) == (reason, reason == "given")
    assert may(world, 2, "news", as_of=DAY) == found


instants = st.sampled_from([DAY + timedelta(days=n) for n in range(4)])
event = st.builds(
    lambda customer, at, granted, until: {**yes(customer, at, until=until), "granted": granted},
    st.integers(1, 4),
    instants,
    st.booleans(),
    st.none() | instants,
)


@settings(max_examples=cases(5))
@given(
    events=st.lists(event, max_size=12),
    as_of=instants,
    joined=st.booleans(),
    since=instants,
    paused=st.sets(st.integers(1, 4), max_size=2),
)
def test_may_of_each_person_is_allowed_of_all(
    bare: Company,
    engine: Engine,
    tmp_path_factory: pytest.TempPathFactory,
    events: list[dict[str, Any]],
    as_of: datetime,
    joined: bool,
    since: datetime,
    paused: set[int],
) -> None:
    persons = [
        {"customer": 1, "person": 1, "since": FIRST, "until": LAST},
        {"customer": 3, "person": 3, "since": FIRST, "until": since},
        {"customer": 3, "person": 1, "since": since, "until": LAST},
    ]
    world = facts(
        bare,
        tmp_path_factory.mktemp("any"),
        engine,
        as_of,
        consents=events,
        profiles=[{"customer": n, "at": DAY} for n in (1, 2, 3)],
        persons=persons if joined else [],
        pauses=[{"customer": n, "at": DAY, "until": None, "by": "x", "recorded_at": DAY} for n in paused],
    )
    for purpose in PURPOSES:
        listed = sorted(engine.fetch(allowed(world, purpose))["person"].to_pylist())
        each = [may(world, number, purpose, as_of=as_of) for number in range(1, 6)]
        assert listed == sorted({found.person for found in each if found.allowed})


def test_a_purpose_that_needs_no_yes_ends_with_a_no(bare: Company, tmp_path: Path, engine: Engine) -> None:
    said = [
        {**no(1, DAY), "purpose": "study"},
        {**yes(2, DAY - timedelta(2), until=DAY - timedelta(1)), "purpose": "study"},
    ]
    world = facts(bare, tmp_path, engine, DAY, consents=said, profiles=[{"customer": 3, "at": DAY}])
    assert may(world, 1, "study", as_of=DAY).reason == "refused"
    assert may(world, 2, "study", as_of=DAY).reason == "not-needed"
    assert may(world, 3, "study", as_of=DAY).allowed
    assert may(world, 9, "study", as_of=DAY).reason == "unknown"


def test_a_purpose_nobody_declared_is_an_error_where_any_is(bare: Company, tmp_path: Path, engine: Engine) -> None:
    world = facts(bare, tmp_path, engine, DAY, consents=[yes(1, DAY)])
    with pytest.raises(UnknownName, match="newz"):
        may(world, 1, "newz", as_of=DAY)
    with pytest.raises(UnknownName):
        allowed(world, "newz")
    free = replace(world, workspace=replace(bare.ws, model=model(consents={})))
    assert may(free, 1, "news", as_of=DAY).allowed
    assert not may(free, 1, "newz", as_of=DAY).allowed


def test_withdrawn_means_from_that_moment(tmp_path: Path) -> None:
    made = shop(tmp_path)
    person = link(made, "k1", "w1")
    hour = timedelta(hours=1)
    give(made.ws, "crm:k1", "news", recorded_at=NOON, channel="web", by="Eva P.")
    assert withdraw(made.ws, person, "news", recorded_at=NOON + 2 * hour) == person
    at = [may(made.ws, person, "news", as_of=(NOON + n * hour).isoformat() + "+00:00") for n in range(4)]
    assert [found.reason for found in at] == ["given", "given", "withdrawn", "withdrawn"]
    assert at[0].event is not None
    assert (at[0].event.notice, at[0].event.channel, at[0].event.source) == ("v2", "web", "promesa")
    assert at[0].event.id.startswith("Eva_P.-")
    numbers = surrogates(made)
    assert at[0].event.record == numbers["k1"]
    noes = made.live("consents", "customer, granted, source")
    assert {(numbers[key], False, "promesa") for key in ("k1", "w1")} <= set(noes)
    assert open_facts(made.ws).version  # the store is whole


def test_a_pause_stops_every_use(tmp_path: Path) -> None:
    made = shop(tmp_path)
    number = surrogates(made)["k2"]
    assert may(made.ws, number, "study", as_of=NOON.date()).allowed
    with session(made.ws, recorded_at=NOON) as run:
        row = f"SELECT {number} AS customer, TIMESTAMP '{NOON}' AS at, NULL AS until, 'x' AS \"by\", TIMESTAMP '{NOON}'"
        add_state(run, "pauses", f"{row} AS recorded_at")
    assert may(made.ws, number, "study", as_of=NOON.date()).reason == "paused"


def test_what_cannot_be_recorded(tmp_path: Path) -> None:
    made = shop(tmp_path)
    before = open_facts(made.ws).version
    with pytest.raises(InputError, match="end before it begins"):
        give(made.ws, "crm:k1", "news", recorded_at=NOON, until=NOON)
    with pytest.raises(UnknownName):
        give(made.ws, "crm:k1", "newz", recorded_at=NOON)
    with pytest.raises(InputError, match="channel"):
        give(made.ws, "crm:k1", "news", recorded_at=NOON, channel="pigeon")
    assert open_facts(made.ws).version == before


def test_the_receipt_tells_the_history_and_makes_nothing_up(tmp_path: Path) -> None:
    made = shop(tmp_path)
    person = link(made, "k1", "w1")
    withdraw(made.ws, "crm:k1", "news", recorded_at=NOON)
    document = json.loads(json.dumps(receipt(made.ws, person, "news", as_of="2026-07-01")))
    assert [event["event_state"] for event in document["events"]] == ["given", "withdrawn", "refused"]
    assert document["status"] == {"allowed": False, "reason": "withdrawn", "until": None}
    (purpose,) = document["pii_processing"]["purposes"]
    assert purpose["withdrawal_method"] == {"es": "write to us", "en": "write to us"}
    assert purpose["lawful_basis"] == "consent"
    assert purpose["jurisdiction"] is None
    assert document["pii_processing"]["privacy_notice"] == "v1"
    assert document["record_header"]["pii_principal_id"] == str(person)
    for value in ("Ruiz", "correo.example", "300 123"):
        assert value not in json.dumps(document)
    again = receipt(made.ws, person, "news", as_of="2026-07-01")
    assert again == document
    (other,) = find(made.ws, "crm:k3")
    with pytest.raises(InputError, match="nothing to give a receipt of"):
        receipt(made.ws, other, "news", as_of="2026-07-01")
