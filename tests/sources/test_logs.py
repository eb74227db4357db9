"""Event logs: XES and OCEL 2.0, read as one row an event, and what no log should do to a reader."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promesa.errors import SourceUnreadable
from promesa.journeys.exporting import COLUMNS, write_csv, write_xes
from promesa.sources.event_logs import LONGEST, EventLog
from promesa.sources.files import find_files
from promesa.sources.xes import read_events
from promesa.workspace import Source
from tests.drawn import cases
from tests.sources.bench import codes, kinds

if TYPE_CHECKING:
    from tests.sources.bench import Bench

XES = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="2.0" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<global scope="event"><string key="concept:name" value="UNKNOWN"/></global>
<classifier name="Activity" keys="concept:name lifecycle:transition"/>
<string key="source" value="desk"/>
<trace>
<string key="concept:name" value="T-1"/><int key="priority" value="2"/>
<event>
<string key="concept:name" value="Open &amp; sort"/>
<date key="time:timestamp" value="2026-03-09T08:30:00.000+01:00"/>
<string key="org:resource" value="desk 1"/><float key="score" value="4.5"/><boolean key="urgent" value="true"/>
</event>
<event>
<string key="concept:name" value="Close"><string key="why" value="done"/></string>
<date key="time:timestamp" value="2026-03-09T12:00:00Z"/><float key="score" value="NaN"/>
<list key="tags"><values><string key="tag" value="a"/></values></list>
</event>
</trace>
<trace>
<event><string key="concept:name" value="Open"/><date key="time:timestamp" value="2026-03-10T00:00:00+01:00"/></event>
</trace>
</log>
"""


def event(**attributes: str) -> str:
    told = "".join(f'<{tag} key="{key}" value="{value}"/>' for key, (tag, value) in pairs(attributes))
    return f"<event>{told}</event>"


def pairs(attributes: dict[str, str]) -> list[tuple[str, tuple[str, str]]]:
    tags = {"time:timestamp": "date", "size": "int"}
    return [(key, (tags.get(key, "string"), value)) for key, value in attributes.items()]


def log(*events: str) -> str:
    return f'<log><trace><string key="concept:name" value="c"/>{"".join(events)}</trace></log>'


def stamp(value: str = "2026-03-09T08:00:00Z", **more: str) -> str:
    return event(**{"concept:name": "a", "time:timestamp": value, **more})


def instants(bench: Bench, staged: Any) -> list[str]:
    query = f'SELECT CAST("timestamp" AS VARCHAR) FROM {staged.relation} ORDER BY case_id, "event"'
    return [str(row[0]) for row in bench.engine.run(query)]


def test_xes_is_one_row_an_event(bench: Bench) -> None:
    staged = bench.stage(bench.write("desk.xes", XES))
    assert kinds(staged) == {
        "case_id": "text", "event": "whole", "activity": "text", "timestamp": "time", "resource": "text",
        "lifecycle": "text", "case_priority": "whole", "score": "number", "urgent": "yes_no",
    }  # fmt: skip
    rows = bench.engine.run(
        f'SELECT case_id, "event", activity, resource, case_priority, score, urgent FROM {staged.relation}'
    )
    assert rows == [
        ("T-1", 1, "Open & sort", "desk 1", 2, 4.5, True),
        ("T-1", 2, "Close", None, 2, None, None),
        (None, 1, "Open", None, None, None, None),
    ]
    assert instants(bench, staged) == ["2026-03-09 07:30:00+00", "2026-03-09 12:00:00+00", "2026-03-09 23:00:00+00"]
    assert codes(staged) == ["log_classifier", "log_nested", "log_no_case"]
    assert "1 classifiers" in staged.warnings[0].in_locale("en")


def test_zipped_and_in_another_encoding(bench: Bench) -> None:
    text = XES.replace("UTF-8", "ISO-8859-1").replace("T-1", "Número 1")
    (bench.root / "desk.xes.gz").write_bytes(gzip.compress(text.encode("latin-1")))
    staged = bench.stage("desk.xes.gz")
    assert bench.engine.value(f"SELECT min(case_id) FROM {staged.relation}") == "Número 1"


@pytest.mark.parametrize(
    "content",
    [
        '<!DOCTYPE log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><log><trace/></log>',
        '<!DOCTYPE log SYSTEM "file:///etc/passwd"><log/>',
        "<log><trace>" + "<list>" * 200 + "</list>" * 200 + "</trace></log>",
        XES[:900],
        "case,activity\n1,a\n",
        "<log></log>",
        "",
    ],
)
def test_what_is_refused(bench: Bench, content: str) -> None:
    with pytest.raises(SourceUnreadable) as raised:
        bench.stage(bench.write("bad.xes", content))
    assert "etc/passwd" not in str(raised.value)


def test_events_that_cannot_be_read_are_set_aside_with_the_cure(bench: Bench) -> None:
    long = stamp(note="x" * 1_000_000)
    staged = bench.stage(
        bench.write("v.xes", log(stamp(), long, stamp("yesterday"), stamp(size="many"), stamp(size="7")))
    )
    assert staged.rows == 2
    assert bench.engine.run(f"SELECT count(*), sum(size) FROM {staged.relation}") == [(2, 7)]
    rejects = bench.rejects(staged)
    assert [(row, rule) for row, rule, *_ in rejects] == [(2, "log-event"), (3, "log-event"), (4, "not-a-whole-number")]
    told = [json.loads(str(value)) for _, rule, _, value in rejects if rule == "log-event"]
    assert told[0]["__why"] == f"event 2: note has 1000000 characters, more than {LONGEST}; it is cut here: shorten it"
    assert len(told[0]["note"]) < 300
    assert told[1]["__why"].startswith("event 3: timestamp is no time; write it like ")


def test_an_event_that_was_mended_is_read(bench: Bench) -> None:
    name = bench.write("v.xes", log(stamp(), stamp("yesterday")))
    ((*_, text),) = bench.rejects(bench.stage(name))
    mended = json.dumps({**json.loads(str(text)), "timestamp": "2026-03-08T10:00:00+01:00"})
    pq.write_table(pa.table({"record": [json.dumps({"__line": mended})]}), bench.root / "extra.parquet")
    staged = bench.stage(name, extra=bench.root / "extra.parquet")
    assert instants(bench, staged) == ["2026-03-09 08:00:00+00", "2026-03-08 09:00:00+00"]


def test_columns_that_differ_only_in_case_are_kept_apart(bench: Bench) -> None:
    staged = bench.stage(bench.write("v.xes", log(stamp(Size="1", SIZE="2", **{"a/b": "3", "$": "4"}))))
    names = [column.name for column in staged.columns]
    assert names[-4:] == ["Size", "SIZE_2", "a/b", "$"]
    assert bench.rows(staged)[0][-4:] == ("1", "2", "3", "4")


def test_a_long_log_is_never_held_whole(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promesa.sources.xes._CHUNK", 1 << 14)
    trace = f'<trace><string key="concept:name" value="c"/>{stamp() * 4}</trace>\n'
    log = f"<log>{trace * 4000}</log>"
    source = Source(name="desk", path=bench.write("v.xes", log))
    (found,) = find_files(source, root=bench.root)
    tracemalloc.start()
    assert sum(1 for _ in read_events(source, found, EventLog())) == 16_000
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # A piece of the file and the events in it, and no more.
    assert top < len(log) / 5


OCEL = {
    "eventTypes": [{"name": "place", "attributes": [{"name": "amount", "type": "float"}]}],
    "objectTypes": [{"name": "order", "attributes": []}, {"name": "item", "attributes": []}],
    "events": [
        {
            "id": "e1", "type": "place", "time": "2026-03-09T08:00:00Z",
            "attributes": [{"name": "amount", "value": 12.5}],
            "relationships": [{"objectId": "o1", "qualifier": "of"}, {"objectId": "i1", "qualifier": "with"}],
        },
        {"id": "e2", "type": "pay", "time": "2026-03-09T09:00:00Z", "relationships": [{"objectId": "o1"}]},
        {"id": "e3", "type": "tick", "time": "2026-03-09T09:30:00Z"},
    ],
    "objects": [
        {"id": "o1", "type": "order", "attributes": [{"name": "p", "time": "1970-01-01T00:00:00Z", "value": "1"}]},
        {"id": "i1", "type": "item"},
    ],
}  # fmt: skip


@pytest.mark.parametrize("indent", [None, 2])
def test_ocel_is_one_row_an_event_and_object(bench: Bench, indent: int | None) -> None:
    staged = bench.stage(bench.write("v.jsonocel", json.dumps(OCEL, indent=indent)))
    query = "SELECT event_id, activity, object_id, object_type, qualifier, amount"
    assert bench.engine.run(f"{query} FROM {staged.relation} ORDER BY 1, 3 DESC") == [
        ("e1", "place", "o1", "order", "of", 12.5),
        ("e1", "place", "i1", "item", "with", 12.5),
        ("e2", "pay", "o1", "order", None, None),
        ("e3", "tick", None, None, None, None),
    ]
    assert kinds(staged)["timestamp"] == "time"
    assert codes(staged) == ["log_objects"]


@pytest.mark.parametrize(
    "content", ['{"events": [', "[1, 2]", '{"events": []}', '{"events": [{"id": "e1"', "\xff", "nothing"]
)
def test_what_is_no_ocel_is_refused(bench: Bench, content: str) -> None:
    with pytest.raises(SourceUnreadable):
        bench.stage(bench.write("v.ocel", content))


def test_ocel_across_the_pieces_it_is_read_in(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promesa.sources.ocel._CHUNK", 7)
    staged = bench.stage(bench.write("v.jsonocel", json.dumps(OCEL)))
    assert staged.rows == 4


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12).filter(
    lambda text: bool(text.strip())
)
XML_TEXTS = TEXTS.filter(lambda text: all(sign >= " " or sign in "\t\n\r" for sign in text) and "\ufffe" not in text)
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))
STEPS = st.lists(
    st.tuples(XML_TEXTS, st.lists(st.tuples(XML_TEXTS, TIMES), min_size=1, max_size=4)),
    min_size=1,
    max_size=5,
    unique_by=lambda case: case[0],
)


@settings(max_examples=cases(3), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases=STEPS)
def test_what_is_written_is_read_again(bench: Bench, cases: list[tuple[str, list[tuple[str, datetime]]]]) -> None:
    rows = [
        {
            **dict.fromkeys(COLUMNS),
            "case_id": name, "event": str(place), "activity": activity, "id": f"{name}{place}",
            "timestamp": at.replace(tzinfo=UTC).isoformat(timespec="microseconds"), "lifecycle": "complete",
        }
        for name, steps in cases
        for place, (activity, at) in enumerate(steps, 1)
    ]  # fmt: skip
    stream = io.StringIO()
    write_xes(rows, stream)
    staged = bench.stage(bench.write("back.xes", stream.getvalue()))
    query = 'SELECT case_id, "event", activity, "timestamp" AT TIME ZONE \'UTC\', id'
    wanted = [(n, p, a, at, f"{n}{p}") for n, steps in cases for p, (a, at) in enumerate(steps, 1)]
    assert sorted(bench.engine.run(f"{query} FROM {staged.relation}")) == sorted(wanted)


def test_a_log_as_csv_has_the_same_columns(bench: Bench) -> None:
    row = dict.fromkeys(COLUMNS, "x") | {"event": "1", "timestamp": "2026-03-09T08:00:00.000000+00:00"}
    stream = io.StringIO()
    write_csv([row], stream)
    staged = bench.stage(bench.write("back.csv", stream.getvalue()))
    assert tuple(column.name for column in staged.columns) == COLUMNS
    assert kinds(staged)["timestamp"] == "time"
