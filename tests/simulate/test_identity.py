"""Who is who: the truth covers every key, and the records say of a person what real systems say."""

from math import gcd
from pathlib import Path
from typing import Any

import numpy as np
import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from promesa.simulate.account_tables import how_many_test_accounts
from promesa.simulate.habits import CALLS, CRM, SHOP, Habits
from promesa.simulate.handwriting import (
    DOCUMENT_LETTERS,
    GOLDEN,
    Writer,
    misspelt,
    written_births,
    written_documents,
    written_emails,
    written_names,
    written_phones,
)
from promesa.simulate.identity import IN_PAIRS, IN_THREES, Identity, count_of, draw_identity
from promesa.simulate.names import FAMILY, GIVEN, MEN, NICKNAMES, SECOND, WOMEN
from tests.drawn import cases
from tests.simulate.warehouse import Warehouse

KEYS = {  # the columns that hold keys, by system
    "crm": ["SELECT id_cliente FROM clientes"],
    "tienda": [
        "SELECT cuenta FROM cuentas",
        "SELECT id_tienda FROM clientes WHERE id_tienda IS NOT NULL",
        "SELECT cliente FROM pedidos_colombia UNION ALL SELECT cliente FROM pedidos_espana",
        "SELECT cliente FROM sesiones",
        "SELECT cliente FROM turnos",
        "SELECT cliente_tienda FROM contactos WHERE cliente_tienda IS NOT NULL",
        "SELECT cliente FROM consentimientos WHERE sistema = 'tienda'",
        "SELECT cliente FROM envios WHERE sistema = 'tienda'",
    ],
    "callcenter": ["SELECT cliente FROM llamantes", "SELECT cliente FROM contactos WHERE cliente IS NOT NULL"],
}


@pytest.fixture(scope="module")
def files(company: Path) -> Warehouse:
    warehouse = Warehouse(company)
    persons = parquet.read_table(company / "truth" / "true_persons.parquet")
    warehouse.db.register("persons", persons)
    return warehouse


@pytest.fixture(scope="module")
def crowd() -> Identity:
    region = np.random.default_rng(1).integers(0, 8, 20_000)
    return draw_identity(region, np.random.default_rng(2))


def writer(who: Identity, habits: Habits, *, country: int | None = None) -> Writer:
    size = len(who.given)
    rng = np.random.default_rng(3)
    countries = rng.integers(0, 2, size) if country is None else np.full(size, country)
    return Writer(who=who, number=np.arange(size), country=countries, habits=habits, rng=rng)


def test_every_key_is_one_person(files: Warehouse, truth: dict[str, Any]) -> None:
    assert files.one("SELECT count(*) - count(DISTINCT (sistema, clave)) FROM persons") == 0
    assert files.one("SELECT count(DISTINCT persona) FROM persons WHERE persona LIKE 'N%'") == 3_000
    assert files.one("SELECT count(*) FROM persons WHERE persona LIKE 'N%'") == truth["persons"]["records"]


@pytest.mark.parametrize("system", KEYS)
def test_every_key_of_a_file_is_in_the_truth(files: Warehouse, system: str) -> None:
    for keys in KEYS[system]:
        known = f"SELECT clave FROM persons WHERE sistema = '{system}'"
        assert files.one(f"SELECT count(*) FROM ({keys}) AS k(clave) ANTI JOIN ({known}) USING (clave)") == 0, keys


def test_every_key_of_the_truth_has_a_record(files: Warehouse) -> None:
    keys = (("crm", "clientes", "id_cliente"), ("tienda", "cuentas", "cuenta"), ("callcenter", "llamantes", "cliente"))
    for system, source, key in keys:
        known = f"SELECT clave FROM persons WHERE sistema = '{system}'"
        assert files.one(f"SELECT count(*) FROM ({known}) AS p ANTI JOIN {source} AS s ON s.{key} = p.clave") == 0


def test_true_counts_are_those_of_the_table(files: Warehouse, truth: dict[str, Any]) -> None:
    records = files.rows(
        """SELECT count(*) FILTER (sistema = 'crm'), count(*) FILTER (sistema = 'tienda'),
          count(*) FILTER (sistema = 'callcenter'), count(*) FROM persons WHERE persona LIKE 'N%' GROUP BY persona"""
    )
    crm, shop, calls, every = np.array(records).T
    persons = truth["persons"]
    assert (crm == 2).sum() == persons["twice_in_crm"] > 0
    assert (crm == 0).sum() == persons["not_in_crm"] > 0
    assert (shop == 2).sum() == persons["two_shop_accounts"] > 0
    assert calls.sum() == persons["known_to_the_call_centre"] > 0
    assert (every * (every - 1) // 2).sum() == persons["pairs"]


def test_shares_of_duplicates_are_those_declared(truth: dict[str, Any]) -> None:
    persons = truth["persons"]
    for name, share in (("twice_in_crm", 0.93 * 0.06), ("two_shop_accounts", 0.05), ("not_in_crm", 0.07)):
        assert persons[name] / persons["persons"] == pytest.approx(share, abs=4 * (share / persons["persons"]) ** 0.5)


def test_test_accounts_are_nobody(files: Warehouse, truth: dict[str, Any]) -> None:
    found = files.rows(
        """SELECT count(*), count(DISTINCT nombre), count(DISTINCT teléfono), count(DISTINCT correo),
          count(DISTINCT persona) FROM cuentas JOIN persons ON clave = cuenta WHERE persona LIKE 'X%'"""
    )[0]
    size = how_many_test_accounts(3_000)
    assert found == (size, 1, 1, 1, size)
    assert size == truth["persons"]["test_accounts"] > 30
    assert how_many_test_accounts(20_000) == 200
    assert files.one("SELECT count(*) FROM turnos WHERE cliente LIKE 'T9%'") == 0


def test_households_share_what_they_share(crowd: Identity) -> None:
    counts = count_of(crowd)
    size = len(crowd.given)
    assert counts["in_households"] / size == pytest.approx(IN_PAIRS + IN_THREES, abs=0.01)
    assert counts["sharing_an_email"] / size == pytest.approx(0.03, abs=0.006)
    assert counts["twins"] >= 2
    assert counts["sharing_a_full_name"] >= 2


@settings(max_examples=cases(20))
@given(st.lists(st.integers(0, 7), min_size=1, max_size=300), st.integers(0, 2**32))
def test_a_household_is_of_one_region_and_its_names_go_together(regions: list[int], seed: int) -> None:
    region = np.array(regions)
    who = draw_identity(region, np.random.default_rng(seed))
    first = who.household
    assert (region == region[first]).all()
    assert (first[first] == first).all()
    assert np.isin(who.mailbox, np.arange(len(region))).all()
    assert ((who.mailbox == first) | (who.mailbox == np.arange(len(region)))).all()
    siblings, together = who.relation == 0, np.bincount(first)[first]
    assert (who.family == who.family[first])[siblings].all()
    assert (who.second_family == who.second_family[first])[siblings].all()
    assert ((together > 1) == (who.relation >= 0)).all()
    assert together.max() <= 3
    child = (who.relation == 1) & (first != np.arange(len(region)))
    assert (who.born - who.born[first])[child].min(initial=10_000) >= 8_000


def test_names_are_many_and_of_one_list_each() -> None:
    assert len(set(GIVEN)) == len(GIVEN) > 120
    assert len(set(FAMILY)) == len(FAMILY) > 250
    assert not set(WOMEN) & set(MEN)
    assert set(NICKNAMES) <= set(GIVEN)
    for name in (*GIVEN, *FAMILY, *SECOND, *NICKNAMES.values()):
        name.encode("latin-1")


def test_a_careful_hand_writes_whole_names(crowd: Identity) -> None:
    rows = np.arange(500)
    names = written_names(writer(crowd, Habits()), rows).to_pylist()
    for row, name in zip(rows, names, strict=True):
        second = [SECOND[crowd.second_given[row]]] if crowd.second_given[row] >= 0 else []
        parts = [GIVEN[crowd.given[row]], *second, FAMILY[crowd.family[row]], FAMILY[crowd.second_family[row]]]
        assert name == " ".join(parts)


@pytest.mark.parametrize(
    ("habits", "row_says"),
    [
        (Habits(comma=1.0), lambda name: name.count(",") == 1),
        (Habits(capitals=1.0), str.isupper),
        (Habits(small=1.0), str.islower),
        (Habits(no_accents=1.0), str.isascii),
    ],
)
def test_habits_show(crowd: Identity, habits: Habits, row_says: Any) -> None:
    assert all(row_says(name) for name in written_names(writer(crowd, habits), np.arange(300)).to_pylist())


def test_one_surname_in_the_call_centre_and_two_in_the_crm(crowd: Identity) -> None:
    rows = np.arange(5_000)
    words = {
        h: np.mean([len(n.split()) for n in written_names(writer(crowd, h), rows).to_pylist()]) for h in (CRM, CALLS)
    }
    assert words[CRM] > words[CALLS] + 0.7


@given(st.text(max_size=30), st.integers(0, 2**32))
def test_a_slip_changes_one_letter(text: str, seed: int) -> None:
    wrong = misspelt(text, np.random.default_rng(seed))
    assert abs(len(wrong) - len(text)) <= 1


def test_numbers_are_of_one_person_each() -> None:
    assert all(gcd(multiplier, among) == 1 for among, multiplier in GOLDEN.items())


@pytest.mark.parametrize(("country", "code"), [(0, "CO"), (1, "ES")])
def test_phones_can_be_called(crowd: Identity, country: int, code: str) -> None:
    phones = written_phones(writer(crowd, Habits(country_code=0.5), country=country), np.arange(400)).to_pylist()
    parsed = [
        phonenumbers.parse(phone.replace("00", "+", 1) if phone.startswith("00") else phone, code) for phone in phones
    ]
    assert all(phonenumbers.is_valid_number_for_region(number, code) for number in parsed)
    single = np.flatnonzero(crowd.household[:400] == np.arange(400))
    assert len({parsed[row].national_number for row in single}) == len(single)


def test_documents_are_one_a_person_and_dni_end_in_their_letter(crowd: Identity) -> None:
    rows = np.arange(5_000)
    for country in (0, 1):
        documents = written_documents(writer(crowd, Habits(), country=country), rows).to_pylist()
        plain = [document.replace(".", "").replace("-", "") for document in documents]
        assert len(set(plain)) == len(rows)
        assert country == 0 or all(DOCUMENT_LETTERS[int(dni[:-1]) % 23] == dni[-1] for dni in plain)
    right = written_documents(writer(crowd, Habits(), country=0), rows).to_pylist()
    wrong = written_documents(writer(crowd, Habits(document_wrong=1.0), country=0), rows).to_pylist()
    differ = [sum(a != b for a, b in zip(one, other, strict=True)) for one, other in zip(right, wrong, strict=True)]
    assert set(differ) == {1}


def test_mailboxes_are_shared_by_those_who_share_them(crowd: Identity) -> None:
    emails = np.array(written_emails(writer(crowd, Habits()), np.arange(20_000)).to_pylist())
    lower = np.char.lower(emails)
    clean = np.array([email.count("@") == 1 and email.endswith(".example") for email in lower])
    assert clean.mean() > 0.99  # some are misspelt, in the provider too
    followers = np.flatnonzero(crowd.mailbox != np.arange(20_000))
    assert (lower[followers] == lower[crowd.mailbox[followers]]).mean() > 0.95
    assert len(set(lower)) == 20_000 - len(followers) + (lower[followers] != lower[crowd.mailbox[followers]]).sum()


def test_wrong_birth_dates_are_wrong_in_the_usual_ways(crowd: Identity) -> None:
    rows = np.arange(5_000)
    right = np.array(written_births(writer(crowd, Habits()), rows).to_numpy(zero_copy_only=False))
    assert (right.astype("datetime64[D]").astype(np.int64) == crowd.born[rows]).all()
    wrong = written_births(writer(crowd, Habits(born_wrong=1.0)), rows).to_pylist()
    swapped = 0
    for was, shown in zip(right.astype("datetime64[D]").tolist(), wrong, strict=True):
        exchanged = (shown.year, shown.month, shown.day) == (was.year, was.day, was.month)
        same_day = shown.month == was.month and was.day - shown.day in ({0, 1} if was.month == 2 else {0})
        slipped = abs(shown.year - was.year) in {1, 10} and same_day
        assert exchanged != slipped, (was, shown)
        swapped += exchanged
    assert 0.3 < swapped / len(rows) < 0.4  # eleven days in thirty can be a month


def test_what_is_left_empty_is_what_the_habits_say(crowd: Identity) -> None:
    rows = np.arange(20_000)
    for habits in (CRM, SHOP):
        hand = writer(crowd, habits)
        for written, share in (
            (written_emails(hand, rows), habits.email_missing),
            (written_phones(hand, rows), habits.phone_missing),
            (written_documents(hand, rows), habits.document_missing),
            (written_births(hand, rows), habits.born_missing),
        ):
            assert written.null_count / len(rows) == pytest.approx(share, abs=0.012)
    assert isinstance(written_names(writer(crowd, CRM), np.arange(0)), pa.Array | pa.ChunkedArray)
