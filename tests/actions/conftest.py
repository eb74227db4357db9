"""One engine for all the small companies of a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promesa.engine import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promesa.engine import Engine


@pytest.fixture(scope="session")
def duckdb() -> Iterator[Engine]:
    """Return DuckDB within this process."""
    engine = connect("duckdb", threads=1)
    yield engine
    engine.close()
