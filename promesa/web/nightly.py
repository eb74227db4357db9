"""The nightly work: load, link, review the tiers and analyse, one after the other, and what became of it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from promesa.errors import StoreBusy

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from promesa.web.rendering import Visit
    from promesa.workspace import Workspace

LOG = logging.getLogger("promesa.nightly")
STEPS = ("load", "link", "tier", "analyse")
"""The tiers are reviewed where the model declares some."""
LOOK_SECONDS = 20.0
"""How often the clock is looked at: one that was put forward or back is heeded."""
BUSY_TRIES, BUSY_SECONDS = 30, 60.0
"""A step that finds the store at work is tried again: somebody loads, or events are being put into it."""
_COMMAND = (sys.executable, "-c", "from promesa.cli import main; main()")


def next_run(now: datetime, *, at: time_of_day, time_zone: str) -> datetime:
    """Return the next instant at which the clock of a time zone shows `at`; both ends are UTC with their zone."""
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(3))
    return next(found for day in days if (found := _instant(day, at, zone)) > now)


def _instant(day: date, at: time_of_day, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def read_nightly(ws: Workspace) -> dict[str, Any] | None:
    """Return what the nightly work of a workspace last said, or None where it never ran; see `Nightly`."""
    try:
        return json.loads(_file(ws).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


class Nightly:
    """Runs the steps once a day in processes of their own; never two at once.

    Parameters
    ----------
    ws : Workspace
    at : time
        Of the day, on the clock of the workspace's time zone.
    run : callable
        Runs one step and returns its exit status and what it said of a failure.

    Notes
    -----
    ``.promesa/nightly.json`` holds ``at``, ``next``, and of the last run ``began``, ``ended``, ``step`` (the last one
    begun), ``ok`` (null while it runs) and ``reason``.
    """

    def __init__(
        self, ws: Workspace, at: time_of_day, *, run: Callable[[Nightly, str], tuple[int, str]] | None = None
    ) -> None:
        self.ws, self.at = ws, at
        self.stop = threading.Event()
        self._run = run or _run
        before = read_nightly(ws) or {}
        self._last: dict[str, Any] | None = before.get("last")
        if self._last and self._last.get("ok") is None:
            self._last |= {"ok": False, "reason": "interrupted"}

    def watch(self) -> None:
        """Wait for the hour and work, until told to stop."""
        due = next_run(datetime.now(UTC), at=self.at, time_zone=self.ws.time_zone)
        self._note(due)
        while not self.stop.wait(LOOK_SECONDS):
            if datetime.now(UTC) >= due:
                self.work()
                due = next_run(datetime.now(UTC), at=self.at, time_zone=self.ws.time_zone)
                self._note(due)

    def work(self) -> None:
        """Go through the steps; the first that fails ends the night."""
        due = next_run(datetime.now(UTC), at=self.at, time_zone=self.ws.time_zone)
        self._last = {"began": _now(), "ended": None, "step": STEPS[0], "ok": None, "reason": ""}
        for step in STEPS:
            if step == "tier" and self.ws.model.tiers is None:
                continue
            self._last |= {"step": step}
            self._note(due)
            status, reason = self._done(step)
            if status != 0 or self.stop.is_set():
                why = "interrupted" if self.stop.is_set() else reason
                self._last |= {"ended": _now(), "ok": False, "reason": why}
                LOG.error("The nightly work failed at %s: %s", step, self._last["reason"])
                break
        else:
            self._last |= {"ended": _now(), "ok": True}
            LOG.info("The nightly work is done")
        self._note(due)

    def _done(self, step: str) -> tuple[int, str]:
        status, reason = self._run(self, step)
        for _ in range(BUSY_TRIES):
            if reason != StoreBusy.code or self.stop.wait(BUSY_SECONDS):
                break
            status, reason = self._run(self, step)
        return status, reason

    def _note(self, due: datetime) -> None:
        said = {"at": f"{self.at:%H:%M}", "next": due.isoformat(timespec="minutes"), "last": self._last}
        file = _file(self.ws)
        file.parent.mkdir(exist_ok=True)
        unfinished = file.with_suffix(".new")
        unfinished.write_text(json.dumps(said), encoding="utf-8")
        unfinished.replace(file)


def nightly_told(visit: Visit) -> list[str]:
    """Return what a reader is told of the nightly work: the next time, and how the last one ended."""
    found = read_nightly(visit.site.workspace)
    if found is None:
        return [visit.say("nightly.none")]
    said = [visit.say("nightly.next", at=_shown(visit, found["next"]), hour=found["at"])]
    last = found.get("last")
    if last:
        values = {key: _shown(visit, last[key]) for key in ("began", "ended") if last.get(key)}
        how = "running" if last["ok"] is None else "done" if last["ok"] else "failed"
        step = visit.say(f"nightly.step.{last['step']}")
        said.append(visit.say(f"nightly.{how}", **{"ended": "", **values, "step": step, "reason": last["reason"]}))
    return said


def _shown(visit: Visit, text: str) -> str:
    return visit.instant(datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None))


@contextmanager
def nightly(ws: Workspace, at: time_of_day | None) -> Generator[None]:
    """Do the nightly work while the service runs, in a thread of the process that watches it."""
    if at is None:
        yield
        return
    work = Nightly(ws, at)
    thread = threading.Thread(target=work.watch, name="nightly")
    thread.start()
    try:
        yield
    finally:
        work.stop.set()
        thread.join(timeout=60)


def _run(work: Nightly, step: str) -> tuple[int, str]:
    command = [*_COMMAND, step, "--workspace", str(work.ws.root), "--json"]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        said: list[str] = []
        reader = threading.Thread(target=lambda: said.append((process.stdout or sys.stdin).read()))
        reader.start()
        while process.poll() is None:
            if work.stop.wait(0.5):
                process.terminate()
                process.wait()
        reader.join()
    return process.returncode, _reason(said[0] if said else "") if process.returncode else ""


def _reason(said: str) -> str:
    """Return the code of a fault, which quotes nothing; the rest stands where the command is run by hand."""
    try:
        return str(json.loads(said)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return "error"


def _file(ws: Workspace) -> Path:
    return ws.root / ".promesa" / "nightly.json"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
