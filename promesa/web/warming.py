"""Draws the pages of a new analysis before somebody asks: the first visitor waits for nothing."""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from promesa import report
from promesa.web.narrowing import Narrowed, Narrowing
from promesa.web.sections import HOME, SHOWN, shown_of
from promesa.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promesa.snapshot import Snapshot
    from promesa.web.site import Site

    Drawing = Callable[[], object]

LOG = logging.getLogger("promesa.web")
EVERY_SECONDS = 2.0
PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0
MOST_DETAILS = 60
"""Promises and touchpoints whose pages are drawn, those with most at stake: `site.KEPT` holds them in two languages,
with everything else."""
MOST_PAPERS = 30


class Warming:
    """Draws what every newest snapshot is asked for, in a thread of its own.

    The places of the navigation in each language come first, then what the owners of functions see, then promises and
    touchpoints by what is at stake; the PDF of the first of them, in the company's language, last.

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
        """Stop after what is being drawn."""
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
        """Draw what is not drawn yet of a snapshot; return how many things were gone through.

        It rests after each for as long as that took, so that whoever asks in the meantime comes in between. A newer
        snapshot ends it: nobody asks for the pages of this one any more.
        """
        count, rest = 0, PAUSE_SECONDS
        for drawing in self._drawings(snapshot):
            if self._stop.wait(rest) or self._is_old(snapshot):
                break
            began = time.monotonic()
            drawing()
            rest = min(max(PAUSE_SECONDS, time.monotonic() - began), LONGEST_PAUSE_SECONDS) if PAUSE_SECONDS else 0
            count += 1
        return count

    def _is_old(self, snapshot: Snapshot) -> bool:
        newest = self._site.snapshot()
        return newest is not None and newest.folder.name != snapshot.folder.name

    def _drawings(self, snapshot: Snapshot) -> Iterator[Drawing]:
        locales = self._locales()
        for locale in locales:
            yield from self._places(snapshot, locale)
        for locale in locales:
            yield from self._owners(snapshot, locale)
        for locale in locales:
            yield from self._details(snapshot, locale)
        yield from self._papers(snapshot, locales[0])

    def _locales(self) -> list[str]:
        """Return the company's locale, then the other languages."""
        company = self._site.workspace.locale
        return [company, *sorted(one for one in LANGUAGES if not company.startswith(one))]

    def _places(self, snapshot: Snapshot, locale: str) -> Iterator[Drawing]:
        content = self._site.content(snapshot, locale)
        seen = Narrowed(content=content)
        names = [*HOME, *(name for place in SHOWN for name in shown_of(place, Narrowing(), content))]
        for name in names:
            yield partial(self._site.section, name, seen, snapshot)

    def _owners(self, snapshot: Snapshot, locale: str) -> Iterator[Drawing]:
        """Yield what the owner of one function sees first; who owns several waits for it once."""
        content = self._site.content(snapshot, locale)
        functions = [said.get("owner") for said in content.promises.values()]
        functions += [said.get("function") for said in content.touchpoints.values()]
        for function in dict.fromkeys(str(name) for name in functions if name):
            yield partial(self._site.owned, snapshot, (function,), locale)

    def _details(self, snapshot: Snapshot, locale: str) -> Iterator[Drawing]:
        seen = Narrowed(content=self._site.content(snapshot, locale))
        for kind, name in report.by_stake(seen.content)[:MOST_DETAILS]:
            yield partial(self._site.detail, kind, name, seen, snapshot)

    def _papers(self, snapshot: Snapshot, locale: str) -> Iterator[Drawing]:
        seen = Narrowed(content=self._site.content(snapshot, locale))
        yield partial(self._site.home_paper, snapshot, locale)
        for kind, name in report.by_stake(seen.content)[:MOST_PAPERS]:
            yield partial(self._site.paper, kind, name, seen, snapshot)
