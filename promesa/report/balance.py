"""Attracting against retaining: where the money goes, what it brings, what leaks; and what promoters do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import charts, words
from promesa.report.content import by, number, only
from promesa.report.figures import figure_of, reason_of, short
from promesa.report.tables import Cell, Exhibit, Table, cell_of, drawn, figures_table, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.report.content import Content, Row

KINDS = ("attract", "retain", "deliver")
ACQUIRED = (
    "new_customers", "acquisition_cost", "first_order_margin", "payback_months", "customer_worth", "worth_over_cost",
)  # fmt: skip
LEAKED = ("leak_share", "leak_customers", "leak_spend", "leak_margin")
GROUPS = ("promoter", "passive", "detractor")
DONE = ("return_rate", "spend_after", "margin_after", "cost_to_serve_after", "moments_after", "referrals_after")


def is_there(content: Content) -> bool:
    """Tell whether money or customers are there to be weighed."""
    return any(row.get("estimate") is not None for row in content.rows("balance"))


def say(key: str, content: Content, **values: object) -> str:
    """Return a message of the value room."""
    return words.say(f"value.{key}", content.locale, **values)


def money_over_time(content: Content) -> tuple[Exhibit, ...]:
    """Return the money of each kind by period, and beside it the share of orders followed by another."""
    rows = [
        {**row, "kind": say(f"kind.{row['kind']}", content)}
        for row in only(content.rows("balance"), "spend")
        if row.get("period") and row.get("purpose") is None
    ]
    exhibits: list[Exhibit] = []
    if len({row["period"] for row in rows}) > 1:
        title = say("balance.chart", content)
        heads = {"period": content.say("column.month"), "kind": content.say("column.for")}
        exhibits.append(_trend(title, rows, content, period="period", series="kind", heads=heads, name="spend kinds"))
    back = list(only(content.rows("returning_by_month"), "return_rate"))
    if exhibits and sum(row.get("estimate") is not None for row in back) > 1:
        title, heads = content.measure("return_rate"), {"month": content.say("column.month")}
        exhibits.append(_trend(title, back, content, period="month", series=None, heads=heads, name="returning"))
    return tuple(exhibits)


def _trend(
    title: str,
    rows: Sequence[Row],
    content: Content,
    *,
    period: str,
    series: str | None,
    heads: dict[str, str],
    name: str,
) -> Exhibit:
    spec = charts.trend(
        rows, period=period, series=series, title=title, unit=str(rows[0]["unit"]), locale=content.locale
    )
    behind = figures_table(title, rows, heads=heads, name=lambda _, value: str(value), content=content)
    return Exhibit(svg=drawn(spec, content, name=f"balance {name}"), table=behind)


def shares_table(content: Content) -> Table:
    """Return the money of each kind and purpose, and its part."""
    rows = [r for r in only(content.rows("balance"), "spend") if r.get("period") is None and r.get("kind")]
    parts = {row.get("kind"): row for row in only(content.rows("balance"), "spend_share")}
    body: list[list[Cell | str]] = [
        [
            say(f"kind.{row['kind']}", content),
            content.label("purpose", row.get("purpose")) if row.get("purpose") else content.say("all"),
            cell_of(figure_of(row, content)),
            "" if row.get("purpose") else cell_of(figure_of(parts.get(row.get("kind")), content)),
        ]
        for kind in KINDS
        for row in rows
        if row.get("kind") == kind
    ]
    heads = [(content.say("column.for"), False), (content.say("column.purpose"), False)]
    heads += [(content.measure("spend"), True), (content.measure("spend_share"), True)]
    return table(say("title.spend", content), heads, body)


def acquisition_table(content: Content) -> Table | None:
    """Return what new customers of each channel cost, when that is back, and what they are worth."""
    rows = [
        row
        for row in content.rows("balance")
        if row.get("measure") in ACQUIRED and row.get("period") is None and row.get("kind") == "attract"
    ]
    body: list[list[Cell | str]] = []
    for channel, part in by(rows, "channel").items():
        of = {row.get("measure"): row for row in part}
        body.append([_channel(channel, content), *(_acquired(of.get(measure), content) for measure in ACQUIRED)])
    heads = [(content.say("column.channel"), False), *((content.measure(measure), True) for measure in ACQUIRED)]
    return table(say("title.new_customers", content), heads, body) if len(rows) > 1 else None


def _channel(channel: object, content: Content) -> str:
    if channel is None:
        return content.say("all")
    return content.say("not_stated") if channel == "no_channel" else content.label("channel", channel)


def _acquired(row: Row | None, content: Content) -> Cell:
    figure = figure_of(row, content)
    if row is not None and row.get("measure") == "payback_months":
        if number(row.get("estimate")) == 0 and number(row.get("upper")) == 0:
            return Cell(text=say("balance.first_purchase", content))
        if row.get("note") == "not-paid-back-yet":
            return Cell(text=say("balance.after_months", content, months=row.get("month")), state="missing")
    return cell_of(figure)


def curves(content: Content) -> tuple[Exhibit, ...]:
    """Return the response curves, over the spend that was observed."""
    exhibits: list[Exhibit] = []
    points = by(
        only(content.rows("balance"), "curve"),
        lambda row: (row.get("kind"), row.get("purpose"), row.get("channel"), row.get("of")),
    )
    for k, rows in enumerate(points.values()):
        money = [{**row, "spent": short(number(row.get("at_spend")), content.currency, content)} for row in rows]
        title = say("balance.curve", content, what=what_of(rows[0], content), counted=counted(rows[0], content))
        heads = {"spent": content.measure("spend")}
        exhibits.append(_trend(title, money, content, period="spent", series=None, heads=heads, name=f"curve {k}"))
    return tuple(exhibits)


def what_of(row: Row, content: Content) -> str:
    """Return which money a row is of: ``Attracting: Web``."""
    said = say(f"kind.{row['kind']}", content)
    if row.get("channel"):
        return f"{said}: {content.label('channel', row['channel'])}"
    return f"{said}: {content.label('purpose', row['purpose'])}" if row.get("purpose") else said


def counted(row: Row, content: Content) -> str:
    """Return what is counted: new customers, repeat purchases, or a promise kept."""
    key = f"value.counted.{row.get('of')}"
    return words.say_or(key, content.locale, otherwise=content.label("promise", row.get("of")))


def curve_table(content: Content) -> Table | None:
    """Return what one more unit of each money brings, what is spent now, and what the best split would spend."""
    rows = list(only(content.rows("balance"), "response"))

    def key(row: Row) -> tuple[object, ...]:
        return row.get("kind"), row.get("purpose"), row.get("channel"), row.get("of")

    returns = {key(row): row for row in only(content.rows("balance"), "marginal_return")}
    best = {key(row): row for row in only(content.rows("balance"), "best_spend")}
    body: list[list[Cell | str]] = []
    for row in rows:
        told = row.get("estimate") is not None
        reason = Cell(text=content.say("no_figure"), small=_sentence(reason_of(row, content)), state="missing")
        body.append(
            [
                Cell(text=what_of(row, content), small=counted(row, content)),
                cell_of(figure_of(row, content)) if told else reason,
                cell_of(figure_of(returns.get(key(row)), content)) if told else words.NOT_STATED,
                short(number(row.get("current")), content.currency, content),
                cell_of(figure_of(best[key(row)], content)) if key(row) in best else words.NOT_STATED,
            ]
        )
    names = [content.say("column.for"), *(content.measure(m) for m in ("response", "marginal_return"))]
    names += [say("balance.now", content), content.measure("best_spend")]
    return table(say("title.curves", content), [(n, k > 0) for k, n in enumerate(names)], body) if rows else None


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def small_table(content: Content, measures: Sequence[str], key: str) -> Table | None:
    """Return rows of some measures with their n and their evidence."""
    rows = [row for row in content.rows("balance") if row.get("measure") in measures]
    body: list[list[Cell | str]] = []
    for row in rows:
        figure = figure_of(_whole(row), content)
        name = content.measure(str(row.get("measure")))
        if row.get("measure") == "saved_margin":
            name = what_of(row, content)
        cell = cell_of(figure) if not figure.reason else Cell(text=figure.text, small=_sentence(figure.reason))
        body.append([name, cell, figure.n or words.NOT_STATED, content.say(f"evidence.{figure.evidence}.word")])
    heads = [(content.say("column.measure"), False), (content.say("column.figure"), True)]
    heads += [(content.say("column.n"), True), (content.say("column.evidence"), False)]
    return table(say(f"title.{key}", content), heads, body) if rows else None


def _whole(row: Row) -> Row:
    """Return the row with its customers counted whole: nobody leaves by halves."""
    if row.get("unit") != "count":
        return row
    ends = {key: number(row.get(key)) for key in ("estimate", "lower", "upper")}
    return {**row, **{key: None if value is None else float(round(value)) for key, value in ends.items()}}


def promoters_table(content: Content) -> Table | None:
    """Return what promoters, passives and detractors do afterwards."""
    rows = content.rows("promoters")
    known = [m for m in ("customers", *DONE) if any(row.get("measure") == m for row in rows)]
    body: list[list[Cell | str]] = []
    for group in GROUPS:
        of = {row.get("measure"): row for row in rows if row.get("group") == group}
        if of:
            body.append([say(f"group.{group}", content), *(cell_of(figure_of(of.get(m), content)) for m in known)])
    heads = [(content.say("column.group"), False), *((_after(m, content), True) for m in known)]
    return table(say("balance.promoters", content), heads, body) if body else None


def _after(measure: str, content: Content) -> str:
    key = {"margin_after": "balance.margin_after", "return_rate": "balance.return_rate"}.get(measure)
    return say(key, content) if key else content.measure(measure)


def shown(content: Content) -> dict[str, object]:
    """Return everything the section shows."""
    return {
        "balance_said": content.summary("balance"),
        "balance_money": money_over_time(content),
        "balance_shares": shares_table(content),
        "balance_new": acquisition_table(content),
        "balance_curves": curves(content),
        "balance_curve_table": curve_table(content),
        "balance_saved": small_table(content, ("saved_margin",), "saved"),
        "balance_leak": small_table(content, LEAKED, "leak"),
        "promoters": promoters_table(content),
        "promoters_said": content.summary("promoters"),
        "lags_said": content.summary("lags"),
    }
