"""What a need takes: beside a plain loop, with what is not known, and at the edges."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from promesa import journeys
from promesa.journeys.needs import MEASURES
from promesa.stats import share_interval
from promesa.stats.clusters import ClusterSums
from tests.journeys.logs import Row, log_facts

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts

PLACES = {"buy": ("during", "shop"), "phone": ("after", "care"), "chat": ("after", "digital")}
CHANNELS = {"buy": "web", "phone": "phone", "chat": "chat"}
SETTINGS = 'contacts = ["phone", "chat"]\nsolved_by = "solved"\nopen_days = 30'
MORE = """
[elements.solved]
touchpoints = ["phone", "chat"]
unit = "fraction"
better = "more"
"""
BEGIN, AS_OF = datetime(2021, 1, 1), datetime(2021, 12, 31)


def random_needs(seed: int) -> list[Row]:
    chance = Random(seed)
    rows: list[Row] = []
    for number in range(240):
        at = BEGIN + timedelta(days=chance.uniform(0, 360))
        for step in range(chance.randint(1, 5)):
            at += timedelta(days=chance.uniform(0.1, 9))
            place = "buy" if step == 0 else chance.choice(list(PLACES))
            row = {"at": at, "customer": number // 2, "touchpoint": place, "journey": f"j{number}", "source": "s"}
            noted = chance.choice([0.0, 1.0, 1.0, None]) if place != "buy" else None
            rows.append({**row, "channel": CHANNELS[place], "solved": noted, "id": f"{len(rows):05d}"})
    return [row for row in rows if row["at"] <= AS_OF]


def plain(rows: list[Row]) -> tuple[list[dict[str, object]], int]:
    """Return what each ended need took, by loops, and how many have not ended."""
    ways: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row["at"]):
        ways.setdefault(row["journey"], []).append(row)
    found: list[dict[str, object]] = []
    going = 0
    for way in ways.values():
        contacts = [row for row in way if row["touchpoint"] != "buy"]
        if not contacts:
            continue
        if way[-1]["at"] > AS_OF - timedelta(days=30):
            going += 1
            continue
        solved = [number for number, row in enumerate(contacts, 1) if row["solved"] == 1]
        first = contacts[0]["solved"]
        found.append({
            "customer": contacts[0]["customer"],
            "channel": contacts[0]["channel"],
            "function": PLACES[contacts[0]["touchpoint"]][1],
            "contacts_per_need": len(contacts),
            "one_contact": float(len(contacts) == 1),
            "solved_at_first": None if first is None else float(first == 1 and len(contacts) == 1),
            "contacts_until_solved": solved[0] if solved else None,
            "reopened": float(len(contacts) > solved[0]) if solved else None,
        })  # fmt: skip
    return found, going


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return random_needs(1)


@pytest.fixture(scope="module")
def facts(rows: list[Row], duckdb: Engine, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    folder = tmp_path_factory.mktemp("needs")
    return log_facts(
        folder, duckdb, rows, touchpoints=PLACES, as_of=AS_OF, settings=SETTINGS, more=MORE, version="needs"
    )


@pytest.fixture(scope="module")
def found(facts: Facts) -> journeys.Needs:
    return journeys.needs(facts.workspace, facts=facts)


def test_figures_are_those_of_a_plain_loop(rows: list[Row], found: journeys.Needs) -> None:
    needs, going = plain(rows)
    groups: list[dict[str, str | None]] = [{"channel": None, "function": None}]
    groups += [{"channel": name, "function": None} for name in ("phone", "chat")]
    groups += [{"channel": None, "function": name} for name in ("care", "digital")]
    for group in groups:
        own = [one for one in needs if all(value is None or one[key] == value for key, value in group.items())]
        count = found.find("needs", **group)
        assert count is not None
        assert count.estimate == len(own)
        if group == groups[0]:
            assert count.n_missing == going
        for measure in MEASURES:
            values = [float(str(one[measure])) for one in own if one[measure] is not None]
            row = found.find(measure, **group)
            assert row is not None
            assert row.estimate == pytest.approx(sum(values) / len(values)), (measure, group)
            assert row.n == len(values)
            assert row.n_missing == len(own) - len(values)
            assert row.lower is not None
            assert row.upper is not None
            assert row.lower <= (row.estimate or 0.0) <= row.upper


def test_the_interval_knows_that_customers_have_several_needs(rows: list[Row], found: journeys.Needs) -> None:
    each: dict[object, list[float]] = {}
    for one in plain(rows)[0]:
        each.setdefault(one["customer"], []).append(float(str(one["one_contact"])))
    n, s = [float(len(v)) for v in each.values()], [sum(v) for v in each.values()]
    sums = ClusterSums(
        n=int(sum(n)), clusters=len(n), total=sum(s), nn=sum(a * a for a in n),
        ns=sum(a * b for a, b in zip(n, s, strict=True)), ss=sum(b * b for b in s),
    )  # fmt: skip
    interval = share_interval(sums, confidence_level=0.95)
    row = found.find("one_contact", channel=None, function=None)
    assert row is not None
    assert (row.lower, row.upper) == pytest.approx((interval.lower, interval.upper))


def test_it_can_be_said_and_split(facts: Facts, found: journeys.Needs) -> None:
    for locale in ("es", "en"):
        assert "\u2014" not in found.summary(locale)
        assert found.chart(locale)
    assert found.summary("es") != found.summary("en")
    monthly = journeys.needs(facts.workspace, facts=facts, by="month")
    whole = [e for e in monthly.estimates if e.dimensions["channel"] is None and e.dimensions["function"] is None]
    count = found.find("needs", channel=None, function=None)
    assert count is not None
    assert sum(e.estimate or 0 for e in whole if e.measure == "needs") == count.estimate


def test_what_is_not_declared_is_not_told(rows: list[Row], tmp_path: Path, duckdb: Engine) -> None:
    facts = log_facts(tmp_path / "a", duckdb, rows, touchpoints=PLACES, as_of=AS_OF, more=MORE, version="no contacts")
    none = journeys.needs(facts.workspace, facts=facts)
    assert [(e.estimate, e.note) for e in none.estimates] == [(None, "no-contacts-declared")]
    assert none.summary("es") != none.summary("en")
    assert none.chart() is None
    only = 'contacts = ["phone"]'
    facts = log_facts(
        tmp_path / "b", duckdb, rows, touchpoints=PLACES, as_of=AS_OF, settings=only, more=MORE, version="unsolved"
    )
    result = journeys.needs(facts.workspace, facts=facts)
    assert (result.find("solved_at_first", channel=None, function=None) or none.estimates[0]).estimate is None
    assert (result.find("one_contact", channel=None, function=None) or none.estimates[0]).estimate is not None


def test_nothing_and_one_need(rows: list[Row], tmp_path: Path, duckdb: Engine) -> None:
    one = [row for row in rows if row["touchpoint"] == "phone"][:1]
    for number, few in enumerate(([], one)):
        facts = log_facts(
            tmp_path / f"{number}", duckdb, few, touchpoints=PLACES, as_of=AS_OF, settings=SETTINGS, more=MORE,
            version=f"few needs {number}",
        )  # fmt: skip
        result = journeys.needs(facts.workspace, facts=facts)
        assert sum(e.estimate or 0 for e in result.estimates if e.measure == "one_contact") == 3 * number
        assert result.summary("es")
