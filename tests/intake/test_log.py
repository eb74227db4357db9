"""The log: what was answered is on the disk, what was not whole is cut, a full disk is told and survived."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from promesa.intake.log import Log
from promesa.intake.segments import Frame, encode, frames_of, ready_segments, waiting_segments
from tests.intake.shops import Client, shop, track

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def frame(number: int) -> Frame:
    return Frame(kind="segment/track", key="k", source="web", received=number, body=b"x" * number, headers={})


def put(log: Log, *numbers: int) -> list[OSError | None]:
    told: list[OSError | None] = []
    done = threading.Event()

    def tell(error: OSError | None) -> None:
        told.append(error)
        if len(told) == len(numbers):
            done.set()

    for number in numbers:
        log.append(encode(frame(number)), tell)
    assert done.wait(10)
    return told


def read(folder: Path) -> list[int]:
    return [each.received for segment in ready_segments(folder) for each in frames_of(segment.path)]


def test_frames_come_back_in_their_order_and_a_torn_end_is_cut(tmp_path: Path) -> None:
    log = Log(tmp_path / "intake")
    assert put(log, *range(50)) == [None] * 50
    log.close()
    assert read(tmp_path / "intake") == list(range(50))
    (segment,) = ready_segments(tmp_path / "intake")
    whole = segment.path.read_bytes()
    for cut in (len(whole) - 1, len(whole) - 20, 40, 7, 0):
        segment.path.write_bytes(whole[:cut])
        found = [each.received for each in frames_of(segment.path)]
        assert found == list(range(len(found)))
        assert sum(len(encode(frame(number))) for number in found) <= cut
    segment.path.write_bytes(whole[:-1] + b"y")
    assert read(tmp_path / "intake") == list(range(49))


def test_a_living_writer_keeps_its_open_segment_and_a_dead_ones_folder_goes(tmp_path: Path) -> None:
    log = Log(tmp_path / "intake", seal_seconds=1000)
    put(log, 1)
    assert ready_segments(tmp_path / "intake") == []
    assert len(waiting_segments(tmp_path / "intake")) == 1
    log.close()
    (segment,) = ready_segments(tmp_path / "intake")
    segment.path.unlink()
    assert ready_segments(tmp_path / "intake") == []
    assert list((tmp_path / "intake").iterdir()) == []


def test_a_segment_is_sealed_when_it_is_large_or_old(tmp_path: Path) -> None:
    log = Log(tmp_path / "intake", seal_bytes=100, seal_seconds=1000)
    put(log, 200)
    put(log, 201)
    log.close()
    assert [segment.number for segment in ready_segments(tmp_path / "intake")] == [1, 2]
    log = Log(tmp_path / "old", seal_seconds=0.05)
    put(log, 1)
    for _ in range(200):
        if ready_segments(tmp_path / "old"):
            break
        threading.Event().wait(0.05)
    assert read(tmp_path / "old") == [1]
    log.close()


@pytest.mark.parametrize("failing", ["write", "fdatasync"])
def test_a_full_disk_is_told_and_the_next_request_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    client = Client(shop(tmp_path))
    assert client.post("/v1/track", track(1))[0] == 200
    real = getattr(os, failing)

    def full(file: int, *rest: object) -> int:
        if failing == "write" and rest:
            real(file, bytes(rest[0])[:20])  # type: ignore[call-overload]
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(f"promesa.intake.log.os.{failing}", full)
        status, headers, problem = client.post("/v1/track", track(2))
        assert (status, problem["type"], headers["retry-after"]) == (503, "urn:promesa:intake:cannot-store", "5")
    assert client.post("/v1/track", track(3))[0] == 200
    client.compact()
    assert client.made.live("moments", "id") == [("m1",), ("m3",)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a disk of a megabyte; only root may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    made = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False
    )
    if not made or made.returncode != 0:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run([shutil.which("umount") or "umount", folder], check=True)


def test_a_disk_that_is_really_full_is_told_and_once_there_is_room_it_goes_on(small_disk: Path) -> None:
    log, told = Log(small_disk / "intake", seal_bytes=100_000), {}
    for number in range(30_000, 30_060):
        (told[number],) = put(log, number)
    refused = [number for number, error in told.items() if error is not None]
    assert refused, "the disk was never full"
    assert {told[number].errno for number in refused} == {errno.ENOSPC}
    kept = [number for number in told if number not in refused]
    sealed = ready_segments(small_disk / "intake")
    sealed[0].path.unlink()
    assert put(log, 40_000) == [None]
    log.close()
    here = read(small_disk / "intake")
    assert here[-1] == 40_000
    assert here[:-1] == kept[-len(here) + 1 :], "what was refused is not there, what was taken is"


def test_a_closed_log_takes_nothing(tmp_path: Path) -> None:
    log = Log(tmp_path / "intake")
    log.close()
    (error,) = put(log, 1)
    assert isinstance(error, OSError)


def test_who_has_gone_away_does_not_stop_the_log(tmp_path: Path) -> None:
    def gone(_: OSError | None) -> None:
        raise RuntimeError("Event loop is closed")

    log = Log(tmp_path / "intake")
    log.append(encode(frame(1)), gone)
    assert put(log, 2) == [None]
    log.close()
    assert read(tmp_path / "intake") == [1, 2]
