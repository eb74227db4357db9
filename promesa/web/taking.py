"""What a reader takes away: a table as CSV or Excel, a drawing as SVG or PNG."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from markupsafe import Markup

from promesa.words import Dated, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlsxwriter.format import Format

    from promesa.report import Exhibit, Table

KINDS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "svg": "image/svg+xml",
    "png": "image/png",
}
"""What a file is, by how its name ends."""
_NUMBER = re.compile(
    r"(?P<sign>[+\-\N{MINUS SIGN}]?) ?(?:(?P<currency>[A-Z]{3}|[A-Z]{0,2}[$€£¥]) ?)?"
    r"(?P<number>\d[\d.,]*)(?P<percent> ?%)?"
)
MARK = "\ufeff"
"""Tells Excel that a CSV file is UTF-8; without it accents break there."""


class Taken:
    """Offers the links below each table and drawing of one section, and remembers what they lead to.

    Parameters
    ----------
    section : str
        Its name in the address.
    locale : str
        The reader's.
    query : str
        Of the narrowing that the section is seen with.
    """

    offers = True

    def __init__(self, *, section: str, locale: str, query: str = "") -> None:
        self._own = quote(section, safe=":")
        self._query = f"&{query}" if query else ""
        self.locale = locale
        self.tables: list[Table] = []
        self.drawings: list[Exhibit] = []

    def table(self, shown: Table, /) -> Markup:
        """Return the links of one table."""
        self.tables.append(shown)
        return self._links(f"{self._own}/table-{len(self.tables)}", ("csv", "xlsx"), shown.caption)

    def drawing(self, shown: Exhibit, /) -> Markup:
        """Return the links of one drawing."""
        self.drawings.append(shown)
        return self._links(f"{self._own}/chart-{len(self.drawings)}", ("svg", "png"), shown.table.caption)

    def address(self, kind: str, name: str, /) -> str:
        """Return where the page of a promise or a touchpoint is."""
        return f"/{kind}s/{quote(name, safe='')}{self._query.replace('&', '?', 1)}"

    def _links(self, name: str, kinds: Sequence[str], what: str) -> Markup:
        if not self.offers:
            return Markup("")
        link = Markup('<a href="/take/{}.{}?lang={}{}" download aria-label="{}">{}</a>')
        said = {kind: say("web.take.of", self.locale, what=what, kind=kind.upper()) for kind in kinds}
        links = Markup(" ").join(
            link.format(name, kind, self.locale, self._query, said[kind], kind.upper()) for kind in kinds
        )
        return Markup('<p class="take">{} {}</p>').format(say("web.take.as", self.locale), links)


class Linked(Taken):
    """Leads to the pages of promises and touchpoints and offers nothing to take: for a view that has no address."""

    offers = False


def as_csv(table: Table, locale: str) -> bytes:
    """Return a table as CSV for a spreadsheet: what the page shows, the small text of a cell in a column of its own."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in _grid(table, locale):
        writer.writerow([harmless(cell) for cell in row])
    return (MARK + out.getvalue()).encode()


def as_xlsx(table: Table, locale: str) -> bytes:
    """Return a table as an Excel workbook of one sheet; figures of its numeric columns are numbers there."""
    from xlsxwriter import Workbook

    out = io.BytesIO()
    with Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        shown: dict[str, Format] = {}
        heads, *body = _grid(table, locale)
        sheet.write_row(0, 0, heads, bold)
        columns = _columns(table)
        for place, row in enumerate(body, start=1):
            sheet.write_row(place, 0, row)
            for column, (of, is_small) in enumerate(columns):
                found = None if is_small or not table.numeric[of] else _number_in(row[column], locale)
                if found is not None:
                    style = shown.setdefault(found[1], book.add_format({"num_format": found[1]}))
                    sheet.write_number(place, column, found[0], style)
        sheet.freeze_panes(1, 1)
        sheet.autofit(400)
        book.set_properties({"title": table.caption})
    return out.getvalue()


def as_png(svg: str) -> bytes:
    """Return a drawing as PNG, twice as fine as a screen."""
    import vl_convert

    return vl_convert.svg_to_png(with_namespace(svg), scale=2)


def with_namespace(svg: str) -> str:
    """Return a drawing of a page as a file of its own."""
    return svg if "xmlns=" in svg[:300] else svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)


def _columns(table: Table) -> list[tuple[int, bool]]:
    """Return the columns of a file: of which column of the table, and whether its small texts; none of drawings."""
    small = [any(row[i].small for row in table.rows) for i in range(len(table.heads))]
    drawn = [any(row[i].drawing is not None for row in table.rows) for i in range(len(table.heads))]
    kept = [(i, two) for i, two in enumerate(small) if two or not drawn[i]]
    return [(i, second) for i, two in kept for second in ((False, True) if two else (False,))]


def _grid(table: Table, locale: str) -> list[list[str]]:
    """Return heads and rows; a column whose cells have a small text is two."""
    columns = _columns(table)
    heads = [say("web.take.small", locale, head=table.heads[i]) if small else table.heads[i] for i, small in columns]
    return [heads, *([row[i].small if small else row[i].text for i, small in columns] for row in table.rows)]


def _number_in(text: str, locale: str) -> tuple[float, str] | None:
    """Return the number that a cell shows and how a spreadsheet is to show it; None where it is more than a number."""
    plain_text = text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ").strip()
    rest, unit = _unit_after(plain_text, locale)
    found = _NUMBER.fullmatch(rest)
    if found is None or (unit and (found["percent"] or found["currency"])):
        return None
    from babel.numbers import NumberFormatError, parse_decimal

    try:
        value = parse_decimal(found["number"], locale=locale)
    except NumberFormatError:
        return None
    if found["sign"] and found["sign"] != "+":
        value = -value
    places = _decimals(found["number"], locale)
    plain = "#,##0" + ("." + "0" * places if places else "")
    if found["percent"]:
        return float(value / 100), f"{plain}%"
    if unit:
        return float(value), f'{plain}" {unit}"'
    return float(value), f'"{found["currency"]} "{plain}' if found["currency"] else plain


def _unit_after(text: str, locale: str) -> tuple[str, str]:
    """Return a text without the points that it ends with, and the word for them.

    Days and hours stay texts: one column may hold both, and as numbers they would be put in a wrong order.
    """
    units = (say("unit.percentage_points", locale, value="").strip(), say("unit.points", locale))
    unit = next((unit for unit in units if text.endswith(f" {unit}")), "")
    return text.removesuffix(f" {unit}") if unit else text, unit


def _decimals(number: str, locale: str) -> int:
    from babel.numbers import get_decimal_symbol

    return len(number.partition(get_decimal_symbol(locale))[2])


def sortable(text: str) -> str:
    """Return a cell that a spreadsheet can sort: a day or an instant of a page as year, month, day, time."""
    return text.iso[:16].replace("T", " ") if isinstance(text, Dated) else text


def harmless(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return (
        f"'{text}" if text[:1] in {"=", "@", "\t", "\r"} or (text[:1] in {"+", "-"} and not _is_number(text)) else text
    )


def _is_number(text: str) -> bool:
    return bool(text[1:]) and all(sign.isdigit() or sign in ".,  %" for sign in text[1:])
