"""A small workspace that holds no mistake, to be spoilt one thing at a time."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from promesa.errors import Mistake, WorkspaceInvalid
from promesa.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SETTINGS = """
    [company]
    name = "Café Ñandú"
    time_zone = "America/Bogota"
    currency = "COP"

    [sources.pedidos]
    path = "data/pedidos.csv"
    """
MODEL = """
    [functions.logistics]
    owner = "Dirección de logística"

    [channels.web]

    [touchpoints.delivery]
    stage = "after"
    function = "logistics"

    [elements.days_late]
    touchpoint = "delivery"
    unit = "days"
    better = "less"

    [promises.on_time]
    statement = { es = "Llega el día que dijimos", en = "It arrives by the day we gave" }
    owner = "logistics"
    touchpoint = "delivery"
    kept = "local_day(delivered) <= local_day(promised)"
    target = 0.95

    [concepts.csat]
    kind = "mean"
    scale = [1, 5]
    """
LOAD = """
    SELECT pedido AS id, fecha AS at, cliente AS customer, 'delivery' AS touchpoint, 0 AS days_late
    FROM pedidos
    """


class Draft:
    """The files of a workspace, before it is opened."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environ: dict[str, str] = {}
        self.write("promesa.toml", SETTINGS)
        self.write("model.toml", MODEL)
        self.write("load/moments.shop.sql", LOAD)
        self.write("data/pedidos.csv", "pedido,fecha,cliente\nP1,2026-01-02,C1")

    def write(self, name: str, text: str) -> None:
        """Write a file of the workspace."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text).strip() + "\n", encoding="utf-8")

    def add(self, name: str, text: str) -> None:
        """Add lines at the end of a file."""
        file = self.root / name
        file.write_text(file.read_text(encoding="utf-8") + "\n" + dedent(text).strip() + "\n", encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        """Replace a piece of a file that must be there."""
        file = self.root / name
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        file.write_text(text.replace(old, new), encoding="utf-8")

    def open(self):
        """Open the workspace."""
        return open_workspace(self.root, environ=self.environ)

    def mistakes(self) -> Mapping[tuple[str, str], Mistake]:
        """Open the workspace, which must hold mistakes, and return them by file and key."""
        with pytest.raises(WorkspaceInvalid) as caught:
            self.open()
        assert caught.value.code == "workspace-invalid"
        found = {(mistake.file, mistake.key): mistake for mistake in caught.value.mistakes}
        assert len(found) == len(caught.value.mistakes), "each place is told once"
        return found

    def only_mistake(self) -> Mistake:
        """Return the one mistake that the workspace holds."""
        found = self.mistakes()
        assert len(found) == 1, found
        return next(iter(found.values()))


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    """Return the files of a workspace without mistakes."""
    return Draft(tmp_path)
