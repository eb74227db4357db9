"""Random small companies: every table, nulls wherever they may be, times near midnights and changes of clocks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from promesa.workspace import open_workspace
from tests.worlds import facts_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts
    from promesa.workspace import Workspace

Row = dict[str, Any]
ZONES = ("America/Sao_Paulo", "Europe/Madrid", "America/Bogota", "Atlantic/Azores")
FIRST, LAST = datetime(2017, 9, 1), datetime(2018, 12, 20)
AS_OF = datetime(2018, 11, 20, 15, 30)
SETTINGS = """
[company]
name = "Casa Prueba"
time_zone = "{zone}"
currency = "EUR"

[analysis]
min_group = {min_group}
min_cell = {min_cell}
"""
MODEL = """
[functions.logistics]
owner = "Ana"
[functions.billing]
[functions.care]

[channels.web]
[channels.shop]
[channels.phone]

[touchpoints.browse]
stage = "before"
function = "care"
[touchpoints.payment]
stage = "during"
function = "billing"
supplier = "acquirer"
cost = 0.5
[touchpoints.delivery]
stage = "after"
function = "logistics"
supplier = "carrier"
[touchpoints.pickup]
stage = "after"
function = "logistics"
[touchpoints.support]
stage = "after"
function = "care"
cost = 3.25
[touchpoints.unvisited]
stage = "after"
function = "care"

[elements.photos]
touchpoint = "browse"
unit = "count"
better = "more"
[elements.wait_minutes]
touchpoints = ["payment", "support"]
unit = "minutes"
better = "less"
[elements.days_late]
touchpoints = ["delivery", "pickup"]
unit = "days"
better = "less"
[elements.never_measured]
touchpoint = "unvisited"
unit = "days"
better = "less"

[promises.arrives]
statement = "Arrives by the day we gave"
owner = "logistics"
touchpoint = "delivery"
kept = "local_day(delivered) <= local_day(promised)"
due = "end_of_day(promised)"
released = "outcome = 'cancelled'"
target = 0.9
capability = 0.8
concept = "csat"
[promises.in_time]
statement = "Ready by the hour we gave"
owner = "logistics"
touchpoints = ["delivery", "pickup"]
kept = "delivered <= promised"
due = "promised"
released = "outcome = 'cancelled'"
concept = "nps"
[promises.quick]
statement = "Under five minutes"
owner = "billing"
touchpoints = ["payment", "support"]
kept = "wait_minutes < 5"
due = "at"
promised = "5"
delivered = "wait_minutes"
unit = "minutes"
concept = "ces"
[promises.unmade]
statement = "A promise that nobody was given"
owner = "care"
touchpoint = "unvisited"
kept = "delivered <= promised"
due = "promised"

[concepts.csat]
kind = "mean"
scale = [1, 5]
[concepts.ces]
kind = "top_box"
scale = [1, 7]
top_from = 5
link = "emotion"
[concepts.nps]
kind = "nps"
link = "loyalty"
[concepts.stars]
kind = "mean"
scale = [1, 5]
link = "reputation"
[concepts.never_asked]
kind = "mean"
scale = [1, 5]
link = "memory"

[traits.region]
[traits.segment]

[outcomes]
return_within_days = 60
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A workspace and the rows of its tables."""

    workspace: Workspace
    tables: dict[str, list[Row]]
    as_of: datetime = AS_OF

    def facts(self, folder: Path, *, engine: Engine) -> Facts:
        """Return the facts on an engine; each call gets a folder and a store version of its own."""
        number = next(_numbers)
        place = folder / f"facts{number}"
        place.mkdir()
        return facts_of(
            self.workspace, self.tables, folder=place, as_of=self.as_of, engine=engine, version=f"v{number}"
        )

    def with_tables(self, **tables: list[Row]) -> Company:
        """Return the company with some tables replaced."""
        return replace(self, tables={**self.tables, **tables})


_numbers = count()


def workspace_of(
    folder: Path, *, zone: str = ZONES[0], min_group: int = 6, min_cell: int = 3, model: str = MODEL
) -> Workspace:
    """Write promesa.toml and model.toml to a folder and open it."""
    place = folder / f"workspace{next(_numbers)}"
    place.mkdir()
    settings = SETTINGS.format(zone=zone, min_group=min_group, min_cell=min_cell)
    (place / "promesa.toml").write_text(settings, encoding="utf-8")
    (place / "model.toml").write_text(model, encoding="utf-8")
    return open_workspace(place)


def company(folder: Path, *, seed: int, size: int = 1) -> Company:
    """Return a random company of about 500 rows times `size`."""
    chance = Random(seed)
    zone = ZONES[seed % len(ZONES)]
    workspace = workspace_of(folder, zone=zone, min_group=chance.choice([4, 6, 12]), min_cell=chance.choice([2, 3, 5]))
    times = Times(chance, ZoneInfo(zone))
    people = [int(chance.getrandbits(62)) for _ in range(30 * size)]
    journeys = [f"J{number}" for number in range(80 * size)]
    draw = Draw(chance, times, people, journeys)
    return Company(
        workspace=workspace,
        tables={
            "moments": [moment(draw) for _ in range(260 * size)],
            "opinions": [
                *(opinion(draw) for _ in range(170 * size)),
                *(q for _ in range(25 * size) for q in sheet(draw)),
            ],
            "orders": [order(draw) for _ in range(120 * size)],
            "costs": [cost(draw) for _ in range(30 * size)],
            "profiles": [profile(draw) for _ in range(60 * size)],
        },
    )


class Times:
    """Instants of a zone, many of them at its edges."""

    def __init__(self, chance: Random, zone: ZoneInfo) -> None:
        self.chance = chance
        self.edges = [*_changes(zone), *(self._midnight(zone) for _ in range(12))]

    def _midnight(self, zone: ZoneInfo) -> datetime:
        day = FIRST + timedelta(days=self.chance.randrange((LAST - FIRST).days))
        return day.replace(tzinfo=zone, hour=0).astimezone(UTC).replace(tzinfo=None)

    def any(self) -> datetime:
        """Return an instant of the years looked at; one in four lies within seconds or an hour of an edge."""
        if self.chance.random() < 0.25:
            away = self.chance.choice([0, 0, 1, -1, 10**6, -(10**6), 30 * 60 * 10**6, -60 * 60 * 10**6])
            return self.chance.choice(self.edges) + timedelta(microseconds=away)
        seconds = (LAST - FIRST).total_seconds()
        return FIRST + timedelta(seconds=self.chance.randrange(int(seconds)), microseconds=self.chance.randrange(10**6))


def _changes(zone: ZoneInfo) -> list[datetime]:
    found: list[datetime] = []
    here = FIRST
    while here < LAST:
        there = here + timedelta(hours=1)
        if (
            here.replace(tzinfo=UTC).astimezone(zone).utcoffset()
            != there.replace(tzinfo=UTC).astimezone(zone).utcoffset()
        ):
            found.append(there)
        here = there
    return found


@dataclass(frozen=True, slots=True)
class Draw:
    """What rows are drawn from."""

    chance: Random
    times: Times
    people: list[int]
    journeys: list[str]

    def one(self, *values: Any) -> Any:
        """Return one of the values."""
        return self.chance.choice(values)

    def perhaps(self, value: Any, share: float = 0.7) -> Any:
        """Return the value, or nothing."""
        return value if self.chance.random() < share else None

    def person(self) -> int:
        """Return a customer; a few come often."""
        few = self.people[:5] if self.chance.random() < 0.3 else self.people
        return self.chance.choice(few)

    def money(self, top: int) -> Decimal:
        """Return an amount with cents."""
        return Decimal(self.chance.randrange(top * 100)) / 100


def moment(draw: Draw) -> Row:
    """Return a moment; of those with a promise some are open, some delivered after the instant looked at."""
    touchpoint = draw.one("browse", "payment", "delivery", "delivery", "delivery", "pickup", "support")
    at = draw.times.any()
    row: Row = {
        "at": at, "customer": draw.person(), "touchpoint": touchpoint,
        "channel": draw.perhaps(draw.one("web", "shop", "phone")), "journey": draw.perhaps(draw.one(*draw.journeys)),
        "supplier": draw.perhaps(draw.one("fast", "slow"), 0.3), "product": draw.perhaps(draw.one("p1", "p2"), 0.5),
        "employee": draw.perhaps(draw.one("e1", "e2"), 0.4),
        "outcome": draw.perhaps(draw.one("done", "cancelled"), 0.4),
        "cost": draw.perhaps(draw.money(20), 0.4),
    }  # fmt: skip
    if touchpoint in ("delivery", "pickup"):
        promised = at + timedelta(days=draw.chance.randrange(1, 20)) if draw.chance.random() < 0.6 else draw.times.any()
        late = timedelta(hours=draw.chance.randrange(-120, 90)) if draw.chance.random() < 0.8 else timedelta()
        row |= {
            "promised": draw.perhaps(promised, 0.9), "delivered": draw.perhaps(promised + late, 0.75),
            "promised_at": draw.perhaps(at - timedelta(days=draw.chance.randrange(5)), 0.3),
            "days_late": draw.perhaps(float(draw.chance.randrange(-5, 6)), 0.7),
        }  # fmt: skip
    elif touchpoint in ("payment", "support"):
        row["wait_minutes"] = draw.perhaps(draw.chance.choice([5.0, round(draw.chance.uniform(0, 12), 2)]), 0.8)
    else:
        row["photos"] = draw.perhaps(float(draw.chance.randrange(4)), 0.6)
    return row


_SCALES = {"csat": (1, 5), "ces": (1, 7), "nps": (0, 10), "stars": (1, 5), "undeclared": (1, 3)}


def opinion(draw: Draw) -> Row:
    """Return an answer, a comment or an invitation; of customers, staff or the public, of us or of others."""
    concept = draw.one("csat", "csat", "ces", "nps", "nps", "stars", "undeclared")
    low, high = _SCALES[concept]
    score: float | None = float(draw.chance.randint(low, high))
    row: Row = {}
    if draw.chance.random() < 0.15:  # asked on another scale
        row |= {"scale_min": draw.perhaps(0.0), "scale_max": 20.0}
        score = float(draw.chance.randint(low, 20))
    at = draw.times.any()
    return row | {
        "at": at, "customer": draw.perhaps(draw.person(), 0.85), "concept": concept,
        "score": draw.perhaps(score, 0.75), "text": draw.perhaps("bien", 0.2),
        "touchpoint": draw.perhaps(draw.one("delivery", "payment", "support")),
        "channel": draw.perhaps(draw.one("web", "phone")), "journey": draw.perhaps(draw.one(*draw.journeys), 0.8),
        "audience": draw.one(None, "customer", "customer", "customer", "public", "public", "employee"),
        "brand": draw.one(None, None, "Casa Prueba", "Casa Prueba", "Otra"),
        "survey": draw.perhaps("s1", 0.5), "asked_at": draw.perhaps(at - timedelta(hours=3), 0.6),
    }  # fmt: skip


def sheet(draw: Draw) -> list[Row]:
    """Return the questions of one invitation; some are left out, and one may be asked twice."""
    same = opinion(draw) | {"customer": draw.perhaps(draw.person(), 0.9), "audience": None, "brand": None}
    return [
        {**same, "concept": concept, "score": draw.perhaps(4.0), "text": None}
        for concept in ("csat", "ces", *draw.one((), ("csat",)))
    ]


def order(draw: Draw) -> Row:
    """Return an order; a few are returns, and some come at the same instant as another."""
    same = draw.chance.random() < 0.1
    return {
        "at": draw.one(*draw.times.edges) if same else draw.times.any(), "customer": draw.person(),
        "journey": draw.perhaps(draw.one(*draw.journeys)), "product": draw.perhaps(draw.one("p1", "p2")),
        "channel": draw.perhaps(draw.one("web", "shop")),
        "revenue": draw.money(200) - (150 if draw.chance.random() < 0.1 else 0),
        "cost": draw.perhaps(draw.money(90), 0.8), "quantity": draw.perhaps(1.0),
    }  # fmt: skip


def cost(draw: Draw) -> Row:
    """Return a cost of a customer or of nobody in particular."""
    return {
        "at": draw.times.any(), "customer": draw.perhaps(draw.person(), 0.5), "amount": draw.money(50),
        "touchpoint": draw.perhaps("support", 0.5), "function": draw.perhaps("care", 0.3),
    }  # fmt: skip


def profile(draw: Draw) -> Row:
    """Return what a source says of a customer from some time on."""
    return {
        # Two may be stated at one instant.
        "at": draw.one(*draw.times.edges[:2], draw.times.any()), "customer": draw.person(),
        "region": draw.perhaps(draw.one("norte", "sur"), 0.8), "segment": draw.perhaps(draw.one("a", "b", "c"), 0.5),
    }  # fmt: skip
