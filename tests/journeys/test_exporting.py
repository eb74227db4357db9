"""Journeys written as a log and read again are the same journeys; nothing personal is written."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from promesa import journeys, store
from promesa.errors import ValueOutOfRange
from promesa.journeys import steps_of
from promesa.measures import ask
from promesa.workspace import open_workspace
from tests.journeys.logs import log_facts
from tests.journeys.test_assembling import AS_OF, PLACES, moments

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts

SPACE = "{http://www.xes-standard.org/}"
TYPES = {"string": "text", "date": "time", "int": "whole", "float": "number", "boolean": "yes_no"}
LOAD = """
SELECT source, id, "timestamp" AS at, customer, case_id AS journey, activity AS touchpoint, channel
FROM log
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, duckdb: Engine) -> Facts:
    rows = [{**row, "employee": "Ana Ruiz"} for row in moments(5, customers=30)]
    folder = tmp_path_factory.mktemp("told")
    return log_facts(folder, duckdb, rows, touchpoints=PLACES, as_of=AS_OF, settings="gap_days = 5", version="told")


def lived(facts: Facts) -> list[tuple[Any, ...]]:
    """Return the steps, in order, without the customers, who have other surrogates in another store."""
    table = facts.engine.fetch(steps_of(ask(facts.workspace, facts=facts)).table).to_pylist()
    keys = ("journey_", "place_", "touchpoint", "channel", "at", "source", "id", "next_", "next_at_")
    return sorted((tuple(str(row[key]) for key in keys) for row in table), key=lambda one: (one[0], int(one[1])))


@pytest.mark.parametrize("form", ["xes", "csv"])
def test_what_is_written_is_read_as_the_same_journeys(told: Facts, tmp_path: Path, form: str) -> None:
    file = tmp_path / f"log.{form}"
    done = journeys.export(told.workspace, file, form=form, facts=told)
    wanted = lived(told)
    assert done.events == len(wanted)
    assert done.journeys == len({row[0] for row in wanted})
    for name in ("promesa.toml", "model.toml"):
        (tmp_path / name).write_text((told.workspace.root / name).read_text(encoding="utf-8"), encoding="utf-8")
    with (tmp_path / "promesa.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'\n[sources.log]\npath = "log.{form}"\n')
    (tmp_path / "load").mkdir()
    (tmp_path / "load" / "moments.log.sql").write_text(LOAD, encoding="utf-8")
    ws = open_workspace(tmp_path)
    report = store.load(ws, recorded_at=datetime(2021, 1, 1))
    assert not report.quarantined
    again = store.open_facts(ws, as_of=AS_OF)
    assert lived(again) == wanted
    again.engine.close()


def test_the_file_is_xes_as_its_schema_has_it(told: Facts, tmp_path: Path) -> None:
    journeys.export(told.workspace, tmp_path / "log.xes", form="xes", facts=told)
    text = (tmp_path / "log.xes").read_text(encoding="utf-8")
    assert "Ana Ruiz" not in text
    root = ET.fromstring(text)
    assert root.tag == f"{SPACE}log"
    assert root.get("xes.version")
    order = [child.tag.removeprefix(SPACE) for child in root]
    assert order == sorted(order, key=["extension", "global", "classifier", "trace"].index)
    for trace in root.iter(f"{SPACE}trace"):
        tags = [child.tag.removeprefix(SPACE) for child in trace]
        assert tags == sorted(tags, key=lambda tag: tag == "event")
    for event in root.iter(f"{SPACE}event"):
        attributes = {child.get("key"): child for child in event}
        assert {"concept:name", "time:timestamp", "org:resource", "lifecycle:transition"} <= attributes.keys()
        assert all(child.tag.removeprefix(SPACE) in TYPES and set(child.keys()) == {"key", "value"} for child in event)
        assert datetime.fromisoformat(str(attributes["time:timestamp"].get("value"))).tzinfo is not None


def test_nothing_to_write_and_no_such_format(tmp_path: Path, duckdb: Engine) -> None:
    nothing = log_facts(tmp_path / "0", duckdb, [], touchpoints=PLACES, as_of=AS_OF, version="none")
    done = journeys.export(nothing.workspace, tmp_path / "log.xes", form="xes", facts=nothing)
    assert (done.events, done.journeys) == (0, 0)
    ET.parse(tmp_path / "log.xes")
    with pytest.raises(ValueOutOfRange):
        journeys.export(nothing.workspace, tmp_path / "log.mxml", form="mxml", facts=nothing)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["log.xes"]
