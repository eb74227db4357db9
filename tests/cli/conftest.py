"""The company of the scaffold, loaded once for the commands that are tried on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from promesa.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the scaffold's company with its facts loaded; a test that changes it takes a copy."""
    folder = tmp_path_factory.mktemp("loaded") / "tienda"
    for command in (["new", str(folder)], ["load", "--workspace", str(folder)]):
        assert CliRunner().invoke(app, command).exit_code == 0
    return folder
