"""What breaking a promise does: the adjusted effect beside the plain comparison, and what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa import words
from promesa.report.content import by, by_measure, number
from promesa.report.figures import Figure, figure_of, percent
from promesa.report.forest import Mark, figure_text, forest
from promesa.report.naming import any_name, confounder_name, evidence_word, outcome_name
from promesa.report.promises import statement_of
from promesa.report.tables import Cell, Exhibit, Table, cell_of, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.report.content import Content, Row

    Rows = Mapping[str, Row]

SEGMENT = "effect_in_segment"
CHANCE = 0.05
EXTREME = 0.05
"""Chance below which, or above whose opposite, a journey is said to be all but decided beforehand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One effect on one outcome in sentences.

    Attributes
    ----------
    sentences : tuple of (str, bool)
        What is said, and whether it is a warning.
    """

    name: str
    evidence: str
    sentences: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnOutcome:
    """All effects on one outcome."""

    outcome: str
    exhibit: Exhibit
    doubts: tuple[Doubt, ...]
    segments: tuple[Exhibit, ...]


def effects_of(content: Content) -> tuple[OnOutcome, ...]:
    """Return the effects, outcome by outcome; those without any figure are left out."""
    groups = by(content.rows("effects"), "outcome")
    return tuple(
        _on_outcome(str(outcome), rows, content)
        for outcome, rows in groups.items()
        if any(row.get("measure") == "effect" and row.get("estimate") is not None for row in rows)
    )


def refused(content: Content) -> list[tuple[str, str]]:
    """Return (effect, reason) of those of which nothing can be said on any outcome."""
    groups = by((row for row in content.rows("effects") if row.get("measure") == "effect"), "effect")
    return [
        (effect_name(rows[0], content), reason_of(rows[0], content))
        for rows in groups.values()
        if all(row.get("estimate") is None for row in rows)
    ]


def effect_name(row: Row, content: Content) -> str:
    """Return what acts, as a sentence begins: ``Breaking “…”``."""
    kind, name = effect_key(row)
    said = statement_of(name, content) if kind == "promise" else any_name(name, content)
    key = "promise" if kind == "promise" else "having" if row.get("unit_of_cause") == "fraction" else "element"
    return content.say(f"effects.name.{key}", name=said)


def reason_of(row: Row, content: Content) -> str:
    """Return why there is no effect or experiment to show, as a sentence."""
    note = str(row.get("note") or "no-data")
    key = f"impact.reason.{'withheld' if note.startswith('withheld') else note}"
    said = words.say(key if words.knows(key, content.locale) else "impact.reason.no-data", content.locale)
    return said[:1].upper() + said[1:]


def _on_outcome(outcome: str, rows: list[Row], content: Content) -> OnOutcome:
    named = {str(name): by_measure(part) for name, part in by(rows, "effect").items()}
    known = {name: of for name, of in named.items() if number(of.get("effect", {}).get("estimate")) is not None}
    once = told_once([of["effect"] for of in known.values()])
    shown = [of for of in known.values() if any(of["effect"] is row for row in once)]
    ordered = sorted(shown, key=lambda of: _strength(of["effect"]))
    title = content.say("effects.chart", outcome=outcome_name(outcome, content))
    unit = str(ordered[0]["effect"].get("unit"))
    marks = [_mark(of, content) for of in ordered]
    empty = [of["effect"] for name, of in named.items() if name not in known and "effect" in of]
    placebos = {str(row.get("effect")): row for row in content.rows("effects") if row.get("measure") == "placebo"}
    return OnOutcome(
        outcome=outcome_name(outcome, content),
        exhibit=Exhibit(
            svg=forest(marks, title=title, unit=unit, content=content, name=f"effects {outcome}"),
            table=_table(title, ordered, empty, placebos, content),
        ),
        doubts=tuple(_doubt(of, placebos, content) for of in ordered),
        segments=tuple(_segments(outcome, name, rows, content) for name in known if _has_segments(name, rows)),
    )


def told_once(rows: Sequence[Row]) -> list[Row]:
    """Return the effects without those that repeat one: the same act with the same figures, asked again by segment."""
    kept: dict[tuple[object, ...], Row] = {}
    for row in rows:
        kept.setdefault((effect_key(row), *(row.get(part) for part in ("outcome", "estimate", "lower", "upper"))), row)
    return list(kept.values())


def effect_key(row: Row) -> tuple[str, str]:
    """Return what acts: its kind and its name."""
    return str(row.get("kind")), str(row.get("of") or row.get("effect"))


def _strength(row: Row) -> float:
    return -abs(number(row.get("estimate")) or 0.0)


def _mark(of: Rows, content: Content) -> Mark:
    row = of["effect"]
    figure, value = figure_of(row, content, as_change=True), number(row.get("estimate")) or 0.0
    return Mark(
        label=effect_name(row, content),
        estimate=value,
        lower=number(row.get("lower")),
        upper=number(row.get("upper")),
        text=figure_text(value, str(row.get("unit")), content, changes=True),
        interval=figure.interval,
        plain=number(of.get("unadjusted", {}).get("estimate")),
    )


def _doubt(of: Rows, placebos: Rows, content: Content) -> Doubt:
    row = of["effect"]
    return Doubt(
        name=effect_name(row, content),
        evidence=str(row.get("evidence") or "adjusted"),
        sentences=(_compared(of, content), *_robust(of, content), *_checked(of, placebos, content)),
    )


def _compared(of: Rows, content: Content) -> tuple[str, bool]:
    effect = figure_of(of["effect"], content, as_change=True)
    plain = figure_of(of.get("unadjusted"), content, as_change=True)
    values = {"plain": plain.text, "effect": effect.text, "interval": effect.interval, "n": effect.n}
    return content.say("effects.compared" if plain.state == "shown" else "effects.alone", **values), False


def _robust(of: Rows, content: Content) -> list[tuple[str, bool]]:
    """Say what something unseen would have to be to undo the effect."""
    lower, upper = (number(of["effect"].get(end)) for end in ("lower", "upper"))
    if lower is None or upper is None or lower <= 0 <= upper:
        return [(content.say("effects.zero"), True)]
    said: list[tuple[str, bool]] = []
    strong = of.get("as_strong_as")
    if strong is not None:
        removed = strong.get("removes_effect") is True
        key = "removed" if removed else "not_removed"
        name = confounder_name(strong.get("confounder"), content)
        said.append((content.say(f"effects.{key}", confounder=name), removed))
    value = number(of.get("robustness", {}).get("estimate"))
    if value is not None:
        said.append((content.say("effects.robust", share=percent(value, content)), False))
    return said


def _checked(of: Rows, placebos: Rows, content: Content) -> list[tuple[str, bool]]:
    """Say what the control shows, and how many the comparison leans on."""
    said: list[tuple[str, bool]] = []
    placebo = placebos.get(str(of["effect"].get("effect")))
    if placebo is not None and number(placebo.get("estimate")) is not None:
        figure = figure_of(placebo, content, as_change=True)
        seen = not _holds_zero(placebo)
        key = "effects.placebo_seen" if seen else "effects.placebo_clear"
        said.append((content.say(key, figure=figure.text, interval=figure.interval), seen))
    row = of["effect"]
    acted = number(row.get("n_acted"))
    if acted is not None and row.get("kind") == "promise":
        counts = {"acted": words.number(acted, content.locale), "n": words.number(number(row.get("n")), content.locale)}
        said.append((content.say("effects.acted", **counts), False))
    share = number(of.get("overlap", {}).get("estimate"))
    if share and not _seldom(row):
        said.append((content.say("effects.overlap", share=percent(share, content)), False))
    return said


def _seldom(row: Row) -> bool:
    """Tell whether it happened so seldom, or so often, that it was unlikely or certain for all: no want of likes."""
    acted, n = number(row.get("n_acted")), number(row.get("n"))
    return acted is not None and bool(n) and not EXTREME <= acted / (n or 1.0) <= 1 - EXTREME


def _holds_zero(row: Row) -> bool:
    lower, upper = number(row.get("lower")), number(row.get("upper"))
    return lower is None or upper is None or lower <= 0 <= upper


COLUMNS = ("adjusted", "plain", "on_all", "robustness", "unseen", "placebo", "overlap", "imbalance", "n")


def _table(title: str, ordered: Sequence[Rows], empty: list[Row], placebos: Rows, content: Content) -> Table:
    heads = [(content.say("column.effect"), False)]
    heads += [(content.say(f"column.{key}"), key != "unseen") for key in COLUMNS]
    heads.append((content.say("column.evidence"), False))
    body = [_line(of, placebos, content) for of in ordered]
    none = content.say("none")
    for row in empty:
        reason = Cell(text=content.say("no_figure"), small=reason_of(row, content), state="missing")
        body.append([effect_name(row, content), reason, *[none] * (len(heads) - 2)])
    return table(title, heads, body)


def _line(of: Rows, placebos: Rows, content: Content) -> list[Cell | str]:
    figures = {
        key: figure_of(of.get(key), content, as_change=True) for key in ("effect", "unadjusted", "effect_on_all")
    }
    shares = {key: figure_of(of.get(key), content) for key in ("robustness", "overlap")}
    placebo = figure_of(placebos.get(str(of["effect"].get("effect"))), content, as_change=True)
    imbalance, strong = of.get("imbalance", {}), of.get("as_strong_as", {})
    return [
        effect_name(of["effect"], content),
        *(cell_of(figure) for figure in figures.values()),
        shares["robustness"].text,
        _unseen(strong, content),
        cell_of(placebo),
        shares["overlap"].text,
        Cell(
            text=words.number(number(imbalance.get("estimate")), content.locale, decimals=2),
            small=confounder_name(imbalance["confounder"], content) if imbalance.get("confounder") else "",
        ),
        figures["effect"].n,
        evidence_word(of["effect"], content),
    ]


def _unseen(row: Row, content: Content) -> Cell | str:
    if not row:
        return content.say("none")
    key = "effects.would" if row.get("removes_effect") is True else "effects.would_not"
    return Cell(text=content.say(key), small=confounder_name(row.get("confounder"), content))


def _has_segments(name: str, rows: Sequence[Row]) -> bool:
    return any(row.get("measure") == SEGMENT and row.get("effect") == name for row in rows)


def _segments(outcome: str, name: str, rows: Sequence[Row], content: Content) -> Exhibit:
    """Return one effect in each group of a trait."""
    mine = [row for row in rows if row.get("effect") == name]
    parts = [row for row in mine if row.get("measure") == SEGMENT]
    main = next(row for row in mine if row.get("measure") == "effect")
    trait = next((any_name(row["by"], content) for row in parts if row.get("by")), "")
    values = {"effect": effect_name(main, content), "outcome": outcome_name(outcome, content), "by": trait}
    title = content.say("effects.by_segment" if trait else "effects.by_segments", **values)
    svg = forest(
        [_part(row, content) for row in parts],
        title=title,
        unit=str(parts[0].get("unit")),
        content=content,
        name=f"segments {outcome} {name}",
    )
    p_value = next((found for row in parts if (found := number(row.get("p_all_equal"))) is not None), None)
    caption = title if p_value is None else f"{title}. {content.say(_alike(p_value))}"
    figures = [(row, figure_of(row, content, as_change=True)) for row in parts]
    heads = [(content.say(f"column.{key}"), key != "segment") for key in ("segment", "figure", "n")]
    lines = [
        [segment_name(row, content), _reasoned(figure), figure.n or content.say("none")] for row, figure in figures
    ]
    return Exhibit(svg=svg, table=table(caption, heads, lines))


def _alike(p_value: float) -> str:
    return "effects.segments_alike" if p_value >= CHANCE else "effects.segments_differ"


def _reasoned(figure: Figure) -> Cell:
    return Cell(text=figure.text, small=figure.interval or figure.reason, state=figure.state)


def segment_name(row: Row, content: Content) -> str:
    """Return what a group of customers is called."""
    name = row.get("segment")
    return content.say("not_stated") if name in {None, ""} else any_name(name, content)


def _part(row: Row, content: Content) -> Mark:
    figure, value = figure_of(row, content, as_change=True), number(row.get("estimate"))
    return Mark(
        label=segment_name(row, content),
        estimate=value,
        lower=number(row.get("lower")),
        upper=number(row.get("upper")),
        text=figure.text if value is None else figure_text(value, str(row.get("unit")), content, changes=True),
        interval=figure.interval or figure.reason,
    )
