"""What cannot have led to an outcome is refused with its reason; what honestly goes with it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promesa.experience import Feature, lived
from promesa.experience.leaks import by_time, by_value
from promesa.measures import ask
from promesa.workspace import Label, Outcome, Studies
from tests.measures.companies import workspace_of
from tests.worlds import facts_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from promesa.engine import Engine
    from promesa.experience import Lived

START, AS_OF = datetime(2018, 1, 1), datetime(2018, 11, 20)
DAY = timedelta(days=1)
SATISFACTION = Outcome(name="satisfaction", label=Label(es="s", en="s"), kind="score", concept="csat")
CONTACT = Outcome(name="contact", label=Label(es="c", en="c"), kind="complaint", touchpoints=("support",))
COMES_BACK = Outcome(name="comes_back", label=Label(es="v", en="v"), kind="return")


def feature(kind: Any = "element", name: str = "x", touchpoints: tuple[str, ...] = ("delivery",)) -> Feature:
    """Return a feature."""
    return Feature(name=name, kind=kind, touchpoints=touchpoints, stage="after", function="f", unit="days", better=-1)


def reasons(
    x: NDArray[Any], y: NDArray[Any], *, kind: Any = "element", customers: NDArray[Any] | None = None
) -> list[str]:
    """Return why a column is refused."""
    found = by_value([feature(kind)], x.astype(float)[:, None], y.astype(float), customers=customers)
    return [refusal.reason for refusal in found]


def test_a_score_that_restates_the_outcome() -> None:
    chance = np.random.default_rng(1)
    y = chance.integers(1, 6, 500).astype(float)
    assert reasons(2 * y - 1, y) == ["restates-the-outcome"]
    assert reasons(-y + chance.normal(0, 0.3, 500), y) == ["restates-the-outcome"]
    x = np.where(chance.random(500) < 0.3, y, np.nan)  # told in a third of the rows only
    assert reasons(x, y) == ["restates-the-outcome"]


@pytest.mark.parametrize("r2", [0.2, 0.6, 0.7])
def test_a_strong_honest_driver_stays(r2: float) -> None:
    chance = np.random.default_rng(2)
    x = chance.normal(size=4000)
    y = np.sqrt(r2) * x + np.sqrt(1 - r2) * chance.normal(size=4000)
    assert np.corrcoef(x, y)[0, 1] ** 2 == pytest.approx(r2, abs=0.05)
    assert reasons(x, y) == []


def test_a_late_delivery_that_goes_with_a_third_of_the_stars_stays() -> None:
    chance = np.random.default_rng(3)
    late = chance.random(5000) < 0.08
    stars = np.where(late, chance.choice([1, 1, 1, 2, 3, 4, 5], 5000), chance.choice([3, 4, 5, 5, 5, 5], 5000))
    assert np.corrcoef(late, stars)[0, 1] < -0.45
    assert reasons(late, stars, kind="promise") == []


def test_a_reason_recorded_only_for_those_who_left() -> None:
    chance = np.random.default_rng(4)
    left = (chance.random(3000) < 0.2).astype(float)
    told = np.where((left == 1) & (chance.random(3000) < 0.5), chance.integers(1, 9, 3000).astype(float), np.nan)
    assert reasons(told, left) == ["only-with-one-outcome"]
    every = np.where(left == 1, chance.integers(1, 9, 3000).astype(float), np.nan)  # recorded for all of them
    assert reasons(every, left) == ["restates-the-outcome"]
    met = np.where((left == 1) & (chance.random(3000) < 0.5), 1.0, 0.0)
    assert reasons(met, left, kind="met") == ["only-with-one-outcome"]


def test_a_perfect_separator() -> None:
    chance = np.random.default_rng(5)
    x = chance.lognormal(0, 2, 2000)
    for share in (0.02, 0.5):
        y = x > np.quantile(x, 1 - share)
        assert reasons(x, y) == ["restates-the-outcome"]
        assert reasons(-x, y) == ["restates-the-outcome"]
    assert reasons(y, y, kind="promise") == ["restates-the-outcome"]
    noisy = chance.random(2000) < 1 / (1 + np.exp(-2 * np.log(x)))  # parts well, not perfectly
    assert reasons(x, noisy) == []


@given(st.integers(30, 60), st.floats(0.02, 0.5), st.integers(0, 10_000))
def test_a_rare_element_whose_outcomes_are_all_the_same_by_chance(n: int, other: float, seed: int) -> None:
    if (1 - other) ** n < 1e-5:
        return
    chance = np.random.default_rng(seed)
    y = np.concatenate([np.zeros(n), (chance.random(5000) < other * (5000 + n) / 5000).astype(float)])
    x = np.concatenate([chance.normal(size=n), np.full(5000, np.nan)])
    assert reasons(x, y) == []


def test_what_is_always_so_for_one_customer_is_one_observation() -> None:
    chance = np.random.default_rng(6)
    y = np.concatenate([np.ones(400), chance.random(4000) < 0.3])
    x = np.concatenate([chance.normal(size=400), np.full(4000, np.nan)])
    people = np.concatenate([np.full(400, 7), np.arange(4000) + 100])
    assert reasons(x, y) == ["only-with-one-outcome"]
    assert reasons(x, y, customers=people) == []


@given(st.integers(0, 10_000), st.integers(30, 400))
def test_noise_is_never_refused(seed: int, n: int) -> None:
    chance = np.random.default_rng(seed)
    for y in (chance.random(n) < 0.03, chance.integers(1, 6, n), np.exp(3 * chance.normal(size=n)), np.ones(n)):
        for x in (np.exp(3 * chance.normal(size=n)), chance.random(n) < 0.05, np.zeros(n)):
            assert reasons(x, y) == []


@given(st.integers(0, 1000), st.floats(-50, 50), st.floats(0.01, 100))
def test_units_and_signs_make_no_difference(seed: int, shift: float, factor: float) -> None:
    chance = np.random.default_rng(seed)
    y = chance.integers(1, 6, 200).astype(float)
    x = y + chance.normal(0, chance.choice([0.3, 0.45, 0.7]), 200)
    assert reasons(x, y) == reasons(shift - factor * x, 7 - 3 * y)


def test_by_time() -> None:
    one, other = feature(name="a"), feature(name="b", touchpoints=("support", "payment"))
    found = by_time([one, other], SATISFACTION, {"e_a": (10, 11), "e_b": (1000, 999)})
    assert [(f.feature.name, f.reason, f.share, f.rows) for f in found] == [("a", "after-the-outcome", 11 / 21, 21)]
    found = by_time([one, other], CONTACT, {"e_a": (0, 0)})
    assert [(f.feature.name, f.reason, f.share, f.rows) for f in found] == [("b", "is-the-outcome", None, 0)]
    assert by_time([], CONTACT, {}) == []
    # Who did not complain is seen whole, so that little may be missing for those who did.
    assert [f.reason for f in by_time([one], CONTACT, {"e_a": (80, 20)})] == ["after-the-outcome"]
    assert by_time([one], CONTACT, {"e_a": (90, 10)}) == []


# --- the same traps through the engine --------------------------------------------------------------------------------


def look(folder: Path, engine: Engine, tables: dict[str, list[dict[str, Any]]], one: Outcome) -> Lived:
    """Return the table of the small company's words over given rows."""
    workspace = workspace_of(folder)
    workspace = replace(workspace, model=replace(workspace.model, studies=Studies()))
    facts = facts_of(workspace, tables, folder=folder, as_of=AS_OF, engine=engine, version=folder.name)
    return lived(ask(workspace, facts=facts), one)


def moment(k: int, touchpoint: str, at: datetime, **given: Any) -> dict[str, Any]:
    """Return one moment of journey k."""
    return {"at": at, "customer": 1000 + k, "journey": f"j{k:04}", "touchpoint": touchpoint, **given}


def test_what_is_lived_after_the_answer_is_refused(tmp_path: Path, duckdb: Engine) -> None:
    chance = Random(1)
    tables: dict[str, list[dict[str, Any]]] = {"moments": [], "opinions": []}
    for k in range(200):
        score, start = chance.randint(1, 5), START + k * DAY / 4
        tables["moments"].append(moment(k, "payment", start, wait_minutes=chance.random()))
        tables["moments"].append(moment(k, "browse", start + 3 * DAY, photos=float(score)))  # written on answering
        tables["opinions"].append(
            {"at": start + 3 * DAY, "customer": 1000 + k, "journey": f"j{k:04}", "concept": "csat", "score": score}
        )
    found = look(tmp_path, duckdb, tables, SATISFACTION)
    assert found.n == 200
    told = {(refusal.feature.column, refusal.reason, refusal.share) for refusal in found.refused}
    assert told == {("e_photos", "after-the-outcome", 1.0), ("m_browse", "after-the-outcome", 1.0)}


def test_a_visit_after_the_complaint_is_no_cause_of_it(tmp_path: Path, duckdb: Engine) -> None:
    chance = Random(2)
    moments: list[dict[str, Any]] = []
    for k in range(400):
        start = START + k * DAY / 4
        moments.append(moment(k, "payment", start, wait_minutes=chance.random()))
        moments.append(moment(k, "delivery", start + 3 * DAY, days_late=0.0))
        if chance.random() < 0.2:  # they call while they wait; the delivery comes to all alike
            moments.append(moment(k, "support", start + 2 * DAY, wait_minutes=3.0))
    found = look(tmp_path, duckdb, {"moments": moments}, CONTACT)
    told = {refusal.feature.column: refusal.reason for refusal in found.refused}
    of_delivery = {"m_delivery": "after-the-outcome", "e_days_late": "after-the-outcome"}
    own = {"m_support": "is-the-outcome", "e_wait_minutes": "is-the-outcome", "p_quick": "is-the-outcome"}
    assert told == {**of_delivery, **own}
    assert 0.1 < found.came.mean() < 0.3


def test_a_call_to_say_good_bye_is_refused(tmp_path: Path, duckdb: Engine) -> None:
    chance = Random(3)
    tables: dict[str, list[dict[str, Any]]] = {"moments": [], "orders": []}
    for k in range(600):
        start, back = START + k * DAY / 4, chance.random() < 0.5
        tables["moments"].append(moment(k, "delivery", start, days_late=chance.random() - back / 2))
        tables["orders"].append({"at": start, "customer": 1000 + k, "journey": f"j{k:04}", "revenue": 10})
        if back:
            tables["orders"].append({"at": start + 30 * DAY, "customer": 1000 + k, "journey": None, "revenue": 10})
        elif chance.random() < 0.3:
            tables["moments"].append(moment(k, "support", start + DAY, wait_minutes=1.0))
    found = look(tmp_path, duckdb, tables, COMES_BACK)
    told = {refusal.feature.column: refusal.reason for refusal in found.refused}
    assert told == dict.fromkeys(("m_support", "e_wait_minutes"), "only-with-one-outcome")
    assert found.column("days_late").size == found.n


def test_a_promise_is_known_broken_when_it_falls_due(tmp_path: Path, duckdb: Engine) -> None:
    """Four journeys: late and told while waiting, late and told before it was due, incomplete on time, kept."""
    due, told = START + 5 * DAY, {0: 7, 1: 3, 2: 3, 3: 9}
    came = {0: 8, 1: 8, 2: 2, 3: 4}
    moments = [
        moment(k, "pickup", START + days * DAY, promised=due, delivered=START + days * DAY) for k, days in came.items()
    ]
    moments += [
        moment(4, "delivery", START, promised=due, delivered=None),  # never came: broken at the end of the due day
        moment(4, "browse", START),
        moment(5, "delivery", START, promised=AS_OF + DAY, delivered=None),  # not due yet
        moment(5, "browse", START),
        moment(6, "delivery", START, promised=due, delivered=None, outcome="cancelled"),  # let off
        moment(6, "browse", START),
    ]
    moments += [moment(k, "browse", START) for k in came]
    opinions = [
        {"at": START + days * DAY, "customer": 1000 + k, "journey": f"j{k:04}", "concept": "csat", "score": 3.0}
        for k, days in {**told, 4: 12, 5: 12, 6: 12}.items()
    ]
    found = look(tmp_path, duckdb, {"moments": moments, "opinions": opinions}, SATISFACTION)
    assert found.n == 7
    in_time = found.column("in_time").tolist()
    assert in_time[0] == 1.0
    assert np.isnan(in_time[1])
    assert in_time[2:5] == [0.0, 0.0, 1.0]
    assert np.isnan(in_time[5:]).all()
    assert found.column("arrives")[4] == 1.0


def test_one_customer_who_bought_without_end_costs_no_more(tmp_path: Path, duckdb: Engine) -> None:
    """The guest account of a shop: every journey meets every order of it."""
    n = 60_000
    moments = [
        {"at": START + k * DAY / 400, "customer": 1, "journey": f"j{k}", "touchpoint": "browse"} for k in range(n)
    ]
    orders = [
        {"at": START + k * DAY / 400, "customer": 1, "journey": f"j{k}", "revenue": 2, "cost": 1} for k in range(n)
    ]
    one = replace(COMES_BACK, kind="margin", within_days=10)
    found = look(tmp_path, duckdb, {"moments": moments, "orders": orders}, one)
    assert found.n == n
    following = {moment["journey"]: min(4000, n - 1 - k) for k, moment in enumerate(moments)}
    assert found.came.tolist() == [following[unit] for unit in found.units]


def test_names_that_the_room_uses_itself_may_be_names_of_elements(tmp_path: Path, duckdb: Engine) -> None:
    names = ("known_at", "value", "started_at", "known", "row_unit", "price", "channel_of_browse", "broken", "learnt")
    workspace = workspace_of(tmp_path)
    base = workspace.model.elements["photos"]
    elements = {name: replace(base, name=name) for name in names}
    model = replace(workspace.model, elements=elements, promises={}, studies=Studies())
    workspace = replace(workspace, model=model)
    moments = [
        {**moment(k, "browse", START + k * DAY), **{name: float(k + j) for j, name in enumerate(names)}}
        for k in range(40)
    ]
    opinions = [
        {
            "at": START + (k + 1) * DAY,
            "customer": 1000 + k,
            "journey": f"j{k:04}",
            "concept": "csat",
            "score": 1 + k % 2,
        }
        for k in range(40)
    ]
    tables = {"moments": moments, "opinions": opinions}
    facts = facts_of(workspace, tables, folder=tmp_path, as_of=AS_OF, engine=duckdb, version="names")
    found = lived(ask(workspace, facts=facts), SATISFACTION)
    for j, name in enumerate(names):
        assert found.column(name).tolist() == [float(k + j) for k in range(40)]
