"""Answers that the snapshot does not keep: worked out by one thread in the background, then kept with the snapshot."""

from __future__ import annotations

import hashlib
import json
import logging
import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa.errors import PromesaError
from promesa.snapshot import compute, document_key, finite

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from promesa.snapshot import Snapshot
    from promesa.workspace import Workspace

LOG = logging.getLogger("promesa.web")
WAITING = 200
"""Questions that may wait; who asks one more is told to come back."""
FOLDER = "views"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One analysis, split and narrowed.

    Attributes
    ----------
    analysis : str
        One of `snapshot.ANALYSES`.
    by : tuple of str
        What it is split by.
    since, until : date or None
        First and last day.
    outcome : str
        Of an analysis of outcomes: which one; empty for the first.
    as_of : date or None
        As it stood at the end of that day; None for the instant of the snapshot.
    """

    analysis: str
    by: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    outcome: str = ""
    as_of: date | None = None

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing narrows it, so that a snapshot may keep its answer."""
        return self.since is None and self.until is None and not self.outcome and self.as_of is None

    @property
    def name(self) -> str:
        """Return the file name of its answer: no word of the asker's in it."""
        asked = (self.analysis, self.by, self.since, self.until, self.outcome, self.as_of)
        return hashlib.sha256(repr(asked).encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An answer that could not be worked out, and why.

    Attributes
    ----------
    said : str
        In English, for programs and logs.
    code : str
        Of the error, by which a page says it in the reader's language; empty where nobody foresaw it.
    """

    said: str
    code: str = ""


class Views:
    """Answers by question, for the newest snapshot.

    Parameters
    ----------
    workspace : callable
        Gives the workspace as it is written now.
    """

    def __init__(self, workspace: Callable[[], Workspace]) -> None:
        self._workspace = workspace
        self._asked: queue.Queue[tuple[Snapshot, Question]] = queue.Queue(WAITING)
        self._open: set[tuple[Path, Question]] = set()
        self._failed: dict[tuple[Path, Question], Failed] = {}
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None

    def answer(self, snapshot: Snapshot, question: Question) -> dict[str, Any] | Failed | None:
        """Return the document that answers, why there is none, or None while it is being worked out."""
        if question.is_whole:
            kept = snapshot.document(document_key(question.analysis, question.by))
            if kept is not None:
                return kept
        path = _path(snapshot, question)
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8"))
        return self._ask(snapshot, question)

    def _ask(self, snapshot: Snapshot, question: Question) -> Failed | None:
        key = (snapshot.folder, question)
        with self._lock:
            if key in self._failed:
                return self._failed.pop(key)  # who asks again makes it try again
            if key not in self._open:
                try:
                    self._asked.put_nowait((snapshot, question))
                except queue.Full:
                    return None
                self._open.add(key)
            if self._worker is None or not self._worker.is_alive():
                self._worker = threading.Thread(target=self._work, name="views", daemon=True)
                self._worker.start()
        return None

    def _work(self) -> None:
        while True:
            snapshot, question = self._asked.get()
            key = (snapshot.folder, question)
            try:
                self._keep(snapshot, question)
            except PromesaError as error:
                self._failed[key] = Failed(said=str(error), code=error.code)
            except Exception as error:  # the next question must not wait for ever for this one
                LOG.exception("A view failed")
                self._failed[key] = Failed(said=type(error).__name__)
            finally:
                with self._lock:
                    self._open.discard(key)

    def _keep(self, snapshot: Snapshot, question: Question) -> None:
        narrowed = {"by": ",".join(question.by), "since": question.since, "until": question.until}
        as_of = question.as_of or f"{snapshot.about['as_of']}+00:00"
        result = compute(question.analysis, self._workspace(), as_of=as_of, outcome=question.outcome, **narrowed)
        path = _path(snapshot, question)
        path.parent.mkdir(exist_ok=True)
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(finite(result.to_document()), allow_nan=False), encoding="utf-8")
        unfinished.replace(path)


def _path(snapshot: Snapshot, question: Question) -> Path:
    return snapshot.folder / FOLDER / f"{question.name}.json"
