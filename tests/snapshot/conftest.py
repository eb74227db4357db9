"""The small shop of `promesa new`, loaded; analysed once for the tests that only read."""

from __future__ import annotations

import shutil
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from promesa.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.snapshot import Snapshot

RECORDED = datetime(2025, 7, 1, 12)


@pytest.fixture
def shop(analysed_shop: Path, tmp_path: Path) -> Workspace:
    """Return a copy of the shop that a test may change."""
    shutil.copytree(analysed_shop, tmp_path / "shop")
    return open_workspace(tmp_path / "shop")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a snapshot hold two answers only, so that many can be made."""
    from promesa.snapshot import analyses

    def few(_workspace: Workspace) -> list[tuple[str, tuple[str, ...]]]:
        return [("quality", ()), ("returning", ())]

    monkeypatch.setattr(analyses, "kept_questions", few)


@pytest.fixture(scope="session")
def kept(analysed_shop: Path) -> Snapshot:
    """Return the snapshot of the shop."""
    from promesa.snapshot import latest

    return latest(open_workspace(analysed_shop))
