"""From a source to its raw files: the one place that knows every format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.sources.evidence import SAMPLE_ROWS, spread
from promesa.sources.files import find_files, format_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from promesa.engine import Embedded
    from promesa.sources.files import Found
    from promesa.sources.raw import Raw
    from promesa.sources.shapes import Fingerprint
    from promesa.workspace import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The files of a source that are to be read.

    Attributes
    ----------
    raws : tuple of Raw
        At least one, so that the columns are known.
    fresh : bool
        Whether their rows are wanted: false when every file has been loaded before.
    pushed : bool
        The old rows were left out where they come from.
    """

    raws: tuple[Raw, ...]
    fresh: bool = True
    pushed: bool = False


def open_source(
    source: Source,
    *,
    root: Path,
    folder: Path,
    engine: Embedded,
    seen: Collection[tuple[str, int, int]] = (),
    above: str | None = None,
    beginning: bool = False,
    progress: Callable[[str, float | None], None] | None = None,
) -> Opened:
    """Return every file of a source as the engine reads it, or the rows of its query.

    With `beginning`, only what its columns can be told from: some of the files, the first rows of the query.

    Raises
    ------
    SourceUnreadable
        If there is nothing, or nothing that can be read.
    """
    if source.url is not None:
        from promesa.sources.database import open_query

        limit = SAMPLE_ROWS if beginning else None
        raw = open_query(source, root=root, folder=folder, above=above, limit=limit, progress=progress)
        return Opened(raws=(raw,), pushed=True)
    files = find_files(source, root=root)
    fresh = [file for file in files if not (source.new_files_only and file.fingerprint in seen)]
    wanted = spread(fresh or files[-1:]) if beginning else fresh or files[-1:]
    raws = tuple(open_raw(source, file, folder=folder, engine=engine) for file in wanted)
    return Opened(raws=raws, fresh=bool(fresh))


def open_raw(source: Source, found: Found, *, folder: Path, engine: Embedded) -> Raw:
    """Return one file as the engine reads it, whatever its format."""
    chosen = format_of(source, found.path)
    if chosen == "csv":
        from promesa.sources.delimited import open_delimited

        return open_delimited(source, found, folder=folder)
    if chosen == "jsonl":
        from promesa.sources.jsonlines import open_json_lines

        return open_json_lines(source, found, folder=folder, engine=engine)
    if chosen == "parquet":
        from promesa.sources.columnar import open_parquet

        return open_parquet(source, found, engine=engine)
    if chosen == "xlsx":
        from promesa.sources.workbook import open_workbook

        return open_workbook(source, found, folder=folder)
    if chosen == "xes":
        from promesa.sources.xes import open_xes

        return open_xes(source, found, folder=folder)
    if chosen == "ocel":
        from promesa.sources.ocel import open_ocel

        return open_ocel(source, found, folder=folder)
    from promesa.sources.spss import open_spss

    return open_spss(source, found, folder=folder)


def fingerprint(source: Source, *, root: Path) -> tuple[Fingerprint, ...] | None:
    """Return the state of the files of a source, cheaply; None for a database, which is always read.

    Raises
    ------
    SourceUnreadable
        If there is no file.
    """
    if source.url is not None:
        return None
    return tuple(file.fingerprint for file in find_files(source, root=root))
