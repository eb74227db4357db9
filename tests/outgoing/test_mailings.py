"""Mailings in the database: claimed by one process, moved on, tried again, given up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from promesa.access import Rights, invite, person_by_email
from promesa.errors import InputError
from promesa.outgoing import (
    Mailing,
    choose_mailing,
    claim_mailings,
    end_mailing,
    mailing_of,
    mailings,
    note_failed,
    note_left_out,
    note_sent,
)

NOW = datetime(2026, 3, 2, 9)
DUE = datetime(2026, 3, 2, 13)


@pytest.fixture
def chosen(database):
    """Return a function that makes people with a mailing at 8 in Bogotá, 13 in UTC."""

    def make(*names: str) -> list[Mailing]:
        found = []
        with database.begin() as connection:
            connection.execute(mailings.tables.mailings.delete())
            for name in names:
                email = f"{name}@tienda.example"
                invite(connection, email, rights=Rights(role="viewer"), by="terminal", now=NOW)
                person = person_by_email(connection, email)
                found.append(
                    choose_mailing(
                        connection, person.id, often="daily", hour=8, zone="America/Bogota", locale="es", now=NOW
                    )
                )
        return found

    return make


def now_of(database, person: int) -> Mailing:
    with database.begin() as connection:
        found = mailing_of(connection, person)
    assert found is not None
    return found


def test_a_mailing_is_due_at_its_hour_and_not_before(database, chosen) -> None:
    (one,) = chosen("a")
    assert (one.due_at, one.next_at, one.attempts) == (DUE, DUE, 0)
    with database.begin() as connection:
        assert claim_mailings(connection, now=DUE - timedelta(seconds=1)) == []
        assert [found.person for found in claim_mailings(connection, now=DUE)] == [one.person]
        assert claim_mailings(connection, now=DUE) == [], "it is being sent"
        assert claim_mailings(connection, now=DUE + mailings.LEASE), "unless whoever sent it died"


def test_of_many_that_claim_at_once_each_mailing_goes_to_one(database, chosen) -> None:
    made = chosen(*"abcdefghijkl")

    def claim(_: int) -> list[int]:
        with database.begin() as connection:
            return [found.person for found in claim_mailings(connection, now=DUE)]

    with ThreadPoolExecutor(6) as pool:
        claimed = [person for found in pool.map(claim, range(12)) for person in found]
    assert sorted(claimed) == sorted(one.person for one in made)


def test_what_is_sent_is_next_due_on_the_next_day(database, chosen) -> None:
    (one,) = chosen("a")
    with database.begin() as connection:
        note_sent(connection, one, now=DUE + timedelta(minutes=1))
    moved = now_of(database, one.person)
    assert (moved.next_at, moved.sent_at) == (DUE + timedelta(days=1), DUE + timedelta(minutes=1))
    with database.begin() as connection:
        note_left_out(connection, moved, reason="nothing-analysed", now=DUE + timedelta(days=5))
    later = now_of(database, one.person)
    assert (later.next_at, later.error) == (DUE + timedelta(days=6), "nothing-analysed"), (
        "days missed are not made up for"
    )


def test_a_mail_that_fails_is_tried_again_later_and_later_and_then_given_up(database, chosen) -> None:
    (one,) = chosen("a")
    now, waits = DUE, []
    for _ in range(len(mailings.WAITS)):
        with database.begin() as connection:
            note_failed(connection, now_of(database, one.person), error="mail-not-sent", now=now)
        found = now_of(database, one.person)
        assert found.due_at == DUE
        waits.append((found.next_at - now).total_seconds())
        now = found.next_at
    assert waits == list(mailings.WAITS)
    with database.begin() as connection:
        note_failed(connection, now_of(database, one.person), error="mail-not-sent", now=now)
    found = now_of(database, one.person)
    assert (found.due_at, found.attempts, found.error) == (DUE + timedelta(days=1), 0, "mail-not-sent")


def test_what_was_chosen_anew_or_ended_meanwhile_is_left_alone(database, chosen) -> None:
    (old,) = chosen("a")
    with database.begin() as connection:
        new = choose_mailing(connection, old.person, often="weekly", hour=6, zone="UTC", locale="en", now=NOW)
        note_sent(connection, old, now=DUE)
    assert now_of(database, old.person) == new
    with database.begin() as connection:
        assert end_mailing(connection, old.person)
        assert not end_mailing(connection, old.person)
        note_failed(connection, new, error="x", now=DUE)
        assert mailing_of(connection, old.person) is None


@pytest.mark.parametrize("wrong", [{"often": "hourly"}, {"hour": 24}, {"zone": "Bogotá"}])
def test_what_cannot_be_is_refused(database, chosen, wrong) -> None:
    (one,) = chosen("a")
    values = {"often": "daily", "hour": 8, "zone": "UTC", "locale": "es", **wrong}
    with database.begin() as connection, pytest.raises(InputError):
        choose_mailing(connection, one.person, **values, now=NOW)
