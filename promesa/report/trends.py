"""Months: what customers say, how many moments there were, what came in and stayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import charts
from promesa.report.content import by, number, only
from promesa.report.figures import figure_of
from promesa.report.tables import Exhibit, Table, cell_of, drawn, figures_table, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.report.content import Content, Row

BUSIEST = 6
VALUE_MEASURES = ("revenue", "margin", "margin_per_customer", "cost_to_serve", "orders")


def opinion_trends(content: Content) -> tuple[Exhibit, ...]:
    """Return one drawing a concept: its score by month."""
    groups = by((row for row in content.rows("opinions_by_month") if row.get("concept")), "concept")
    exhibits: list[Exhibit] = []
    for concept, rows in groups.items():
        exhibits.append(monthly(content.label("concept", concept), rows, content, name=f"concept {concept}"))
    return tuple(exhibits)


def busiest_touchpoints(content: Content) -> tuple[Exhibit, ...]:
    """Return the moments by month of the touchpoints that had most."""
    groups = by(only(content.rows("touchpoints_by_month"), "moments"), "touchpoint")
    order = sorted(groups, key=lambda name: -sum(number(row.get("estimate")) or 0.0 for row in groups[name]))
    return tuple(
        monthly(
            content.say("trend.of_touchpoint", name=content.label("touchpoint", name)),
            groups[name],
            content,
            name=f"touchpoint {name}",
        )
        for name in order[:BUSIEST]
    )


def months_table(content: Content) -> Table | None:
    """Return the moments of every touchpoint, one column a month."""
    rows = list(only(content.rows("touchpoints_by_month"), "moments"))
    months = sorted({str(row.get("month")) for row in rows})
    if not months:
        return None
    groups = by(rows, "touchpoint")
    body = [
        [content.label("touchpoint", name), *_months_row({str(row.get("month")): row for row in part}, months, content)]
        for name, part in groups.items()
    ]
    heads = [(content.say("column.touchpoint"), False), *((month, True) for month in months)]
    return table(content.say("trend.months_caption"), heads, body)


def _months_row(rows: dict[str, Row], months: Sequence[str], content: Content) -> list[str]:
    return [cell_of(figure_of(rows.get(month), content)).text for month in months]


def value_trends(content: Content) -> tuple[Exhibit, ...]:
    """Return revenue, margin and what belongs to them by month."""
    groups = by(content.rows("value_by_month"), "measure")
    return tuple(
        monthly(content.measure(measure), groups[measure], content, name=f"value {measure}")
        for measure in VALUE_MEASURES
        if any(row.get("estimate") for row in groups.get(measure, ()))
    )


def monthly(title: str, rows: Sequence[Row], content: Content, *, name: str) -> Exhibit:
    """Return one line over months with the table behind it."""
    unit = next((str(row.get("unit")) for row in rows if row.get("unit")), "count")
    spec = charts.trend(rows, period="month", series=None, title=title, unit=unit, locale=content.locale)
    behind = figures_table(
        content.say("trend.caption", what=title),
        rows,
        heads={"month": content.say("column.month")},
        name=lambda _, value: str(value or content.say("not_stated")),
        content=content,
    )
    return Exhibit(svg=drawn(spec, content, name=name), table=behind)
