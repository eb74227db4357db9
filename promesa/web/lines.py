"""A line of questions with the thread that works them out, one after the other, and the facts that they share."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

from promesa.store import open_facts, open_store, own_facts
from promesa.web.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from promesa.store import Facts
    from promesa.web.turns import Asker, Turn
    from promesa.workspace import Workspace

IDLE_SECONDS = 60.0
"""After so long without a question, what answers share is let go: tables of up to a gigabyte and a half."""


class Opened(Protocol):
    """The facts that the answers of a line share: what one worked out of them the next finds."""

    def of(self, workspace: Workspace, as_of: date | str) -> Facts:
        """Return the facts of an instant: those of the last question where they are the same."""
        ...

    def let_go(self) -> None:
        """Keep nothing any more."""
        ...


class SharedFacts:
    """Facts on the engine that everything else of this process asks as well."""

    def __init__(self) -> None:
        self._last: Facts | None = None

    def of(self, workspace: Workspace, as_of: date | str) -> Facts:
        """Return the facts of an instant, with what was worked out of them."""
        facts, last = open_facts(workspace, as_of=as_of), self._last
        if last is None or last.engine is not facts.engine or last != facts:
            self._last = last = facts
        return last

    def let_go(self) -> None:
        """Keep nothing of the facts; the engine stays."""
        self._last = None


class OwnFacts:
    """Facts on a DuckDB of their own, so that a long answer and a short one are worked out at once."""

    def __init__(self) -> None:
        self._last: tuple[Workspace, str, date | str, Facts] | None = None
        self._open = ExitStack()

    def of(self, workspace: Workspace, as_of: date | str) -> Facts:
        """Return the facts of an instant, with what was worked out of them."""
        asked = (workspace, open_store(workspace).version, as_of)
        if self._last is None or self._last[:3] != asked:
            self.let_go()
            self._last = (*asked, self._open.enter_context(own_facts(workspace, as_of=as_of)))
        return self._last[3]

    def let_go(self) -> None:
        """Close the engine with all that it holds."""
        self._last = None
        self._open.close()


class Line:
    """Questions of one kind, worked out by a thread of their own that begins with the first of them.

    Parameters
    ----------
    opened : Opened
        The facts that the answers share.
    settle : callable
        Works a question out of them, whatever happens; tells whether there is an answer now.
    """

    def __init__(self, opened: Opened, settle: Callable[[Turn, Opened], bool]) -> None:
        self.turns = Turns()
        self._opened = opened
        self._settle = settle
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None

    def ask(self, turn: Turn, asker: Asker | None) -> None:
        """Put a question into the line."""
        self.turns.ask(turn, asker)
        with self._lock:
            if self._worker is None or not self._worker.is_alive():
                self._worker = threading.Thread(target=self._work, name="views", daemon=True)
                self._worker.start()

    def _work(self) -> None:
        idle: float | None = None
        while True:
            turn = self.turns.take(idle)
            if turn is None:
                self._opened.let_go()
                idle = None
                continue
            answered = self._settle(turn, self._opened)
            self.turns.done(turn, answered=answered)
            idle = IDLE_SECONDS
