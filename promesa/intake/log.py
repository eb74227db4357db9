"""The log of one process: requests wait for one write to the disk together, and are answered after it.

A thread of its own writes all that has gathered and has the system flush it (fdatasync) before anyone is told. If the
disk cannot take it, the segment is cut back to what was whole, everyone who waited is told, and the next request
tries again. A segment is sealed when it is large, or a second or two old, so that the store gets it soon.
"""

from __future__ import annotations

import errno
import os
import threading
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from filelock import FileLock

from promesa.intake.segments import ALIVE, OPEN, SEALED
from promesa.store import flush_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEAL_BYTES = 64 << 20
SEAL_SECONDS = 2.0
GATHER_SECONDS = 0.002


class _Waiting(NamedTuple):
    data: bytes
    told: Callable[[OSError | None], object]


class Log:
    """Appends frames durably; safe to call from any thread of its process.

    Parameters
    ----------
    folder : Path
        ``.promesa/intake``; the log makes a folder of its own in it.
    """

    def __init__(self, folder: Path, *, seal_bytes: int = SEAL_BYTES, seal_seconds: float = SEAL_SECONDS) -> None:
        self.writer = uuid.uuid4().hex
        self.folder = folder / self.writer
        self._seal_bytes, self._seal_seconds = seal_bytes, seal_seconds
        self._number, self._size, self._opened_at = 0, 0, 0.0
        self._file: int | None = None
        self._waiting: list[_Waiting] = []
        self._wake = threading.Condition()
        self._closing = False
        self.folder.mkdir(parents=True, mode=0o700)
        self._alive = FileLock(self.folder / ALIVE, thread_local=False)  # the thread lets go of it
        self._alive.acquire()
        flush_folder(folder)
        self._thread = threading.Thread(target=self._run, name="promesa-intake-log", daemon=True)
        self._thread.start()

    def append(self, data: bytes, told: Callable[[OSError | None], object]) -> None:
        """Hand in a frame; `told` is called from another thread with None once it is on the disk, or with the error."""
        with self._wake:
            if not self._closing and self._thread.is_alive():
                self._waiting.append(_Waiting(data, told))
                self._wake.notify()
                return
        told(OSError(errno.ESHUTDOWN, "the log is closed"))

    def close(self) -> None:
        """Write what waits, seal the segment and end the thread."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        last = 0
        while True:
            with self._wake:
                if not self._waiting and not self._closing:
                    self._wake.wait(self._seal_in())
                gathering = 0 < len(self._waiting) < last and not self._closing
            if gathering:
                time.sleep(GATHER_SECONDS)  # those who were answered together mostly come back together
            with self._wake:
                batch, self._waiting = self._waiting, []
                closing = self._closing and not self._waiting
            if batch:
                last = len(batch)
                self._write(batch)
            if self._file is not None and (closing or self._is_due()):
                self._seal()
            if closing and not batch:
                self._alive.release()
                return

    def _seal_in(self) -> float | None:
        """Return the seconds until the open segment is due; None, to wait for work, where there is none."""
        if self._file is None:
            return None
        return max(0.01, self._opened_at + self._seal_seconds - time.monotonic())

    def _is_due(self) -> bool:
        return self._size >= self._seal_bytes or time.monotonic() - self._opened_at >= self._seal_seconds

    def _write(self, batch: list[_Waiting]) -> None:
        failed: OSError | None = None
        try:
            if self._file is None:
                self._open()
            assert self._file is not None  # noqa: S101 (just opened)
            data = b"".join(entry.data for entry in batch)
            _write_all(self._file, data)
            os.fdatasync(self._file)
            self._size += len(data)
        except OSError as error:
            failed = error
            self._cut()
        for entry in batch:
            with suppress(RuntimeError):  # the loop of who waited has ended; the frame is on the disk all the same
                entry.told(failed)

    def _open(self) -> None:
        self._number += 1
        path = self.folder / f"{self._number:08}{OPEN}"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._size, self._opened_at = 0, time.monotonic()
        flush_folder(self.folder)

    def _cut(self) -> None:
        """Cut off what was not flushed, and go on in a new segment: a page that failed once is not tried again."""
        if self._file is None:
            return
        with suppress(OSError):
            os.ftruncate(self._file, self._size)
        self._seal()

    def _seal(self) -> None:
        """Close the open segment and give it the name of a sealed one; an empty one goes."""
        if self._file is None:
            return
        with suppress(OSError):
            os.close(self._file)
        self._file = None
        if not self._size:
            with suppress(OSError):
                (self.folder / f"{self._number:08}{OPEN}").unlink(missing_ok=True)
        # A name that cannot be changed now is changed at the next seal, or read once the process has ended.
        with suppress(OSError):
            for path in sorted(self.folder.glob(f"*{OPEN}")):
                path.rename(path.with_suffix(SEALED))
            flush_folder(self.folder)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
