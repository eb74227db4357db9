"""Tables, and drawings with the table behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from promesa import charts, words
from promesa.report.figures import Figure, figure_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from promesa.report.content import Content, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: a main text, a smaller one below it, perhaps a drawing.

    `names` is the kind and the name of what the cell names (``promise``, ``touchpoint``), where that has a page.
    """

    text: str
    small: str = ""
    state: str = "shown"
    title: str = ""
    drawing: Markup | None = None
    names: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with its caption; the first column names the row.

    Attributes
    ----------
    heads : tuple of str
        One heading a column.
    numeric : tuple of bool
        Whether a column is set to the right.
    rows : tuple of tuple of Cell
        The body.
    """

    caption: str
    heads: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """A drawing with the table behind it."""

    svg: Markup
    table: Table


def table(caption: str, heads: Iterable[tuple[str, bool]], rows: Iterable[Iterable[Cell | str]]) -> Table:
    """Return a table; `heads` gives (heading, numeric) a column."""
    columns = tuple(heads)
    return Table(
        caption=caption,
        heads=tuple(head for head, _ in columns),
        numeric=tuple(numeric for _, numeric in columns),
        rows=tuple(tuple(_cell(cell) for cell in row) for row in rows),
    )


def _cell(cell: Cell | str) -> Cell:
    return Cell(text=cell) if isinstance(cell, str) else cell


def cell_of(figure: Figure, *, interval: bool = True) -> Cell:
    """Return a figure as a cell, its interval below it."""
    return Cell(
        text=figure.text,
        small=figure.interval if interval else "",
        state=figure.state,
        title=figure.reason,
    )


def figures_table(
    caption: str,
    rows: Sequence[Row],
    *,
    heads: Mapping[str, str],
    name: Callable[[str, object], str],
    content: Content,
    as_change: bool = False,
) -> Table:
    """Return the table behind a chart: the group, the figure, the interval, n.

    Parameters
    ----------
    heads : mapping
        Key of a row to the heading of its column.
    name : function
        Of key and value to what is written.
    as_change : bool, default False
        The figures are differences, as in `figure_of`.
    """
    figures = [(row, figure_of(row, content, as_change=as_change)) for row in rows]
    said = [content.say(f"column.{key}") for key in ("figure", "interval", "n")]
    return table(
        caption,
        [*((head, False) for head in heads.values()), *((head, True) for head in said)],
        (
            [
                *(name(key, row.get(key)) for key in heads),
                cell_of(figure, interval=False),
                figure.interval or words.NOT_STATED,
                figure.n or words.NOT_STATED,
            ]
            for row, figure in figures
        ),
    )


def drawn(spec: Mapping[str, object], content: Content, *, name: str) -> Markup:
    """Return a chart as SVG inside a page; `name` tells it from every other chart there."""
    svg = charts.to_svg(spec, locale=content.locale, name=name).replace(' xmlns="http://www.w3.org/2000/svg"', "", 1)
    return Markup(svg.replace('class="marks"', 'class="chart"', 1))  # noqa: S704 - an XML writer has escaped its texts
