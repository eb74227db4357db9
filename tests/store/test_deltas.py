"""What a table's log says is read once for each state of the log."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from promesa.store import deltas

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_table_is_read_again_when_its_log_has_changed_and_only_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "orders"
    read: list[Path] = []
    real = deltas._snapshot
    monkeypatch.setattr(deltas, "_snapshot", lambda one: (read.append(one), real(one))[1])
    assert deltas.snapshot(folder).version == -1
    made = deltas.ensure(folder, [("id", "text")])
    assert deltas.snapshot(folder) == made
    before = len(read)
    assert [deltas.snapshot(folder) for _ in range(3)] == [made] * 3
    assert len(read) == before
    wider = deltas.ensure(folder, [("id", "text"), ("at", "time")])
    assert [name for name, _ in wider.columns] == ["id", "at"]
    assert len(read) > before
    shutil.rmtree(folder)
    assert deltas.snapshot(folder).version == -1
