"""Tables of causes: effects, experiments, arrows of the chain, total effects, what-if, priorities, index surveys."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from promesa import words
from promesa.cli.outcome_tables import block, groups, measured
from promesa.cli.terms import REMARK_LETTERS, short

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from promesa.cli.outcome_tables import Block
    from promesa.cli.terms import Row, Terms

    Rows = Sequence[Row]

STAKES = ("money_at_stake", "satisfaction_at_stake", "return_at_stake")
PER_YEAR = ("money_per_year", "customers_kept", "complaints_per_year")


def effects(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return one table an outcome: the adjusted effect beside the plain comparison, and what would undo it."""
    for outcome, part in groups(rows, "outcome").items():
        of = {name: _first_of_each(own) for name, own in groups(part, "effect").items()}
        main = [found["effect"] for found in of.values() if "effect" in found]
        main.sort(key=lambda row: -abs(row["estimate"] or 0.0))
        lines = [_effect(row, of[row["effect"]], terms) for row in main]
        columns = terms.heads("effect", "adjusted", "plain", "robustness", "unseen", "n")
        yield block(terms.plain_name(outcome), columns, lines, right={1, 2, 3, 5}, most=None)
        segments = [row for row in measured(part, "effect_in_segment") if row["estimate"] is not None]
        if segments:
            columns = terms.heads("effect", "segment", "adjusted", "n")
            yield block(
                terms.plain_name(outcome), columns, [_segment(r, terms) for r in segments], right={2, 3}, most=None
            )


def _effect(row: Row, found: Mapping[str, Row], terms: Terms) -> list[str]:
    strong, robust = found.get("as_strong_as"), found.get("robustness")
    return [
        terms.name(row.get("of") or row["effect"]),
        terms.figure(row, change=True),
        terms.point(found.get("unadjusted"), change=True),
        terms.share(robust["estimate"]) if robust else words.NOT_STATED,
        _unseen(row, strong, terms),
        terms.count(row),
    ]


def _unseen(effect: Row, row: Row | None, terms: Terms) -> str:
    """Say whether something as strong as the strongest thing known would undo an effect that is there."""
    if row is None:
        return words.NOT_STATED
    if effect["lower"] is None or effect["upper"] is None or effect["lower"] <= 0 <= effect["upper"]:
        return "\n".join(wrap(terms.say("unseen.perhaps_none"), REMARK_LETTERS))
    key = f"impact.confounder.{row.get('confounder')}"
    known = words.knows(key, terms.locale)
    name = words.say(key, terms.locale) if known else terms.plain_name(row.get("confounder"))
    said = terms.say("unseen.removes" if row.get("removes_effect") else "unseen.leaves", name=name)
    return "\n".join(wrap(said, REMARK_LETTERS))


def _segment(row: Row, terms: Terms) -> list[str]:
    return [terms.name(row["effect"]), terms.name(row["segment"]), terms.figure(row, change=True), terms.count(row)]


def experiments(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return one table an experiment: each arm on each outcome."""
    for name, part in groups(rows, "experiment").items():
        of = {key: _first_of_each(own) for key, own in _keyed(part, "arm", "outcome").items()}
        lines = [
            [
                terms.name(arm),
                terms.name(outcome),
                terms.figure(found["effect"], change=True),
                terms.figure(found.get("lift"), change=False),
                terms.count(found["effect"]),
            ]
            for (arm, outcome), found in of.items()
            if "effect" in found
        ]
        columns = terms.heads("arm", "outcome", "effect_on", "lift", "n")
        yield block(terms.plain_name(name), columns, lines, right={2, 3, 4}, most=None)


def arrows(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return what one link of the chain does to a later one, and how much of it goes through satisfaction."""
    of = {ends: _first_of_each(own) for ends, own in _keyed(rows, "from", "to").items()}
    lines = [
        [
            terms.one_of("chain.arrows.name.effect", source),
            terms.one_of("chain.link", target),
            terms.figure(found["effect"], change=True),
            terms.figure(found.get("effect_through_satisfaction"), change=True),
            terms.count(found["effect"]),
            terms.evidence(found["effect"]),
        ]
        for (source, target), found in of.items()
        if "effect" in found
    ]
    columns = terms.heads("act", "to", "effect_on", "through", "n", "evidence")
    yield block("", columns, lines, right={2, 3, 4}, most=None)


def system(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return one table an outcome: what moves it, the surest first."""
    for outcome, part in groups(rows, "outcome").items():
        known = sorted((row for row in part if row["estimate"] is not None), key=_unsure)
        lines = [
            [terms.feature(row), _step(row, terms), terms.figure(row, change=True), terms.count(row)] for row in known
        ]
        columns = terms.heads("feature", "step", "total_effect", "n")
        yield block(terms.plain_name(outcome), columns, lines, right={2, 3})


def _unsure(row: Row) -> float:
    """Return the width of an interval in sizes of its estimate: the smaller, the surer."""
    if row["lower"] is None or row["upper"] is None or not row["estimate"]:
        return float("inf")
    return abs((row["upper"] - row["lower"]) / row["estimate"])


def _step(row: Row, terms: Terms) -> str:
    kind = str(row.get("kind"))
    if kind != "element":
        return terms.say(f"step.{kind}")
    unit = str(row.get("feature_unit") or "")
    if unit == "fraction":
        return terms.say("step.share")
    return (
        terms.say("step.element") if unit in {"", "count", "score"} else terms.say("step.unit", unit=terms.unit(unit))
    )


def what_if(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return one row an outcome and change: from where to where, what it changes, what that is in a year."""
    of = {key: _first_of_each(own) for key, own in _keyed(rows, "outcome", "feature").items()}
    moved = {feature for _, feature in of}
    lines = [
        [
            terms.name(outcome),
            _moved(feature, terms),
            terms.figure(found.get("change"), change=True)
            if "change" in found
            else terms.reason(next(iter(found.values()))),
            terms.figure(next((found[key] for key in PER_YEAR if key in found), None), change=True),
            terms.count(next(iter(found.values()))),
        ]
        for (outcome, feature), found in of.items()
        if feature != "together" or len(moved) > 2
    ]
    columns = terms.heads("outcome", "moved", "change", "year", "n")
    yield block("", columns, lines, right={2, 3, 4}, most=None)


def _moved(feature: object, terms: Terms) -> str:
    return words.say("chain.whatif.together", terms.locale) if feature == "together" else terms.name(feature)


def priorities(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return a table of touchpoints and one of functions: rank, what is at stake, how sure the rank is."""
    for level, part in groups(rows, "level").items():
        ranked = sorted((row for row in part if row.get("rank") is not None), key=lambda row: row["rank"])
        if not ranked:
            continue
        broken = {row["name"]: row for row in measured(part, "broken_share")}
        lines = [
            [
                _rank(row, terms),
                terms.name(row["name"]),
                terms.who(row.get("function")) if level == "touchpoint" else _owner(row),
                terms.figure(row, change=row["unit"] == "score"),
                terms.share(row.get("probability_top_three")),
                terms.figure(broken.get(row["name"])),
            ]
            for row in ranked
        ]
        stake = words.say(f"chain.priorities.measure.{ranked[0]['measure']}", terms.locale)
        columns = [*terms.heads("rank", str(level), "owner"), short(stake), *terms.heads("top_three", "broken_share")]
        yield block("", columns, lines, right={3, 4, 5}, most=None)


def _rank(row: Row, terms: Terms) -> str:
    return terms.say("rank", rank=row["rank"], first=row["rank_lower"], last=row["rank_upper"])


def _owner(row: Row) -> str:
    return "\n".join(wrap(str(row.get("owner") or words.NOT_STATED), REMARK_LETTERS))


def paths(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return two tables an index survey: where each construct stands, and what goes with what."""
    for index, part in groups(rows, "index").items():
        explained = {row["construct"]: row for row in measured(part, "r_squared")}
        scores = [
            [
                terms.name(row["construct"]),
                terms.figure({**row, "unit": "score"}),
                terms.figure({**found, "unit": "fraction"})
                if (found := explained.get(row["construct"]))
                else words.NOT_STATED,
                terms.count(row),
            ]
            for row in measured(part, "index_score")
        ]
        name = terms.plain_name(index)
        yield block(name, terms.heads("construct", "index_score", "explained", "n"), scores, right={1, 2, 3}, most=None)
        of = {ends: _first_of_each(own) for ends, own in _keyed(part, "construct", "target").items()}
        lines = [
            [
                terms.name(source),
                terms.name(target),
                *(_in_deviations(found.get(key), terms) for key in ("path", "total_effect")),
                terms.count(next(iter(found.values()))),
            ]
            for (source, target), found in of.items()
            if target is not None and {"path", "total_effect"} & found.keys()
        ]
        yield block(
            name, terms.heads("construct", "to", "path", "total_effect", "n"), lines, right={2, 3, 4}, most=None
        )


def _in_deviations(row: Row | None, terms: Terms) -> str:
    return terms.figure(None if row is None else {**row, "unit": "score"})


def _first_of_each(rows: Rows) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in rows:
        if row.get("segment") is None or row["measure"] != "effect_in_segment":
            found.setdefault(row["measure"], row)
    return found


def _keyed(rows: Rows, first: str, second: str) -> dict[tuple[object, object], list[Row]]:
    found: dict[tuple[object, object], list[Row]] = {}
    for row in rows:
        found.setdefault((row[first], row[second]), []).append(row)
    return found
