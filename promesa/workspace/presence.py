"""Which files a source finds, and what stands nearby when it finds none."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING

from promesa.errors import Mistake, did_you_mean

if TYPE_CHECKING:
    from promesa.workspace.model import Source, Workspace

NAMES_SHOWN = 8


def found_files(source: Source, *, root: Path) -> tuple[Path, ...]:
    """Return the files that a source's path or glob finds, in the order of their names; none for a database."""
    if source.path is None:
        return ()
    return tuple(
        Path(name)
        for name in sorted(glob.glob(str(root / Path(source.path).expanduser()), recursive=True))  # noqa: PTH207 (absolute patterns)
        if Path(name).is_file()
    )


def missing_files(ws: Workspace) -> tuple[Mistake, ...]:
    """Return a mistake for each source whose files are not there."""
    return tuple(
        _missing(source, root=ws.root)
        for source in ws.sources.values()
        if source.path is not None and not found_files(source, root=ws.root)
    )


def _missing(source: Source, *, root: Path) -> Mistake:
    wanted = root / Path(source.path or "").expanduser()
    folder = wanted.parent
    is_folder = wanted.is_dir()
    names = sorted(item.name for item in folder.iterdir()) if folder.is_dir() else []
    shown = source.written or source.path or ""
    if is_folder:
        got, fix = "a folder", f'name the files in it: path = "{shown.rstrip("/")}/*.csv"'
    elif not folder.is_dir():
        got, fix = "no such folder", _fix_folder(shown)
    else:
        got = _beside(names)
        fix = did_you_mean(wanted.name, names, otherwise="put the file there, or mend the path")
    return Mistake(
        file="promesa.toml",
        key=f"sources.{source.name}.path",
        what=f"The source {source.name!r} finds no file at {shown}.",
        got=got,
        expected="a file, or a glob that finds at least one",
        fix=fix,
    )


def _beside(names: list[str]) -> str:
    """Return what stands in the folder where a file was looked for."""
    listed, more = ", ".join(names[:NAMES_SHOWN]), len(names) - NAMES_SHOWN
    if more > 0:
        return f"no such file; there: {listed} and {more} more"
    return f"no such file; there: {listed}" if names else "no such file; nothing is there"


def _fix_folder(shown: str) -> str:
    if "${" in shown:
        name = shown.split("${", 1)[1].split("}", 1)[0]
        return f"check the folder that the variable {name} names"
    return "make the folder, or mend the path"
