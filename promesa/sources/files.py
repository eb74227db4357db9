"""Which files a source means: globs, names as shown, formats, and the errors when there are none."""

from __future__ import annotations

import glob
import gzip
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import IO, TYPE_CHECKING

from promesa.errors import SourceUnreadable
from promesa.sources.shapes import Fingerprint

if TYPE_CHECKING:
    from promesa.workspace import Source

FORMATS = {
    "csv": ("csv", "tsv", "txt", "tab", "dat", "psv"),
    "parquet": ("parquet", "pq"),
    "jsonl": ("jsonl", "ndjson", "json"),
    "xlsx": ("xlsx", "xlsm", "xlsb", "xls", "ods"),
    "sav": ("sav", "zsav"),
    "xes": ("xes",),
    "ocel": ("jsonocel", "ocel"),
}
TEXT_FORMATS = ("csv", "jsonl")
_WILD = ("*", "?", "[")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One file of a source: where it is, as what it is shown, and its state when it was found."""

    path: Path
    shown: str
    size: int
    mtime_ns: int

    @property
    def fingerprint(self) -> Fingerprint:
        """Return what tells this state of the file from another."""
        return Fingerprint(self.shown, self.size, self.mtime_ns)

    @property
    def zipped(self) -> bool:
        """Tell whether it is gzipped text."""
        return self.path.suffix.lower() == ".gz"


def find_files(source: Source, *, root: Path) -> tuple[Found, ...]:
    """Return the files of a source in the order of their names.

    Raises
    ------
    SourceUnreadable
        If there is none, or the path is a folder.
    """
    pattern = source.path or ""
    whole = Path(pattern).expanduser() if Path(pattern).expanduser().is_absolute() else root / pattern
    if whole.is_dir():
        raise _is_a_folder(source)
    if whole.is_file():
        paths = [whole]
    elif any(mark in pattern for mark in _WILD):
        paths = sorted(path for path in map(Path, glob.glob(str(whole), recursive=True)) if path.is_file())  # noqa: PTH207
    else:
        paths = []
    if not paths:
        raise _missing(source, whole, root=root)
    return tuple(_found(path, root=root) for path in paths)


def _found(path: Path, *, root: Path) -> Found:
    state = path.stat()
    return Found(path=path, shown=shown_path(path, root=root), size=state.st_size, mtime_ns=state.st_mtime_ns)


def shown_path(path: Path, *, root: Path) -> str:
    """Return a path as messages show it: relative to the workspace where it lies inside."""
    absolute, base = path.absolute(), root.absolute()
    return absolute.relative_to(base).as_posix() if absolute.is_relative_to(base) else str(absolute)


def format_of(source: Source, path: Path) -> str:
    """Return the format of a file: declared, or read off its name.

    Raises
    ------
    SourceUnreadable
        If the name ends in nothing that is known.
    """
    if source.format:
        return source.format
    suffixes = [suffix.lower().lstrip(".") for suffix in path.suffixes]
    ending = suffixes[-2] if suffixes[-1:] == ["gz"] and len(suffixes) > 1 else (suffixes or [""])[-1]
    for name, endings in FORMATS.items():
        if ending in endings:
            return name
    raise SourceUnreadable(
        what=f"The format of source {source.name!r} cannot be told from its file name.",
        got=path.name,
        expected="a name that ends in " + ", ".join(f".{ending}" for endings in FORMATS.values() for ending in endings),
        fix=f'write format = "csv" (or {", ".join(list(FORMATS)[1:])}) in [sources.{source.name}]',
    )


def open_bytes(found: Found) -> IO[bytes]:
    """Open a file for reading, unzipped."""
    if found.zipped:
        return gzip.open(found.path, "rb")  # pyright: ignore[reportReturnType]
    return found.path.open("rb")


def refuse_empty(source: Source, found: Found) -> None:
    """Raise if a file holds no byte at all."""
    if found.size == 0:
        raise SourceUnreadable(
            what=f"The file {found.shown} of source {source.name!r} is empty.",
            got="0 bytes",
            expected="at least a header line",
            fix="export the file again; take an empty one out of the folder",
        )


def _is_a_folder(source: Source) -> SourceUnreadable:
    return SourceUnreadable(
        what=f"The path of source {source.name!r} is a folder.",
        got=str(source.written or source.path),
        expected="a file, or a pattern that matches files",
        fix="write the files that are meant, such as FOLDER/*.csv",
    )


def _missing(source: Source, whole: Path, *, root: Path) -> SourceUnreadable:
    folder = whole.parent
    while any(mark in folder.name for mark in _WILD) or not folder.is_dir():
        if folder == folder.parent:
            break
        folder = folder.parent
    there = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    near = get_close_matches(whole.name, there, n=3, cutoff=0.5) or there[:5]
    place = shown_path(folder, root=root)
    place = "the workspace" if place == "." else place
    return SourceUnreadable(
        what=f"There is no file for source {source.name!r}.",
        got=str(source.written or source.path),
        expected=f"a file that exists; in {place} there is {', '.join(near)}" if near else f"a file; {place} is empty",
        fix=f"correct path in [sources.{source.name}]" + (f"; did you mean {near[0]!r}?" if near else ""),
    )
