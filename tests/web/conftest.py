"""A service over the small shop, and one over a company that has only been declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from litestar.testing import TestClient

from promesa.web import application
from promesa.workspace import new

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="package")
def client(analysed_shop: Path) -> Iterator[TestClient]:
    with TestClient(application(analysed_shop), raise_server_exceptions=False) as one:
        yield one


@pytest.fixture(scope="package")
def new_company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A company that was written down and has neither data nor an analysis."""
    folder = tmp_path_factory.mktemp("new") / "nueva"
    new(folder)
    with TestClient(application(folder), raise_server_exceptions=False) as one:
        yield one
