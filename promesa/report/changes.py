"""Whether the map has changed: touchpoints in two periods, new levels, the declared path, what paths lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import charts, words
from promesa.report.content import by, number, only
from promesa.report.figures import figure_of
from promesa.report.tables import Exhibit, Table, cell_of, drawn, figures_table, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.report.content import Content, Row
    from promesa.report.tables import Cell

MOST = 8
"""Touchpoints and passages of one ending that are listed."""
DEVIATED = ("deviation", "touchpoint", "next")
SIZES = ("estimate", "lower", "upper")
OTHER_KINDS = {"channel": "channel", "passage": "touchpoint", "score": "concept"}


def is_there(content: Content) -> bool:
    """Tell whether there is anything to say of the map."""
    return any(content.rows(key) for key in ("changes", "conformance", "endings"))


def shown(content: Content) -> dict[str, object]:
    """Return what the section holds."""
    return {
        "changes_said": content.summary("changes"),
        "changes_exhibits": exhibits(content),
        "changes_shifted": shifted(content),
        "changes_levels": levels(content),
        "changes_unknown": unknown(content),
        "changes_proposals": proposals(content),
        "conformance_said": content.summary("conformance"),
        "conformance_table": deviations(content),
        "endings_said": content.summary("endings"),
        "endings_tables": endings(content),
    }


def exhibits(content: Content) -> tuple[Exhibit, ...]:
    """Return how much more, or fewer, customers meet each touchpoint than in the period before."""
    rows = [r for r in only(content.rows("changes"), "share_change") if r.get("kind") == "touchpoint"]
    rows = sorted((r for r in rows if r.get("estimate") is not None), key=lambda r: -(number(r["estimate"]) or 0.0))
    if not rows:
        return ()
    named: list[Row] = [{**row, "named": content.label("touchpoint", row["name"])} for row in rows]
    title = content.say("changes.chart")
    points = [{**row, **{end: 100 * (number(row.get(end)) or 0.0) for end in SIZES}} for row in named]
    spec = charts.intervals(points, label="named", title=title, unit="points", locale=content.locale)
    heads = {"named": content.say("column.touchpoint"), "change": content.say("column.what_changed")}
    behind = figures_table(title, named, heads=heads, name=lambda key, v: _said(key, v, content), content=content)
    return (Exhibit(svg=drawn(spec, content, name="changes"), table=behind),)


def _said(key: str, value: object, content: Content) -> str:
    return content.say(f"changes.word.{value}") if key == "change" else str(value)


def shifted(content: Content) -> Table | None:
    """Return what changed beyond chance: before, now, the difference, since when."""
    rows = [r for r in only(content.rows("changes"), "share_change") if r.get("change") != "none"]
    body = [_shift(row, content) for row in rows]
    heads = [("thing", False), ("share_before", True), ("share_recent", True), ("difference", True)]
    heads += [("year_before", True), ("n", True), ("what_changed", False)]
    return table(content.say("changes.shifted"), _heads(heads, content), body) if body else None


def _heads(heads: Sequence[tuple[str, bool]], content: Content) -> list[tuple[str, bool]]:
    return [(content.say(f"column.{key}"), numeric) for key, numeric in heads]


def _shift(row: Row, content: Content) -> list[Cell | str]:
    before, recent = (_beside(row, content, f"share_{end}") for end in ("before", "recent"))
    word = content.say(f"changes.word.{row['change']}")
    day = {"appeared": "first_day", "vanished": "last_day"}.get(str(row["change"]))
    return [
        _thing(row, content),
        cell_of(figure_of(before, content), interval=False),
        cell_of(figure_of(recent, content), interval=False),
        cell_of(figure_of(row, content, as_change=True)),
        _a_year_before(row, content),
        figure_of(row, content).n or words.NOT_STATED,
        f"{word}, {content.day(str(row[day]))}" if day else word,
    ]


def _a_year_before(row: Row, content: Content) -> Cell | str:
    year = _beside(row, content, "share_change_year")
    return words.NOT_STATED if year is None else cell_of(figure_of(year, content, as_change=True))


def _beside(row: Row, content: Content, measure: str) -> Row | None:
    where = [row.get(key) for key in ("kind", "name", "other")]
    rows = only(content.rows("changes"), measure)
    return next((one for one in rows if [one.get(key) for key in ("kind", "name", "other")] == where), None)


def _thing(row: Row, content: Content) -> str:
    kind, name, other = str(row.get("kind")), row.get("name"), row.get("other")
    if kind == "score":
        concept = content.label("concept", other)
        return f"{concept}, {content.label('touchpoint', name)}" if name else concept
    own = content.label("promise" if kind == "kept" else "touchpoint", name)
    if kind in {"volume", "wait", "kept"}:
        return f"{words.say(f'journeys.series.{kind}', content.locale)}, {own}"
    joined = {"passage": " \u2192 ", "channel": ", "}.get(kind)
    return own if joined is None else own + joined + content.label(OTHER_KINDS[kind], other)


def levels(content: Content) -> Table | None:
    """Return the series whose level changed, the clearest first."""
    rows = sorted(only(content.rows("changes"), "level_change"), key=lambda row: number(row.get("p_value")) or 0.0)
    body: list[list[Cell | str]] = []
    for row in rows:
        before, after = (_beside(row, content, f"level_{end}") for end in ("before", "after"))
        ends = content.say("interval", **{e: content.day(str(row[f"day_{d}"])) for e, d in ENDS.items()})
        when = content.say("changes.drift") if row["change"] == "drift" else content.day(str(row["day"]))
        body.append([
            _thing(row, content),
            cell_of(figure_of(before, content)),
            cell_of(figure_of(after, content)),
            cell_of(figure_of(row, content, as_change=True)),
            figure_of(row, content).n,
            when if row["change"] == "drift" else f"{when} ({ends})",
        ])  # fmt: skip
    heads = [("thing", False), ("level_before", True), ("level_after", True), ("difference", True)]
    heads += [("n", True), ("week", False)]
    return table(content.say("changes.levels"), _heads(heads, content), body) if body else None


ENDS = {"lower": "earliest", "upper": "latest"}


def unknown(content: Content) -> Table | None:
    """Return the touchpoints that the sources name and the map does not hold."""
    rows = list(only(content.rows("changes"), "unknown_customers"))
    body: list[list[Cell | str]] = [
        [
            str(row["name"]),
            cell_of(figure_of(row, content)),
            *(content.day(str(row[key])) if row.get(key) else words.NOT_STATED for key in ("first_day", "last_day")),
        ]
        for row in rows
    ]
    heads = [("touchpoint", False), ("customers", True), ("first_day", False), ("last_day", False)]
    return table(content.say("changes.unknown"), _heads(heads, content), body) if body else None


def proposals(content: Content) -> list[str]:
    """Return what to paste into model.toml for them."""
    return [str(row["proposal"]) for row in only(content.rows("changes"), "unknown_customers") if row.get("proposal")]


def deviations(content: Content) -> Table | None:
    """Return each deviation from the declared path, with the score and the return that go with it."""
    rows = list(only(content.rows("conformance"), "deviating"))
    differences = {
        (row.get("measure"), *(row.get(key) for key in DEVIATED)): row for row in content.rows("conformance")
    }
    body: list[list[Cell | str]] = []
    for row in rows[:MOST]:
        where = tuple(row.get(key) for key in DEVIATED)
        beside = [differences.get((measure, *where)) for measure in ("score_difference", "return_difference")]
        body.append([
            words.say(f"cli.deviation.{row['deviation']}", content.locale),
            _met_or_passed(row, content),
            cell_of(figure_of(row, content)),
            *(cell_of(figure_of(one, content, as_change=True)) for one in beside),
            figure_of(row, content).n,
        ])  # fmt: skip
    heads = [("deviation", False), ("touchpoint", False), ("of_journeys", True), ("score_with", True)]
    heads += [("return_with", True), ("n", True)]
    return table(content.say("changes.deviations"), _heads(heads, content), body) if body else None


def _met_or_passed(row: Row, content: Content) -> str:
    name = content.label("touchpoint", row["touchpoint"])
    return name if row.get("next") is None else f"{name} \u2192 {content.label('touchpoint', row['next'])}"


def endings(content: Content) -> list[Table]:
    """Return one table an ending: what goes with it beyond chance, the largest difference first."""
    found = [row for row in only(content.rows("endings"), "rate_difference") if row.get("found")]
    return [_ending(str(ending), rows, content) for ending, rows in by(found, "ending").items()]


def _ending(ending: str, rows: Sequence[Row], content: Content) -> Table:
    largest = sorted(rows, key=lambda row: -abs(number(row["estimate"]) or 0.0))[:MOST]
    sides = {
        (row.get("measure"), row.get("ending"), row.get("touchpoint"), row.get("next")): row
        for row in content.rows("endings")
    }
    body: list[list[Cell | str]] = []
    for row in largest:
        where = (ending, row.get("touchpoint"), row.get("next"))
        beside = [sides.get((f"rate_{side}", *where)) for side in ("with", "without")]
        body.append([
            _met_or_passed(row, content),
            *(cell_of(figure_of(one, content), interval=False) for one in beside),
            cell_of(figure_of(row, content, as_change=True)),
            figure_of(beside[0], content).n,
        ])  # fmt: skip
    heads = [("met_or_passed", False), ("with_it", True), ("without_it", True), ("difference", True)]
    heads += [("n_with", True)]
    return table(content.say(f"changes.ending.{ending}"), _heads(heads, content), body)
