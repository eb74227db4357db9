"""A workspace folder with an engine, for one test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promesa.engine import Embedded
from tests.sources.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Embedded(time_zone="UTC") as engine:
        yield Bench(root=tmp_path, engine=engine)
