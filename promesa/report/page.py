"""The page: sections in their order, written as one file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from promesa import charts
from promesa.errors import StoreNotWritable
from promesa.report import (
    balance,
    chain,
    changes,
    coherence,
    drivers,
    effects,
    experiments,
    feedback,
    indices,
    journeys,
    maps,
    method,
    money,
    priorities,
    promises,
    quality,
    retention,
    splits,
    tiers,
    touchpoints,
    trends,
    value,
)
from promesa.report.content import read
from promesa.report.drawing import environment, render
from promesa.report.picture import LAYOUTS, picture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.report.content import Content

SECTIONS = (
    "chain",
    "costliest",
    "promises",
    "touchpoints",
    "journeys",
    "trend",
    "coherence",
    "value",
    "retention",
    "tiers",
    "balance",
    "changes",
    "priorities",
    "effects",
    "drivers",
    "paths",
    "quality",
    "method",
)
FEW_PROMISES = 3
"""Up to as many, the page opens with a sentence on each; past that, with their number."""
EVIDENCE = ("described", "associated", "adjusted", "experiment")
CARDS_SHOWN = 6


def write_report(snapshot: Mapping[str, object], target: Path, *, locale: str) -> Path:
    """Write a snapshot as one HTML file.

    Parameters
    ----------
    snapshot : mapping
        Company, instant, labels, model and ``documents``: what `promesa analyse` keeps.
    target : Path
        File to write; folders on the way are made. A reader never sees half a file.
    locale : str
        Language and number signs: ``es``, ``en``, ``es_CO``...

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueOutOfRange
        If the snapshot holds no documents.
    StoreNotWritable
        If the file cannot be written.
    """
    page = html_of(read(snapshot, locale=locale))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, page)
    except OSError as error:
        raise StoreNotWritable(
            what="The report cannot be written.",
            got=f"{target}: {error.strerror or type(error).__name__}",
            expected="a folder that can be written to, on a disk with room",
            fix="choose another file name, or free the disk and write the report again",
        ) from error
    return target


def _replace(target: Path, page: str) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".html")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(page)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def html_of(content: Content) -> str:
    """Return the whole page."""
    register = promises.promises_of(content)
    costliest, by_cost = promises.costliest(register)
    links = chain.links_of(content)
    return render(
        "page.html",
        c=content,
        say=content.say,
        language=content.locale.replace("_", "-"),
        style=style(),
        sections=sections_of(content),
        evidence=EVIDENCE,
        headlines=_headlines(content, register),
        pictures=[picture(links, layout, content=content) for layout in LAYOUTS],
        chain_table=chain.chain_table(links, content),
        arrows=chain.arrows(content),
        costliest=costliest,
        by_cost=by_cost,
        holds_zero=promises.cost_holds_zero,
        promises=register,
        register=promises.register(register, content) if register else None,
        cards=promises.cards(register, content),
        cards_shown=CARDS_SHOWN,
        splits=splits.promise_splits(content),
        **_touchpoints(content, register),
        **(journeys.shown(content, register) if journeys.is_there(content) else {}),
        **_learned(content),
        **_staying(content),
        **_tiers(content),
        **(balance.shown(content) if balance.is_there(content) else {}),
        **({**coherence.shown(content), **feedback.shown(content)} if coherence.is_there(content) else {}),
        **(changes.shown(content) if changes.is_there(content) else {}),
        **_figures(content),
    )


def sections_of(content: Content) -> tuple[str, ...]:
    """Return the sections of the page, without what an older snapshot never looked for or nobody declared."""
    there = {
        "coherence": coherence.is_there(content),
        "journeys": journeys.is_there(content),
        "retention": retention.is_there(content),
        "tiers": tiers.is_there(content),
        "balance": balance.is_there(content),
        "changes": changes.is_there(content),
        "priorities": priorities.is_there(content),
        "effects": bool(content.document("effects") or content.document("experiments")),
        "drivers": drivers.is_there(content),
        "paths": bool(content.rows("paths")),
    }
    return tuple(section for section in SECTIONS if there.get(section, True))


def _learned(content: Content) -> dict[str, object]:
    """Return what was learned of causes: where to begin, what promises do, what outcomes go with."""
    return {
        "begin": priorities.begin(content),
        "ranked_by": priorities.ranked_by(content),
        "priority_exhibits": priorities.exhibits(content),
        "no_priorities": priorities.nothing(content),
        "effects": effects.effects_of(content),
        "refused": effects.refused(content),
        "no_effects": content.summary("effects") or content.say("empty.effects"),
        "experiments": experiments.experiments_of(content),
        "drivers": drivers.drivers_of(content),
        "no_drivers": drivers.nothing(content),
        "indices": indices.indices_of(content),
    }


def _tiers(content: Content) -> dict[str, object]:
    """Return who matters how much, and the minimum that everybody gets."""
    return {
        "tier_table": tiers.tier_table(content),
        "tier_moves": tiers.moves_table(content),
        "tier_exhibits": tiers.tier_exhibits(content),
        "standards": tiers.standard_exhibits(content),
        "standards_worse": tiers.worse_table(content),
        "standards_compared": tiers.compared(content),
        "standards_broken": tiers.broken_table(content),
        "standards_levels": tiers.levels_table(content),
    }


def _headlines(content: Content, register: Sequence[promises.Promise]) -> list[str]:
    """Return the sentences that the page opens with: the promises, the costliest of them, the money."""
    if not register:
        return [begin] if (begin := priorities.headline(content)) else []
    below = sum(promise.below_target is True for promise in register)
    said = [content.say("headline.promises", total=len(register), below=below)]
    if len(register) <= FEW_PROMISES:
        said = [content.summary("promises")]
    worst, by_cost = promises.costliest(register)
    if by_cost and not promises.cost_holds_zero(worst[0]):
        cost = worst[0].cost
        evidence = content.say(f"evidence.{cost.evidence}.word")
        values = {"statement": worst[0].statement, "cost": cost.text, "interval": cost.interval}
        said.append(content.say("headline.costliest", evidence=evidence, **values))
    return [sentence for sentence in (*said, priorities.headline(content), content.summary("value")) if sentence]


def _touchpoints(content: Content, register: tuple[promises.Promise, ...]) -> dict[str, object]:
    return {
        "map": maps.map_of(content, register),
        "first_in_cell": maps.FIRST_IN_CELL,
        "volume_table": touchpoints.volume_table(content),
        "opinion_table": touchpoints.opinion_table(content),
        "element_table": touchpoints.element_table(content),
    }


def _staying(content: Content) -> dict[str, object]:
    return {
        "staying_sentences": retention.sentences(content),
        "staying_headlines": retention.headlines(content),
        "staying_exhibits": retention.exhibits(content),
    }


def _figures(content: Content) -> dict[str, object]:
    return {
        "opinions": trends.opinion_trends(content),
        "busiest": trends.busiest_touchpoints(content),
        "months": trends.months_table(content),
        "value_headlines": value.headlines(content),
        "value_trends": trends.value_trends(content),
        "value_table": value.value_table(content),
        "whale": money.whale(content),
        "whale_reasons": money.reasons(content),
        "books": money.books(content),
        "loads": quality.loads_table(content),
        "quarantine": quality.quarantine(content),
        "reach": quality.reach_table(content),
        "identity": quality.identity_table(content),
        "quality_table": quality.other_table(content),
        "withheld": quality.withheld(content),
        "method": method.notes(content),
    }


def style() -> Markup:
    """Return the style sheet, with the colours of the charts for dark pages."""
    template = environment().get_template("report.css")
    return Markup(template.render(colours=list(charts.COLOURS.values())))  # noqa: S704 - no text of a company in it
