"""From moments to journeys: which moments belong together, and in which order they were lived."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from promesa.engine import case, interval_days, lit, row_number, stack, when
from promesa.measures import lived_moments

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from promesa.engine import Engine, Expression, Table
    from promesa.measures import Question

JOURNEY = "journey_"
LOOSE = "without a journey"  # how the names of journeys begin whose moments name none
PRIMES = (2_147_483_647, 2_147_483_629)
_ORDER = ("at", "rank_", "source", "id")
_BY_TIME = _ORDER[:2]
_MOMENT = ("customer", "touchpoint", "channel", "at", "source", "id", "rank_", JOURNEY, "named_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The moments of the journeys asked about, in order.

    Attributes
    ----------
    question : Question
        What is asked; journeys that began in its window are looked at, whole.
    table : Table
        One row a moment: ``journey_``, ``named_`` (whether the moment itself names it), ``customer``, ``touchpoint``,
        ``channel``, ``at``, ``rank_`` (place of the touchpoint in model.toml), ``place_`` (0 for the first of the
        journey), ``next_``, ``next_at_`` and ``next_channel_`` (of the moment after it; null for the last), ``id``,
        ``source``.
    journeys : Table
        One row a journey: ``journey_``, ``customer``, ``started_at``, ``ended_at``, ``moments``, ``variant_`` (a
        number that journeys with the same touchpoints in the same order share), ``open_``.
    """

    question: Question
    table: Table
    journeys: Table


def steps_of(question: Question) -> Steps:
    """Put the moments in order.

    Notes
    -----
    A moment that names a journey belongs to it. One that names none joins a journey of its customer: if its stage is
    ``before``, the next one that begins within `gap_days`; else the last one, no longer than `gap_days` after its last
    moment; else moments of the customer that lie no further apart form a journey of their own.

    Moments at one instant stand in the order of their touchpoints in model.toml, then by source and id: the same on
    every engine, whatever the order in which they were loaded. A journey that several customers share belongs to the
    one with the greatest surrogate.

    A journey is open while its last moment lies less than `open_days` before the instant looked at and is at none of
    the touchpoints that close one.
    """
    facts, workspace = question.facts, question.workspace
    whole = replace(question, since=None, until=None, by=())
    moments = lived_moments(whole)
    moments = moments.select("journey", "customer", "touchpoint", "channel", "at", "source", "id")
    moments = moments.mutate(rank_=_rank(question, moments))
    name = repr(("steps", facts.version, facts.as_of, sorted(facts.files.items()), workspace.store, workspace.model))
    table = _in_order(facts.engine, name, lambda: _with_journey(question, moments))
    journeys = facts.engine.hold(f"journeys of {name}", _journeys(question, table))
    if question.since is not None or question.until is not None:
        journeys = question.within(journeys, "started_at")
        asked = journeys.select(asked_=JOURNEY)
        table = table.semi_join(asked, table[JOURNEY] == asked["asked_"])
    return Steps(question=question, table=table, journeys=journeys)


def _in_order(engine: Engine, name: str, keyed: Callable[[], Table]) -> Table:
    """Return the moments in the order of their journeys, kept by the engine.

    Notes
    -----
    Sorting is most of the work, and it is quicker by a number of the journey and the time than by its name, the source
    and the id. So it is done by those first. What they leave to chance (two moments of a journey at one instant and
    touchpoint, or journeys with the same number) shows in the rows beside each other, and is ordered again.
    """
    quick = engine.hold(f"{name} by time", lambda: _numbered(keyed(), by=_spread, order=_BY_TIME))
    doubtful = quick.filter(quick["doubtful_"]).select(asked_=_spread(quick)).distinct()
    if not engine.fetch(doubtful.count()).as_py():
        return quick
    own = [_spread(quick) == doubtful["asked_"]]

    def mended() -> Table:
        again = quick.semi_join(doubtful, own).select(_MOMENT)
        return stack([quick.anti_join(doubtful, own), _numbered(again, by=_by_name, order=_ORDER)])

    return engine.hold(f"{name} by id", mended)


def _spread(moments: Table) -> Expression:
    return moments[JOURNEY].hash()


def _by_name(moments: Table) -> Expression:
    return moments[JOURNEY]


def _numbered(moments: Table, *, by: Callable[[Table], Expression], order: Sequence[str]) -> Table:
    """Return moments with their place, what comes next, and whether the order leaves that to chance."""
    moments = moments.mutate(by_=by(moments))
    ordered = moments.group_by("by_").order_by([moments[column] for column in order])
    following, then = moments["touchpoint"].lead(), moments["at"].lead()
    mixed = moments[JOURNEY].lead() != moments[JOURNEY]
    tied = (then == moments["at"]) & (following == moments["touchpoint"])
    return ordered.mutate(
        # By way of doubles, exact here: Spark's row numbers have 32 bits, which Ibis does not know.
        place_=row_number().cast("float64").cast("int64"),
        next_=following,
        next_at_=then,
        next_channel_=moments["channel"].lead(),
        doubtful_=mixed | tied,  # null, as good as no, of the last
    ).drop("by_")


def _rank(question: Question, moments: Table) -> Expression:
    """Return the place of a moment's touchpoint in model.toml."""
    places = enumerate(question.workspace.model.touchpoints)
    return case(*((moments["touchpoint"] == name, place) for place, name in places), otherwise=None)


def _with_journey(question: Question, moments: Table) -> Table:
    """Return the moments with the journey that each belongs to."""
    loose = moments.filter(moments["journey"].isnull()).select("journey").limit(1)
    if not question.facts.engine.fetch(loose).num_rows:
        return moments.mutate(**{JOURNEY: moments["journey"]}, named_=lit(value=True)).drop("journey")
    return _joined_to_neighbours(question, moments)


def _joined_to_neighbours(question: Question, moments: Table) -> Table:
    settings, model = question.workspace.model.journeys, question.workspace.model
    owners = ["customer"] if settings.across_channels else ["customer", "channel"]
    gap = interval_days(settings.gap_days)
    order = [moments[name] for name in _ORDER]
    named = moments["journey"].notnull()
    # A run is a moment with a journey and the loose ones after it; from behind, the loose ones before it.
    runs = moments.group_by(owners).order_by(order).mutate(run_=named.cast("int64").cumsum())
    back = (
        runs.group_by(owners).order_by([column.desc() for column in order]).mutate(back_=named.cast("int64").cumsum())
    )
    last = back.group_by([*owners, "run_"]).mutate(
        last_=back["journey"].max(), last_at_=when(back["journey"].notnull(), back["at"], None).max()
    )
    both = last.group_by([*owners, "back_"]).mutate(
        coming_=last["journey"].max(), coming_at_=when(last["journey"].notnull(), last["at"], None).max()
    )
    early = [touchpoint.name for touchpoint in model.touchpoints.values() if touchpoint.stage == "before"]
    is_early = both["touchpoint"].isin(early) if early else lit(value=False)
    to_come = is_early & both["coming_"].notnull() & (both["coming_at_"] <= both["at"] + gap)
    to_last = both["last_"].notnull() & (both["at"] <= both["last_at_"] + gap)
    joined = both.mutate(
        **{
            JOURNEY: case(
                (both["journey"].notnull(), both["journey"]),
                (to_come, both["coming_"]),
                (to_last, both["last_"]),
                otherwise=None,
            )
        }
    )
    return _loose_ones(joined, owners=owners, gap_days=settings.gap_days)


def _loose_ones(moments: Table, *, owners: list[str], gap_days: int) -> Table:
    """Return all moments, those that no journey took in journeys of their own: a longer pause begins another."""
    moments = moments.mutate(named_=moments["journey"].notnull())
    placed = moments.filter(moments[JOURNEY].notnull()).select(_MOMENT)
    loose = moments.filter(moments[JOURNEY].isnull())
    by_time = [loose[name] for name in _ORDER]
    loose = loose.group_by(owners).order_by(by_time).mutate(before_=loose["at"].lag())
    pause = loose["before_"].isnull() | (loose["at"] > loose["before_"] + interval_days(gap_days))
    loose = loose.mutate(begins_=pause.cast("int64"))
    loose = loose.group_by(owners).order_by([loose[name] for name in _ORDER]).mutate(number_=loose["begins_"].cumsum())
    parts = [loose[name].cast("string").coalesce("") for name in owners]
    key = lit(LOOSE, "string")
    for part in [*parts, loose["number_"].cast("string")]:
        key = key.concat(" ", part)
    return stack([placed, loose.mutate(**{JOURNEY: key}).select(_MOMENT)])


def _journeys(question: Question, table: Table) -> Table:
    settings = question.workspace.model.journeys
    code = table["rank_"].coalesce(len(question.workspace.model.touchpoints))
    first, second = mixtures(table["place_"], code, codes=len(question.workspace.model.touchpoints) + 1)
    closes = table["touchpoint"].isin(list(settings.closes_at)) if settings.closes_at else lit(value=False)
    table = table.mutate(first_=first, second_=second, closes_=closes.cast("int64"))
    found = table.group_by(JOURNEY).aggregate(
        customer=table["customer"].max(),
        started_at=table["at"].min(),
        ended_at=table["at"].max(),
        moments=table.count(),
        # Whole numbers below 2**53: exact as doubles, where DuckDB's sum of integers is no integer of Ibis.
        first_=table["first_"].cast("float64").sum().cast("int64"),
        second_=table["second_"].cast("float64").sum().cast("int64"),
        closed_=table["closes_"].max(),
    )
    since = question.facts.as_of - timedelta(days=settings.open_days)
    is_open = (found["closed_"] == 0) & (found["ended_at"] > since)
    variant = (found["first_"] % PRIMES[0]) * 2**31 + found["second_"] % PRIMES[1]
    return found.mutate(open_=is_open, variant_=variant).drop("closed_", "first_", "second_")


def mixtures(place: Expression, code: Expression, *, codes: int) -> tuple[Expression, Expression]:
    """Return two numbers for a touchpoint at a place; their sums over a journey, together, are its variant.

    Notes
    -----
    Sixty-two bits by squares modulo primes, without an engine's own hash: the same on every engine, and without the
    spelling of each journey, which costs more than all the rest. That two of a million variants share a number has a
    chance of 1 in 9 million.
    """
    number = place * codes + code + 1
    first = (number * 48_271 + 11) % PRIMES[0]
    first = (first * first + number * 31) % PRIMES[1]
    first = (first * 69_621 + 7) % PRIMES[0]
    second = (number * 40_692 + 23) % PRIMES[1]
    second = (second * second + number * 17) % PRIMES[0]
    second = (second * 62_089 + 5) % PRIMES[1]
    return (first * first + 3) % PRIMES[1], (second * second + 13) % PRIMES[0]
