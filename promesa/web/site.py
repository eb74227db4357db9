"""What the pages read: the workspace as it is written now, its newest snapshot, and sections already drawn."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from promesa import paper, report
from promesa.errors import NothingAnalysed, WorkspaceInvalid
from promesa.snapshot import latest
from promesa.store import let_go
from promesa.web.narrowing import Narrowed, narrow
from promesa.web.taking import Linked, Taken
from promesa.web.views import Views
from promesa.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path
    from typing import TypeVar

    from markupsafe import Markup

    from promesa.snapshot import Snapshot
    from promesa.web.narrowing import Narrowing
    from promesa.web.turns import Asker
    from promesa.workspace import Workspace

    T = TypeVar("T")

LOG = logging.getLogger("promesa.web")
FILES = ("promesa.toml", "model.toml")
KEPT = 400
"""Sections held drawn: about ten sections, two languages, some views."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A section as HTML, with what can be taken away from it."""

    html: Markup
    taken: Taken


OWN = ("begin", "cases", "costliest", "register", "touchpoints")
"""The sections of the report that an owner's first page shows, of their own functions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """What the owner of some functions sees first.

    Attributes
    ----------
    content : Content
        Of these functions alone.
    drawn : mapping
        Sections by name.
    opened : Table or None
        What is open now.
    arrows : Table or None
        What moves which outcome, of what is theirs.
    begins : bool
        Whether what is at stake in anything of theirs is known.
    """

    content: report.Content
    drawn: Mapping[str, Markup]
    opened: report.Table | None
    arrows: report.Table | None
    begins: bool


class Site:
    """One workspace, read again when its files or its snapshot change.

    Parameters
    ----------
    root : Path
        The company's folder.
    address : str, optional
        Where people open the pages as long as promesa.toml says no other address.
    """

    def __init__(self, root: Path, *, address: str | None = None) -> None:
        self.root = root
        self._address = address
        self._lock = threading.Lock()
        self._workspace: tuple[object, Workspace] | None = None
        self._held = _Held()
        self._setting = ThreadPoolExecutor(1, thread_name_prefix="setting")
        self._reports: dict[tuple[str, str], Future[bytes]] = {}
        self.views = Views(lambda: self.workspace)

    @property
    def workspace(self) -> Workspace:
        """Return the workspace; a file that was changed is read again."""
        stamp = tuple(_stamp(self.root / name) for name in FILES)
        with self._lock:
            if self._workspace is None or self._workspace[0] != stamp:
                self._workspace = (stamp, self._read(self._workspace[1] if self._workspace else None))
            return self._workspace[1]

    def _read(self, before: Workspace | None) -> Workspace:
        """Read the files; where they hold a mistake the pages go on with what they said before."""
        try:
            again = self._opened()
        except WorkspaceInvalid as error:
            if before is None:
                raise
            LOG.warning("The workspace holds %d mistakes; `promesa check` names them", len(error.mistakes))
            return before
        if before is not None:
            let_go(before)
        return again

    def _opened(self) -> Workspace:
        ws = open_workspace(self.root)
        if self._address is None or ws.service.addressed:
            return ws
        return replace(ws, service=replace(ws.service, address=self._address))

    def snapshot(self) -> Snapshot | None:
        """Return the newest snapshot, or None before the first analysis."""
        try:
            return latest(self.workspace)
        except NothingAnalysed:
            return None

    def content(self, snapshot: Snapshot, locale: str) -> report.Content:
        """Return a snapshot as the report reads it."""
        make = partial(_content, snapshot, locale)
        return self._held.get((snapshot.folder.name, locale, "content"), make)

    def narrowed(
        self, place: str, to: Narrowing, snapshot: Snapshot, locale: str, *, asker: Asker | None = None
    ) -> Narrowed:
        """Return the content of a place as a reader narrows it."""
        content = self.content(snapshot, locale)
        if to.is_empty:
            return Narrowed(content=content)
        return narrow(place, to, content, snapshot, self.views, asker=asker)

    def section(self, name: str, seen: Narrowed, snapshot: Snapshot, *, query: str = "") -> Drawn:
        """Return a section drawn; what was drawn once is kept while the snapshot is, unless it was not whole.

        Parameters
        ----------
        query : str
            Of the narrowing, as it stands in the address.
        """
        taken = Taken(section=name, locale=seen.content.locale, query=query)

        def draw() -> Drawn:
            return Drawn(html=report.section_html(name, seen.content, taking=taken), taken=taken)

        return self._kept(seen, (snapshot.folder.name, seen.content.locale, name, query), draw)

    def detail(self, kind: str, name: str, seen: Narrowed, snapshot: Snapshot, *, query: str = "") -> Drawn:
        """Return what is known of one promise or touchpoint, drawn."""
        taken = Taken(section=f"{kind}:{name}", locale=seen.content.locale, query=query)

        def draw() -> Drawn:
            return Drawn(html=report.detail_html(kind, name, seen.content, taking=taken), taken=taken)

        return self._kept(seen, (snapshot.folder.name, seen.content.locale, kind, name, query), draw)

    def owned(self, snapshot: Snapshot, functions: tuple[str, ...], locale: str) -> Owned:
        """Return what the owner of some functions sees first, drawn once a snapshot."""

        def draw() -> Owned:
            content = report.owned(self.content(snapshot, locale), functions)
            linked = Linked(section="own", locale=locale)
            ranked = (row.get("rank") for row in content.rows("priorities"))
            return Owned(
                content=content,
                drawn={name: report.section_html(name, content, taking=linked) for name in OWN},
                arrows=report.arrows_table(content),
                opened=report.open_table(content, smallest=self.workspace.min_cell),
                begins=any(ranked),
            )

        return self._held.get((snapshot.folder.name, locale, "owned", functions), draw)

    def home_paper(
        self, snapshot: Snapshot, locale: str, *, own: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    ) -> bytes:
        """Return Home as PDF; with the promises and touchpoints of an owner, those instead."""
        content = self.content(snapshot, locale)

        def draw() -> bytes:
            return (
                paper.home_pdf(content) if own is None else paper.own_pdf(content, promises=own[0], touchpoints=own[1])
            )

        return self._held.get((snapshot.folder.name, locale, "paper", own), draw)

    def report_paper(self, snapshot: Snapshot, locale: str) -> bytes | None:
        """Return the whole report as PDF; None while it is being set, which takes some ten seconds, one at a time."""
        key = (snapshot.folder.name, locale)
        with self._lock:
            if key not in self._reports:
                self._reports = {key: one for key, one in self._reports.items() if not one.done()}
                self._reports[key] = self._setting.submit(lambda: paper.report_pdf(self.content(snapshot, locale)))
            found = self._reports[key]
            if found.done() and found.exception() is not None:
                del self._reports[key]
        return found.result() if found.done() else None

    def paper(
        self,
        kind: str,
        name: str,
        seen: Narrowed,
        snapshot: Snapshot,
        *,
        narrowed: Sequence[tuple[str, str]] = (),
        query: str = "",
    ) -> bytes:
        """Return a promise or a touchpoint as PDF."""

        def draw() -> bytes:
            return paper.detail_pdf(kind, name, seen.content, narrowed=narrowed)

        return self._kept(seen, (snapshot.folder.name, seen.content.locale, "paper", kind, name, query), draw)

    def _kept(self, seen: Narrowed, key: object, draw: Callable[[], T]) -> T:
        return draw() if seen.waiting or seen.failed else self._held.get(key, draw)


@dataclass(slots=True)
class _Held:
    """What was made once, the oldest let go; two who ask at once make it once."""

    values: dict[object, object] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    making: dict[object, threading.Lock] = field(default_factory=dict)

    def get(self, key: object, make: Callable[[], T]) -> T:
        with self.lock:
            own = self.making.setdefault(key, threading.Lock())
        with own:
            if key not in self.values:
                made = make()
                with self.lock:
                    self.values[key] = made
                    for old in list(self.values)[: max(0, len(self.values) - KEPT)]:
                        del self.values[old]
                        self.making.pop(old, None)
                return made
            return self.values[key]  # type: ignore[return-value]


def _content(snapshot: Snapshot, locale: str) -> report.Content:
    return report.read(snapshot.whole(), locale=locale)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)
