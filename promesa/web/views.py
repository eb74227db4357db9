"""Answers that the snapshot does not keep: worked out in the background, short and long ones apart, then kept."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa.errors import PromesaError
from promesa.snapshot import compute, document_key, finite
from promesa.web.lines import Line, OwnFacts, SharedFacts
from promesa.web.turns import Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import date
    from pathlib import Path

    from promesa.snapshot import Snapshot
    from promesa.web.lines import Opened
    from promesa.web.turns import Asker
    from promesa.workspace import Workspace

LOG = logging.getLogger("promesa.web")
FOLDER = "views"
OF_EXPERIENCE = ("drivers", "roles", "asymmetry", "synergy", "effects", "experiments")
OF_CHAIN = ("paths", "arrows", "system", "priorities", "lags")
LONG = frozenset({*OF_EXPERIENCE, *OF_CHAIN})
"""Analyses that read tables of experience, and take several times as long as the others: a line of their own."""


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
        self._failed: dict[Turn, Failed] = {}
        self._lock = threading.Lock()
        self._short = Line(SharedFacts(), self._settle)
        self._long = Line(OwnFacts(), self._settle)

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
        turns = [_turn(snapshot, one) for one in questions]
        return max(line.turns.seconds_until(turns) for line in (self._short, self._long))

    def _ask(self, snapshot: Snapshot, question: Question, asker: Asker | None) -> Failed | None:
        turn = _turn(snapshot, question)
        with self._lock:
            if turn in self._failed:
                return self._failed.pop(turn)  # who asks again makes it try again
        self._line_of(question).ask(turn, asker)
        return None

    def _line_of(self, question: Question) -> Line:
        """Return the line of a question; the cluster of a company that has one takes all of them in one."""
        is_long = question.analysis in LONG and self._workspace().engine == "duckdb"
        return self._long if is_long else self._short

    def _settle(self, turn: Turn, opened: Opened) -> bool:
        try:
            return self._keep(turn, opened)
        except PromesaError as error:
            self._failed[turn] = Failed(said=str(error), code=error.code)
        except Exception as error:  # the next question must not wait for ever for this one
            LOG.exception("A view failed")
            self._failed[turn] = Failed(said=type(error).__name__)
        return False

    def _keep(self, turn: Turn, opened: Opened) -> bool:
        workspace, question, path = self._workspace(), turn.question, _path(turn.folder, turn.question)
        if path.is_file():  # answered between a reader's look and the reader's question
            return False
        narrowed = {"by": ",".join(question.by), "since": question.since, "until": question.until}
        facts = opened.of(workspace, question.as_of or f"{turn.as_of}+00:00")
        result = compute(question.analysis, workspace, facts=facts, outcome=question.outcome, **narrowed)
        path.parent.mkdir(exist_ok=True)
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(finite(result.to_document()), allow_nan=False), encoding="utf-8")
        unfinished.replace(path)
        return True


def _turn(snapshot: Snapshot, question: Question) -> Turn:
    return Turn(snapshot.folder, str(snapshot.about["as_of"]), question)


def _path(folder: Path, question: Question) -> Path:
    return folder / FOLDER / f"{question.name}.json"
