"""What can be lived in a journey: elements, promises broken, touchpoints met; each a column of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from promesa.workspace import Model

Kind = Literal["element", "promise", "met"]
BETTER = {"more": 1, "less": -1, "neither": 0}
KINDS: tuple[Kind, ...] = ("element", "promise", "met")  # of features of one name, the first is meant
PREFIXES: dict[Kind, str] = {"element": "e_", "promise": "p_", "met": "m_"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One thing that can be lived in a journey.

    Attributes
    ----------
    name : str
        Of the element, promise or touchpoint.
    kind : {"element", "promise", "met"}
        A measured property (its mean over the journey's moments); a promise, 1 broken and 0 kept; a touchpoint,
        1 where it was met and 0 elsewhere.
    touchpoints : tuple of str
        Where it is lived.
    stage, function : str
        Of the first of them; a promise's function is its owner.
    unit : str
        Of the values: the element's, or ``fraction``.
    better : {1, -1, 0}
        Whether more is better, worse, or neither. A touchpoint met is neither.
    """

    name: str
    kind: Kind
    touchpoints: tuple[str, ...]
    stage: str
    function: str
    unit: str
    better: int

    @property
    def column(self) -> str:
        """Return the name of its column, which no other column of the table has."""
        return PREFIXES[self.kind] + self.name


def features_of(model: Model) -> list[Feature]:
    """Return every feature of a model, in the order in which a customer meets them: stage, then order of the file."""
    features: list[Feature] = []
    for name, element in model.elements.items():
        features.append(
            _feature(model, name, "element", element.touchpoints, unit=element.unit, better=BETTER[element.better])
        )
    for name, promise in model.promises.items():
        features.append(
            _feature(model, name, "promise", promise.touchpoints, unit="fraction", better=-1, owner=promise.owner)
        )
    features += [_feature(model, name, "met", (name,), unit="fraction", better=0) for name in model.touchpoints]
    kept = [feature for feature in features if feature.name not in model.studies.drivers.leave_out]
    place = {name: number for number, name in enumerate(in_order(model))}
    return sorted(kept, key=lambda feature: place[feature.touchpoints[0]])


def in_order(model: Model) -> list[str]:
    """Return the touchpoints in the order of a purchase: by stage, within it as the file has them."""
    stages = ("before", "during", "after")
    return sorted(model.touchpoints, key=lambda name: stages.index(model.touchpoints[name].stage))


def _feature(
    model: Model, name: str, kind: Kind, touchpoints: tuple[str, ...], *, unit: str, better: int, owner: str = ""
) -> Feature:
    first = min(touchpoints, key=in_order(model).index)
    return Feature(
        name=name,
        kind=kind,
        touchpoints=touchpoints,
        stage=model.touchpoints[first].stage,
        function=owner or model.touchpoints[first].function,
        unit=unit,
        better=better,
    )
