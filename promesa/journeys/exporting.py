"""Journeys written as an event log that other tools read: XES, or CSV with the same columns."""

from __future__ import annotations

import csv
import os
import re
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from promesa.errors import StoreNotWritable, ValueOutOfRange
from promesa.journeys.assembling import JOURNEY, steps_of
from promesa.journeys.shares import asked_of_journeys

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping
    from datetime import date, datetime

    from promesa.journeys.assembling import Steps
    from promesa.store import Facts
    from promesa.workspace import Workspace

    Row = Mapping[str, str | None]

FORMS = ("xes", "csv")
COLUMNS: tuple[str, ...] = (
    "case_id", "event", "activity", "timestamp", "resource", "lifecycle", "stage", "channel", "customer",
    "source", "id",
)  # fmt: skip
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<global scope="trace">
<string key="concept:name" value=""/>
</global>
<global scope="event">
<string key="concept:name" value=""/>
<date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>
<string key="lifecycle:transition" value="complete"/>
</global>
<classifier name="Activity" keys="concept:name"/>
"""
_XES = (
    ("string", "concept:name", "activity"),
    ("date", "time:timestamp", "timestamp"),
    ("string", "org:resource", "resource"),
    ("string", "lifecycle:transition", "lifecycle"),
    ("string", "stage", "stage"),
    ("string", "channel", "channel"),
    ("string", "customer", "customer"),
    ("string", "source", "source"),
    ("string", "id", "id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written: how many events of how many journeys, and where."""

    path: Path
    events: int
    journeys: int


def export(
    workspace: Workspace,
    target: Path,
    *,
    form: str,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    facts: Facts | None = None,
) -> Exported:
    """Write the moments of all journeys, in order, as an event log.

    Parameters
    ----------
    form : {"xes", "csv"}
        XES (IEEE 1849), or CSV with a column for each attribute, named as a source of XES names them.
    since, until : date, datetime, str or None
        Journeys that began in this window are written, whole.

    Raises
    ------
    ValueOutOfRange
        If there is no such form.
    StoreNotWritable
        If the file cannot be written; a reader never sees half of one.

    Notes
    -----
    A case is a journey, an activity a touchpoint, a time UTC. A resource is the function (area) that answers for the
    touchpoint: who of its employees served is not written, and a customer is written as a surrogate. Names of journeys
    are those that the sources gave (orders, tickets). The file still tells of persons, moment by moment: keep it as
    you keep the store.
    """
    if form not in FORMS:
        raise ValueOutOfRange(
            what="Journeys cannot be written in that format.", got=form, expected=" or ".join(FORMS), fix="--format xes"
        )
    question = asked_of_journeys(
        workspace, by=(), since=since, until=until, as_of=as_of, confidence_level=None, facts=facts
    )
    counts = {"events": 0, "journeys": 0}
    rows = _counted(_rows(steps_of(question)), counts)
    with _replacing(target) as stream:
        (write_xes if form == "xes" else write_csv)(rows, stream)
    return Exported(path=target, **counts)


def _rows(steps: Steps) -> Iterator[Row]:
    """Yield the moments journey by journey, in order, as text."""
    touchpoints = steps.question.workspace.model.touchpoints
    table = steps.table.select(JOURNEY, "place_", "touchpoint", "at", "channel", "customer", "source", "id")
    ordered = table.order_by([table[JOURNEY], table["place_"]])
    for batch in steps.question.facts.engine.batches(ordered):
        for row in batch.to_pylist():
            touchpoint = touchpoints.get(row["touchpoint"])
            yield {
                "case_id": row[JOURNEY],
                "event": str(row["place_"] + 1),
                "activity": row["touchpoint"],
                "timestamp": _instant(row["at"]),
                "resource": touchpoint.function if touchpoint else None,
                "lifecycle": "complete",
                "stage": touchpoint.stage if touchpoint else None,
                "channel": row["channel"],
                "customer": str(row["customer"]),
                "source": row["source"],
                "id": row["id"],
            }


def _instant(at: Any) -> str:
    return at.replace(tzinfo=UTC).isoformat(timespec="microseconds")


def _counted(rows: Iterable[Row], counts: dict[str, int]) -> Iterator[Row]:
    for row in rows:
        counts["events"] += 1
        counts["journeys"] += row["event"] == "1"
        yield row


def write_xes(rows: Iterable[Row], stream: IO[str]) -> None:
    """Write events, those of a case one after another, as XES; rows are held one at a time."""
    stream.write(_HEAD)
    case: str | None = None
    for row in rows:
        if row["event"] == "1":
            stream.write("" if case is None else "</trace>\n")
            case = row["case_id"] or ""
            stream.write(f"<trace>\n{_attribute('string', 'concept:name', case)}")
        told = "".join(_attribute(tag, key, row[column]) for tag, key, column in _XES)
        stream.write(f"<event>\n{told}</event>\n")
    stream.write("</log>\n" if case is None else "</trace>\n</log>\n")


def _attribute(tag: str, key: str, value: str | None) -> str:
    if value is None:
        return ""
    # Signs that no XML may hold: they come of damaged sources.
    return f'<{tag} key="{key}" value={quoteattr(_NOT_IN_XML.sub(REPLACEMENT, value))}/>\n'


def write_csv(rows: Iterable[Row], stream: IO[str]) -> None:
    """Write events as CSV."""
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


@contextmanager
def _replacing(target: Path) -> Generator[IO[str]]:
    """Write a file beside its place and move it there when it is whole."""
    written: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=target.suffix)
        written = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            yield stream
        written.chmod(0o600)
        written.replace(target)
    except OSError as error:
        raise StoreNotWritable(
            what="The log cannot be written.",
            got=f"{target}: {error.strerror or type(error).__name__}",
            expected="a folder that can be written to, on a disk with room",
            fix="choose another file name, or free the disk and write the log again",
        ) from error
    finally:
        if written is not None:
            written.unlink(missing_ok=True)
