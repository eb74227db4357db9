"""Who stays and what they are worth: lifetime against what came, cohorts, survival, what goes with coming back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import charts, words
from promesa.report.content import number, only
from promesa.report.figures import figure_of
from promesa.report.tables import Exhibit, Table, cell_of, drawn, figures_table, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.report.content import Content, Row
    from promesa.report.figures import Figure
    from promesa.report.tables import Cell

AHEAD = ("alive_share", "staying_share", "purchases_ahead", "days_ahead", "lifetime_value")
CURVE_DAYS = 30
LINES = ("holdout_predicted", "holdout_actual")
SHORT_KINDS = frozenset({"promise", "any_promise", "score"})
SHOWN_KINDS = frozenset({"promise", "any_promise", "score", "complaint", "earlier", "tenure"})


def is_there(content: Content) -> bool:
    """Tell whether there is anything to say of who stays."""
    found = (*content.rows("retention"), *only(content.rows("lifetime"), "lifetime_value"))
    return any(row.get("estimate") for row in found if row.get("measure") != "customers")


def headlines(content: Content) -> list[tuple[str, Figure]]:
    """Return the figures that the section opens with."""
    shown = [(content.measure(name), row) for name in AHEAD for row in only(content.rows("lifetime"), name)]
    rows = content.rows("retention")
    year = [row for row in only(rows, "retention_rate") if row.get("period") is None]
    shown += [(content.say("retention.year"), row) for row in year]
    shown += [(content.measure("median_days"), row) for row in only(rows, "median_days")]
    return [(name, figure_of(row, content)) for name, row in shown if row.get("estimate") is not None]


def sentences(content: Content) -> list[str]:
    """Return what both answers say of themselves."""
    return [said for said in (content.summary("lifetime"), content.summary("retention")) if said]


def exhibits(content: Content) -> tuple[Exhibit, ...]:
    """Return survival, cohorts, ratios, and purchases foreseen and made by month and by repeats."""
    made = (_survival(content), _cohorts(content), _ratios(content), *_foreseen(content))
    return tuple(exhibit for exhibit in made if exhibit is not None)


def _survival(content: Content) -> Exhibit | None:
    rows = [row for row in only(content.rows("retention"), "survival") if row.get("estimate") is not None]
    if len(rows) < 2:
        return None
    title = words.say("value.retention.chart", content.locale)
    spec = charts.decline(rows, days="days", series=None, title=title, locale=content.locale)
    heads = {"days": content.say("column.after_days"), "at_risk": content.say("column.followed")}
    return _exhibit(spec, title, rows, heads, content, name="survival")


def _cohorts(content: Content) -> Exhibit | None:
    rows = list(only(content.rows("retention"), "cohort_share"))
    known = [row for row in rows if row.get("estimate") is not None and number(row.get("since"))]
    if len(known) < 2:
        return None
    contract = not list(only(content.rows("retention"), "lapse_days"))
    title = words.say(f"value.retention.triangle{'_contract' if contract else ''}", content.locale)
    axis = content.say(f"retention.since_{known[0].get('period')}")
    spec = charts.triangle(rows, cohort="cohort", since="since", title=title, axis=axis, locale=content.locale)
    return Exhibit(svg=drawn(spec, content, name="cohorts"), table=_triangle_table(title, rows, content))


def _triangle_table(title: str, rows: Sequence[Row], content: Content) -> Table:
    """Return the triangle: one row a cohort, one column a period after it."""
    cohorts = sorted({str(row.get("cohort")) for row in rows})
    periods = sorted({int(number(row.get("since")) or 0) for row in rows})
    cells = {(str(row.get("cohort")), int(number(row.get("since")) or 0)): row for row in rows}
    body: list[list[Cell | str]] = []
    for cohort in cohorts:
        first = next((cells[cohort, p] for p in periods if (cohort, p) in cells), None)
        line: list[Cell | str] = [cohort, figure_of(first, content).n if first else words.NOT_STATED]
        for period in periods:
            row = cells.get((cohort, period))
            line.append(cell_of(figure_of(row, content), interval=False) if row else "")
        body.append(line)
    heads = [(content.say("column.cohort"), False), (content.say("column.n"), True)]
    return table(title, [*heads, *((str(period), True) for period in periods)], body)


def _ratios(content: Content) -> Exhibit | None:
    rows = [
        {**row, "name": term_of(row, content, short=True)}
        for row in only(content.rows("retention"), "hazard_ratio")
        if row.get("estimate") is not None and row.get("kind") in SHOWN_KINDS
    ]
    if not rows:
        return None
    title = words.say(f"value.retention.ratios_{rows[0].get('event')}", content.locale)
    spec = charts.ratios(rows, label="name", title=title, locale=content.locale)
    every = [
        {**row, "name": term_of(row, content)}
        for row in only(content.rows("retention"), "hazard_ratio")
        if row.get("estimate") is not None
    ]
    return _exhibit(spec, title, every, {"name": content.say("column.with")}, content, name="ratios")


def term_of(row: Row, content: Content, *, short: bool = False) -> str:
    """Return what people call what goes with coming back or leaving; short, for a broken promise, what it says."""
    kind, name = str(row.get("kind")), row.get("term")
    of = {"promise": "promise", "score": "concept", "silent": "concept", "trait": "trait"}.get(kind)
    level = content.label("channel", row.get("level")) if kind == "channel" else str(row.get("level") or "")
    key = f"value.term.{kind}_short" if short and kind in SHORT_KINDS else f"value.term.{kind}"
    return words.say(key, content.locale, name=content.label(of, name) if of else str(name), level=level)


def _foreseen(content: Content) -> list[Exhibit]:
    rows = [row for row in content.rows("lifetime") if row.get("measure") in LINES and row.get("chosen") is not False]
    made: list[Exhibit] = []
    for key in ("period", "repeats"):
        mine = [
            {**row, "line": words.say(f"value.lifetime.{str(row['measure']).removeprefix('holdout_')}", content.locale)}
            for row in rows
            if row.get(key) is not None
        ]
        if sum(row.get("estimate") is not None for row in mine) < 4:
            continue
        title = content.say(f"retention.foreseen_{key}")
        spec = charts.trend(mine, period=key, series="line", title=title, unit="count", locale=content.locale)
        heads = {key: content.say(f"column.{key}"), "line": content.say("column.purchases")}
        made.append(_exhibit(spec, title, mine, heads, content, name=f"foreseen {key}"))
    return made


def _exhibit(
    spec: dict[str, object], title: str, rows: Sequence[Row], heads: dict[str, str], content: Content, *, name: str
) -> Exhibit:
    behind = figures_table(title, rows, heads=heads, name=lambda _, value: _written(value, content), content=content)
    return Exhibit(svg=drawn(spec, content, name=name), table=behind)


def _written(value: object, content: Content) -> str:
    found = number(value)
    return words.number(found, content.locale) if found is not None else str(value or words.NOT_STATED)
