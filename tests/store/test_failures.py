"""Full disks, read-only disks, two loads at once, damaged stores: told plainly, and nothing of the store is lost."""

from __future__ import annotations

import errno
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from promesa.errors import StoreBusy, StoreDamaged, StoreNotWritable
from promesa.store import load, open_store
from tests.store.companies import MOMENTS, NOON, Company, company, moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path) -> Company:
    shop = company(tmp_path, loads={"moments.shop": MOMENTS})
    shop.write("facts.csv", [moment(i) for i in range(20)])
    return shop


def test_two_loads_at_once(shop: Company) -> None:
    shop.load()
    with FileLock(shop.root / ".promesa" / "lock"), pytest.raises(StoreBusy) as told:
        shop.load(full=True)
    assert told.value.code == "store-busy"
    assert "Another load is running" in str(told.value)
    assert len(shop.load(full=True).loads) == 1


def test_a_load_within_a_load_is_refused(shop: Company) -> None:
    told: list[str] = []

    def meddle(text: str, _: float | None) -> None:
        with pytest.raises(StoreBusy) as busy:
            load(shop.ws, recorded_at=NOON)
        told.append(busy.value.code)

    shop.load(progress=meddle)
    assert set(told) == {"store-busy"}
    assert len(shop.live("moments")) == 20


def test_store_path_that_is_a_file(shop: Company) -> None:
    shop.ws = replace(shop.ws, store=shop.root / "store")
    shop.ws.store.write_text("not a folder")
    with pytest.raises(StoreNotWritable) as told:
        shop.load()
    assert told.value.code == "store-not-writable"
    shop.ws.store.unlink()
    assert shop.load().loads[0].accepted == 20


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("step", ["write_text", "flush_folder"])
def test_system_errors_while_writing(shop: Company, monkeypatch: pytest.MonkeyPatch, number: int, step: str) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, "refused")

    with monkeypatch.context() as patch:
        patch.setattr(f"promesa.store.{'places' if step == 'write_text' else 'deltas'}.{step}", refuse)
        with pytest.raises(StoreNotWritable):
            shop.load()
    assert shop.load().loads[0].accepted + shop.load(full=True).loads[0].unchanged in {20, 40}
    assert len(shop.live("moments")) == 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of its own, 64 KiB small; skip where mounting is not permitted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("mounting a small disk is not permitted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


def test_full_disk_at_every_size(small_disk: Path, tmp_path: Path) -> None:
    rows = [moment(i, note="x" * 50) for i in range(300)]
    whole = company(tmp_path / "whole", loads={"moments.shop": MOMENTS})
    whole.write("facts.csv", rows)
    whole.load()
    shop = company(small_disk, loads={"moments.shop": MOMENTS})
    remount(small_disk, "size=1m")
    shop.write("facts.csv", rows)
    refused = 0
    for kibibytes in range(24, 400, 8):
        remount(small_disk, f"size={kibibytes + 16}k")
        try:
            shop.load()
            break
        except StoreNotWritable:
            refused += 1
        assert len(shop.live("moments")) in {0, 300}
    assert refused > 1
    columns = "* EXCLUDE (customer, recorded_at)"
    assert shop.live("moments", columns) == whole.live("moments", columns)


def test_read_only_disk(small_disk: Path) -> None:
    remount(small_disk, "size=4m")
    shop = company(small_disk, loads={"moments.shop": MOMENTS})
    shop.write("facts.csv", [moment(0)])
    shop.load()
    shop.write("facts.csv", [moment(0), moment(1)])
    remount(small_disk, "ro")
    with pytest.raises(StoreNotWritable):
        shop.load()
    assert len(shop.live("moments")) == 1
    remount(small_disk, "rw")
    assert shop.load().loads[0].accepted == 1


def test_lost_secret_is_told_before_anything_is_written(shop: Company) -> None:
    shop.load()
    version = open_store(shop.ws).version
    secret = shop.root / ".promesa" / "secret"
    kept = secret.read_text()
    secret.unlink()
    with pytest.raises(StoreDamaged) as told:
        shop.load(full=True)
    assert kept not in str(told.value)
    secret.write_text("0" * 64)
    with pytest.raises(StoreDamaged):
        shop.load(full=True)
    assert open_store(shop.ws).version == version
    secret.write_text(kept)
    assert shop.load(full=True).loads[0].unchanged == 20


def test_missing_file_of_the_store(shop: Company) -> None:
    from pathlib import Path

    shop.load()
    Path(open_store(shop.ws).files("moments")[0]).unlink()
    with pytest.raises(StoreDamaged) as told:
        open_store(shop.ws)
    assert told.value.code == "store-damaged"
    with pytest.raises(StoreDamaged):
        shop.load(full=True)


def test_unreadable_log(shop: Company) -> None:
    shop.load()
    for file in (shop.ws.store / "moments" / "_delta_log").iterdir():
        file.write_text("{")
    with pytest.raises(StoreDamaged):
        open_store(shop.ws)


def test_two_keys_on_one_surrogate(shop: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promesa.store.output.surrogate", lambda *_: "CAST(7 AS BIGINT)")
    with pytest.raises(StoreDamaged) as told:
        shop.load()
    assert "surrogate" in told.value.what
    assert open_store(shop.ws).is_empty("moments")


def test_overtaken_by_another_writer(shop: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that does not take the lock commits the same rows in between: they are seen, not stored twice."""
    from promesa.store import deltas, settle

    real, times = deltas.commit, []

    def overtaken(seen: deltas.Snapshot, **changes: object) -> object:
        if not times:
            times.append(1)
            copies = [replace(file, path=file.path.with_name("other.parquet")) for file in changes["add"]]  # type: ignore[union-attr]
            copies[0].path.write_bytes(changes["add"][0].path.read_bytes())  # type: ignore[index]
            real(seen, add=copies)
        return real(seen, **changes)  # type: ignore[arg-type]

    monkeypatch.setattr(settle, "commit", overtaken)
    report = shop.load()
    assert (report.loads[0].accepted, report.loads[0].unchanged) == (0, 20)
    assert len(shop.live("moments")) == 20
    assert len(list((shop.ws.store / "moments").glob("*.parquet"))) == 1
