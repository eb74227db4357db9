"""Open cases against loops over the moments, by calendar, at the edges, one by one."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from statistics import median
from typing import TYPE_CHECKING, Any

import pytest

from promesa import words
from promesa.actions import STANDINGS, answering_for, cases, list_cases
from promesa.errors import UnknownName
from promesa.promises import OVERDUE, list_commitments
from promesa.stats import ClusterSums, share_interval
from promesa.workspace import open_workspace
from tests.worlds import facts_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.results import Estimate
    from promesa.store import Facts

AS_OF = datetime(2018, 11, 20, 15, 30)
_NUMBERS = count()
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MODEL = """
[functions.logistics]
[functions.care]
[channels.web]
[channels.phone]
[calendars.desk]
monday = "08:00-18:00"
tuesday = "08:00-18:00"
wednesday = "08:00-18:00"
[touchpoints.delivery]
stage = "after"
function = "logistics"
[touchpoints.complaint]
stage = "after"
function = "care"
calendar = "desk"
[touchpoints.repair]
stage = "after"
function = "care"
[elements.wait_minutes]
touchpoint = "complaint"
unit = "minutes"
better = "less"
[promises.arrives]
statement = "Arrives by the day we gave"
owner = "logistics"
touchpoint = "delivery"
kept = "delivered <= promised"
due = "promised"
released = "outcome = 'cancelled'"
[promises.quick]
statement = "Answered within five minutes"
owner = "care"
touchpoint = "complaint"
kept = "wait_minutes < 5"
due = "at"
promised = "5"
delivered = "wait_minutes"
unit = "minutes"
[standards.never_so_late]
touchpoints = ["delivery", "complaint"]
kept = "delivered <= promised + INTERVAL 2 DAY"
due = "promised + INTERVAL 2 DAY"
"""


def facts_from(
    folder: Path,
    engine: Engine | None,
    rows: list[dict[str, Any]],
    *,
    least: int = 1,
    orders: Any = (),
    model: str = MODEL,
) -> Facts:
    """Return the facts of a small company with these moments."""
    head = f'[company]\nname = "Casa"\ntime_zone = "UTC"\ncurrency = "EUR"\n[analysis]\nmin_group = {least}\n'
    folder.mkdir(exist_ok=True)
    (folder / "promesa.toml").write_text(f"{head}min_cell = {min(least, 5)}\n", encoding="utf-8")
    (folder / "model.toml").write_text(model, encoding="utf-8")
    tables = {"moments": rows, "orders": list(orders)}
    version = f"cases_{next(_NUMBERS)}"  # an engine keeps what it has read by the version
    return facts_of(open_workspace(folder), tables, folder=folder, as_of=AS_OF, engine=engine, version=version)


@dataclass
class Plain:
    """A case as a loop sees it."""

    touchpoint: str
    channel: str
    customer: int
    opened: datetime
    closed: datetime | None
    due: datetime
    least: datetime | None


def moments(seed: int, size: int = 300) -> list[dict[str, Any]]:
    """Return moments of every kind: lived, promised, delivered later than the instant, cancelled, not yet begun."""
    chance = random.Random(seed)
    found: list[dict[str, Any]] = []
    for number in range(size):
        began = AS_OF - chance.uniform(-3, 60) * DAY
        promised = began + chance.uniform(0, 9) * DAY
        delivered = began + chance.uniform(0, 30) * DAY if chance.random() < 0.6 else None
        found.append({
            "id": f"m{number}",
            "at": delivered or began,
            "customer": chance.randrange(1, 60),
            "touchpoint": chance.choice(["delivery", "complaint", "repair"]),
            "channel": chance.choice(["web", "phone"]),
            "outcome": "cancelled" if chance.random() < 0.15 else None,
            "promised_at": began if chance.random() < 0.8 else None,
            "promised": promised if chance.random() < 0.8 else None,
            "delivered": delivered,
            "journey": f"j{number % 40}",
            "wait_minutes": None,
        })  # fmt: skip
    return found


def plain_cases(rows: list[dict[str, Any]]) -> list[Plain]:
    found: list[Plain] = []
    for row in rows:
        opened, place = row["promised_at"] or row["at"], row["touchpoint"]
        if row["promised"] is None or opened > AS_OF or (place == "delivery" and row["outcome"] == "cancelled"):
            continue
        least = None if place == "repair" else row["promised"] + 2 * DAY
        due = row["promised"] + (2 * DAY if place == "complaint" else 0 * DAY)  # `quick` sets no limit: its due is `at`
        closed = row["delivered"] if row["delivered"] and row["delivered"] <= AS_OF else None
        found.append(Plain(place, row["channel"], row["customer"], opened, closed, due, least))
    return found


def figures_of(group: list[Plain]) -> dict[str, float]:
    waiting, since = [one for one in group if one.closed is None], AS_OF - 28 * DAY
    recent = {
        "opened_recently": sum(one.opened > since for one in group),
        "closed_recently": sum(one.closed is not None and one.closed > since for one in group),
    }
    shown: dict[str, float] = {"open_now": len(waiting), "overdue": sum(one.due <= AS_OF for one in waiting), **recent}
    if any(one.least for one in waiting):
        shown["below_minimum"] = sum(one.least is not None and one.least <= AS_OF for one in waiting)
    if waiting:
        hours = [(AS_OF - one.opened) / HOUR for one in waiting]
        shown |= {"open_time_median": median(hours), "open_time_longest": max(hours)}
        shown["overdue_share"] = shown["overdue"] / len(waiting)
    return shown


@pytest.mark.parametrize(("seed", "by"), [(1, ()), (2, ("channel",))])
def test_every_figure_is_that_of_a_loop(tmp_path: Path, duckdb: Engine, seed: int, by: tuple[str, ...]) -> None:
    rows = moments(seed)
    facts = facts_from(tmp_path, duckdb, rows)
    answer = cases(facts.workspace, by=by, facts=facts)
    owner = {"delivery": "logistics", "complaint": "care", "repair": "care"}
    groups: dict[tuple[str | None, ...], list[Plain]] = {}
    for one in plain_cases(rows):
        for where in ((None, None), (owner[one.touchpoint], None), (owner[one.touchpoint], one.touchpoint)):
            groups.setdefault((*where, *(getattr(one, name) for name in by)), []).append(one)
    wanted = {
        (*key, measure): value
        for key, group in groups.items()
        if any(not one.closed or one.closed > AS_OF - 28 * DAY or one.opened > AS_OF - 28 * DAY for one in group)
        for measure, value in figures_of(group).items()
    }
    found = {
        (*e.dimensions.values(), e.measure): e.estimate for e in answer.estimates if e.measure != "open_hours_median"
    }
    assert found == pytest.approx(wanted)
    assert all(e.lower <= e.estimate <= e.upper for e in answer.estimates if e.lower is not None)  # type: ignore[operator]


def test_the_share_has_the_interval_of_wilson_clustered_by_customer(tmp_path: Path, duckdb: Engine) -> None:
    rows = moments(4)
    facts = facts_from(tmp_path, duckdb, rows)
    found = cases(facts.workspace, facts=facts).find("overdue_share", touchpoint="repair")
    waiting = [one for one in plain_cases(rows) if one.touchpoint == "repair" and one.closed is None]
    people = {one.customer for one in waiting}
    own = [[one.due <= AS_OF for one in waiting if one.customer == person] for person in people]
    sums = ClusterSums(
        n=len(waiting),
        clusters=len(people),
        total=sum(map(sum, own)),
        nn=sum(len(one) ** 2 for one in own),
        ns=sum(len(one) * sum(one) for one in own),
        ss=sum(sum(one) ** 2 for one in own),
    )
    ends = share_interval(sums, confidence_level=0.95)
    assert found is not None
    assert (found.lower, found.upper) == pytest.approx((ends.lower, ends.upper))


def test_who_made_the_promise_answers_for_its_cases_wherever_they_are(tmp_path: Path, duckdb: Engine) -> None:
    promise = """
[promises.mended]
statement = "Mended by the day we gave"
owner = "logistics"
touchpoint = "repair"
kept = "delivered <= promised"
due = "promised"
"""
    facts = facts_from(tmp_path, duckdb, moments(5), model=MODEL + promise)
    assert answering_for(facts.workspace.model) == {"delivery": "logistics", "complaint": "care", "repair": "logistics"}
    answer = cases(facts.workspace, facts=facts)
    parts = [answer.find("open_now", function="logistics", touchpoint=name) for name in ("delivery", "repair", None)]
    counts = [0 if one is None else one.estimate or 0 for one in parts]
    assert counts[0] + counts[1] == counts[2] > counts[0] > 0
    assert answer.find("open_now", function="care", touchpoint="repair") is None
    second = promise.replace("mended]", "kind]").replace('"logistics"', '"care"')
    both = facts_from(tmp_path / "both", duckdb, [], model=MODEL + promise + second)
    assert answering_for(both.workspace.model)["repair"] == "care", "of several owners none, but who has the touchpoint"


def test_what_is_past_its_limit_is_what_the_promise_calls_overdue(tmp_path: Path, duckdb: Engine) -> None:
    facts = facts_from(tmp_path, duckdb, [row for row in moments(5) if row["touchpoint"] == "delivery"])
    found = cases(facts.workspace, facts=facts).find("overdue", touchpoint="delivery")
    assert found is not None
    assert found.estimate == list_commitments(facts, "arrives").counts[OVERDUE]


def test_open_hours_are_those_of_the_calendar(tmp_path: Path, duckdb: Engine) -> None:
    # AS_OF is a Tuesday at 15:30. Since Friday noon the desk was open on Monday (10 h) and today (7.5 h).
    began = datetime(2018, 11, 16, 12)
    row = {"at": began, "customer": 1, "touchpoint": "complaint", "promised_at": began, "promised": began + DAY}
    facts = facts_from(tmp_path, duckdb, [row])
    answer = cases(facts.workspace, facts=facts)
    found = answer.find("open_hours_median", touchpoint="complaint")
    assert found is not None
    assert found.estimate == pytest.approx(17.5)
    longest = answer.find("open_time_longest", touchpoint="complaint")
    assert longest is not None
    assert longest.estimate == pytest.approx(99.5)


def test_edges(tmp_path: Path, duckdb: Engine) -> None:
    lived = {"at": AS_OF - DAY, "customer": 1, "touchpoint": "delivery"}
    done = {**lived, "promised": AS_OF, "delivered": AS_OF - DAY}
    for name, rows in {"nothing": [], "lived": [lived], "done": [done]}.items():
        facts = facts_from(tmp_path / name, duckdb, rows)
        answer = cases(facts.workspace, facts=facts)
        assert not any(e.estimate for e in answer.estimates if e.measure == "open_now")
        assert answer.chart("es") is None
        for locale in ("es", "en"):
            assert answer.summary(locale) == words.say("actions.cases.empty", locale)
        assert list_cases(facts).cases == ()
    facts = facts_from(tmp_path / "unknown", duckdb, [lived])
    with pytest.raises(UnknownName):
        cases(facts.workspace, by="moon", facts=facts)
    with pytest.raises(UnknownName):
        list_cases(facts, touchpoints=["moon"])


def test_few_people_are_not_counted(tmp_path: Path, duckdb: Engine) -> None:
    few = [{"at": AS_OF - n * DAY, "customer": n, "touchpoint": "repair", "promised": AS_OF} for n in range(1, 4)]
    facts = facts_from(tmp_path, duckdb, few, least=30)
    answer = cases(facts.workspace, facts=facts)
    assert {e.estimate for e in answer.estimates if e.measure != "closed_recently"} == {None}
    assert {e.n for e in answer.estimates} == {0}
    assert answer.summary("en") == words.say("actions.cases.withheld", "en")


def test_the_list_begins_with_the_longest_past_its_limit(tmp_path: Path, duckdb: Engine) -> None:
    rows = moments(6)
    orders = [{"at": AS_OF, "customer": 1, "journey": f"j{n}", "revenue": 10.0} for n in (1, 1, 2)]
    facts = facts_from(tmp_path, duckdb, rows, orders=orders)
    whole = list_cases(facts, most=500)
    waiting = [one for one in plain_cases(rows) if one.closed is None]
    assert [one.due for one in whole.cases] == sorted(one.due for one in waiting)
    assert (whole.open_now, whole.overdue) == (len(waiting), sum(one.due <= AS_OF for one in waiting))
    assert {one.at_stake for one in whole.cases} == {None, 10.0, 20.0}
    pages = [list_cases(facts, skip=skip, most=30) for skip in range(0, len(waiting), 30)]
    assert tuple(one for page in pages for one in page.cases) == whole.cases
    assert [page.more for page in pages] == [*[True] * (len(pages) - 1), False]
    own = list_cases(facts, touchpoints=["repair"], standing="overdue", most=500)
    assert {one.touchpoint for one in own.cases} == {"repair"}
    assert all(one.overdue and one.hours_beyond >= 0 and one.below_minimum is None for one in own.cases)
    assert len(own.cases) == own.overdue < own.open_now
    assert list_cases(facts, touchpoints=[]).open_now == 0
    _they_stand_in_the_order_asked_for(facts, rows, waiting)


def _they_stand_in_the_order_asked_for(facts: Facts, rows: list[dict[str, Any]], waiting: list[Plain]) -> None:
    oldest = list_cases(facts, order="opened", most=500).cases
    assert [one.opened for one in oldest] == sorted(one.opened for one in waiting)
    spent = {1: 30.0}  # all of the orders are of customer 1
    richest = list_cases(facts, order="stake", most=500).cases
    assert [one.customer_revenue for one in richest] == sorted(
        (spent.get(one.customer or 0) for one in richest), key=lambda money: -(money or 0)
    )
    assert {one.customer for one in richest if one.customer_revenue} == {1}
    late = {"overdue": lambda one: one.due <= AS_OF, "below": lambda one: one.least is not None and one.least <= AS_OF}
    for standing in STANDINGS:
        found = list_cases(facts, standing=standing, most=500)
        if standing in late:
            wanted = sum(late[standing](one) for one in waiting)
        else:
            wanted = sum(not any(is_so(one) for is_so in late.values()) for one in waiting)
        assert len(found.cases) == found.listed == wanted > 0
        assert found.open_now == len(waiting), "the counts are of all"


@pytest.mark.parametrize("locale", ["es", "en"])
def test_it_is_said_with_its_uncertainty(tmp_path: Path, duckdb: Engine, locale: str) -> None:
    facts = facts_from(tmp_path, duckdb, moments(7))
    answer = cases(facts.workspace, facts=facts)
    count = answer.find("open_now", function=None, touchpoint=None)
    assert count is not None
    assert words.number(count.estimate, locale) in answer.summary(locale)
    assert answer.chart(locale)
    split = cases(facts.workspace, by="channel", facts=facts)
    assert "%" in split.summary(locale)
    assert split.chart(locale) is None


def _same(one: Estimate, other: Estimate) -> None:
    assert one.row() == pytest.approx(other.row(), nan_ok=True)


@pytest.mark.spark
def test_answers_are_equal_on_spark(tmp_path: Path, duckdb: Engine, spark: Engine) -> None:
    rows = moments(8, size=120)
    answers = [
        cases(facts.workspace, by="channel", facts=facts)
        for engine in (duckdb, spark)
        for facts in [facts_from(tmp_path, engine, rows)]
    ]
    assert len(answers[0].estimates) == len(answers[1].estimates) > 0
    for one, other in zip(answers[0].estimates, answers[1].estimates, strict=True):
        _same(one, other)
