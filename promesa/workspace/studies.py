"""The company's words for what is to be explained, and for the questions it asks of its own data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.workspace.labels import Label

OutcomeKind = Literal["score", "promoter", "complaint", "return", "revenue", "margin"]
JourneyUnit = Literal["journey", "month", "quarter", "year"]
OF_OPINIONS = ("score", "promoter")
OF_ORDERS = ("return", "revenue", "margin")
BUILT_IN_CONFOUNDERS = ("price", "channel", "season", "tenure", "earlier_orders")
OPTIONAL_CONFOUNDERS = ("product",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a journey, to be explained by what was lived in it (resultado).

    Attributes
    ----------
    kind : str
        ``score`` (mean score of an opinion), ``promoter`` (1 where its score is 9 or 10, or at the concept's
        ``top_from``), ``complaint`` (1 where the customer came to one of `touchpoints`), ``return`` (1 where the
        customer ordered again), ``revenue`` or ``margin`` (of the orders that followed).
    better : {"more", "less"}
        Which direction is good; a complaint is better less.
    concept : str or None
        Of a score or promoter: the opinion asked.
    touchpoints : tuple of str
        Of a complaint: where it is made.
    within_days : int or None
        Of a return, revenue or margin: how long after the journey's last moment; None takes the company's
        ``return_within_days``.
    """

    name: str
    label: Label
    kind: OutcomeKind
    better: Literal["more", "less"] = "more"
    concept: str | None = None
    touchpoints: tuple[str, ...] = ()
    within_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverSettings:
    """How what was lived is held against what came of it.

    Attributes
    ----------
    unit : {"journey", "month", "quarter", "year"}
        What one row is: a journey, or all of one customer in one period.
    confounders : tuple of str
        What stands in every regression and gets no share: of ``price``, ``channel``, ``season``, ``tenure``,
        ``earlier_orders``, ``product`` and the traits. Empty means all but ``product``.
    leave_out : tuple of str
        Elements, promises and touchpoints that are never looked at.
    most_rows : int
        Rows looked at; above it a sample by customer is drawn, and said.
    bootstraps : int
        Samples drawn for intervals of importance.
    seed : int
        Of everything drawn at random.
    """

    unit: JourneyUnit = "journey"
    confounders: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    most_rows: int = 500_000
    bootstraps: int = 200
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectQuestion:
    """One adjusted effect that the company wants to know.

    Attributes
    ----------
    promise, element : str or None
        What acts: a promise being broken, or an element; exactly one of them.
    outcomes : tuple of str
        On what; empty means every outcome.
    adjust_for : tuple of str
        Elements and promises that come before it, adjusted for besides the confounders; empty means all those of
        touchpoints that stand before its own in model.toml.
    by : str or None
        A trait or ``channel``: the effect is told for each of its values.
    """

    name: str
    label: Label
    promise: str | None = None
    element: str | None = None
    outcomes: tuple[str, ...] = ()
    adjust_for: tuple[str, ...] = ()
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Something that was done to customers by lot (experimento): its arms stand in the deeds.

    Attributes
    ----------
    arms : tuple of str
        Actions of the deeds that are arms, the control left out.
    control : str
        Action of the deeds that is the comparison.
    kind : str or None
        Kind of deed that puts a customer into an arm; None means any.
    shares : tuple of float
        Shares of the arms that the lot was meant to have, control first; empty means equal.
    outcomes : tuple of str
        On what; empty means every outcome. They are counted from the deed on.
    by : str or None
        A trait: the effect is told for each of its values.
    """

    name: str
    label: Label
    arms: tuple[str, ...]
    control: str
    kind: str | None = None
    shares: tuple[float, ...] = ()
    outcomes: tuple[str, ...] = ()
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstructQuestion:
    """One construct of an index survey: an idea that several questions measure together.

    Attributes
    ----------
    items : tuple of str
        Concepts of opinions.
    mode : {"A", "B"}
        A: the items reflect it; B: they form it.
    """

    name: str
    label: Label
    items: tuple[str, ...]
    mode: Literal["A", "B"] = "A"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSurvey:
    """A survey whose constructs act on each other, such as a national satisfaction index.

    Attributes
    ----------
    constructs : mapping of str to ConstructQuestion
        In the order of the file.
    arrows : tuple of (str, str)
        From which construct to which.
    survey : str or None
        Only opinions of this survey; None means all that hold the items.
    scheme : {"path", "centroid", "factorial"}
        Inner weighting.
    """

    name: str
    label: Label
    constructs: Mapping[str, ConstructQuestion]
    arrows: tuple[tuple[str, str], ...]
    survey: str | None = None
    scheme: Literal["path", "centroid", "factorial"] = "path"


@dataclass(frozen=True, slots=True, kw_only=True)
class Studies:
    """Everything a company asks of what moves its outcomes; empty where it declares nothing.

    Attributes
    ----------
    outcomes : mapping of str to Outcome
        As declared, or else those that the model and the loads make possible.
    """

    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    drivers: DriverSettings = field(default_factory=DriverSettings)
    effects: Mapping[str, EffectQuestion] = field(default_factory=dict)
    experiments: Mapping[str, Trial] = field(default_factory=dict)
    indices: Mapping[str, IndexSurvey] = field(default_factory=dict)
