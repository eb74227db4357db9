"""One file with everything of a workspace, at one instant; and a workspace from such a file."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promesa.errors import DatabaseUnreachable, InputError, StoreNotWritable
from promesa.store import open_store, session
from promesa.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from datetime import datetime

    from promesa.workspace import Workspace

FORMAT = 1
LEFT_OUT = frozenset({"database", "staging", "lock", "run", "unfinished", ".venv", "__pycache__"})
"""Of ``.promesa`` and the folder: the server's own files (their content is dumped), and what is under way."""
_DUMP, _ABOUT = "database.dump", "about.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a backup holds.

    Attributes
    ----------
    file : Path
        The archive; readable by its owner only, for it holds personal data and keys.
    store_version : str
        Of the store at that instant.
    files, size : int
        Files in it, and the bytes of the archive.
    with_database : bool
        Whether people, keys and the audit log are in it.
    """

    file: Path
    store_version: str
    files: int
    size: int
    with_database: bool


def back_up(ws: Workspace, target: Path, *, now: datetime) -> Backup:
    """Write the workspace, its store and its database into one file.

    Parameters
    ----------
    target : Path
        A file that is not there yet; it appears when it is whole.
    now : datetime
        Instant of the backup, naive UTC.

    Raises
    ------
    InputError
        If the file is there already.
    StoreBusy
        If a load is running: the store is held still while it is copied.
    DatabaseUnreachable
        If there is a database and it cannot be dumped.
    StoreNotWritable
        If the file cannot be written.
    """
    if target.exists():
        raise InputError(
            what="The file of the backup is there already.",
            got=str(target),
            expected="a new file name",
            fix="choose another name: a backup is never written over",
        )
    unfinished = target.with_name(f".{target.name}.new")
    try:
        with session(ws, recorded_at=now), tempfile.TemporaryDirectory(prefix="promesa-") as folder:
            dump = _dump(ws, Path(folder) / _DUMP)
            about = {"format": FORMAT, "at": now.isoformat(), "store_version": open_store(ws).version}
            files = _write(ws, unfinished, dump=dump, about=about)
        unfinished.replace(target)
    except OSError as error:
        raise StoreNotWritable(
            what="The backup could not be written.",
            got=f"{error.strerror or type(error).__name__} at {target.name}",
            expected="a disk with room for a copy of the workspace",
            fix="free space or choose another disk, then run `promesa backup` again",
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    size = target.stat().st_size
    version = str(about["store_version"])
    return Backup(file=target, store_version=version, files=files, size=size, with_database=dump is not None)


def _write(ws: Workspace, target: Path, *, dump: Path | None, about: dict[str, Any]) -> int:
    marks: dict[str, str] = {}
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with (
        os.fdopen(descriptor, "wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=1) as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):
        for path, name in _members(ws.root):
            marks[name] = _mark(path)
            archive.add(path, arcname=name, recursive=False)
        if dump is not None:
            marks[_DUMP] = _mark(dump)
            archive.add(dump, arcname=_DUMP, recursive=False)
        text = json.dumps({**about, "files": marks}).encode()
        entry = tarfile.TarInfo(_ABOUT)
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    with target.open("rb") as written:
        os.fsync(written.fileno())
    return len(marks)


def _members(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file of a workspace with its name in the archive; links are not followed."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT)
        for name in sorted(names):
            path = Path(folder) / name
            if name not in LEFT_OUT and path.is_file() and not path.is_symlink():
                yield path, f"workspace/{path.relative_to(root).as_posix()}"


def _mark(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def restore(file: Path, folder: Path) -> Workspace:
    """Make a workspace from a backup.

    Parameters
    ----------
    folder : Path
        Empty or not there yet.

    Returns
    -------
    Workspace
        As it was: every file has the content that was backed up, and the database all that was in it.

    Raises
    ------
    InputError
        If the folder holds something, or the file is no whole backup; nothing is left behind then.
    DatabaseUnreachable
        If the database cannot be filled.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InputError(
            what="The folder to restore into is not empty.",
            got=str(folder),
            expected="an empty folder, or one that is not there yet",
            fix="restore beside it and compare, then move",
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=folder.parent) as work:
        found = _unpacked(file, Path(work))
        if folder.exists():
            folder.rmdir()
        (Path(work) / "workspace").rename(folder)
        ws = open_workspace(folder)
        if _DUMP in found:
            _fill(ws, Path(work) / _DUMP)
    return ws


def _unpacked(file: Path, work: Path) -> dict[str, str]:
    """Unpack a backup and check every file in it; return the marks."""
    try:
        with tarfile.open(file, mode="r|gz") as archive:
            archive.extractall(work, filter="data")
        about: dict[str, Any] = json.loads((work / _ABOUT).read_text(encoding="utf-8"))
        marks: dict[str, str] = about["files"]
        broken = [name for name, mark in marks.items() if _mark(work / name) != mark]
    except (OSError, tarfile.TarError, ValueError, KeyError, EOFError) as error:
        raise _no_backup(file, type(error).__name__) from error
    if broken or about.get("format") != FORMAT:
        raise _no_backup(file, f"{len(broken)} damaged files" if broken else f"format {about.get('format')}")
    return marks


def _no_backup(file: Path, got: str) -> InputError:
    return InputError(
        what="The file is not a whole backup.",
        got=f"{file.name}: {got}",
        expected="a file that `promesa backup` wrote, unchanged",
        fix="take an earlier backup",
    )


def _dump(ws: Workspace, target: Path) -> Path | None:
    """Dump the database into a file; None where a workspace has never had one."""
    if not (ws.root / ".promesa" / "database").exists() and ws.service.database == "embedded":
        return None
    with _server(ws) as (program, url):
        _run([program("pg_dump"), "--format=custom", f"--file={target}", f"--dbname={url}"])
    return target


def _fill(ws: Workspace, dump: Path) -> None:
    with _server(ws) as (program, url):
        wanted = ["--clean", "--if-exists", "--no-owner", "--exit-on-error", "--single-transaction"]
        _run([program("pg_restore"), *wanted, f"--dbname={url}", str(dump)])


@contextmanager
def _server(ws: Workspace) -> Generator[tuple[Any, str]]:
    from promesa.database import open_database, program

    with open_database(ws, upgrade=False) as database:
        database.engine.dispose()
        yield program, database.url


def _run(command: list[str]) -> None:
    """Run a program of PostgreSQL; its words may hold values, so only its name and code are told."""
    # The password goes by the environment, where no list of processes shows it.
    from sqlalchemy import URL, make_url

    place = next(i for i, part in enumerate(command) if part.startswith("--dbname="))
    url = make_url(command[place].removeprefix("--dbname="))
    bare = URL.create(url.drivername, url.username, None, url.host, url.port, url.database, url.query)
    command[place] = f"--dbname={bare.render_as_string()}"
    done = subprocess.run(
        command, env={**os.environ, "PGPASSWORD": url.password or ""}, capture_output=True, check=False
    )
    if done.returncode != 0:
        raise DatabaseUnreachable(
            what="The database could not be copied.",
            got=f"{Path(command[0]).name} ended with {done.returncode}",
            expected="a PostgreSQL that the programs which come with promesa can read (18 or earlier)",
            fix="look at the log of the database; or copy it with the company's own tools",
        )
