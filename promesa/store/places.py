"""Where a workspace keeps what promesa writes, who may write there, and what happens when it cannot."""

from __future__ import annotations

import errno
import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.errors import StoreBusy, StoreNotWritable

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from promesa.workspace import Workspace

_NOT_WRITABLE = {
    errno.ENOSPC,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.EDQUOT,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.EFBIG,
}
# Delta's writer gives the system's words and no number.
_NOT_WRITABLE_WORDS = (
    "No space left on device",
    "Read-only file system",
    "Permission denied",
    "Not a directory",
    "Disk quota exceeded",
    "File too large",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The folders and files of one workspace's state.

    Attributes
    ----------
    state : Path
        ``.promesa``: lock, secret, staging, ledger.
    store : Path
        The Delta tables, one folder a table.
    """

    state: Path
    store: Path

    @property
    def staging(self) -> Path:
        """Return the folder of the load under way; it holds personal data and is wiped."""
        return self.state / "staging"

    @property
    def ledger(self) -> Path:
        """Return the folder that tells what each load has committed."""
        return self.state / "loads"

    @property
    def reports(self) -> Path:
        """Return the folder of the reports kept."""
        return self.state / "loads" / "reports"

    @property
    def database(self) -> Path:
        """Return the folder of the PostgreSQL that is carried along; the store never writes there."""
        return self.state / "database"

    @property
    def secret(self) -> Path:
        """Return the file of the key that turns customers into surrogates; never inside the store."""
        return self.state / "secret"

    @property
    def remembered(self) -> Path:
        """Return the folder of what a review remembers of customers for the next; it is wiped when one is erased."""
        return self.state / "remembered"

    @property
    def segments(self) -> Path:
        """Return the folder of what arrived over HTTP and is not yet in the store."""
        return self.state / "intake"

    @property
    def lock(self) -> Path:
        """Return the file that a load holds while it writes."""
        return self.state / "lock"

    def table(self, table: str) -> Path:
        """Return the folder of a table."""
        return self.store / table


def places_of(ws: Workspace) -> Places:
    """Return the places of a workspace; nothing is created."""
    return Places(state=ws.root / ".promesa", store=ws.store)


@contextmanager
def locked(places: Places) -> Generator[None]:
    """Hold the store for writing.

    Raises
    ------
    StoreBusy
        At once, if another process holds it.
    StoreNotWritable
        If the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    with writing(places.state):
        places.state.mkdir(parents=True, exist_ok=True)
        places.store.mkdir(parents=True, exist_ok=True)
    lock = FileLock(places.lock)
    try:
        with writing(places.state):
            lock.acquire(timeout=0)
    except Timeout as error:
        raise StoreBusy(
            what="Another load is running in this workspace.",
            got=f"{places.lock} is held",
            expected="one load at a time",
            fix="wait until it ends and run the command again",
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def writing(target: Path) -> Generator[None]:
    """Turn a full disk, a missing permission or a read-only disk into `StoreNotWritable`."""
    try:
        yield
    except OSError as error:
        if error.errno in _NOT_WRITABLE or _word_of(str(error)):
            raise not_writable(target, got=error.strerror or _word_of(str(error))) from error
        raise
    except Exception as error:
        word = _word_of(str(error))
        if word and type(error).__module__.startswith(("deltalake", "_internal")):
            raise not_writable(target, got=word) from error
        raise


def not_writable(target: Path, *, got: str) -> StoreNotWritable:
    """Return the error for a place that cannot be written."""
    return StoreNotWritable(
        what=f"The store cannot be written: {target}.",
        got=got,
        expected="a disk with room, and permission to write to it",
        fix="free space or change the permissions, then run the command again: it goes on where it stopped",
    )


def _word_of(message: str) -> str:
    return next((word for word in _NOT_WRITABLE_WORDS if word in message), "")


def write_document(path: Path, document: object) -> None:
    """Write a JSON file whole or not at all, readable by its owner."""
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(document, ensure_ascii=False, indent=1, default=str))


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all: a temporary file, flushed to disk, then renamed."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Ask the system to keep the names in a folder through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_document(path: Path) -> dict[str, object] | None:
    """Return a JSON file written by `write_document`, or None if there is none that can be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return None
    return document if isinstance(document, dict) else None


def wipe(folder: Path) -> None:
    """Remove a folder and all in it, if it is there."""
    if folder.exists():
        shutil.rmtree(folder)
