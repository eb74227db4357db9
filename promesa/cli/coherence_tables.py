"""Tables of hand-overs, of what is remembered of journeys, and of what differs between channels and suppliers."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from promesa import words
from promesa.cli.journey_tables import by_group, by_size, in_fitting_unit
from promesa.cli.outcome_tables import block, groups, measured
from promesa.cli.terms import NAME_LETTERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promesa.cli.outcome_tables import Block
    from promesa.cli.terms import Row, Terms

    Rows = Sequence[Row]

MOST = 15
SUMMARIES = ("mean", "worst", "best", "peak", "end", "first", "trend", "peak_and_end", "worst_and_end", "all")


def handovers(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return the hand-overs by how many journeys hold them, with what is lost in each."""
    for title, part in by_group(rows, ("from", "to", "from_owner", "to_owner"), terms):
        found = {(row["measure"], row["from"], row["to"]): row for row in part}
        asked = any(row["measure"] == "asked_again" for row in part)
        lines: list[list[str]] = []
        for row in by_size(measured(part, "share_of_journeys")):
            pair = row["from"], row["to"]
            shown = ["visited_again", *(["asked_again"] if asked else []), "unowned"]
            lines.append([
                terms.name(row["from"]),
                terms.name(row["to"]),
                terms.figure(row),
                terms.point(in_fitting_unit(found.get(("wait_median", *pair)))),
                *(terms.figure(found.get((measure, *pair))) for measure in shown),
                terms.figure(found.get(("score_difference", *pair)), change=True),
            ])  # fmt: skip
        heads = ["giver", "taker", "of_journeys", "half_wait", "back", *(["again"] if asked else []), "unowned"]
        columns = terms.heads(*heads, "before_after")
        yield block(title, columns, lines, right=set(range(2, len(columns))), most=MOST)


def memory(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return, for each outcome, how well each summary foretells it, and what one point more goes with where."""
    of_outcomes = [row for row in rows if row["outcome"] is not None]
    for outcome, part in groups(of_outcomes, "outcome").items():
        found = {(row["measure"], row["summary"]): row for row in part}
        count = next(row for row in part if row["measure"] == "journeys_asked")
        title = words.say(f"journeys.outcome.{outcome}", terms.locale)
        title += " \u00b7 " + words.say("drivers.journeys", terms.locale, n=terms.count(count))
        lines = [
            [_wrapped(words.say(f"journeys.memory.name.{name}", terms.locale)), *_told(name, found, terms)]
            for name in SUMMARIES
            if ("foretold", name) in found
        ]
        heads = terms.heads("summary", "level", "foretold", "than_mean", "weight")
        yield block(title, heads, lines, right={1, 2, 3, 4}, most=None)
        yield from _supposed(str(outcome), found, terms)
        places = {(row["measure"], row["touchpoint"]): row for row in part if row["touchpoint"]}
        lines = [
            [
                terms.name(row["touchpoint"]),
                terms.figure(places.get(("worst_share", row["touchpoint"]))),
                terms.figure(places.get(("end_share", row["touchpoint"]))),
                terms.figure(row, change=True),
            ]
            for row in by_size(measured(part, "change_by_point"))
        ]
        yield block("", terms.heads("touchpoint", "worst", "end", "by_point"), lines, right={1, 2, 3}, most=MOST)
    yield from _explained(rows, terms)


def _supposed(outcome: str, found: dict[tuple[str, str], Row], terms: Terms) -> Iterator[Block]:
    """Return the same with the scores of moments that nobody was asked about supposed, where there are such."""
    share = next((row for (measure, _), row in found.items() if measure == "supposed_share"), None)
    if share is None:
        return
    title = words.say(
        "report.coherence.supposed",
        terms.locale,
        outcome=words.say(f"journeys.outcome.{outcome}", terms.locale),
        share=terms.point(share),
        n=words.number(share["n"], terms.locale),
    )
    lines = [
        [
            _wrapped(words.say(f"journeys.memory.name.{name}", terms.locale)),
            terms.figure(found.get(("journey_score_supposed", name)), change=name == "trend"),
            terms.figure(found.get(("foretold_supposed", name))),
            terms.figure(found.get(("foretold_more_supposed", name)), change=True),
        ]
        for name in SUMMARIES
        if ("foretold_supposed", name) in found
    ]
    yield block(title, terms.heads("summary", "level", "foretold", "than_mean"), lines, right={1, 2, 3}, most=None)


def _explained(rows: Rows, terms: Terms) -> Iterator[Block]:
    lines = [
        [terms.name(row["touchpoint"]), terms.figure(row), terms.count(row)]
        for row in by_size(measured(rows, "score_explained"))
    ]
    yield block("", terms.heads("touchpoint", "follows", "n"), lines, right={1, 2}, most=MOST)


def _told(name: str, found: dict[tuple[str, str], Row], terms: Terms) -> list[str]:
    level = terms.figure(found.get(("journey_score", name)), change=name == "trend")
    told = terms.figure(found.get(("foretold", name)))
    return [level, told, *(terms.figure(found.get((m, name)), change=True) for m in ("foretold_more", "weight"))]


def coherence(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return the widest differences, found ones first, the units of those found, and what is promised where."""
    widest = sorted(measured(rows, "widest_difference"), key=lambda row: (not row["found"], row["p_value"]))
    shares = {_of(row): row for row in measured(rows, "between_share")}
    lines = [
        [
            _where(row, terms),
            words.say(f"journeys.between.{row['by']}", terms.locale),
            terms.figure(shares.get(_of(row))),
            f"{terms.name(row['group'])}\n\u2212 {terms.name(row['against'])}",
            terms.figure(words.in_fitting_unit(row), change=True),
            words.say(f"journeys.found.{'yes' if row['found'] else 'no'}", terms.locale),
        ]
        for row in widest
    ]
    heads = terms.heads("measured", "between", "between_share", "widest", "difference", "found_one")
    yield block("", heads, lines, right={2, 4}, most=MOST)
    yield from _units(rows, [row for row in widest if row["found"]], terms)
    stated = {(row["measure"], row["promise"], row["group"]): row for row in rows if row["measured"] == "stated"}
    lines = [
        [
            _wrapped(terms.plain_name(row["promise"])),
            terms.name(row["group"]),
            terms.figure(row),
            terms.figure(stated.get(("stated_less", row["promise"], row["group"]))),
            terms.figure(stated.get(("stated_more", row["promise"], row["group"]))),
        ]
        for row in measured(rows, "stated_median")
    ]
    yield block("", terms.heads("promise", "channel", "promised", "less", "more"), lines, right={2, 3, 4}, most=MOST)


def _units(rows: Rows, found: Rows, terms: Terms) -> Iterator[Block]:
    for one in found[:3]:
        own = [row for row in measured(rows, "difference") if _of(row) == _of(one)]
        lines = [
            [terms.name(row["group"]), terms.figure(words.in_fitting_unit(row), change=True), terms.count(row)]
            for row in own
        ]
        between = words.say(f"journeys.between.{one['by']}", terms.locale)
        heads = [between, *terms.heads("difference", "n")]
        yield block(_where(one, terms).replace("\n", " "), heads, lines, right={1, 2})


def _of(row: Row) -> tuple[object, ...]:
    return row["touchpoint"], row["promise"], row["by"], row["measured"]


def _where(row: Row, terms: Terms) -> str:
    measured_ = words.say(f"journeys.measured.{row['measured']}", terms.locale)
    return _wrapped(f"{terms.plain_name(row['promise'] or row['touchpoint'])} \u00b7 {measured_}")


def _wrapped(text: str) -> str:
    return "\n".join(wrap(text, NAME_LETTERS))
