"""Opens the database of a workspace: the embedded server or the company's own, schema up to date."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from promesa.database.embedded import start_embedded, stop_embedded
from promesa.database.steps import upgrade_schema
from promesa.errors import DatabaseUnreachable, ServiceMissing
from promesa.workspace import EMBEDDED

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from types import TracebackType

    from sqlalchemy import Connection, Engine

    from promesa.workspace import Workspace

_GONE = ("08", "57P")  # SQLSTATE: no connection; the server stops or starts


@dataclass(slots=True, kw_only=True)
class Database:
    """The open database of one workspace; a context manager that closes it.

    Attributes
    ----------
    engine : sqlalchemy.Engine
        Threads may share it; processes may not.
    url : str
        With the password: for programs that are started, never for a message.
    state : Path or None
        The folder ``.promesa`` whose embedded server is held; None for the company's own.
    """

    engine: Engine
    url: str = field(repr=False)
    state: Path | None

    def begin(self) -> AbstractContextManager[Connection]:
        """Return a transaction: committed at the end of the block, rolled back by an error."""
        return _reached(self.engine)

    def close(self) -> None:
        """Give every connection back and leave the embedded server; more than once does nothing."""
        self.engine.dispose()
        state, self.state = self.state, None
        if state is not None:
            stop_embedded(state)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_database(ws: Workspace, *, upgrade: bool = True) -> Database:
    """Open the database that [service] names.

    Parameters
    ----------
    upgrade : bool, default True
        Take the steps of the schema that are missing. False leaves the schema as it is.

    Raises
    ------
    DatabaseUnreachable
        If it does not start or does not answer; the password is not in the message.
    DatabaseNewer
        If a later version of promesa wrote it.
    ServiceMissing
        If the packages of the service are not installed.
    """
    state = ws.root / ".promesa" if ws.service.database == EMBEDDED else None
    url = start_embedded(state) if state else ws.service.database
    try:
        database = Database(engine=_engine(url), url=url, state=state)
    except BaseException:
        if state:
            stop_embedded(state)
        raise
    try:
        _knock(database.engine)
        if upgrade:
            upgrade_schema(database.engine)
    except BaseException:
        database.close()
        raise
    return database


def _engine(url: str) -> Engine:
    try:
        from sqlalchemy import create_engine, make_url
        from sqlalchemy.exc import ArgumentError
    except ImportError as error:
        raise ServiceMissing(
            what="The packages of the service are not installed.",
            got="no package sqlalchemy",
            expected="promesa with its extra `service`",
            fix="install promesa[service]",
        ) from error
    try:
        address = make_url(url).set(drivername="postgresql+psycopg")
    except ArgumentError:
        raise _unreachable(None, "an address that is not one") from None
    return create_engine(
        address,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=10,
        hide_parameters=True,
        connect_args={"connect_timeout": 10, "application_name": "promesa", "options": "-c timezone=UTC"},
    )


def _knock(engine: Engine) -> None:
    """Connect once: whatever goes wrong here is told without the words of the driver, which hold what it was given."""
    from sqlalchemy.exc import DBAPIError

    try:
        with engine.connect():
            pass
    except DBAPIError as error:
        raise _unreachable(engine.url.host, type(error.orig).__name__) from None


@contextmanager
def _reached(engine: Engine) -> Generator[Connection]:
    """Yield a transaction; a server that is gone becomes `DatabaseUnreachable`, without the words of the driver."""
    from sqlalchemy.exc import InterfaceError, OperationalError

    try:
        with engine.begin() as connection:
            yield connection
    except (OperationalError, InterfaceError) as error:
        state = getattr(error.orig, "sqlstate", None) or "08"
        if not error.connection_invalidated and not state.startswith(_GONE):
            raise
        raise _unreachable(engine.url.host, type(error.orig).__name__) from None


def _unreachable(host: str | None, got: str) -> DatabaseUnreachable:
    return DatabaseUnreachable(
        what="The database of the service does not answer.",
        got=got,
        expected=f"a PostgreSQL at {host or 'the address of [service]'}",
        fix="check that it runs, the address in [service] of promesa.toml, the user and the password",
    )


def host_of(ws: Workspace) -> str:
    """Return where the database of a workspace is, without user or password."""
    return EMBEDDED if ws.service.database == EMBEDDED else urlsplit(ws.service.database).hostname or "socket"
