"""What experiments found: each arm against the rest, on each outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa import words
from promesa.report.content import by, number, only
from promesa.report.effects import reason_of
from promesa.report.figures import figure_of
from promesa.report.forest import Mark, figure_text, forest
from promesa.report.naming import any_name, evidence_word, outcome_name
from promesa.report.tables import Cell, Exhibit, Table, cell_of, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.report.content import Content, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One experiment: whether its lot held, and a drawing an outcome."""

    name: str
    warning: str
    exhibits: tuple[Exhibit, ...]


def experiments_of(content: Content) -> tuple[Experiment, ...]:
    """Return the experiments that the model declares."""
    return tuple(
        _experiment(str(name), rows, content) for name, rows in by(content.rows("experiments"), "experiment").items()
    )


def _experiment(name: str, rows: Sequence[Row], content: Content) -> Experiment:
    label = any_name(name, content)
    ratio = next(only(rows, "sample_ratio"), {})
    effects = list(only(rows, "effect"))
    shown = by((row for row in effects if number(row.get("estimate")) is not None), "outcome")
    warning = ""
    if ratio.get("trustworthy") is False:
        warning = words.say("impact.experiments.not_a_lot", content.locale, name=label)
    elif not shown:
        warning = reason_of(effects[0] if effects else {}, content)
    return Experiment(
        name=label,
        warning=warning,
        exhibits=tuple(_exhibit(name, str(outcome), part, rows, content) for outcome, part in shown.items()),
    )


def _exhibit(name: str, outcome: str, effects: Sequence[Row], rows: Sequence[Row], content: Content) -> Exhibit:
    title = content.say("experiments.chart", name=any_name(name, content), outcome=outcome_name(outcome, content))
    unit = str(effects[0].get("unit"))
    marks = [_mark(row, any_name(row.get("arm"), content), content) for row in effects]
    svg = forest(marks, title=title, unit=unit, content=content, name=f"experiment {name} {outcome}")
    return Exhibit(svg=svg, table=_table(title, outcome, effects, rows, content))


def _mark(row: Row, label: str, content: Content) -> Mark:
    value, figure = number(row.get("estimate")) or 0.0, figure_of(row, content, as_change=True)
    return Mark(
        label=label,
        estimate=value,
        lower=number(row.get("lower")),
        upper=number(row.get("upper")),
        text=figure_text(value, str(row.get("unit")), content, changes=True),
        interval=figure.interval,
    )


def _table(title: str, outcome: str, effects: Sequence[Row], rows: Sequence[Row], content: Content) -> Table:
    """Return each arm, then each arm in every group of customers where that was asked."""
    heads = [(content.say(f"column.{key}"), False) for key in ("arm", "segment")]
    heads += [
        (content.say(f"column.{key}"), key != "evidence") for key in ("change", "difference", "lift", "n", "evidence")
    ]
    body: list[list[Cell | str]] = []
    for row in effects:
        mine = [other for other in rows if other.get("arm") == row.get("arm") and other.get("outcome") == outcome]
        plain, lift = next(only(mine, "difference"), None), next(only(mine, "lift"), None)
        body.append(_line(row, content.say("experiments.all"), (plain, lift), content))
        body += [
            _line(part, any_name(part.get("segment"), content), (None, None), content)
            for part in only(mine, "effect_in_segment")
        ]
    return table(title, heads, body)


def _line(row: Row, segment: str, others: tuple[Row | None, Row | None], content: Content) -> list[Cell | str]:
    figure = figure_of(row, content, as_change=True)
    return [
        any_name(row.get("arm"), content),
        segment,
        Cell(text=figure.text, small=figure.interval or figure.reason, state=figure.state),
        cell_of(figure_of(others[0], content, as_change=True)),
        cell_of(figure_of(others[1], content)),
        figure.n or content.say("none"),
        evidence_word(row, content),
    ]
