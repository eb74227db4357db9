"""What good and bad outcomes go with: importance, penalty and reward, who answers for it, synergies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa import charts, words
from promesa.report.content import number, only
from promesa.report.figures import Figure, amount, figure_of, percent
from promesa.report.forest import Mark, forest
from promesa.report.naming import confounder_name, feature_name, listed, outcome_name, quoted
from promesa.report.roles import roles_of
from promesa.report.synergies import synergies_of
from promesa.report.tables import Cell, Exhibit, Table, cell_of, drawn, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.report.content import Content, Row

DOCUMENTS = ("drivers", "asymmetry", "roles", "synergy")
MOST_DRAWN, MOST_NAMED = 12, 3
SIDES = ("penalty", "reward")
SMALL_SCORE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one outcome goes with.

    Attributes
    ----------
    sentences : tuple of str
        How much is told, by what most, and which essentials look small.
    main : tuple of Exhibit
        Importance, then penalty and reward.
    roles : tuple of Exhibit
        By function, stage, channel and supplier.
    synergy : tuple of str
        The pairs in words, or that there is none.
    """

    name: str
    sentences: tuple[str, ...]
    main: tuple[Exhibit, ...]
    roles: tuple[Exhibit, ...]
    synergy: tuple[str, ...]
    pairs: tuple[Exhibit, ...]


def drivers_of(content: Content) -> tuple[Outcome, ...]:
    """Return every outcome that something can be said of."""
    names = dict.fromkeys(
        str(row["outcome"]) for key in DOCUMENTS for row in content.rows(key) if row.get("outcome") is not None
    )
    found = (_outcome(name, content) for name in names)
    return tuple(one for one in found if one.sentences or one.main or one.roles or one.synergy)


def _outcome(name: str, content: Content) -> Outcome:
    rows = [row for row in content.rows("drivers") if row.get("outcome") == name]
    sides = [row for row in content.rows("asymmetry") if row.get("outcome") == name]
    said, chance = _sentences(name, rows, content)
    said_of_pairs, pairs = synergies_of(name, content)
    main = [] if chance else [_importance(name, rows, content), _penalties(name, sides, content)]
    return Outcome(
        name=outcome_name(name, content),
        sentences=tuple([*said, *_delights(sides, content)] if not chance else said),
        main=tuple(one for one in main if one is not None),
        roles=() if chance else roles_of(name, content),
        synergy=said_of_pairs,
        pairs=pairs,
    )


def _sentences(name: str, rows: Sequence[Row], content: Content) -> tuple[list[str], bool]:
    """Return how much is told of an outcome, and whether it is no more than chance would tell."""
    told = next(only(rows, "explained"), None)
    if told is None:
        return [], False
    label, value = outcome_name(name, content), number(told.get("estimate"))
    if value is None:
        note = str(told.get("note") or "no-data")
        key = f"drivers.nothing.{'withheld' if note.startswith('withheld') else note}"
        key = key if words.knows(key, content.locale) else "drivers.nothing.no-data"
        n = words.number(number(told.get("n")), content.locale)
        return [words.say(key, content.locale, outcome=label, n=n)], True
    figure, journeys = figure_of(told, content), _journeys(told, content)
    shown = [row for row in only(rows, "share") if number(row.get("estimate")) is not None]
    by_chance = number(told.get("by_chance")) or 0.0
    if value <= by_chance or not shown:
        chance = {"explained": figure.text, "by_chance": amount(by_chance, "fraction", content)}
        said = words.say("drivers.importance.chance", content.locale, outcome=label, journeys=journeys, **chance)
        return [said], True
    first = [f"{quoted(row, content)} ({figure_of(row, content).text})" for row in shown[:MOST_NAMED]]
    values = {"explained": figure.text, "interval": figure.interval, "journeys": journeys}
    said = [content.say("drivers.told", **values, first=listed(first, content))]
    behind = next(only(rows, "explained_by_confounders"), None)
    rest = next(only(rows, "unexplained"), None)
    if behind is not None and rest is not None and number(behind.get("estimate")) is not None:
        names = [confounder_name(one, content) for one in str(behind.get("confounders") or "").split(", ") if one]
        parts = {"behind": figure_of(behind, content).text, "rest": figure_of(rest, content).text}
        if names:
            said.append(content.say("drivers.behind", **parts, names=listed(names, content)))
    return [*said, *_small_essentials(shown, content)], False


def _journeys(row: Row, content: Content) -> str:
    n, known, share = (number(row.get(key)) or 0.0 for key in ("n", "n_known", "share_sampled"))
    said = {"n": words.number(n, content.locale)}
    if 0 < share < 1:
        said |= {"known": words.number(known, content.locale), "share": words.percent(share, content.locale)}
        return words.say("drivers.sampled", content.locale, **said)
    return words.say("drivers.journeys", content.locale, **said)


def _small_essentials(shown: Sequence[Row], content: Content) -> list[str]:
    """Name the essentials beyond the first of the ranking: they look small only because they seldom fail."""
    found = [row for row in shown[MOST_NAMED:] if row.get("essential") is True and row.get("penalty") is not None]
    found.sort(key=lambda row: -abs(number(row.get("penalty")) or 0.0))
    if not found:
        return []
    names = [quoted(row, content) for row in found[:MOST_NAMED]]
    return [content.say("drivers.essentials", names=listed(names, content))]


def _delights(rows: Sequence[Row], content: Content) -> list[str]:
    """Name what delights."""
    found = [row for row in only(rows, "reward") if row.get("class") == "delight" and _is_sure(row)]
    found.sort(key=lambda row: -abs(number(row.get("estimate")) or 0.0))
    names = [f"{quoted(row, content)} ({figure_of(row, content, as_change=True).text})" for row in found[:MOST_NAMED]]
    return [words.say("drivers.asymmetry.delights", content.locale, names=listed(names, content))] if names else []


def _is_sure(row: Row) -> bool:
    lower, upper = number(row.get("lower")), number(row.get("upper"))
    return lower is not None and upper is not None and (lower > 0 or upper < 0)


def _importance(name: str, rows: Sequence[Row], content: Content) -> Exhibit | None:
    shares = list(only(rows, "share"))
    shown = [row for row in shares if number(row.get("estimate")) is not None]
    if not shown:
        return None
    title = content.say("drivers.importance", outcome=outcome_name(name, content))
    marks = [_mark(row, content) for row in shown[:MOST_DRAWN]]
    svg = forest(marks, title=title, unit="fraction", content=content, name=f"importance {name}", changes=False)
    others = [row for row in shares if number(row.get("estimate")) is None]
    more = content.say("drivers.drawn_of", shown=min(MOST_DRAWN, len(shown)), total=len(shown))
    caption = title if len(shown) <= MOST_DRAWN else f"{title}. {more}"
    return Exhibit(svg=svg, table=_importance_table(caption, shown, others, rows, content))


def _mark(row: Row, content: Content) -> Mark:
    figure = figure_of(row, content)
    who = [content.label(kind, row.get(kind)) for kind in ("stage", "function")]
    return Mark(
        label=feature_name(row, content),
        small=" · ".join([*who, _class(row, content)] if row.get("class") not in {None, "none"} else who),
        estimate=number(row.get("estimate")),
        lower=number(row.get("lower")),
        upper=number(row.get("upper")),
        text=figure.text,
        interval=figure.interval,
    )


COLUMNS = ("share", "of_explained", "change", "class", "n", "lived")


def _importance_table(
    title: str, shown: Sequence[Row], others: Sequence[Row], rows: Sequence[Row], content: Content
) -> Table:
    """Return every feature: those with a share first, then those that are not looked at, and why."""
    stated = any(number(row.get("stated")) is not None for row in [*shown, *others])
    parts = {row.get("feature"): row for row in only(rows, "importance_share")}
    changes = {row.get("feature"): row for row in only(rows, "change")}
    heads = [
        *((content.say(f"column.{key}"), False) for key in ("feature", "stage", "function")),
        *((content.say(f"column.{key}"), key != "class") for key in COLUMNS),
        *([(content.say("column.stated"), True)] if stated else []),
    ]
    body = [_feature_line(row, parts.get(row["feature"]), changes.get(row["feature"]), content) for row in shown]
    if stated:
        body = [[*line, _stated(row, content)] for line, row in zip(body, shown, strict=True)]
    none = content.say("none")
    for row in others:
        if row.get("feature") is None:
            continue
        figure = figure_of(row, content)
        reason = Cell(text=figure.text, small=_why_not(row, figure, content), state=figure.state)
        body.append([*_named(row, content), reason, *[none] * (len(heads) - 4)])
    return table(title, heads, body)


def _why_not(row: Row, figure: Figure, content: Content) -> str:
    told = row.get("told_with")
    if not told:
        return figure.reason
    other = {"kind": "element", "feature": told}
    kinds = {str(one.get("feature")): one.get("kind") for one in content.rows("drivers")}
    return content.say("drivers.told_with", name=feature_name({**other, "kind": kinds.get(str(told))}, content))


def _named(row: Row, content: Content) -> list[Cell | str]:
    return [
        feature_name(row, content),
        content.label("stage", row.get("stage")),
        content.label("function", row.get("function")),
    ]


def _feature_line(row: Row, part: Row | None, change: Row | None, content: Content) -> list[Cell | str]:
    of = percent(number((part or {}).get("estimate")), content)
    return [
        *_named(row, content),
        cell_of(figure_of(row, content)),
        of,
        _change(change, content),
        _class(row, content),
        words.number(number(row.get("n")), content.locale),
        words.number(number(row.get("n_met")), content.locale),
    ]


def _change(row: Row | None, content: Content) -> Cell:
    """Return a change with its interval; one of a score, small by one minute or one day, with a decimal more."""
    figure = figure_of(row, content, as_change=True)
    values = [number((row or {}).get(key)) for key in ("estimate", "lower", "upper")]
    if (row or {}).get("unit") != "score" or values[0] is None or abs(values[0]) >= SMALL_SCORE:
        return Cell(text=figure.text, small=figure.interval or figure.reason, state=figure.state)
    said = [words.number(value, content.locale, decimals=3, sign=True).replace("-", "\u2212") for value in values]
    return Cell(text=said[0], small=content.say("interval", lower=said[1], upper=said[2]))


def _stated(row: Row, content: Content) -> Cell:
    """Return how much customers say that it matters."""
    n = words.number(number(row.get("stated_n")), content.locale)
    known = number(row.get("stated")) is not None
    said = percent(number(row.get("stated")), content)
    return Cell(text=said, small=content.say("n", n=n) if known else "")


def _class(row: Row, content: Content) -> str:
    key = f"drivers.class.{row.get('class')}"
    return words.say_or(key, content.locale, otherwise=content.say("none"))


def _penalties(name: str, rows: Sequence[Row], content: Content) -> Exhibit | None:
    """Return what failing and excelling go with, with the class of each in words."""
    rewards = {row.get("feature"): row for row in only(rows, "reward")}
    pairs = [
        (row, rewards.get(row.get("feature"), {}))
        for row in only(rows, "penalty")
        if row.get("feature") is not None and row.get("class") is not None
    ]
    pairs.sort(key=lambda pair: -max(abs(number(side.get("estimate")) or 0.0) for side in pair))
    shown = [pair for pair in pairs if pair[0].get("class") != "none"][:MOST_DRAWN]
    if not shown:
        return None
    title = words.say("drivers.asymmetry.chart", content.locale, outcome=outcome_name(name, content))
    spec = charts.penalties(
        [_sides(row, reward, content) for row, reward in shown],
        label="name",
        text="class",
        names=(words.say("drivers.side.penalty", content.locale), words.say("drivers.side.reward", content.locale)),
        title=title,
        unit=str(shown[0][0].get("unit")),
        locale=content.locale,
    )
    heads = [(content.say("column.feature"), False), (content.say("column.class"), False)]
    heads += [(words.say(f"drivers.side.{side}", content.locale), True) for side in SIDES]
    heads.append((content.say("column.n"), True))
    body: list[list[Cell | str]] = [
        [
            feature_name(row, content),
            _class(row, content),
            *(_side(side, content) for side in (row, reward)),
            words.number(number(row.get("n")), content.locale),
        ]
        for row, reward in pairs
    ]
    return Exhibit(svg=drawn(spec, content, name=f"penalties {name}"), table=table(title, heads, body))


def _side(row: Row, content: Content) -> Cell:
    figure = figure_of(row or None, content, as_change=True)
    return Cell(text=figure.text, small=figure.interval or figure.reason, state=figure.state)


def _sides(row: Row, reward: Row, content: Content) -> dict[str, object]:
    ends = ("estimate", "lower", "upper")
    sides = {f"{side}_{end}": of.get(end) for side, of in zip(SIDES, (row, reward), strict=True) for end in ends}
    return {"name": feature_name(row, content), "class": _class(row, content), **sides}


def nothing(content: Content) -> str:
    """Return why there is nothing to show."""
    said = next((said for key in DOCUMENTS if (said := content.summary(key))), "")
    return said or content.say("empty.drivers")


def is_there(content: Content) -> bool:
    """Tell whether the snapshot has looked for any of it."""
    return any(content.document(key) for key in DOCUMENTS)
