"""Who makes the profit and who is served at a loss; the books against the costs assigned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words
from promesa.report.content import by, mapping, number, only
from promesa.report.figures import figure_of, percent
from promesa.report.tables import Exhibit, cell_of, drawn, table

if TYPE_CHECKING:
    from promesa.report.content import Content, Row
    from promesa.report.tables import Cell, Table

SHOWN_SHARES = (1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)  # percent of customers
SUMS = ("ledger", "assigned", "difference", "spread", "unassigned")


def whale(content: Content) -> Exhibit | None:
    """Return the whale curve with the table behind it, or None where there is no curve."""
    spec = mapping(mapping(content.document("whale").get("chart")).get(words.language_of(content.locale)))
    points = [row for row in content.rows("whale") if row.get("customers_share") is not None]
    if not spec or not points:
        return None
    return Exhibit(svg=drawn(spec, content, name="whale"), table=_points(points, content))


def _points(points: list[Row], content: Content) -> Table:
    money = {row["customers_share"]: row for row in only(points, "cumulative_profit")}
    parts = {row["customers_share"]: row for row in only(points, "profit_share")}
    shown = [share for share in money if round(100 * (number(share) or 0.0)) in SHOWN_SHARES]
    heads = [content.say("whale.best"), content.measure("profit_share"), content.measure("cumulative_profit")]
    body: list[list[Cell | str]] = [
        [
            percent(number(share), content),
            cell_of(figure_of(parts.get(share), content)),
            cell_of(figure_of(money[share], content)),
        ]
        for share in shown
    ]
    return table(content.say("whale.caption"), [(heads[0], False), *((head, True) for head in heads[1:])], body)


def reasons(content: Content) -> Table | None:
    """Return why customers are served at a loss: how many, what share of them, what they take."""
    rows = [row for row in content.rows("whale") if row.get("reason") is not None]
    body: list[list[Cell | str]] = []
    for (reason, touchpoint), part in by(rows, lambda row: (row.get("reason"), row.get("touchpoint"))).items():
        figures = {str(row.get("measure")): figure_of(row, content) for row in part}
        name = words.say(f"value.whale.reason.{reason}", content.locale)
        where = "" if touchpoint is None else content.label("touchpoint", touchpoint)
        body.append(
            [
                f"{name}: {where}" if where else name,
                cell_of(figures["losing_customers"]),
                cell_of(figures["losing_share"]),
                cell_of(figures["lost"]),
            ]
        )
    if not body:
        return None
    heads = [(content.say("whale.reason"), False), (content.measure("customers"), True)]
    heads += [(content.say("whale.of_losing"), True), (content.measure("lost"), True)]
    return table(content.say("whale.why_caption"), heads, body)


def books(content: Content) -> Table | None:
    """Return the books against the costs assigned, one row an account; None where no account is declared."""
    groups = by(content.rows("ledger"), "account")
    if not groups:
        return None
    body: list[list[Cell | str]] = []
    for account, part in groups.items():
        sums = {str(row.get("measure")): row for row in part}
        figures = [figure_of(sums.get(name), content) for name in SUMS]
        note = figure_of(sums["ledger"], content).reason or _note(sums.get("unassigned"), content)
        body.append([content.label("account", account), *(cell_of(figure) for figure in figures), note])
    heads = [(content.say("column.account"), False), *((content.measure(name), True) for name in SUMS)]
    return table(content.say("books.caption"), [*heads, (content.say("column.note"), False)], body)


def _note(row: Row | None, content: Content) -> str:
    key = f"report.note.{row.get('note')}" if row else ""
    return words.say_or(key, content.locale, otherwise="")
