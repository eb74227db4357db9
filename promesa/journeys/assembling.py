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
BITS = 2**32 - 1
_ORDER = ("at", "rank_", "source", "id")
_BY_TIME = _ORDER[:2]
_MOMENT = ("customer", "touchpoint", "channel", "at", "source", "id", "rank_", JOURNEY, "named_")
_LEAN = ("customer", "channel", "at", "rank_", JOURNEY)


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

    Notes
    -----
    Lean steps tell journeys and channels apart and do not name them: ``journey_``, ``channel`` and ``next_channel_``
    are numbers, ``named_``, ``id`` and ``source`` are left out.
    """

    question: Question
    table: Table
    journeys: Table


def steps_of(question: Question, *, lean: bool = False) -> Steps:
    """Put the moments in order.

    Parameters
    ----------
    lean : bool
        Whether numbers will do for journeys and channels, and ids are not asked for: the sort takes half the time.

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
    table = _in_numbers(question, name, lambda: _with_journey(question, moments)) if lean else None
    kind = "whole" if table is None else "lean"
    if table is None:
        table = _in_order(facts.engine, name, lambda: _with_journey(question, moments))
    journeys = facts.engine.hold(f"{kind} journeys of {name}", _journeys(question, table))
    if question.since is not None or question.until is not None:
        journeys = question.within(journeys, "started_at")
        asked = journeys.select(asked_=JOURNEY)
        table = table.semi_join(asked, table[JOURNEY] == asked["asked_"])
    return Steps(question=question, table=table, journeys=journeys)


def _in_numbers(question: Question, name: str, keyed: Callable[[], Table]) -> Table | None:
    """Return the moments in the order of their journeys, lean; None where only their names and ids tell the order.

    Notes
    -----
    Sorting costs by the byte, and the texts of a moment are most of it. Two moments of a journey at one instant and
    touchpoint are alike here unless their channel or customer differs. The numbers have 63 bits: that two of 20
    million journeys share one has a chance of 1 in 46,000.
    """
    engine, touchpoints = question.facts.engine, list(question.workspace.model.touchpoints)
    if not touchpoints or any(engine.holds(f"{name} {whole}") for whole in ("by time", "by id")):
        return None

    def numbered() -> Table:
        moments = keyed()
        numbers = {column: engine.number_of(moments[column]) for column in ("channel", JOURNEY)}
        moments = moments.mutate(**numbers).select(_LEAN)
        ordered = moments.group_by(JOURNEY).order_by([moments[column] for column in _BY_TIME])
        return ordered.mutate(
            place_=_place(),
            next_rank_=moments["rank_"].lead(),
            next_at_=moments["at"].lead(),
            next_channel_=moments["channel"].lead(),
        )

    lean = engine.hold(f"{name} lean", numbered)
    if _leaves_to_chance(engine, lean):
        engine.let_go(f"{name} lean")
        return None
    named = {"touchpoint": "rank_", "next_": "next_rank_"}
    return lean.mutate(**{to: _named(lean[rank], touchpoints) for to, rank in named.items()})


def _leaves_to_chance(engine: Engine, lean: Table) -> bool:
    """Say whether touchpoints are not in the model, or moments that stand together differ in channel or customer."""
    tied = (lean["next_at_"] == lean["at"]) & (lean["next_rank_"] == lean["rank_"])
    found = lean.filter(tied | lean["rank_"].isnull())
    found = engine.fetch(found.aggregate(unknown=found["rank_"].isnull().sum(), n=found.count())).to_pylist()[0]
    if found["unknown"] or not found["n"]:
        return bool(found["unknown"])
    ties = lean.filter(tied).select(tied_=JOURNEY).distinct()
    near = lean.semi_join(ties, lean[JOURNEY] == ties["tied_"])
    each = near.group_by([JOURNEY, "at", "rank_"]).aggregate(
        channels_=near["channel"].nunique() + near["channel"].isnull().any().cast("int64"),
        customers_=near["customer"].nunique() + near["customer"].isnull().any().cast("int64"),
    )
    return bool(engine.fetch(each.filter((each["channels_"] > 1) | (each["customers_"] > 1)).count()).as_py())


def _in_order(engine: Engine, name: str, keyed: Callable[[], Table]) -> Table:
    """Return the moments in the order of their journeys, kept by the engine.

    Notes
    -----
    Sorting is most of the work, and it is quicker by a number of the journey and the time than by its name, the source
    and the id. So it is done by those first. What they leave to chance (two moments of a journey at one instant and
    touchpoint, or journeys with the same number) shows in the rows beside each other, and is ordered again.
    """
    if engine.holds(f"{name} by id"):
        return engine.hold(f"{name} by id", keyed)
    quick = engine.hold(f"{name} by time", lambda: _numbered(keyed(), by=_spread, order=_BY_TIME))
    doubtful = quick.filter(quick["doubtful_"]).select(asked_=_spread(quick)).distinct()
    if not engine.fetch(doubtful.count()).as_py():
        return quick
    own = [_spread(quick) == doubtful["asked_"]]

    def mended() -> Table:
        again = quick.semi_join(doubtful, own).select(_MOMENT)
        return stack([quick.anti_join(doubtful, own), _numbered(again, by=_by_name, order=_ORDER)])

    ordered = engine.hold(f"{name} by id", mended)
    engine.let_go(f"{name} by time")
    return ordered


def _named(rank: Expression, touchpoints: Sequence[str]) -> Expression:
    return case(*((rank == place, name) for place, name in enumerate(touchpoints)), otherwise=None)


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
        place_=_place(),
        next_=following,
        next_at_=then,
        next_channel_=moments["channel"].lead(),
        doubtful_=mixed | tied,  # null, as good as no, of the last
    ).drop("by_")


def _place() -> Expression:
    """Return the place in the order; by way of doubles, exact here: Spark's has 32 bits, which Ibis does not know."""
    return row_number().cast("float64").cast("int64")


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
    codes = len(question.workspace.model.touchpoints) + 1
    first, second = mixtures(table["place_"] * codes + table["rank_"].coalesce(codes - 1))
    closes = table["touchpoint"].isin(list(settings.closes_at)) if settings.closes_at else lit(value=False)
    table = table.mutate(closes_=closes.cast("int64"))
    found = table.group_by(JOURNEY).aggregate(
        customer=table["customer"].max(),
        started_at=table["at"].min(),
        ended_at=table["at"].max(),
        moments=table.count(),
        # Whole numbers below 2**53: exact as doubles, where DuckDB's sum of integers is no integer of Ibis.
        first_=first.cast("float64").sum().cast("int64"),
        second_=second.cast("float64").sum().cast("int64"),
        closed_=table["closes_"].max(),
    )
    since = question.facts.as_of - timedelta(days=settings.open_days)
    is_open = (found["closed_"] == 0) & (found["ended_at"] > since)
    variant = (found["first_"] % PRIMES[0]) * 2**31 + found["second_"] % PRIMES[1]
    return found.mutate(open_=is_open, variant_=variant).drop("closed_", "first_", "second_")


def mixtures(number: Expression) -> tuple[Expression, Expression]:
    """Return two numbers below 2**32 for each touchpoint at a place; their sums over a journey are its variant.

    Notes
    -----
    Sixty-two bits, without an engine's own hash: the same on every engine, and without the spelling of each journey,
    which costs more than all the rest. That two of a million variants share a number has a chance of 1 in 9 million.
    The bits are mixed by shifts and odd factors, as in the last steps of MurmurHash3 [1]_.

    References
    ----------
    .. [1] Appleby, A. (2011). SMHasher and MurmurHash3. https://github.com/aappleby/smhasher
    """
    return _mixed(number, 1_640_531_527, 11), _mixed(number, 1_013_904_223, 97)


def _mixed(number: Expression, factor: int, plus: int) -> Expression:
    mixed = (number * factor + plus) & BITS
    for shift, odd in ((16, 2_146_121_005), (15, 73_244_475)):
        mixed = ((mixed ^ (mixed >> shift)) * odd) & BITS
    return mixed ^ (mixed >> 16)
