"""Brings the schema to the version of the program, and refuses one that is newer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa.errors import DatabaseNewer

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory
    from sqlalchemy import Connection, Engine

_LOCK = 0x70726F6D01  # every process that upgrades waits for this one number


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaVersion:
    """Where the schema of a database stands.

    Attributes
    ----------
    current : str or None
        Revision of the database; None when it is empty.
    newest : str
        Revision that the program needs.
    """

    current: str | None
    newest: str

    @property
    def up_to_date(self) -> bool:
        """Tell whether nothing is to be done."""
        return self.current == self.newest


def schema_version(engine: Engine) -> SchemaVersion:
    """Return the version of a database beside that of the program.

    Raises
    ------
    DatabaseNewer
        If the database has a revision that the program does not know.
    """
    with engine.connect() as connection:
        return _version(connection, _steps())


def upgrade_schema(engine: Engine) -> SchemaVersion:
    """Take the steps that are missing, all or none, and return where the schema stood before."""
    from sqlalchemy import text

    steps = _steps()
    with engine.begin() as connection:
        before = _version(connection, steps)
        if before.up_to_date:
            return before
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        before = _version(connection, steps)
        if not before.up_to_date:
            _take_steps(connection, steps)
    return before


def _steps() -> ScriptDirectory:
    from importlib.resources import files

    from alembic.script import ScriptDirectory

    folder = str(files("promesa.migrations"))
    return ScriptDirectory(folder, version_locations=[folder])


def _version(connection: Connection, steps: ScriptDirectory) -> SchemaVersion:
    from alembic.runtime.migration import MigrationContext

    current = MigrationContext.configure(connection).get_current_revision()
    newest = str(steps.get_current_head())
    known = {step.revision for step in steps.walk_revisions()}
    if current is not None and current not in known:
        raise DatabaseNewer(
            what="The database was written by a later version of promesa.",
            got=f"schema {current}",
            expected=f"schema {newest} or earlier",
            fix="install that version of promesa again, or restore the backup made before the upgrade",
        )
    return SchemaVersion(current=current, newest=newest)


def _take_steps(connection: Connection, steps: ScriptDirectory) -> None:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationStep

    def missing(revision: Any, _context: object) -> Any:
        below = list(steps.iterate_revisions("head", revision or "base"))
        return [MigrationStep.upgrade_from_script(steps.revision_map, step) for step in reversed(below)]

    with EnvironmentContext(Config(), steps, fn=missing) as environment:
        environment.configure(connection=connection)
        environment.run_migrations()
