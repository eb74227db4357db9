"""Draws the pages of a new analysis before somebody asks: the first visitor waits for nothing."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from promesa.web.narrowing import Narrowed, Narrowing
from promesa.web.sections import HOME, SHOWN, shown_of
from promesa.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promesa.snapshot import Snapshot
    from promesa.web.site import Site

LOG = logging.getLogger("promesa.web")
EVERY_SECONDS = 2.0
PAUSE_SECONDS = 0.05
"""Between two sections, so that whoever asks in the meantime comes in between."""


class Warming:
    """Draws the sections of every newest snapshot, in each language, in a thread of its own.

    Parameters
    ----------
    site : Site
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="warming", daemon=True)

    def open(self) -> None:
        """Begin; what is asked for in the meantime is drawn as ever."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the section that is being drawn."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _watch(self) -> None:
        drawn = ""
        while not self._stop.wait(EVERY_SECONDS if drawn else 0):
            try:
                snapshot = self._site.snapshot()
                if snapshot is None or snapshot.folder.name == drawn:
                    drawn = drawn or "nothing yet"
                    continue
                drawn = snapshot.folder.name
                self.draw(snapshot)
            except Exception as error:  # noqa: BLE001 - a page that cannot be drawn is told to whoever opens it
                LOG.warning("A page could not be drawn beforehand: %s", type(error).__name__)

    def draw(self, snapshot: Snapshot) -> int:
        """Draw every section of a snapshot that is not drawn; return how many were gone through."""
        count = 0
        for locale, name in self._sections(snapshot):
            if self._stop.wait(PAUSE_SECONDS):
                break
            seen = Narrowed(content=self._site.content(snapshot, locale))
            self._site.section(name, seen, snapshot)
            count += 1
        return count

    def _sections(self, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
        company = self._site.workspace.locale
        for language in sorted(LANGUAGES, key=lambda one: not company.startswith(one)):
            locale = company if company.startswith(language) else language
            content = self._site.content(snapshot, locale)
            for name in HOME:
                yield locale, name
            for place in SHOWN:
                for name in shown_of(place, Narrowing(), content):
                    yield locale, name
