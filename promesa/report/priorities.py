"""Where to begin: touchpoints and functions by what better experience there would bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa import words
from promesa.report.content import by, by_measure, listed, mapping, number
from promesa.report.figures import Figure, amount, change, change_span, figure_of, percent, short
from promesa.report.forest import Mark, forest
from promesa.report.promises import statement_of
from promesa.report.tables import Cell, Exhibit, Table, cell_of, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promesa.report.content import Content, Row

    Rows = Mapping[str, Row]

LEVELS = ("touchpoint", "function")
STAKES = ("money_at_stake", "return_at_stake", "satisfaction_at_stake")
FIRST, MOST_DRAWN = 3, 8
DIRECTIONS = ("more", "less")


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """One of the first three touchpoints.

    Attributes
    ----------
    key : str
        Name of the touchpoint in the model; empty for a function.
    improve : tuple of str
        What would move there: promises kept, elements made better.
    sure : str
        In how many of the samples it stands among the first three.
    others : tuple of (str, Figure)
        What else is at stake there.
    """

    key: str
    name: str
    function: str
    improve: tuple[str, ...]
    stake: Figure
    evidence: str
    unclear: bool
    sure: str
    others: tuple[tuple[str, Figure], ...]


def ranked_by(content: Content) -> str:
    """Return the measure that the ranks are of, empty where nothing is ranked."""
    row = next((row for row in content.rows("priorities") if number(row.get("rank")) is not None), {})
    return str(row.get("measure") or "")


def begin(content: Content) -> tuple[Begin, ...]:
    """Return the touchpoints to begin with; functions where only they have something at stake."""
    measure = ranked_by(content)
    level, ranking = next(((one, found) for one in LEVELS if (found := _ranking(one, content))), (LEVELS[0], []))
    gains = [rows for _, rows in ranking[:FIRST] if (number(rows[measure].get("estimate")) or 0.0) > 0]
    return tuple(_begin(level, rows, measure, content) for rows in gains)


def begin_lines(content: Content) -> list[str]:
    """Return the touchpoints to begin with, a sentence each: what is at stake, how sure it is, who answers."""
    unit = content.say(f"priorities.unit.{ranked_by(content)}") if ranked_by(content) else ""
    return [_told(one, unit, content) for one in begin(content)]


def _told(one: Begin, unit: str, content: Content) -> str:
    said = content.say(
        "priorities.line",
        name=one.name,
        function=one.function,
        stake=one.stake.text,
        unit=unit,
        interval=one.stake.interval or words.NOT_STATED,
        n=one.stake.n or words.NOT_STATED,
        evidence=content.say(f"evidence.{one.evidence}.word"),
    )
    return f"{said} {content.say('priorities.unclear')}" if one.unclear else said


def _begin(level: str, rows: Rows, measure: str, content: Content) -> Begin:
    row = rows[measure]
    lower = number(row.get("lower"))
    return Begin(
        key=str(row.get("name")) if level == "touchpoint" else "",
        name=content.label(level, row.get("name")),
        function=_who(row, content),
        improve=tuple(_improve(level, row, content)),
        stake=stake_of(row, content),
        evidence=str(row.get("evidence") or "described"),
        unclear=lower is None or lower <= 0,
        sure=percent(number(row.get("probability_top_three")), content),
        others=tuple(
            (content.say(f"measure.{key}"), stake_of(rows[key], content))
            for key in (*STAKES, "broken_share")
            if key != measure and key in rows and _tells(rows[key])
        ),
    )


def _improve(level: str, row: Row, content: Content) -> Iterator[str]:
    """Yield what is at stake is made of: what is lived there, moves the outcome and has a better direction."""
    for one in content.rows("system"):
        name, known = str(one.get("feature")), number(one.get("estimate")) is not None
        if not known or one.get("outcome") != row.get("outcome") or one.get(level) != row.get("name"):
            continue
        if one.get("kind") == "promise":
            yield content.say("priorities.keep", promise=statement_of(name, content))
        elif one.get("kind") == "element" and content.elements.get(name, {}).get("better") in DIRECTIONS:
            yield _element(name, str(one.get("touchpoint")), content)


def _element(name: str, touchpoint: str, content: Content) -> str:
    """Return an element, with the other touchpoints at which it is measured together with this one."""
    label = content.label("element", name)
    declared = listed(content.elements[name].get("touchpoints"))
    others = [one for one in declared if one != touchpoint and one in content.touchpoints]
    if not others:
        return label
    named = ", ".join(content.label("touchpoint", one) for one in others)
    return content.say("priorities.elsewhere", element=label, touchpoints=named)


def _tells(row: Row) -> bool:
    """Tell whether a further figure belongs on a card: one that may be nothing stands in the table only."""
    lower = number(row.get("lower"))
    return number(row.get("estimate")) is not None and (lower is None or lower > 0)


def _ranking(level: str, content: Content) -> list[tuple[str, Rows]]:
    """Return the ranked names of a level with their rows, the first rank first."""
    measure = ranked_by(content)
    groups = by((row for row in content.rows("priorities") if row.get("level") == level), "name")
    found = {str(name): by_measure(rows) for name, rows in groups.items()}
    ranked = [(name, rows) for name, rows in found.items() if number(rows.get(measure, {}).get("rank")) is not None]
    return sorted(ranked, key=lambda one: number(one[1][measure].get("rank")) or 0.0)


def stake_of(row: Row | None, content: Content) -> Figure:
    """Return what is at stake: a change of a score with its sign, money short, customers in whole numbers."""
    unit = str((row or {}).get("unit"))
    value = number((row or {}).get("estimate"))
    if row is None or value is None:
        return figure_of(row, content)
    ends = [number(row.get(end)) for end in ("lower", "upper")]
    if unit == "count":
        said, span = _whole(value, content), _span([_whole(end, content) for end in ends if end is not None], content)
    elif unit == "score":
        said, span = change(value, unit, content), change_span(ends[0], ends[1], unit, content)
    else:
        said, span = (
            short(value, unit, content),
            _span([short(e, unit, content) for e in ends if e is not None], content),
        )
    plain = figure_of(row, content)
    return Figure(text=said, interval=span, n=plain.n, evidence=plain.evidence)


def _whole(value: float, content: Content) -> str:
    return words.number(round(value), content.locale).replace("-", "\u2212")


def _span(ends: list[str], content: Content) -> str:
    return content.say("interval", lower=ends[0], upper=ends[1]) if len(ends) == 2 else ""


def exhibits(content: Content) -> tuple[Exhibit, ...]:
    """Return touchpoints and functions drawn in their order, each with its table behind it."""
    return tuple(_exhibit(level, ranking, content) for level in LEVELS if (ranking := _ranking(level, content)))


def _exhibit(level: str, ranking: list[tuple[str, Rows]], content: Content) -> Exhibit:
    measure = ranked_by(content)
    marks = [_mark(level, name, rows[measure], content) for name, rows in ranking[:MOST_DRAWN]]
    unit = str(ranking[0][1][measure].get("unit"))
    title = content.say(f"priorities.{level}", what=content.say(f"measure.{measure}"))
    svg = forest(marks, title=title, unit=unit, content=content, name=f"priorities {level}", changes=unit == "score")
    return Exhibit(svg=svg, table=_table(level, ranking, title, content))


def _mark(level: str, name: str, row: Row, content: Content) -> Mark:
    stake = stake_of(row, content)
    sure = percent(number(row.get("probability_top_three")), content)
    small = content.say("priorities.sure", sure=sure)
    return Mark(
        label=f"{words.number(number(row.get('rank')), content.locale)}. {content.label(level, name)}",
        small=f"{content.label('function', row.get('function'))} · {small}" if level == "touchpoint" else small,
        estimate=number(row.get("estimate")),
        lower=number(row.get("lower")),
        upper=number(row.get("upper")),
        text=stake.text,
        interval=stake.interval,
    )


def _table(level: str, ranking: list[tuple[str, Rows]], title: str, content: Content) -> Table:
    """Return every figure of a level: the ranked names, then those with nothing to move and why."""
    stakes = [key for key in STAKES if any(key in rows for _, rows in ranking)]
    heads = [
        *((content.say(f"column.{key}"), right) for key, right in (("rank", True), (level, False), ("owner", False))),
        *((content.say(f"measure.{key}"), True) for key in (*stakes, "broken_share", "journeys")),
        (content.say("column.among_three"), True),
        (content.say("column.n"), True),
    ]
    body = [_line(level, name, rows, stakes, content) for name, rows in ranking]
    none, known = content.say("none"), {name for name, _ in ranking}
    for row in content.rows("priorities"):
        if row.get("level") == level and row.get("name") not in known and row.get("estimate") is None:
            known.add(str(row.get("name")))
            figure = figure_of(row, content)
            reason = Cell(text=figure.text, small=figure.reason, state=figure.state)
            declared = content.touchpoints.get(str(row.get("name")), {})
            owner = content.label("function", declared.get("function")) if level == "touchpoint" else none
            body.append([none, content.label(level, row.get("name")), owner, reason, *[none] * (len(heads) - 4)])
    return table(title, [*heads[1:2], heads[0], *heads[2:]], ([line[1], line[0], *line[2:]] for line in body))


def _line(level: str, name: str, rows: Rows, stakes: list[str], content: Content) -> list[Cell | str]:
    row = rows[ranked_by(content)]
    ranks = [words.number(number(row.get(key)), content.locale) for key in ("rank_lower", "rank_upper")]
    broken, journeys = rows.get("broken_share"), number(rows.get("journeys", {}).get("estimate"))
    return [
        Cell(text=words.number(number(row.get("rank")), content.locale), small=_span(ranks, content)),
        content.label(level, name),
        Cell(text=_who(row, content), small=str(row.get("owner") or ""))
        if level == "touchpoint"
        else _owner(row, content),
        *(cell_of(stake_of(rows.get(key), content)) for key in stakes),
        amount(number((broken or {}).get("estimate")), "fraction", content),
        content.say("none") if journeys is None else _whole(journeys, content),
        percent(number(row.get("probability_top_three")), content),
        words.number(number(row.get("n")), content.locale),
    ]


def _who(row: Row, content: Content) -> str:
    return content.label("function", row.get("function"))


def _owner(row: Row, content: Content) -> str:
    return str(row.get("owner") or content.say("none"))


def headline(content: Content) -> str:
    """Return the sentence with which the page opens: where to begin; empty where that is not known."""
    first = next(iter(begin(content)), None)
    if first is None or first.unclear:
        return ""
    values = {"name": first.name, "function": first.function, "sure": first.sure}
    stake = {"stake": first.stake.text, "interval": first.stake.interval}
    return content.say(f"priorities.headline.{ranked_by(content)}", **values, **stake)


def nothing(content: Content) -> str:
    """Return why nothing is ranked."""
    return content.summary("priorities") or content.say("empty.priorities")


def is_there(content: Content) -> bool:
    """Tell whether the snapshot has looked for priorities at all."""
    return bool(mapping(content.document("priorities")))
