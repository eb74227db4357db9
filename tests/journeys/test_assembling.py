"""Which moments make a journey, and in which order: against plain loops, and at the edges."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from promesa import journeys
from promesa.errors import ValueOutOfRange
from promesa.journeys import assembling, steps_of
from promesa.measures import ask
from tests.journeys.logs import Row, log_facts, tied_rows

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts

PLACES = {
    "browse": ("before", "shop"),
    "buy": ("during", "shop"),
    "deliver": ("after", "logistics"),
    "call": ("after", "care"),
}
BEGIN = datetime(2020, 1, 1, 12)
AS_OF = datetime(2021, 1, 1)


def moments(seed: int, *, customers: int = 12) -> list[Row]:
    """Return moments of which some name no journey; several fall on one instant."""
    random = Random(seed)
    rows: list[Row] = []
    for customer in range(customers):
        for _ in range(random.randrange(1, 12)):
            named = random.random() < 0.5
            rows.append(
                {
                    "source": random.choice("ab"),
                    "id": f"{len(rows):05d}",
                    "at": BEGIN + timedelta(hours=6 * random.randrange(400)),
                    "customer": customer,
                    "touchpoint": random.choice(list(PLACES)),
                    "channel": random.choice(("web", "phone", None)),
                    "journey": f"order {customer} {random.randrange(3)}" if named else None,
                }
            )
    random.shuffle(rows)
    return rows


def plain_journeys(rows: list[Row], *, gap: timedelta) -> dict[str, list[tuple[datetime, str]]]:
    """Return the moments of each journey in order, by loops: names of loose journeys do not matter."""
    rank = {name: place for place, name in enumerate(PLACES)}

    def order(row: Row) -> tuple[Any, ...]:
        return row["at"], rank[row["touchpoint"]], row["source"], row["id"]

    found: dict[str, list[Row]] = {}
    for customer in {row["customer"] for row in rows}:
        mine = sorted((row for row in rows if row["customer"] == customer), key=order)
        loose_at: datetime | None = None
        number = 0
        for place, row in enumerate(mine):
            key = row["journey"]
            last = next((one for one in reversed(mine[:place]) if one["journey"]), None)
            coming = next((one for one in mine[place + 1 :] if one["journey"]), None)
            if key is None and row["touchpoint"] == "browse" and coming and coming["at"] <= row["at"] + gap:
                key = coming["journey"]
            elif key is None and last and row["at"] <= last["at"] + gap:
                key = last["journey"]
            elif key is None:
                number += loose_at is None or row["at"] > loose_at + gap
                loose_at = row["at"]
                key = f"loose {customer} {number}"
            found.setdefault(key, []).append(row)
    return {key: [(row["at"], row["touchpoint"]) for row in sorted(way, key=order)] for key, way in found.items()}


def assembled(facts: Facts) -> dict[str, list[tuple[datetime, str]]]:
    steps = steps_of(ask(facts.workspace, facts=facts))
    found: dict[str, list[tuple[int, datetime, str]]] = {}
    for row in facts.engine.fetch(steps.table).to_pylist():
        found.setdefault(row["journey_"], []).append((row["place_"], row["at"], row["touchpoint"]))
    return {key: [(at, name) for _, at, name in sorted(way)] for key, way in found.items()}


@pytest.mark.parametrize("seed", range(4))
def test_moments_are_put_together_as_a_plain_loop_does(tmp_path: Path, duckdb: Engine, seed: int) -> None:
    rows = moments(seed)
    facts = log_facts(
        tmp_path, duckdb, rows, touchpoints=PLACES, as_of=AS_OF, settings="gap_days = 5", version=f"{seed}"
    )
    wanted = plain_journeys(rows, gap=timedelta(days=5))
    found = assembled(facts)
    named = {key: way for key, way in wanted.items() if not key.startswith("loose")}
    assert {key: way for key, way in found.items() if key.startswith("order")} == named
    loose = sorted(way for key, way in wanted.items() if key.startswith("loose"))
    assert sorted(way for key, way in found.items() if not key.startswith("order")) == loose


def in_order(facts: Facts) -> list[tuple[Any, ...]]:
    table = steps_of(ask(facts.workspace, facts=facts)).table
    columns = ("journey_", "place_", "source", "id", "channel", "next_", "next_channel_", "next_at_", "named_")
    rows = facts.engine.fetch(table.select(*columns)).to_pylist()
    return sorted(tuple(row[column] for column in columns) for row in rows)


@pytest.mark.parametrize("spread", ["as it is", "all alike", "two"])
def test_what_falls_on_one_instant_stands_by_source_and_id(
    tmp_path: Path, duckdb: Engine, monkeypatch: pytest.MonkeyPatch, spread: str
) -> None:
    """Also where journeys share the number by which they are told apart at first."""
    rows = tied_rows(3, touchpoints=["buy", "call"], begin=BEGIN)
    if spread != "as it is":
        numbers = {"all alike": 1, "two": 2}[spread]
        monkeypatch.setattr(assembling, "_spread", lambda moments: moments["customer"] % numbers)
    facts = log_facts(tmp_path, duckdb, rows, touchpoints=PLACES, as_of=AS_OF, version=f"ties {spread}")
    wanted: list[tuple[Any, ...]] = []
    rank = {name: place for place, name in enumerate(PLACES)}
    for journey in {row["journey"] for row in rows}:
        mine = [row for row in rows if row["journey"] == journey]
        mine.sort(key=lambda row: (row["at"], rank[row["touchpoint"]], row["source"], row["id"]))
        for place, (row, after) in enumerate(zip(mine, [*mine[1:], {}], strict=True)):
            told = (row["source"], row["id"], row["channel"])
            then = after.get("at") and after["at"].replace(tzinfo=None)
            wanted.append((journey, place, *told, after.get("touchpoint"), after.get("channel"), then, True))
    assert in_order(facts) == sorted(wanted)


def spaced(seed: int) -> list[Row]:
    """Return moments of which no two of a customer fall on one instant."""
    rows = moments(seed)
    return [{**row, "at": row["at"] + timedelta(seconds=place)} for place, row in enumerate(rows)]


def with_twin(rows: list[Row], **changed: Any) -> list[Row]:
    """Return the moments and, of one that names its journey, a second at the same instant and touchpoint."""
    one = next(row for row in rows if row["journey"])
    return [*rows, {**one, "id": "twin", **changed}]


CASES = {
    "no two at once": (lambda: spaced(1), True),
    "two at once, alike": (lambda: with_twin(spaced(1)), True),
    "two at once, in two channels": (lambda: with_twin(spaced(1), channel="shop"), False),
    "two at once, one without a channel": (lambda: with_twin(spaced(3), channel=None), False),
    "two at once, of two customers": (lambda: with_twin(spaced(1), customer=77), False),
    "a touchpoint that the model lacks": (lambda: with_twin(spaced(1), touchpoint="unheard of"), False),
}


@pytest.mark.parametrize("name", CASES)
def test_lean_steps_give_the_same_answers_as_whole_ones(
    tmp_path: Path, duckdb: Engine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    make, is_lean = CASES[name]
    rows, answers = make(), []
    for version in ("lean", "whole"):
        facts = log_facts(tmp_path, duckdb, rows, touchpoints=PLACES, as_of=AS_OF, version=f"{version} of {name}")
        steps = steps_of(ask(facts.workspace, facts=facts), lean=True)
        assert ("id" not in steps.table.columns) == (is_lean and version == "lean")
        both = [asked(facts.workspace, facts=facts) for asked in (journeys.transitions, journeys.journeys)]
        answers.append([answer.rows() for answer in both])
        monkeypatch.setattr(assembling, "_in_numbers", lambda *_: None)
    assert answers[0] == answers[1]
    assert len(answers[0][0]) > 10


def test_whole_steps_that_are_kept_are_not_sorted_again(tmp_path: Path, duckdb: Engine) -> None:
    facts = log_facts(tmp_path, duckdb, spaced(2), touchpoints=PLACES, as_of=AS_OF, version="kept")
    whole = steps_of(ask(facts.workspace, facts=facts))
    again = steps_of(ask(facts.workspace, facts=facts), lean=True)
    assert again.table.equals(whole.table)


def day(number: int, touchpoint: str, *, journey: str = "a", customer: int = 1, **more: Any) -> Row:
    at = BEGIN + timedelta(days=number)
    return {"source": "s", "at": at, "customer": customer, "touchpoint": touchpoint, "journey": journey, **more}


def figure(result: Any, measure: str, **where: str) -> Any:
    found = result.find(measure, **where)
    assert found is not None
    return found.estimate


def test_moments_at_one_instant_stand_in_the_order_of_the_model(tmp_path: Path, duckdb: Engine) -> None:
    rows = [day(1, "deliver", id="1"), day(1, "buy", id="2"), day(1, "browse", id="3")]
    facts = log_facts(tmp_path, duckdb, rows, touchpoints=PLACES, as_of=AS_OF, version="instant")
    assert [name for _, name in assembled(facts)["a"]] == ["browse", "buy", "deliver"]


def test_an_unfinished_journey_is_open_and_has_no_duration(tmp_path: Path, duckdb: Engine) -> None:
    rows = [
        day(0, "buy"), day(10, "deliver"),
        day(355, "buy", journey="b", customer=2), day(357, "call", journey="b", customer=2),
        day(356, "buy", journey="c", customer=3), day(358, "deliver", journey="c", customer=3),
    ]  # fmt: skip
    settings = 'closes_at = ["deliver"]\nopen_days = 14'
    facts = log_facts(tmp_path, duckdb, rows, touchpoints=PLACES, as_of=AS_OF, settings=settings, version="open")
    found = journeys.journeys(facts.workspace, facts=facts)
    assert figure(found, "all_journeys") == 3
    assert figure(found, "open_journeys") == 1
    assert figure(found, "duration_mean") == pytest.approx((10 + 2) / 2)
    ends = journeys.transitions(facts.workspace, facts=facts)
    assert figure(ends, "ends", **{"from": "deliver"}) == 1.0
    assert figure(ends, "starts", to="buy") == 1.0


def test_going_back_is_told_from_going_on(tmp_path: Path, duckdb: Engine) -> None:
    there_and_back = [("buy", "web"), ("call", "phone"), ("buy", "web")]
    onwards = [("buy", "web"), ("call", "phone"), ("deliver", "home")]
    rows = [
        day(place, touchpoint, journey=f"{customer}", customer=customer, channel=channel)
        for customer, way in enumerate([there_and_back, onwards])
        for place, (touchpoint, channel) in enumerate(way)
    ]
    facts = log_facts(tmp_path, duckdb, rows, touchpoints=PLACES, as_of=AS_OF, version="back")
    found = journeys.journeys(facts.workspace, facts=facts)
    assert figure(found, "back_to_channel") == 0.5
    assert figure(found, "back_to_function") == 0.5
    assert figure(found, "meets_again") == 0.5
    assert figure(found, "met_again", touchpoint="buy") == 0.5


def test_nothing_and_one_moment(tmp_path: Path, duckdb: Engine) -> None:
    nothing = log_facts(tmp_path / "0", duckdb, [], touchpoints=PLACES, as_of=AS_OF, version="nothing")
    for result in (journeys.journeys, journeys.transitions):
        empty = result(nothing.workspace, facts=nothing)
        assert empty.estimates == ()
        assert empty.summary("es")
    one = log_facts(tmp_path / "1", duckdb, [day(0, "call")], touchpoints=PLACES, as_of=AS_OF, version="one")
    found = journeys.journeys(one.workspace, facts=one)
    assert figure(found, "all_journeys") == 1
    assert figure(found, "one_moment") == 1
    assert figure(found, "duration_mean") == 0
    assert {e.measure for e in journeys.transitions(one.workspace, facts=one).estimates} == {"starts", "ends"}


def test_a_journey_of_many_moments(tmp_path: Path, duckdb: Engine) -> None:
    rows = [day(0, "call" if place % 2 else "buy", id=f"{place:05d}") for place in range(20_000)]
    for place, row in enumerate(rows):
        row["at"] = BEGIN + timedelta(minutes=place)
    facts = log_facts(tmp_path, duckdb, rows, touchpoints=PLACES, as_of=AS_OF, version="long")
    found = journeys.journeys(facts.workspace, facts=facts)
    assert figure(found, "moments_per_journey") == 20_000
    way = next(e.dimensions["variant"] for e in found.estimates if e.measure == "variant_share")
    assert way is not None
    assert way.endswith("...")
    passed = journeys.transitions(facts.workspace, facts=facts)
    assert figure(passed, "passages", **{"from": "buy", "to": "call"}) == 10_000


def test_a_window_takes_whole_journeys_that_began_in_it(tmp_path: Path, duckdb: Engine) -> None:
    rows = [day(0, "buy"), day(40, "deliver"), day(35, "buy", journey="b"), day(70, "deliver", journey="b")]
    facts = log_facts(tmp_path, duckdb, rows, touchpoints=PLACES, as_of=AS_OF, version="window")
    found = journeys.journeys(facts.workspace, facts=facts, since="2020-02-01")
    assert figure(found, "all_journeys") == 1
    assert figure(found, "duration_mean") == 35
    monthly = journeys.journeys(facts.workspace, facts=facts, by="month")
    assert figure(monthly, "all_journeys", month="2020-01") == 1
    with pytest.raises(ValueOutOfRange):
        journeys.journeys(facts.workspace, facts=facts, by="channel")


def test_few_customers_are_not_shown(tmp_path: Path, duckdb: Engine) -> None:
    rows = [day(0, "buy", journey=f"{n}", customer=n) for n in range(40)] + [day(1, "call", journey="3", customer=3)]
    facts = log_facts(tmp_path, duckdb, rows, touchpoints=PLACES, as_of=AS_OF, version="few")
    workspace = replace(facts.workspace, min_cell=5, min_group=30)
    hidden = replace(facts, workspace=workspace)
    found = journeys.transitions(workspace, facts=hidden)
    shown = [e for e in found.estimates if e.dimensions == {"from": "buy", "to": "call"}]
    assert shown
    assert all(e.estimate is None and e.n == 0 and e.note == "withheld-small-cell" for e in shown)
