"""A load killed anywhere leaves whole batches, and the next one makes the store that an undisturbed one makes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from promesa.store import open_store
from tests.begun import begun
from tests.store.companies import MOMENTS, Company, company, moment, rows_of

if TYPE_CHECKING:
    from pathlib import Path

LOADS = {
    "moments.shop": MOMENTS,
    "moments.web": MOMENTS + " WHERE days_late < 5",
    "costs.books": 'SELECT id, "at", customer, touchpoint, 2.5 AS amount FROM facts',
}
NEVER = 10_000


def two_days(root: Path) -> Company:
    """Return a company with its first day loaded and its second, with news, corrections and faults, to come."""
    shop = company(root, loads=LOADS, sources={"facts": {"types": {"days_late": "number"}}})
    begun(root, "first of two days", lambda: _first_day(shop))
    shop.clock[0] = 1
    shop.write(
        "facts.csv",
        [moment(i, days_late=str(i % 3)) for i in range(250)]
        + [moment(3, days_late="6"), moment(901, touchpoint="y"), moment(902, days_late="tres")],
    )
    return shop


def _first_day(shop: Company) -> None:
    shop.write("facts.csv", [moment(i) for i in range(200)] + [moment(900, touchpoint="x")])
    # One secret for all, so that surrogates can be compared.
    (shop.root / ".promesa").mkdir()
    (shop.root / ".promesa" / "secret").write_text("5" * 64)
    shop.load()


def load_in_a_child(shop: Company, *, die_at: int, second: int = 30) -> subprocess.Popen[bytes]:
    """Start a load that kills itself at its `die_at`-th step."""
    driver = (
        "import os, signal, sys; from pathlib import Path; from datetime import datetime\n"
        "from promesa.store import load; from tests.store.companies import company\n"
        "from tests.store.test_kill import LOADS\n"
        "steps = []\n"
        "def count(text, share):\n"
        "    steps.append(text)\n"
        "    if len(steps) == int(sys.argv[2]): os.kill(os.getpid(), signal.SIGKILL)\n"
        "shop = company(Path(sys.argv[1]), loads=LOADS, sources={'facts': {'types': {'days_late': 'number'}}})\n"
        f"load(shop.ws, recorded_at=datetime(2026, 6, 30, 12, 0, {second}), progress=count)\n"
    )
    return subprocess.Popen([sys.executable, "-c", driver, str(shop.root), str(die_at)])


def contents(shop: Company) -> dict[str, list[tuple[object, ...]]]:
    store = open_store(shop.ws)
    found = {table: shop.live(table) for table in ("moments", "costs")}
    found |= {f"{table} history": shop.history(table) for table in ("moments", "costs")}
    found["identities"] = rows_of(store.files("identities"), "* EXCLUDE (recorded_at)")
    found["quarantine"] = rows_of(store.files("quarantine"), "* EXCLUDE (recorded_at)")
    return found


def files_on_disk(shop: Company) -> set[str]:
    return {str(path) for path in shop.ws.store.glob("*/*.parquet")}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    shop = two_days(tmp_path_factory.mktemp("undisturbed"))
    assert load_in_a_child(shop, die_at=NEVER).wait() == 0
    found = contents(shop)
    assert len(found["moments history"]) > 100
    assert len(found["quarantine"]) == 3
    return found


def check(shop: Company, undisturbed: dict[str, list[tuple[object, ...]]]) -> None:
    """Check what a killed load left, then that the next load completes it."""
    for source, before in (("shop", 200), ("web", 144)):
        live = [row for row in shop.live("moments", "source, id") if row[0] == source]
        assert len(live) == len(set(live))
        after = sum(row[0] == source for row in undisturbed["moments"])
        assert len(live) in {before, after}, "a batch is all there or not at all"
    shop.load(recorded_at=_instant(40))
    assert contents(shop) == undisturbed
    # Nothing is left behind: what lies in the folders is live, or was replaced a moment ago.
    shop.load(full=True, recorded_at=_instant(50))
    assert contents(shop) == undisturbed
    assert not [path for path in files_on_disk(shop) if "/tmp_" in path]


def _instant(second: int) -> object:
    from datetime import datetime

    return datetime(2026, 6, 30, 12, 0, second)


QUICK = (5, 9, 13, 21)  # one in each part of a load; `make slow` dies at every second step


@pytest.mark.parametrize(
    "step", [step if step in QUICK else pytest.param(step, marks=pytest.mark.slow) for step in range(1, 32, 2)]
)
def test_killed_at_a_step(tmp_path: Path, undisturbed: dict[str, list[tuple[object, ...]]], step: int) -> None:
    shop = two_days(tmp_path)
    child = load_in_a_child(shop, die_at=step)
    assert child.wait() in {-signal.SIGKILL, 0}
    check(shop, undisturbed)


def test_there_are_as_many_steps_as_are_killed_at(tmp_path: Path) -> None:
    """The last step tried above lies at the end of the load, so that all of it is covered."""
    shop = two_days(tmp_path)
    steps: list[str] = []
    shop.load(progress=lambda text, _: steps.append(text))
    assert 25 <= len(steps) <= 33


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 8))])
def test_killed_at_any_time_again_and_again(
    tmp_path: Path, undisturbed: dict[str, list[tuple[object, ...]]], seed: int
) -> None:
    shop = two_days(tmp_path)
    chance = random.Random(seed)
    for _ in range(3):
        child = load_in_a_child(shop, die_at=NEVER)
        began = time.monotonic()
        while child.poll() is None and not (shop.root / ".promesa" / "staging").exists():
            time.sleep(0.002)
        time.sleep(chance.random() * min(1.2, time.monotonic() - began))
        if child.poll() is None:
            os.kill(child.pid, signal.SIGKILL)
        child.wait()
    check(shop, undisturbed)
