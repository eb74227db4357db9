"""A correction is a fact with a source: kept beside what it corrects, preferred by the view and by linking."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from promesa.customers import correct, view
from promesa.errors import InputError, UnknownName
from promesa.identity import make_records
from promesa.store import inspect_store, open_store
from tests.customers.shops import link, shop, surrogates
from tests.store.companies import NOON, Company

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def made(tmp_path: Path) -> Company:
    return shop(tmp_path)


def test_a_correction_is_a_row_of_its_own_that_says_who(made: Company) -> None:
    before = made.live("profiles")
    done = correct(made.ws, "crm:k1", changes={"phone": " +57 311 222 3344 "}, by="Eva Pérez", recorded_at=NOON)
    assert done.fields == ("phone",)
    after = made.live("profiles", 'source, id, customer, phone, name, "at"')
    (row,) = [row for row in after if row[0] == "promesa"]
    assert row[1:] == (done.id, surrogates(made)["k1"], "+57 311 222 3344", None, NOON)
    assert done.id.startswith("Eva_Pérez-")
    assert len(made.live("profiles")) == len(before) + 1
    assert made.history("profiles") == []


def before_all(made: Company) -> None:
    """Correct an e-mail with a fact that is older than what the systems state."""
    changes = {"email": "nueva@correo.example"}
    correct(made.ws, "crm:k1", changes=changes, by="Eva", recorded_at=NOON, at=datetime(2025, 1, 1))


def test_the_view_prefers_it_also_to_later_rows(made: Company) -> None:
    before_all(made)
    fields = {field.name: field.stated for field in view(made.ws, "crm:k1").profile}
    assert (fields["email"].value, fields["email"].source) == ("nueva@correo.example", "promesa")
    assert fields["name"].source == "crm"


def test_linking_prefers_it_also_to_later_rows(made: Company) -> None:
    before_all(made)
    with inspect_store(made.ws) as look:
        make_records(look.engine, made.ws.model, profiles=look.rows("profiles"), into="kept")
        email = look.engine.value(f"SELECT email FROM kept WHERE customer = {surrogates(made)['k1']}")
    assert email == "nueva@correo.example"


def test_the_record_named_carries_it_so_that_undoing_a_link_moves_nothing(made: Company) -> None:
    link(made, "k1", "w1")
    numbers = surrogates(made)
    assert correct(made.ws, "shop:w1", changes={"city": "Tunja"}, by="Eva", recorded_at=NOON).record == numbers["w1"]
    assert (
        correct(made.ws, numbers["k1"], changes={"city": "Tunja"}, by="Eva", recorded_at=NOON).record == numbers["k1"]
    )


def test_the_last_of_two_corrections_counts(made: Company) -> None:
    for hour, city in ((13, "Tunja"), (14, "Neiva")):
        correct(made.ws, "crm:k2", changes={"city": city}, by="Eva", recorded_at=NOON.replace(hour=hour))
    fields = {field.name: field for field in view(made.ws, "crm:k2").profile}
    assert fields["city"].stated.value == "Neiva"
    assert [c.value for c in fields["city"].conflicts] == ["Cali"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"birth_date": "31/05/1984"}, "birth_date"),
        ({"birth_date": "2031-01-01"}, "birth_date"),
        ({"birth_date": "1984-02-30"}, "year-month-day"),
        ({"email": "eva"}, "name@place.com"),
        ({"phone": "none"}, "phone"),
        ({"name": "  "}, "nothing"),
        ({"city": "Cali", "phone": "12"}, "phone"),
        ({}, "nothing to correct"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_field_and_stores_nothing(
    made: Company, changes: dict[str, str], says: str
) -> None:
    before = open_store(made.ws).version
    with pytest.raises(InputError, match=says) as caught:
        correct(made.ws, "crm:k1", changes=changes, by="Eva", recorded_at=NOON)
    for value in changes.values():
        assert len(value) < 5 or value not in str(caught.value)
    assert open_store(made.ws).version == before


def test_a_field_misspelt_or_nobody_named(made: Company) -> None:
    with pytest.raises(UnknownName, match="did you mean 'phone'"):
        correct(made.ws, "crm:k1", changes={"phon": "1"}, by="Eva", recorded_at=NOON)
    with pytest.raises(InputError, match="who made it"):
        correct(made.ws, "crm:k1", changes={"city": "Cali"}, by=" ", recorded_at=NOON)
    with pytest.raises(InputError, match="Nobody"):
        correct(made.ws, "crm:k9", changes={"city": "Cali"}, by="Eva", recorded_at=NOON)
