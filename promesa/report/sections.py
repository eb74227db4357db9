"""The sections: what each shows, when it is there, and the HTML of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from promesa.report import (
    balance,
    cases,
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
from promesa.report.content import listed
from promesa.report.drawing import render
from promesa.report.picture import LAYOUTS, picture

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from markupsafe import Markup

    from promesa.report.content import Content
    from promesa.report.tables import Exhibit, Table

    Values = Mapping[str, object]

EVIDENCE = ("described", "associated", "adjusted", "experiment")
CARDS_SHOWN = 6


class Taking(Protocol):
    """Offers what a page shows for taking away: what it returns stands below the table or the drawing."""

    def table(self, shown: Table, /) -> Markup:
        """Return the links of one table."""
        ...

    def drawing(self, shown: Exhibit, /) -> Markup:
        """Return the links of one drawing."""
        ...

    def address(self, kind: str, name: str, /) -> str:
        """Return where the page of a promise or a touchpoint is."""
        ...


def section_html(name: str, content: Content, *, taking: Taking | None = None) -> Markup:
    """Return one section of `SECTIONS` with its heading, or one part of `PARTS`.

    Parameters
    ----------
    taking : Taking or None
        Asked for the links below each table and each drawing; a file that stands alone has none.
    """
    values = {**SECTIONS, **PARTS}[name](content)
    return render(f"{name}.html", c=content, say=content.say, taking=taking, **values)


def detail_html(kind: str, name: str, content: Content, *, taking: Taking | None = None) -> Markup:
    """Return what is known of one promise or one touchpoint (`kind`), without a heading."""
    own = content.about(kind, name)
    values = DETAILS[kind](own)
    return render(f"{kind}.html", c=own, say=own.say, taking=taking, **values)


def sections_of(content: Content) -> tuple[str, ...]:
    """Return the sections in their order, without what an older snapshot never looked for or nobody declared."""
    return tuple(name for name in SECTIONS if name not in _WHERE_THERE or _WHERE_THERE[name](content))


def _chain(content: Content) -> Values:
    links = chain.links_of(content)
    return {
        "pictures": [picture(links, layout, content=content) for layout in LAYOUTS],
        "chain_table": chain.chain_table(links, content),
        "arrows": chain.arrows(content),
        "evidence": EVIDENCE,
    }


def _moved(content: Content) -> Values:
    """Return the links whose last period differs from the one before, the surest word first."""
    links = [link for link in chain.links_of(content) if link.trend.text]
    return {"moved": [link for link in links if link.trend.sign in {"up", "down"}], "level": len(links)}


def _costliest(content: Content) -> Values:
    costliest, by_cost = promises.costliest(promises.promises_of(content))
    return {"costliest": costliest, "by_cost": by_cost, "holds_zero": promises.cost_holds_zero}


def _promises(content: Content) -> Values:
    register = promises.promises_of(content)
    return {
        "register": promises.register(register, content) if register else None,
        "cards": promises.cards(register, content),
        "cards_shown": CARDS_SHOWN,
        "splits": splits.promise_splits(content),
    }


def _touchpoints(content: Content) -> Values:
    return {
        "map": maps.map_of(content, promises.promises_of(content)),
        "first_in_cell": maps.FIRST_IN_CELL,
        "volume_table": touchpoints.volume_table(content),
        "opinion_table": touchpoints.opinion_table(content),
        "element_table": touchpoints.element_table(content),
    }


def _journeys(content: Content) -> Values:
    return journeys.shown(content, promises.promises_of(content))


def _trend(content: Content) -> Values:
    return {
        "opinions": trends.opinion_trends(content),
        "busiest": trends.busiest_touchpoints(content),
        "months": trends.months_table(content),
    }


def _value(content: Content) -> Values:
    return {
        "value_headlines": value.headlines(content),
        "value_trends": trends.value_trends(content),
        "value_table": value.value_table(content),
        "whale": money.whale(content),
        "whale_reasons": money.reasons(content),
        "books": money.books(content),
    }


def _retention(content: Content) -> Values:
    return {
        "staying_sentences": retention.sentences(content),
        "staying_headlines": retention.headlines(content),
        "staying_exhibits": retention.exhibits(content),
    }


def _tiers(content: Content) -> Values:
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


def _priorities(content: Content) -> Values:
    return {
        "begin": priorities.begin(content),
        "ranked_by": priorities.ranked_by(content),
        "priority_exhibits": priorities.exhibits(content),
        "no_priorities": priorities.nothing(content),
    }


def _effects(content: Content) -> Values:
    return {
        "effects": effects.effects_of(content),
        "refused": effects.refused(content),
        "no_effects": content.summary("effects") or content.say("empty.effects"),
        "experiments": experiments.experiments_of(content),
    }


def _drivers(content: Content) -> Values:
    return {"drivers": drivers.drivers_of(content), "no_drivers": drivers.nothing(content)}


def _paths(content: Content) -> Values:
    return {"indices": indices.indices_of(content)}


def _quality(content: Content) -> Values:
    return {
        "loads": quality.loads_table(content),
        "quarantine": quality.quarantine(content),
        "reach": quality.reach_table(content),
        "identity": quality.identity_table(content),
        "quality_table": quality.other_table(content),
        "withheld": quality.withheld(content),
    }


def _coherence(content: Content) -> Values:
    return {**coherence.shown(content), **feedback.shown(content)}


def _method(content: Content) -> Values:
    return {"method": method.notes(content)}


def _promise(own: Content) -> Values:
    places = {str(place) for promise in own.promises.values() for place in listed(promise.get("touchpoints"))}
    there = own.only_touchpoints(places)
    return {
        "cards": promises.cards(promises.promises_of(own), own),
        "splits": splits.promise_splits(own),
        "volume_table": touchpoints.volume_table(there),
    }


def _touchpoint(own: Content) -> Values:
    (declared,) = own.touchpoints.values()
    register = promises.promises_of(own)
    return {
        "stage": own.label("stage", declared.get("stage")),
        "function": own.label("function", declared.get("function")),
        "volume_table": touchpoints.volume_table(own),
        "opinion_table": touchpoints.opinion_table(own),
        "element_table": touchpoints.element_table(own),
        "months": trends.busiest_touchpoints(own),
        "cases_table": cases.cases_table(own),
        "register": promises.register(register, own) if register else None,
        "passages_table": journeys.passages_table(own),
    }


SECTIONS: dict[str, Callable[[Content], Values]] = {
    "chain": _chain,
    "costliest": _costliest,
    "promises": _promises,
    "touchpoints": _touchpoints,
    "cases": cases.shown,
    "journeys": _journeys,
    "trend": _trend,
    "coherence": _coherence,
    "value": _value,
    "retention": _retention,
    "tiers": _tiers,
    "balance": balance.shown,
    "changes": changes.shown,
    "priorities": _priorities,
    "effects": _effects,
    "drivers": _drivers,
    "paths": _paths,
    "quality": _quality,
    "method": _method,
}
PARTS: dict[str, Callable[[Content], Values]] = {
    "begin": _priorities,
    "moved": _moved,
    "register": _promises,
    "splits": _promises,
}
"""What a page may show instead of a whole section."""
DETAILS: dict[str, Callable[[Content], Values]] = {"promise": _promise, "touchpoint": _touchpoint}
_WHERE_THERE: dict[str, Callable[[Content], bool]] = {
    "cases": cases.is_there,
    "coherence": coherence.is_there,
    "journeys": journeys.is_there,
    "retention": retention.is_there,
    "tiers": tiers.is_there,
    "balance": balance.is_there,
    "changes": changes.is_there,
    "priorities": priorities.is_there,
    "effects": lambda content: bool(content.document("effects") or content.document("experiments")),
    "drivers": drivers.is_there,
    "paths": lambda content: bool(content.rows("paths")),
}
