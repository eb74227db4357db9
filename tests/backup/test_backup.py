"""A backup holds everything at one instant, a damaged one is refused, and nothing is half-written."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from promesa import backup
from promesa.backup import back_up, restore
from promesa.database import open_database
from promesa.errors import InputError, StoreBusy, StoreNotWritable
from promesa.store import load, open_facts, open_store, session

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.workspace import Workspace

NOW = datetime(2026, 3, 1, 8)
MARK = "INSERT INTO marks VALUES ('kept')"


@pytest.fixture
def company(service_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("TEST_DATABASE", service_workspace.service.database)
    load(service_workspace, recorded_at=NOW)
    return service_workspace


def marks(ws: Workspace) -> list[str]:
    with open_database(ws, upgrade=False) as database, database.begin() as connection:
        return [row[0] for row in connection.exec_driver_sql("SELECT word FROM marks")]


def test_what_was_backed_up_comes_back_whole(company: Workspace, tmp_path: Path) -> None:
    with open_database(company) as database, database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS marks (word TEXT)")
        connection.exec_driver_sql(MARK)
    done = back_up(company, tmp_path / "b.tar.gz", now=NOW)
    assert done.with_database
    assert done.store_version == open_store(company).version
    assert oct(done.file.stat().st_mode & 0o777) == "0o600"
    before = open_facts(company).table("opinions").count().execute()
    with open_database(company) as database, database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM marks")
    assert marks(company) == []
    again = restore(done.file, tmp_path / "otra carpeta")
    assert marks(again) == ["kept"]
    assert open_store(again).version == done.store_version
    assert open_facts(again).table("opinions").count().execute() == before
    assert not load(again, recorded_at=NOW).total("accepted")
    assert {path.name for path in tmp_path.iterdir()} == {"b.tar.gz", "otra carpeta"}


def test_a_damaged_file_leaves_nothing_behind(company: Workspace, tmp_path: Path) -> None:
    done = back_up(company, tmp_path / "b.tar.gz", now=NOW)
    whole = done.file.read_bytes()
    for wrong in (b"", whole[: len(whole) // 2], whole[:3000] + os.urandom(40) + whole[3040:], b"no archive"):
        done.file.write_bytes(wrong)
        with pytest.raises(InputError, match="not a whole backup"):
            restore(done.file, tmp_path / "new")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar.gz"]


def test_nothing_is_written_over_and_a_load_is_waited_for(company: Workspace, tmp_path: Path) -> None:
    target = tmp_path / "b.tar.gz"
    with session(company, recorded_at=NOW), pytest.raises(StoreBusy):
        back_up(company, target, now=NOW)
    assert not target.exists()
    target.write_text("mine")
    with pytest.raises(InputError, match="there already"):
        back_up(company, target, now=NOW)
    assert target.read_text() == "mine"
    with pytest.raises(InputError, match="not empty"):
        restore(target, company.root)


def test_a_full_disk_leaves_no_half_of_a_backup(
    company: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup.os, "fsync", full)
    with pytest.raises(StoreNotWritable):
        back_up(company, tmp_path / "b.tar.gz", now=NOW)
    assert list(tmp_path.iterdir()) == []
