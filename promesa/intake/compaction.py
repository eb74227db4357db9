"""Compaction: what has arrived goes from the segments into the store, each request exactly once.

Facts go to their tables, events to the table of events, what is refused to the quarantine. The events are committed
last, together with how far each writer's log now is in the store; only then do the segments go. A run that was killed
is done again: facts that are there already change nothing, segments that are in the store go unread.
"""

from __future__ import annotations

import heapq
import logging
import time
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from promesa.errors import PromesaError, StoreBusy
from promesa.intake.limits import Limits
from promesa.intake.segments import frames_of, ready_segments, waiting_segments
from promesa.store import (
    Taken,
    events_settled,
    keep_report,
    load_chosen,
    merge_small_files,
    places_of,
    session,
    take_events,
    take_facts,
    take_rejects,
)
from promesa.words import number, say

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from promesa.intake.segments import Frame, Segment
    from promesa.store import LoadCount, LoadReport, Run
    from promesa.workspace import Workspace

    Progress = Callable[[str, float | None], None]

TURN_BYTES = 128 << 20  # of segments taken in at once
_WAITS = 40  # half seconds that an erasure waits for writers to seal
_logger = logging.getLogger("promesa.intake")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compaction:
    """What became of what had arrived.

    Attributes
    ----------
    segments : int
        Segments taken in.
    events : Taken
        New events, repeated ones, and those left out.
    facts : tuple of LoadCount
        Of facts sent over HTTP, one a table and source.
    rejected : dict of str to int
        Events put into the quarantine, by rule.
    load : LoadReport or None
        Of the load files that read events.
    """

    segments: int = 0
    events: Taken = field(default_factory=Taken)
    facts: tuple[LoadCount, ...] = ()
    rejected: dict[str, int] = field(default_factory=dict)
    load: LoadReport | None = None

    def with_turn(self, other: Compaction) -> Compaction:
        """Return both together."""
        mine, more = self.events, other.events
        rules = dict.fromkeys([*self.rejected, *other.rejected])
        return Compaction(
            segments=self.segments + other.segments,
            events=Taken(
                accepted=mine.accepted + more.accepted,
                repeated=mine.repeated + more.repeated,
                forgotten=mine.forgotten + more.forgotten,
                expired=mine.expired + more.expired,
            ),
            facts=(*self.facts, *other.facts),
            rejected={rule: self.rejected.get(rule, 0) + other.rejected.get(rule, 0) for rule in rules},
            load=other.load or self.load,
        )

    def to_document(self) -> dict[str, object]:
        """Return everything as one JSON-ready document."""
        events = self.events
        return {
            "segments": self.segments,
            "events": {
                "accepted": events.accepted,
                "repeated": events.repeated,
                "forgotten": events.forgotten,
                "expired": events.expired,
            },
            "facts": [count.row() for count in self.facts],
            "rejected": self.rejected,
            "load": self.load.to_document() if self.load else None,
            "summary": {locale: self.summary(locale) for locale in ("es", "en")},
        }

    def summary(self, locale: str = "en") -> str:
        """Return the outcome in words."""
        if not self.segments:
            return say("intake.compacted.nothing", locale)
        facts, events = self.facts, self.events
        numbers = {
            "events": events.accepted,
            "facts": sum(count.accepted + count.corrected for count in facts),
            "repeated": events.repeated + sum(count.unchanged + count.repeated for count in facts),
            "rejected": sum(self.rejected.values()) + sum(sum(count.quarantined.values()) for count in facts),
            "left_out": events.forgotten + events.expired + sum(count.forgotten + count.expired for count in facts),
        }
        return say("intake.compacted.done", locale, **{name: number(value, locale) for name, value in numbers.items()})


def compact(
    ws: Workspace, *, recorded_at: datetime, always: bool = False, progress: Progress | None = None
) -> Compaction:
    """Take what has arrived into the store, and run the load files that read it.

    Parameters
    ----------
    recorded_at : datetime
        Instant the rows are recorded at; naive is UTC.
    always : bool, default False
        Run the load files also where nothing has arrived: after a start, or a run that failed.

    Raises
    ------
    StoreBusy
        If a load is running; what has arrived waits.
    StoreNotWritable
        If the disk is full or read-only; what has arrived waits.
    LoadFailed
        If a load file does not run; the events are in the store, and a mended file finds them.
    """
    if not always and not ready_segments(places_of(ws).segments):
        return Compaction()
    with session(ws, recorded_at=recorded_at, progress=progress) as run:
        done = _take_ready(run)
        wanted = [entry for entry in ws.loads if any(ws.sources[source].intake for source in entry.reads)]
        report = load_chosen(run, wanted, full=False) if wanted else None
        if report and not all(count.skipped for count in report.counts):
            keep_report(run, report)
        merge_small_files(run)
        return done.with_turn(Compaction(load=report))


def take_arrivals(run: Run) -> Compaction:
    """Take in all that had arrived when this was called, also what is still being written; for an erasure.

    Raises
    ------
    StoreBusy
        If a writer does not seal what it has written.
    """
    folder = run.places.segments
    wanted = {_name_of(path) for path in waiting_segments(folder)}
    done = Compaction()
    for _ in range(_WAITS):
        done = done.with_turn(_take_ready(run))
        if not wanted & {_name_of(path) for path in waiting_segments(folder)}:
            return done
        time.sleep(0.5)
    raise StoreBusy(
        what="What has arrived over HTTP cannot be taken in.",
        got="a segment that stays open",
        expected="a service that seals what it has written within seconds",
        fix="restart the service and run the command again: it goes on where it stopped",
    )


def _name_of(path: Path) -> tuple[str, str]:
    return path.parent.name, path.stem


def _take_ready(run: Run) -> Compaction:
    done = Compaction()
    settled: dict[str, int] = {}
    segments: list[Segment] = []
    for segment in ready_segments(run.places.segments):
        if segment.writer not in settled:
            settled[segment.writer] = events_settled(run, segment.writer)
        if segment.number <= settled[segment.writer]:
            segment.path.unlink()  # in the store; the run that took it in was killed before it could do this
        else:
            segments.append(segment)
    for turn, some in enumerate(_turns(segments)):
        done = done.with_turn(_take(run, some, folder=run.places.staging / "intake" / str(turn)))
    return done


def _turns(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Yield segments a bounded number of bytes at a time; those of one writer in their order."""
    some: list[Segment] = []
    size = 0
    for segment in sorted(segments, key=lambda each: (each.number, each.writer)):
        some.append(segment)
        size += segment.path.stat().st_size
        if size >= TURN_BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some


def _take(run: Run, segments: Sequence[Segment], *, folder: Path) -> Compaction:
    from promesa.intake.unpacking import unpack

    unpacked = unpack(_frames(segments), run.ws, limits=Limits(), folder=folder)
    facts = [take_facts(run, table, source=source, arrived=path) for (table, source), path in unpacked.facts.items()]
    rejected: dict[str, int] = {}
    for source, path in unpacked.rejects.items():
        for rule, count in take_rejects(run, source, path).items():
            rejected[rule] = rejected.get(rule, 0) + count
    settled: dict[str, int] = {}
    for segment in segments:
        settled[segment.writer] = max(segment.number, settled.get(segment.writer, 0))
    events = take_events(run, unpacked.events, settled=settled)
    for segment in segments:
        segment.path.unlink()
    return Compaction(segments=len(segments), events=events, facts=tuple(facts), rejected=rejected)


def _frames(segments: Sequence[Segment]) -> Iterator[Frame]:
    """Yield the frames of all segments in the order of their arrival."""
    by_writer: dict[str, list[Segment]] = {}
    for segment in segments:
        by_writer.setdefault(segment.writer, []).append(segment)
    logs = [chain.from_iterable(frames_of(segment.path) for segment in some) for some in by_writer.values()]
    return heapq.merge(*logs, key=lambda frame: frame.received)


def keep_compacting(ws: Workspace, *, stop: threading.Event, now: Callable[[], datetime], every: float = 10.0) -> None:
    """Compact again and again until told to stop; what goes wrong is logged by its code and tried again.

    Parameters
    ----------
    stop : threading.Event
        Set by whoever ends the service; the turn under way is finished.
    now : callable
        Instant the rows are recorded at.
    every : float
        Seconds between turns.
    """
    again = True
    while not stop.is_set():
        try:
            compact(ws, recorded_at=now(), always=again)
            again = False
        except StoreBusy:
            pass
        except PromesaError as error:
            again = True
            _logger.error("what arrived could not be taken in: %s", error.code)  # noqa: TRY400
        except OSError as error:
            again = True
            _logger.error("what arrived could not be taken in: %s", error.strerror)  # noqa: TRY400
        stop.wait(every)
