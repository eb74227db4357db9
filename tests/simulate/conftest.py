import json
from pathlib import Path
from typing import Any

import pytest

from promesa.simulate import simulate

CUSTOMERS = 3_000


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulated company in its natural formats."""
    folder = tmp_path_factory.mktemp("casa-lumbre") / "empresa"
    simulate(folder, customers=CUSTOMERS, seed=11)
    return folder


@pytest.fixture(scope="session")
def truth(company: Path) -> dict[str, Any]:
    return json.loads((company / "truth.json").read_text(encoding="utf-8"))
