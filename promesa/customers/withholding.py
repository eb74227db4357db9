"""Figures of small groups in the answers that were kept: withheld, so that none tells of the person who is gone.

An answer kept before a person was forgotten and one made after differ by that person. In a large group this says
little; in a small one it would be their own figures. Sums over large groups stay: they are the company's results.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from promesa.errors import StoreNotWritable

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.workspace import Workspace

WITHHELD = "withheld-small-group"
_FIGURES = ("estimate", "lower", "upper")


def withhold_small(ws: Workspace, *, dry_run: bool = False) -> int:
    """Withhold the figures of small groups in every kept snapshot; return how many rows it was.

    Parameters
    ----------
    dry_run : bool
        Count and change nothing.

    Notes
    -----
    A row is small if fewer than ``min_group`` observations, or as a count fewer than ``min_cell``, stand behind it.
    The chart of an answer with such a row is left out: it would show the figure.
    """
    rows = 0
    root = ws.root / ".promesa" / "snapshots"
    for file in sorted(root.glob("*/*.json")):
        document = json.loads(file.read_text(encoding="utf-8"))
        if file.name == "about.json" or not isinstance(document.get("rows"), list):
            continue
        small = [row for row in document["rows"] if _is_small(row, ws)]
        rows += len(small)
        if small and not dry_run:
            for row in small:
                row.update({**dict.fromkeys(_FIGURES), "n": 0, "n_missing": 0, "note": WITHHELD})
            document["chart"] = dict.fromkeys(document.get("chart") or ())
            _write(file, document)
    return rows


def _is_small(row: dict[str, Any], ws: Workspace) -> bool:
    limit = max(ws.min_group, ws.min_cell)
    shown = any(row.get(figure) is not None for figure in _FIGURES)
    estimate = row.get("estimate")
    count = row.get("unit") == "count" and isinstance(estimate, int | float) and 0 < estimate < limit
    return shown and (0 < int(row.get("n") or 0) < limit or count)


def _write(path: Path, document: object) -> None:
    """Write a document whole or not at all."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(json.dumps(document, ensure_ascii=False, allow_nan=False))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StoreNotWritable(
            what="A snapshot could not be written.",
            got=f"{error.strerror} in {path.parent.name}",
            expected="a disk with room and permission to write",
            fix="free space or change the permissions, then run the command again: it goes on where it stopped",
        ) from error
