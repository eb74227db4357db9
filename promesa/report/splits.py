"""One measure split by something: function, supplier, a trait of the customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa import charts
from promesa.report.content import by, dimensions_after, is_withheld, number, only
from promesa.report.promises import statement_of
from promesa.report.tables import Exhibit, drawn, figures_table

if TYPE_CHECKING:
    from promesa.report.content import Content, Row

DRAWN_ELSEWHERE = frozenset({"month", "channel", "touchpoint"})
MOST_ROWS = 12
"""Rows in one drawing."""
MOST_IN_TABLE = 100
"""Rows in the table behind it: a marketplace has thousands of suppliers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What one dimension shows."""

    name: str
    exhibits: tuple[Exhibit, ...]
    more: bool


def promise_splits(content: Content) -> tuple[Split, ...]:
    """Return the kept rate of each promise by each dimension there is a document for."""
    found: list[Split] = []
    for key in content.documents:
        dimension = dimensions_after(key, "promises")
        if not key.startswith("promises_by_") or dimension in DRAWN_ELSEWHERE:
            continue
        rows = list(only(content.rows(key), "kept_rate"))
        groups = {promise: part for promise, part in by(rows, "promise").items() if len(part) > 1}
        if groups:
            exhibits = tuple(_exhibit(str(promise), part, dimension, content) for promise, part in groups.items())
            more = any(len(part) > MOST_ROWS for part in groups.values())
            found.append(Split(name=within(dimension_name(dimension, content)), exhibits=exhibits, more=more))
    return tuple(found)


def dimension_name(dimension: str, content: Content) -> str:
    """Return how a dimension is called: a column of the report, or a declared trait."""
    if content.has_label("trait", dimension):
        return content.label("trait", dimension)
    return content.measure(dimension) if dimension not in COLUMNS else content.say(f"column.{dimension}")


def within(name: str) -> str:
    """Return a name as it stands inside a sentence: small first letter, unless it is an acronym."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


COLUMNS = frozenset({"tier", "function", "supplier", "touchpoint", "stage", "channel", "owner", "promise", "month"})


def _exhibit(promise: str, rows: list[Row], dimension: str, content: Content) -> Exhibit:
    ordered = sorted(rows, key=lambda row: -(number(row.get("n")) or 0.0))
    known = [row for row in ordered if number(row.get("estimate")) is not None]
    listed = [*known, *(row for row in ordered if number(row.get("estimate")) is None)][:MOST_IN_TABLE]
    names = content.names(dimension, (row.get(dimension) for row in rows))
    title = statement_of(promise, content)
    spec = charts.intervals(
        sorted(known[:MOST_ROWS], key=lambda row: number(row.get("estimate")) or 0.0),
        label=dimension,
        title=title,
        unit="fraction",
        locale=content.locale,
        names=names,
    )
    heads = {dimension: dimension_name(dimension, content)}
    caption = content.say("splits.caption", what=title, dimension=within(heads[dimension]))
    if len(listed) < len(ordered):
        withheld = sum(is_withheld(row) for row in ordered)
        caption += ". " + content.say("splits.shown", shown=len(listed), total=len(ordered), withheld=withheld)
    behind = figures_table(
        caption,
        listed,
        heads=heads,
        name=lambda _, value: content.label(dimension, value),
        content=content,
    )
    return Exhibit(svg=drawn(spec, content, name=f"{promise} by {dimension}"), table=behind)
