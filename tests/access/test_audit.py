"""The audit log: appended in one chain whoever writes, never changed, and a change of any kind is found."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from promesa.access import audit_entries, find_entries, record, verify_audit
from promesa.errors import AuditBroken
from tests.access.conftest import NOW


def write(database, number: int, count: int) -> None:
    for index in range(count):
        with database.begin() as connection:
            record(
                connection,
                by=f"person:{number}",
                action="case.closed",
                about=f"case:{index}",
                before={"state": "abierto", "ñ": 1.5},
                after={"state": "cerrado", "reason": None},
                now=NOW + timedelta(seconds=index),
            )


def test_writers_at_once_make_one_chain(database) -> None:
    with database.begin() as connection:
        assert verify_audit(connection).entries == 0
    threads = [Thread(target=write, args=(database, number, 25)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.begin() as connection:
        verified = verify_audit(connection)
        entries = list(audit_entries(connection))
    assert verified.entries == len(entries) == 100
    assert [entry.number for entry in entries] == list(range(1, 101))
    assert verified.last == entries[-1].hash


def test_the_chain_is_sha256_over_canonical_json(database) -> None:
    """The chain computed anew from what is written down of it, with nothing of promesa."""
    previous = bytes(32)
    with database.begin() as connection:
        for row in connection.execute(text("SELECT * FROM audit ORDER BY number")):
            told = {key: getattr(row, key) for key in ("number", "actor", "action", "object", "before", "after")}
            told["at"] = row.at.isoformat(timespec="microseconds")
            canonical = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            previous = hashlib.sha256(previous + canonical.encode()).digest()
            assert row.hash == previous
            assert json.loads(row.before) == {"state": "abierto", "ñ": 1.5}


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit"])
def test_the_database_refuses_to_change_it(database, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), database.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ("UPDATE audit SET actor = 'person:9' WHERE number = 40", 40),
        ("UPDATE audit SET before = NULL WHERE number = 1", 1),
        ("UPDATE audit SET at = at + interval '1 microsecond' WHERE number = 100", 100),
        ("UPDATE audit SET hash = decode(repeat('00', 32), 'hex') WHERE number = 7", 7),
        ("DELETE FROM audit WHERE number = 50", 50),
        ("DELETE FROM audit WHERE number < 3", 1),
        ("UPDATE audit SET number = 1000 WHERE number = 60", 60),
    ],
)
def test_whoever_gets_past_the_triggers_is_found(database, statement: str, first: int) -> None:
    with database.engine.connect() as connection:
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
        connection.execute(text(statement))
        with pytest.raises(AuditBroken, match=f"entry {first}\\."):
            verify_audit(connection)
        connection.rollback()
        assert verify_audit(connection).entries == 100


def test_a_change_and_its_entry_are_kept_together_or_not_at_all(database) -> None:
    transaction = database.begin()
    record(transaction.__enter__(), by="service", action="x", about="y", now=NOW)
    transaction.__exit__(KeyError, KeyError(), None)
    with database.begin() as connection:
        assert verify_audit(connection).entries == 100


def test_entries_are_found_newest_first_and_continued(database) -> None:
    with database.begin() as connection:
        mine = find_entries(connection, actor="person:2", limit=10)
        more = find_entries(connection, actor="person:2", limit=100, before_number=mine[-1].number)
        assert len(mine) == 10
        assert len(more) == 15
        assert {entry.actor for entry in [*mine, *more]} == {"person:2"}
        numbers = [entry.number for entry in [*mine, *more]]
        assert numbers == sorted(numbers, reverse=True)
        assert find_entries(connection, action="case")
        assert find_entries(connection, action="ca%") == []
        early = find_entries(connection, since=NOW, until=NOW + timedelta(seconds=2))
        assert {entry.object for entry in early} == {"case:0", "case:1"}
