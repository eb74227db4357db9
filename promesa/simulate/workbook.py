"""The least XLSX that every spreadsheet opens: one sheet, text and numbers, always the same bytes."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Cell = str | int | float | None
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FORMATS = "http://schemas.openxmlformats.org"
_MAIN = f"{_FORMATS}/spreadsheetml/2006/main"
_RELATIONS = f"{_FORMATS}/officeDocument/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_FIXED = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_FORMATS}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_FORMATS}/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_FORMATS}/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}


def write_workbook(path: Path, *, sheet: str, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Write one sheet.

    Parameters
    ----------
    path : Path
        File to write.
    sheet : str
        Name of the sheet.
    header : sequence of str
        First row.
    rows : sequence of sequences
        Cells: text, numbers, or None for an empty one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [_row(number, cells) for number, cells in enumerate([list(header), *rows], start=1)]
    parts = {
        **_FIXED,
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
            f'<sheet name="{escape(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, body in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), _HEAD + body, zipfile.ZIP_DEFLATED)


def _row(number: int, cells: Sequence[Cell]) -> str:
    written = [_cell(f"{_letters(place)}{number}", cell) for place, cell in enumerate(cells) if cell is not None]
    return f'<row r="{number}">{"".join(written)}</row>'


def _letters(place: int) -> str:
    first, last = divmod(place, 26)
    return (chr(64 + first) if first else "") + chr(65 + last)


def _cell(where: str, cell: Cell) -> str:
    if isinstance(cell, str):
        return f'<c r="{where}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
    return f'<c r="{where}"><v>{cell}</v></c>'
