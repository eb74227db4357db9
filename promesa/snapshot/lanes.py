"""Several processes work out one snapshot.

Putting questions together, turning them into SQL, and what is done with samples of rows is work of one processor. A
process beside this one has an engine of its own and takes the questions of a room together: what the engine holds for
one of them serves the next.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from promesa.snapshot.analyses import questions, room_of
from promesa.snapshot.documents import write

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from promesa.store import Facts

LEAST = 50_000  # moments below which another process takes longer to start than it saves
MOST = 3_000_000  # moments above which the engine keeps every processor busy by itself
LANES = 4
# Rooms that hold tables for each other; the longest first, so that no process is left with it at the end.
_TOGETHER = (("drivers", "impact"), ("journeys",), ("value", "actions"))


def processes_for(facts: Facts) -> int:
    """Return how many processes are worth it: one for few moments, for very many, and for Spark."""
    if facts.workspace.engine != "duckdb":
        return 1
    moments = facts.engine.fetch(facts.table("moments").count()).as_py()
    cores = min(os.cpu_count() or 1, facts.workspace.threads or LANES)
    return min(cores, LANES) if LEAST <= moments <= MOST else 1


def work_out(
    facts: Facts,
    keys: Sequence[str],
    folder: Path,
    *,
    answer: Callable[[str, int], None],
    processes: int,
) -> None:
    """Write every document of a snapshot into a folder.

    Parameters
    ----------
    keys : sequence of str
        Names of the documents.
    answer : callable
        Works one out in this process and writes it; called with its name and how many are done.
    processes : int
        How many work at once, this one among them.

    Notes
    -----
    What a process beside this one does not finish, for whatever reason, is worked out here: so its error is told as if
    there had been no other.
    """
    lanes = _Lanes(waiting=deque(_groups(keys) if processes > 1 else [list(keys)]))
    with _beside(facts, folder, lanes, processes=processes - 1) as threads:
        while group := lanes.next_group():
            for key in group:
                answer(key, len(lanes.done))
                lanes.done.append(key)
        for thread in threads:
            thread.join()
    for key in lanes.left:
        answer(key, len(lanes.done))
        lanes.done.append(key)


@dataclass(slots=True)
class _Lanes:
    """What is still to be worked out, and how far it has come.

    Attributes
    ----------
    waiting : deque of list of str
        Documents that one process takes together.
    left, done : list of str
        Taken by a process that did not finish them; written.
    """

    waiting: deque[list[str]]
    left: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def next_group(self) -> list[str] | None:
        with suppress(IndexError):
            return self.waiting.popleft()
        return None


def _groups(keys: Sequence[str]) -> list[list[str]]:
    """Return the documents by what serves each other, in the order in which they are begun."""
    groups: dict[int, list[str]] = {place: [] for place in range(len(_TOGETHER) + 1)}
    places = {room: place for place, rooms in enumerate(_TOGETHER) for room in rooms}
    for key in keys:
        groups[places.get(room_of(key), len(_TOGETHER))].append(key)
    return [group for group in groups.values() if group]


@contextmanager
def _beside(facts: Facts, folder: Path, lanes: _Lanes, *, processes: int) -> Generator[list[threading.Thread]]:
    """Run processes that take what waits, each led by a thread; none outlives the work."""
    running: list[subprocess.Popen[str]] = []
    told = _told(facts, folder)
    try:
        for _ in range(processes):
            # No module of the folder at hand is taken for one of Python's; what it says of an error is not read, for
            # that comes again here.
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "promesa.snapshot.lanes"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
            running.append(process)
        threads = [threading.Thread(target=_lead, args=(one, told, lanes), name="lane", daemon=True) for one in running]
        for thread in threads:
            thread.start()
        yield threads
    finally:
        for process in running:
            process.kill()
            process.communicate()


def _told(facts: Facts, folder: Path) -> str:
    from promesa.snapshot.keeping import fingerprint

    told = {
        "root": str(facts.workspace.root),
        "as_of": facts.as_of.replace(tzinfo=UTC).isoformat(),
        "version": facts.version,
        "fingerprint": fingerprint(facts.workspace),
        "folder": str(folder),
    }
    return json.dumps(told)


def _lead(process: subprocess.Popen[str], told: str, lanes: _Lanes) -> None:
    """Give a process group after group until nothing waits; note what it leaves unfinished."""
    asked, answered = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
    with suppress(OSError, ValueError):
        asked.write(f"{told}\n")
        asked.flush()
        if answered.readline() != "ready\n":
            return
        while group := lanes.next_group():
            left = list(group)
            try:
                asked.write(f"{json.dumps(group)}\n")
                asked.flush()
                while left and answered.readline() == f"{left[0]}\n":
                    lanes.done.append(left.pop(0))
            finally:
                lanes.left += left
            if left:
                return


def main() -> None:
    """Work out what another process asks for, a group of documents a line, and say each that is written."""
    from promesa.engine import memory_share
    from promesa.snapshot.keeping import fingerprint
    from promesa.store import open_facts
    from promesa.workspace import open_workspace

    asked = json.loads(sys.stdin.readline())
    ws = open_workspace(Path(asked["root"]))
    if fingerprint(ws) != asked["fingerprint"]:
        return
    ws = replace(ws, threads=1, memory_limit=ws.memory_limit or memory_share())
    facts = open_facts(ws, as_of=datetime.fromisoformat(asked["as_of"]))
    if facts.version != asked["version"]:
        return
    _say("ready")
    asks = dict(questions(ws, facts))
    for line in sys.stdin:
        for key in json.loads(line):
            write(Path(asked["folder"]) / f"{key}.json", asks[key]().to_document())
            _say(key)


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
