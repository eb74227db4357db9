"""Answers that the snapshot does not keep: worked out by one thread in the background, then kept with the snapshot."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa.errors import PromesaError
from promesa.snapshot import compute, document_key, finite
from promesa.store import open_facts
from promesa.web.turns import Turn, Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import date
    from pathlib import Path

    from promesa.snapshot import Snapshot
    from promesa.store import Facts
    from promesa.web.turns import Asker
    from promesa.workspace import Workspace

LOG = logging.getLogger("promesa.web")
FOLDER = "views"
IDLE_SECONDS = 60.0
"""After so long without a question, what answers share is let go: tables of up to a gigabyte and a half."""


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
        self._turns = Turns()
        self._failed: dict[Turn, Failed] = {}
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None
        self._facts: Facts | None = None

    def answer(
        self, snapshot: Snapshot, question: Question, *, asker: Asker | None = None
    ) -> dict[str, Any] | Failed | None:
        """Return the document that answers, why there is none, or None while it is being worked out.

        Parameters
        ----------
        asker : Asker, optional
            The reader who waits for it. Without one it is worked out whatever readers do.
        """
        if question.is_whole:
            kept = snapshot.document(document_key(question.analysis, question.by))
            if kept is not None:
                return kept
        path = _path(snapshot.folder, question)
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8"))
        return self._ask(snapshot, question, asker)

    def seconds_until(self, snapshot: Snapshot, questions: Collection[Question]) -> float:
        """Return in how many seconds the last of some questions may be answered, by how long such took before."""
        return self._turns.seconds_until([_turn(snapshot, one) for one in questions])

    def _ask(self, snapshot: Snapshot, question: Question, asker: Asker | None) -> Failed | None:
        turn = _turn(snapshot, question)
        with self._lock:
            if turn in self._failed:
                return self._failed.pop(turn)  # who asks again makes it try again
            self._turns.ask(turn, asker)
            if self._worker is None or not self._worker.is_alive():
                self._worker = threading.Thread(target=self._work, name="views", daemon=True)
                self._worker.start()
        return None

    def _work(self) -> None:
        while True:
            turn = self._turns.take(IDLE_SECONDS if self._facts else None)
            if turn is None:
                self._facts = None
                continue
            try:
                self._keep(turn)
            except PromesaError as error:
                self._failed[turn] = Failed(said=str(error), code=error.code)
            except Exception as error:  # the next question must not wait for ever for this one
                LOG.exception("A view failed")
                self._failed[turn] = Failed(said=type(error).__name__)
            finally:
                self._turns.done(turn)

    def _keep(self, turn: Turn) -> None:
        workspace, question, path = self._workspace(), turn.question, _path(turn.folder, turn.question)
        if path.is_file():  # answered between a reader's look and the reader's question
            return
        narrowed = {"by": ",".join(question.by), "since": question.since, "until": question.until}
        facts = self._facts_of(workspace, question.as_of or f"{turn.as_of}+00:00")
        result = compute(question.analysis, workspace, facts=facts, outcome=question.outcome, **narrowed)
        path.parent.mkdir(exist_ok=True)
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(finite(result.to_document()), allow_nan=False), encoding="utf-8")
        unfinished.replace(path)

    def _facts_of(self, workspace: Workspace, as_of: date | str) -> Facts:
        """Return the facts of an instant: those of the last question where they are the same.

        What one answer worked out of them the next finds: four of one page read the same tables.
        """
        facts, last = open_facts(workspace, as_of=as_of), self._facts
        if last is None or last.engine is not facts.engine or last != facts:
            self._facts = last = facts
        return last


def _turn(snapshot: Snapshot, question: Question) -> Turn:
    return Turn(snapshot.folder, str(snapshot.about["as_of"]), question)


def _path(folder: Path, question: Question) -> Path:
    return folder / FOLDER / f"{question.name}.json"
