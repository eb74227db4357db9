"""What is lost between functions, what of a journey is remembered, and whether a touchpoint is the same everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import charts, words
from promesa.report.content import by_measure, number, only
from promesa.report.figures import figure_of
from promesa.report.tables import Exhibit, cell_of, drawn, figures_table, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.report.content import Content, Row
    from promesa.report.tables import Cell, Table

MOST = 10
HANDED = ("share_of_journeys", "wait_median", "visited_again", "asked_again", "unowned", "score_difference")
SUMMARIES = ("mean", "worst", "best", "peak", "end", "first", "trend", "peak_and_end", "worst_and_end", "all")
OF_SUMMARIES = ("journey_score", "foretold", "foretold_more", "weight")
OF_SUPPOSED = ("journey_score_supposed", "foretold_supposed", "foretold_more_supposed")
OF_PLACES = ("worst_share", "end_share", "change_by_point")
STATED = ("stated_median", "stated_less", "stated_more")
DIFFERENCES = frozenset({
    *("foretold_more", "foretold_more_supposed", "change_by_point", "widest_difference", "difference"),
    "score_difference",
})  # fmt: skip
"""Measures that tell how far two figures are apart: of shares in percentage points."""
FINDINGS = 3


def shown(content: Content) -> dict[str, object]:
    """Return everything that the section shows."""
    return {
        "handed": handovers_table(content),
        "remembered": remembered_tables(content),
        "remembered_exhibits": remembered_exhibits(content),
        "compared": compared_table(content),
        "compared_exhibits": compared_exhibits(content),
        "stated": stated_table(content),
    }


def is_there(content: Content) -> bool:
    """Tell whether journeys were looked at in this way."""
    return bool(content.rows("handovers") or content.rows("coherence"))


def handovers_table(content: Content) -> Table | None:
    """Return the hand-overs that most journeys hold."""
    pairs: dict[tuple[object, object], list[Row]] = {}
    for row in content.rows("handovers"):
        pairs.setdefault((row.get("from"), row.get("to")), []).append(row)
    found = [(pair, by_measure(part)) for pair, part in pairs.items()]
    found = [one for one in found if one[1]["share_of_journeys"].get("estimate") is not None]
    found.sort(key=lambda one: -(number(one[1]["share_of_journeys"].get("estimate")) or 0.0))
    known = [m for m in HANDED if any(m in part for _, part in found)]
    body: list[list[Cell | str]] = [
        [
            *(content.label("function", name) for name in pair),
            *(_cell(words.in_fitting_unit(part[m]) if m in part else None, content) for m in known),
        ]
        for pair, part in found[:MOST]
    ]
    heads = [(content.say(f"coherence.{end}"), False) for end in ("giver", "taker")]
    heads += [(content.measure(measure), True) for measure in known]
    return table(content.say("coherence.handed"), heads, body) if body else None


def remembered_tables(content: Content) -> list[Table]:
    """Return what each outcome follows, and where one point more goes with most."""
    found: list[Table] = []
    for outcome in ("remembered", "return"):
        rows = [row for row in content.rows("memory") if row.get("outcome") == outcome]
        name = words.say(f"journeys.outcome.{outcome}", content.locale)
        found += _of_summaries(rows, OF_SUMMARIES, name, content)
        share = next(iter(only(rows, "supposed_share")), None)
        if share is not None:
            told = {"share": figure_of(share, content).text, "n": words.number(number(share.get("n")), content.locale)}
            found += _of_summaries(rows, OF_SUPPOSED, content.say("coherence.supposed", outcome=name, **told), content)
        found += _places(rows, name, content)
    return [*found, *_explained(content)]


def _of_summaries(rows: Sequence[Row], measures: Sequence[str], title: str, content: Content) -> list[Table]:
    of = {(row.get("measure"), row.get("summary")): row for row in rows}
    body: list[list[Cell | str]] = [
        [
            words.say(f"journeys.memory.name.{summary}", content.locale),
            *(_cell(of.get((measure, summary)), content) for measure in measures),
        ]
        for summary in SUMMARIES
        if (measures[1], summary) in of
    ]
    heads = [(content.say("coherence.summary"), False), *((content.measure(m), True) for m in measures)]
    return [table(title, heads, body)] if body else []


def _explained(content: Content) -> list[Table]:
    rows = sorted(
        only(content.rows("memory"), "score_explained"), key=lambda row: -(number(row.get("estimate")) or 0.0)
    )
    body: list[list[Cell | str]] = [
        [content.label("touchpoint", row.get("touchpoint")), _cell(row, content)] for row in rows[:MOST]
    ]
    heads = [(content.say("column.touchpoint"), False), (content.measure("score_explained"), True)]
    return [table(content.say("coherence.explained"), heads, body)] if body else []


def _places(rows: Sequence[Row], name: str, content: Content) -> list[Table]:
    of = {(row.get("measure"), row.get("touchpoint")): row for row in rows}
    changed = sorted(only(rows, "change_by_point"), key=lambda row: -(number(row.get("estimate")) or 0.0))
    body: list[list[Cell | str]] = [
        [
            content.label("touchpoint", row.get("touchpoint")),
            *(_cell(of.get((measure, row.get("touchpoint"))), content) for measure in OF_PLACES),
        ]
        for row in changed[:MOST]
    ]
    heads = [(content.say("column.touchpoint"), False), *((content.measure(m), True) for m in OF_PLACES)]
    return [table(content.say("coherence.places", outcome=name), heads, body)] if body else []


def remembered_exhibits(content: Content) -> list[Exhibit]:
    """Return the picture of what one point more at each touchpoint goes with."""
    rows = [
        {**row, "name": content.label("touchpoint", row.get("touchpoint"))}
        for row in only(content.rows("memory"), "change_by_point")
        if row.get("outcome") == "remembered"
    ]
    rows.sort(key=lambda row: -(number(row.get("estimate")) or 0.0))
    title = words.say("journeys.memory.chart", content.locale)
    return [_intervals(rows, title, content, name="memory")] if rows else []


def compared_table(content: Content) -> Table | None:
    """Return the widest differences that chance does not explain; where there is none, the surest of the others."""
    shares = {_of(row): row for row in only(content.rows("coherence"), "between_share")}
    rows = sorted(
        only(content.rows("coherence"), "widest_difference"), key=lambda row: (not row.get("found"), row["p_value"])
    )
    body: list[list[Cell | str]] = [
        [
            _where(row, content),
            _between(row, content),
            _cell(shares.get(_of(row)), content),
            f"{_group(row, 'group', content)} \u2212 {_group(row, 'against', content)}",
            _cell(words.in_fitting_unit(row), content),
            words.say(f"journeys.found.{'yes' if row.get('found') else 'no'}", content.locale),
        ]
        for row in rows[:MOST]
    ]
    heads = [(content.say("coherence.measured"), False), (content.say("coherence.between"), False)]
    heads += [(content.measure("between_share"), True), (content.say("coherence.pair"), False)]
    heads += [(content.measure("widest_difference"), True), (content.say("coherence.found"), False)]
    return table(content.say("coherence.compared"), heads, body) if body else None


def compared_exhibits(content: Content) -> list[Exhibit]:
    """Return the units of the comparisons that show most surely that they differ."""
    found = [row for row in only(content.rows("coherence"), "widest_difference") if row.get("found")]
    found.sort(key=lambda row: number(row.get("p_value")) or 0.0)
    exhibits: list[Exhibit] = []
    for one in found[:FINDINGS]:
        rows = [
            {**row, "name": _group(row, "group", content)}
            for row in only(content.rows("coherence"), "difference")
            if _of(row) == _of(one)
        ]
        title = words.say(f"journeys.coherence.chart_{one.get('measured')}", content.locale, of=_thing(one, content))
        shown = words.in_one_unit(rows)
        exhibits.append(_intervals(shown, title, content, name=f"coherence {len(exhibits)}"))
    return exhibits


def stated_table(content: Content) -> Table | None:
    """Return what the same promise promises in each channel of sale."""
    rows = [row for row in content.rows("coherence") if row.get("measured") == "stated"]
    of = {(row.get("measure"), row.get("promise"), row.get("group")): row for row in rows}
    body: list[list[Cell | str]] = [
        [
            content.label("promise", row.get("promise")),
            _group(row, "group", content),
            *(_cell(of.get((measure, row.get("promise"), row.get("group"))), content) for measure in STATED),
        ]
        for row in only(rows, "stated_median")
    ]
    heads = [(content.say("column.promise"), False), (content.say("column.channel"), False)]
    heads += [(content.measure(measure), True) for measure in STATED]
    return table(content.say("coherence.stated"), heads, body) if body else None


def _intervals(rows: Sequence[Row], title: str, content: Content, *, name: str) -> Exhibit:
    drawing = words.in_points(rows)
    spec = charts.intervals(drawing, label="name", title=title, unit=str(drawing[0]["unit"]), locale=content.locale)
    heads = {"name": content.say("coherence.of")}
    behind = figures_table(title, rows, heads=heads, name=lambda _, value: str(value), content=content, as_change=True)
    return Exhibit(svg=drawn(spec, content, name=name), table=behind)


def _cell(row: Row | None, content: Content) -> Cell | str:
    if row is None:
        return words.NOT_STATED
    return cell_of(figure_of(row, content, as_change=row.get("measure") in DIFFERENCES))


def _of(row: Row) -> tuple[object, ...]:
    return row.get("touchpoint"), row.get("promise"), row.get("by"), row.get("measured")


def _thing(row: Row, content: Content) -> str:
    kind = "promise" if row.get("promise") else "touchpoint"
    return content.label(kind, row.get(kind))


def _where(row: Row, content: Content) -> str:
    measured = words.say(f"journeys.measured.{row.get('measured')}", content.locale)
    return f"{_thing(row, content)} \u00b7 {measured}"


def _between(row: Row, content: Content) -> str:
    return words.say(f"journeys.between.{row.get('by')}", content.locale)


def _group(row: Row, key: str, content: Content) -> str:
    name = row.get(key)
    return content.label("channel", name) if row.get("by") == "channel" else str(name)
