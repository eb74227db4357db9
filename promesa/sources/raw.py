"""One file or query as the engine can read it before its cells are typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from promesa.engine import name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from promesa.engine import Embedded
    from promesa.sources.shapes import Fingerprint, SourceColumn, SourceWarning

ORDINAL, BROKEN, COLUMN, RECORD = "__ordinal", "__broken", "__column", "__record"
LINE = "__line"  # the only key of the record of a broken row
TEXT_MARK = "\x01"
BROKEN_COLUMN = -1  # in COLUMN: the row as a whole is broken, not a cell


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that cannot be split into cells."""

    row: int
    rule: str
    text: str


def _none(engine: Embedded) -> Iterator[BrokenRow]:  # noqa: ARG001 (one signature for every format)
    return iter(())


def _no_rows() -> Sequence[int]:
    return ()


def _no_cells(text: str) -> dict[str, str | None] | None:  # noqa: ARG001
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """One file or query, its cells as text.

    Attributes
    ----------
    relation : str
        SQL table expression with `columns` in the order of the file, and perhaps `ORDINAL` (rows counted from 0) and
        `BROKEN` (the text of a row that is broken as a whole, else null).
    sample : str
        The same for looking at its beginning, again and again. A text that starts with `TEXT_MARK` in it is a text for
        certain (a JSON string), however much it looks like a number.
    known : mapping of str to SourceColumn
        Columns whose type the file itself says; the relation gives them typed.
    hinted : mapping of str to SourceColumn
        Columns of text whose kind the file itself says.
    breaks : str or None
        Rule of the rows that are marked in `BROKEN`; None when the relation has no such column.
    first_row : int
        Row of the first record, as a spreadsheet counts.
    broken : callable
        The broken rows that `relation` left out, in order, after it was read once.
    real_dates : bool
        Whether the file has cells that are dates and not only look like them; they stand here by ISO 8601.
    blank_rows : callable
        The rows that are blank lines, which the relation left out too.
    ready : Path or None
        The file itself, where it is Parquet and may not need to be typed.
    split : callable
        From the text of a broken row to its cells, or None: for one that a person has mended.
    mend : callable or None
        What to try when the engine cannot read the relation: the same file from a mended copy.
    """

    shown: str
    fingerprint: Fingerprint
    relation: str
    columns: tuple[str, ...]
    sample: str = ""
    known: Mapping[str, SourceColumn] = field(default_factory=dict)
    hinted: Mapping[str, SourceColumn] = field(default_factory=dict)
    first_row: int = 1
    numbered: bool = False
    breaks: str | None = None
    semicolons: bool = False
    real_dates: bool = False
    warnings: tuple[SourceWarning, ...] = ()
    broken: Callable[[Embedded], Iterator[BrokenRow]] = _none
    blank_rows: Callable[[], Sequence[int]] = _no_rows
    ready: Path | None = None
    split: Callable[[str], dict[str, str | None] | None] = _no_cells
    mend: Callable[[], Raw] | None = None

    @property
    def looked_at(self) -> str:
        """Return the relation for looking at the beginning."""
        return self.sample or self.relation

    def cell(self, column: str) -> str:
        """Return SQL for the text of a cell."""
        return f"CAST({name(column)} AS VARCHAR)"
