"""What deserves a second look in outcomes, drivers, effects and index surveys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.workspace.notice import Notice
from promesa.workspace.studies import OF_OPINIONS, OF_ORDERS
from promesa.workspace.studying import default_outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promesa.workspace.model import Model, Workspace
    from promesa.workspace.studies import EffectQuestion


def study_notices(ws: Workspace) -> Iterator[Notice]:
    """Return the warnings about what a workspace asks of its data."""
    yield from _of_outcomes(ws)
    yield from _of_items(ws)
    if ws.model.studies.drivers.leave_out:
        yield Notice(code="left-out", detail=", ".join(ws.model.studies.drivers.leave_out))
    for effect in ws.model.studies.effects.values():
        yield from _of_effect(ws.model, effect)


def _of_outcomes(ws: Workspace) -> Iterator[Notice]:
    outcomes, tables = ws.model.studies.outcomes, {load.table for load in ws.loads}
    if not ws.loads or outcomes == default_outcomes(ws.model.concepts):
        return  # that a table is not filled is told already
    unasked = _unasked(ws)
    for name, outcome in outcomes.items():
        if outcome.kind in OF_ORDERS and "orders" not in tables:
            yield Notice(code="outcome-without-orders", name=name)
        elif outcome.kind in OF_OPINIONS and "opinions" not in tables:
            yield Notice(code="outcome-without-opinions", name=name)
        elif outcome.concept in unasked:
            yield Notice(code="outcome-of-no-load", name=name, detail=str(outcome.concept))


def _of_items(ws: Workspace) -> Iterator[Notice]:
    unasked = _unasked(ws)
    for name, index in ws.model.studies.indices.items():
        items = [item for construct in index.constructs.values() for item in construct.items if item in unasked]
        if items:
            yield Notice(code="item-of-no-load", name=name, detail=", ".join(items))


def _unasked(ws: Workspace) -> frozenset[str]:
    """Return the concepts that no load of opinions names; none where one takes them from a column of its source."""
    texts = [load.sql for load in ws.loads if load.table == "opinions"]
    named = [{concept for concept in ws.model.concepts if f"'{concept}'" in text} for text in texts]
    if not all(named):
        return frozenset()
    return frozenset(ws.model.concepts).difference(*named) if named else frozenset()


def _of_effect(model: Model, effect: EffectQuestion) -> Iterator[Notice]:
    acts = model.promises[effect.promise] if effect.promise else model.elements[str(effect.element)]
    order = list(model.touchpoints)
    first = min(order.index(name) for name in acts.touchpoints)
    later = [name for name in effect.adjust_for if _first(model, name) > first]
    if later:
        yield Notice(code="effect-adjusts-for-later", name=effect.name, detail=", ".join(later))
    for name in effect.outcomes or model.studies.outcomes:
        if set(acts.touchpoints) & set(model.studies.outcomes[name].touchpoints):
            yield Notice(code="effect-on-itself", name=effect.name, detail=name)


def _first(model: Model, name: str) -> int:
    """Return where in the file the first touchpoint of a feature stands."""
    lived = model.elements.get(name) or model.promises.get(name)
    places = lived.touchpoints if lived else (name,)
    return min(list(model.touchpoints).index(place) for place in places)
