"""Whose turn it is: which question is worked out next, and for whom."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable
    from pathlib import Path

    from promesa.web.views import Question

WAITING = 200
"""Questions that may wait; who asks one more is told to come back."""
SECONDS = {
    "drivers": 8.0,
    "roles": 5.0,
    "synergy": 3.0,
    "asymmetry": 2.0,
    "effects": 20.0,
    "paths": 10.0,
    "system": 20.0,
    "priorities": 20.0,
}
"""How long answers are taken to need before the first of their kind was timed; the others a second."""


@dataclass(frozen=True, slots=True)
class Asker:
    """A reader at one page: who narrows it again waits no more for what was asked before.

    Attributes
    ----------
    who : str
        The reader and the page.
    view : str
        What the page is narrowed to.
    """

    who: str
    view: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One question about one snapshot.

    Attributes
    ----------
    folder : Path
        Of the snapshot.
    as_of : str
        The instant of the snapshot, naive UTC.
    """

    folder: Path
    as_of: str
    question: Question

    @property
    def kind(self) -> Hashable:
        """Return what answers that take about as long have in common."""
        return self.question.analysis, self.question.by


@dataclass(slots=True)
class _Waiting:
    asked_at: float
    askers: set[Asker | None]
    seconds: float

    @property
    def due(self) -> float:
        """Return when it would be done, had it begun when it was asked.

        Shorter questions go before longer ones that came with them, and none is put off for longer than it takes.
        """
        return self.asked_at + self.seconds


@dataclass(slots=True)
class Turns:
    """Questions in the order in which they are worked out: by when each would be done had it begun when it was asked.

    A question stands once, however many ask it. It is dropped when every reader who asked it has narrowed that page to
    something else before it began; one that a program asked stays.

    Parameters
    ----------
    clock : callable
        Seconds of a clock that never goes back.
    """

    clock: Callable[[], float] = time.monotonic
    _waiting: dict[Turn, _Waiting] = field(default_factory=dict)
    _running: tuple[Turn, float] | None = None
    _views: dict[str, str] = field(default_factory=dict)
    _took: dict[Hashable, float] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def ask(self, turn: Turn, asker: Asker | None = None) -> None:
        """Put a question among those that wait, unless it is there, is worked out now, or too many wait."""
        with self._changed:
            if asker is not None and self._views.get(asker.who, asker.view) != asker.view:
                self._leave(asker.who)
            known = self._waiting.get(turn)
            if known is None and (self._is_running(turn) or len(self._waiting) >= WAITING):
                return
            if known is None:
                known = _Waiting(asked_at=self.clock(), askers=set(), seconds=self._expected(turn))
                self._waiting[turn] = known
                self._changed.notify()
            known.askers.add(asker)
            if asker is not None:
                self._views[asker.who] = asker.view

    def take(self, timeout: float | None = None) -> Turn | None:
        """Return the next question, waiting for one; None where none came in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._waiting), timeout):
                return None
            turn = min(self._waiting, key=lambda one: self._waiting[one].due)
            del self._waiting[turn]
            self._running = (turn, self.clock())
            self._forget_views()
            return turn

    def done(self, turn: Turn, *, answered: bool = True) -> None:
        """Say that the question taken last is done with; how long it took is remembered if it was answered."""
        with self._changed:
            if self._running is not None and self._running[0] == turn:
                if answered:
                    self._took[turn.kind] = self.clock() - self._running[1]
                self._running = None

    def seconds_until(self, turns: Collection[Turn]) -> float:
        """Return after how many seconds the last of some questions will be answered, as long as no other comes."""
        with self._changed:
            dues = [self._waiting[turn].due for turn in turns if turn in self._waiting]
            before = [one.seconds for one in self._waiting.values() if dues and one.due <= max(dues)]
            left = 0.0
            if self._running is not None and (dues or self._running[0] in turns):
                turn, began = self._running
                left = max(1.0, self._expected(turn) - (self.clock() - began))
            return left + sum(before)

    def _is_running(self, turn: Turn) -> bool:
        return self._running is not None and self._running[0] == turn

    def _expected(self, turn: Turn) -> float:
        return self._took.get(turn.kind, SECONDS.get(turn.question.analysis, 1.0))

    def _leave(self, who: str) -> None:
        """Take a reader off all that waits; what nobody waits for any more is dropped."""
        for turn, one in list(self._waiting.items()):
            one.askers = {asker for asker in one.askers if asker is None or asker.who != who}
            if not one.askers:
                del self._waiting[turn]

    def _forget_views(self) -> None:
        """Keep of what readers look at no more than what somebody waits for."""
        here = {asker.who for one in self._waiting.values() for asker in one.askers if asker is not None}
        self._views = {who: view for who, view in self._views.items() if who in here}
