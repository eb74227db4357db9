"""A person is found by what identifies them; nothing of it is repeated in an error."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from promesa.customers import candidates, find, number_of
from promesa.errors import InputError
from promesa.store import inspect_store, replace_state, session
from promesa.workspace import IdentitySettings
from tests.customers.shops import LINKED, link, shop, surrogates
from tests.store.companies import NOON, Company

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return shop(tmp_path_factory.mktemp("find"))


@pytest.mark.parametrize(
    "who",
    [
        "crm:k1",
        "k1",
        "ana@correo.example",
        " ANA@Correo.example ",
        "+57 300 123 4567",
        "1020304",
        "CC 1.020.304",
        "L-7744",
        "Ana Maria RUIZ",
        "ruiz maría",
    ],
)
def test_whatever_identifies_finds_the_person(made: Company, who: str) -> None:
    assert surrogates(made)["k1"] in find(made.ws, who)


def test_a_number_is_found_and_goes_before_what_only_resembles(made: Company) -> None:
    numbers = surrogates(made)
    assert find(made.ws, str(numbers["k2"])) == [numbers["k2"]]
    assert find(made.ws, "shop:w2") == [numbers["w2"]]
    assert find(made.ws, "otra@casa.example") == [numbers["w2"]]


def test_several_persons_are_told_apart_by_initials_and_town_alone(made: Company) -> None:
    numbers = surrogates(made)
    assert find(made.ws, "ana") == [numbers[key] for key in ("w1", "k3", "k1")], "whom a source stated last"
    with pytest.raises(InputError) as caught:
        number_of(made.ws, "ana")
    said = str(caught.value)
    assert f"{numbers['k1']} A. M. R., Bogotá" in said
    assert "3 persons" in said
    assert not any(word in said for word in ("Ruiz", "Torres", "ana", "@"))
    hints = {row["person"]: row for row in candidates(made.ws, "ana")}
    assert hints[numbers["k3"]] == {"person": numbers["k3"], "hint": "A. T., Cali", "systems": "crm"}


def test_who_fits_best_stands_first(made: Company) -> None:
    numbers = surrogates(made)
    assert find(made.ws, "Ana Ruiz") == [numbers["w1"], numbers["k1"]], "the whole name, then its words among others"
    assert find(made.ws, "ana torr") == [numbers["k3"]], "no name has the words, one has words that begin so"
    assert find(made.ws, "ru") == [numbers["w1"], numbers["k1"]]


def test_words_in_order_go_before_words_in_another(tmp_path: Path) -> None:
    made = shop(tmp_path)
    people = [("n1", "Mora Luis Vega"), ("n2", "Vega Mora, Luis"), ("n3", "Luis Vega Mora"), ("n4", "Luis Mora")]
    rows = [
        {"id": key, "at": f"2026-03-0{9 - place} 09:00", "customer": key, "name": name, "email": "", "phone": "",
         "document": "", "birth_date": "", "city": "Cali", "card": ""}
        for place, (key, name) in enumerate(people)
    ]  # fmt: skip
    made.write("people.csv", rows)
    made.load()
    numbers = surrogates(made)
    assert find(made.ws, "luis mora") == [numbers[key] for key in ("n4", "n2", "n3", "n1")], "as the names are read"


@pytest.mark.parametrize(
    "who", ["nadie@correo.example", "crm:k99", "3015550000", "Zutano Perengano", "", "' OR 1=1 --"]
)
def test_nobody_is_an_error_that_does_not_repeat_the_text(made: Company, who: str) -> None:
    with pytest.raises(InputError, match="Nobody is found") as caught:
        find(made.ws, who)
    assert not who or who not in str(caught.value)


def test_records_joined_are_one_person_from_the_day_of_the_link(tmp_path: Path) -> None:
    made = shop(tmp_path)
    numbers, person = surrogates(made), link(made, "k1", "w1")
    assert find(made.ws, "shop:w1") == find(made.ws, "crm:k1") == find(made.ws, "ruiz ana") == [person]
    before = LINKED.date().replace(day=1, month=2)
    assert find(made.ws, "shop:w1", as_of=before) == [numbers["w1"]]
    (row,) = candidates(made.ws, "crm:k1")
    assert row["systems"] == "crm, shop"


def test_the_kept_records_are_looked_at_where_there_are_any(tmp_path: Path) -> None:
    from promesa.identity import make_records
    from promesa.identity.records import record_columns

    made = shop(tmp_path)
    numbers = surrogates(made)
    columns = record_columns(made.ws.model)
    with session(made.ws, recorded_at=NOON) as run, inspect_store(made.ws) as look:
        make_records(run.engine, made.ws.model, profiles=look.rows("profiles"), into="kept")
        replace_state(run, "records", f"SELECT * FROM kept WHERE customer = {numbers['k2']}", columns=columns)
    assert find(made.ws, "luis@correo.example") == [numbers["k2"]]
    with pytest.raises(InputError):
        find(made.ws, "ana@correo.example")


@pytest.mark.parametrize("who", ["luis vega", "3015550000"])
def test_a_company_that_says_no_country_finds_by_name_all_the_same(tmp_path: Path, who: str) -> None:
    from promesa.identity import make_records
    from promesa.identity.records import record_columns

    made = shop(tmp_path)
    model = replace(made.ws.model, identity=IdentitySettings(compare=("city",)))
    ws = replace(made.ws, model=model)
    with session(ws, recorded_at=NOON) as run, inspect_store(ws) as look:
        make_records(run.engine, model, profiles=look.rows("profiles"), into="kept")
        replace_state(run, "records", "SELECT * FROM kept", columns=record_columns(model))
    if who == "luis vega":
        assert find(ws, who) == [surrogates(made)["k2"]]
    else:
        with pytest.raises(InputError, match="Nobody is found"):
            find(ws, who)
