"""An erasure killed anywhere is completed by the next, which leaves what an undisturbed one leaves."""

from __future__ import annotations

import pickle
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from promesa.store import erase, finish_erasure, session, unfinished_erasure
from tests.store.companies import NOON, Company
from tests.store.test_erasure import ANA, everything, found
from tests.store.two_systems import ana, shop

if TYPE_CHECKING:
    from pathlib import Path

Contents = dict[str, list[tuple[object, ...]]]
DRIVER = """
import os, pickle, signal, sys
from datetime import datetime
from pathlib import Path
from promesa.store import erase, session
steps = []
def count(text, share):
    steps.append(text)
    if len(steps) == int(sys.argv[2]): os.kill(os.getpid(), signal.SIGKILL)
ws = pickle.loads(Path(sys.argv[1]).read_bytes())
with session(ws, recorded_at=datetime(2026, 6, 30, 12), progress=count) as run:
    erase(run, [int(word) for word in sys.argv[3:]], by="Marta")
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return shop(tmp_path_factory.mktemp("erasure") / "shop")


def copy_of(loaded: Company, folder: Path) -> Company:
    shutil.copytree(loaded.root, folder / "shop")
    ws = replace(loaded.ws, root=folder / "shop", store=folder / "shop" / ".promesa" / "store")
    return Company(root=ws.root, ws=ws, clock=[10])


@pytest.fixture(scope="module")
def undisturbed(loaded: Company, tmp_path_factory: pytest.TempPathFactory) -> tuple[Contents, int]:
    """Return what an undisturbed erasure leaves, and in how many steps."""
    made = copy_of(loaded, tmp_path_factory.mktemp("undisturbed"))
    steps: list[str] = []
    with session(made.ws, recorded_at=NOON, progress=lambda text, _: steps.append(text)) as run:
        erase(run, ana(loaded), by="Marta")
    return everything(made), len(steps)


QUICK = (1, 2, 9, 18, 25, 32)


@pytest.mark.parametrize(
    "step", [step if step in QUICK else pytest.param(step, marks=pytest.mark.slow) for step in range(1, 35)]
)
def test_killed_at_a_step(loaded: Company, undisturbed: tuple[Contents, int], tmp_path: Path, step: int) -> None:
    made, gone = copy_of(loaded, tmp_path), ana(loaded)
    (tmp_path / "ws").write_bytes(pickle.dumps(made.ws))
    words = [sys.executable, "-c", DRIVER, str(tmp_path / "ws"), str(step), *map(str, gone)]
    assert subprocess.run(words, check=False).returncode in {-signal.SIGKILL, 0}
    # A load in between brings nothing back that was taken out.
    with session(made.ws, recorded_at=NOON) as run:
        begun = unfinished_erasure(run)
        assert begun in ([], gone)
        done = finish_erasure(run) if begun else None
    if done is None and found(made, ANA):
        pytest.fail("killed after it was written down, an erasure must be known to be unfinished")
    assert found(made, [*ANA, *map(str, gone)]) == []
    assert everything(made) == undisturbed[0]
    assert len(list((made.root / ".promesa" / "erasures").glob("*.json"))) == 1


def test_there_are_as_many_steps_as_are_killed_at(undisturbed: tuple[Contents, int]) -> None:
    assert 30 <= undisturbed[1] <= 34
