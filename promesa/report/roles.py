"""Whose job it is: what an outcome goes with, by function, stage, channel and supplier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import charts, words
from promesa.report.content import by, number, only
from promesa.report.figures import figure_of, percent
from promesa.report.naming import outcome_name
from promesa.report.tables import Exhibit, Table, cell_of, drawn, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.report.content import Content, Row

BY = ("function", "stage", "channel", "supplier")


def roles_of(outcome: str, content: Content) -> tuple[Exhibit, ...]:
    """Return one drawing for each of function, stage, channel and supplier that has figures."""
    rows = [row for row in only(content.rows("roles"), "share") if row.get("outcome") == outcome]
    groups = by(rows, "by")
    return tuple(
        _exhibit(outcome, kind, groups[kind], content)
        for kind in BY
        if any(number(row.get("estimate")) is not None for row in groups.get(kind, ()))
    )


def group_name(row: Row, content: Content) -> str:
    """Return what a function, stage, channel or supplier is called."""
    kind, name = str(row.get("by")), row.get("group")
    if name is None:
        key = f"drivers.rest.{kind}"
        return words.say_or(key, content.locale, otherwise=content.say("not_stated"))
    return words.say("drivers.other", content.locale) if name == "other" else content.label(kind, name)


def _exhibit(outcome: str, kind: str, rows: Sequence[Row], content: Content) -> Exhibit:
    title = words.say(f"drivers.roles.chart.{kind}", content.locale, outcome=outcome_name(outcome, content))
    spec = charts.shares(
        [{**row, "name": group_name(row, content)} for row in rows],
        label="name",
        title=title,
        unit="fraction",
        locale=content.locale,
    )
    return Exhibit(svg=drawn(spec, content, name=f"roles {outcome} {kind}"), table=_table(kind, title, rows, content))


def _table(kind: str, title: str, rows: Sequence[Row], content: Content) -> Table:
    owned = kind == "function"
    heads = [(content.say(f"column.{kind}"), False)]
    heads += [(content.say("column.owner"), False)] if owned else []
    heads += [(content.say(f"column.{key}"), True) for key in ("share", "first_place", "n")]
    body = [
        [
            group_name(row, content),
            *([str(row.get("owner") or content.say("none"))] if owned else []),
            cell_of(figure_of(row, content)),
            percent(number(row.get("probability_first")), content),
            words.number(number(row.get("n")), content.locale),
        ]
        for row in rows
    ]
    return table(title, heads, body)
