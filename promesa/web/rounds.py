"""Work that the service does again and again beside its pages, in a thread that outlives whatever one round meets."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from promesa.errors import PromesaError

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = logging.getLogger("promesa.web")
JOIN_SECONDS = 30


class Rounds:
    """One kind of work, a round every so many seconds while the service runs.

    Parameters
    ----------
    what : str
        What the log calls the work: "Mails" wait, "Mails" failed.
    every : float
        Seconds between two rounds.
    step : callable
        Does a part of a round and tells whether more waits; between two parts the service may stop.
    """

    def __init__(self, what: str, *, every: float, step: Callable[[], bool]) -> None:
        self._what, self._every, self._step = what, every, step
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Begin."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name=self._what.lower(), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop after the part at hand."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=JOIN_SECONDS)
            self._thread = None

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            try:
                while not self._stop.is_set() and self._step():
                    pass
            except PromesaError as error:
                LOG.warning("%s wait: %s", self._what, error.what)
            except Exception:  # the thread must outlive whatever one round meets
                LOG.exception("%s failed", self._what)
