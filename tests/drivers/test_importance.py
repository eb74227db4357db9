"""Importance and roles: against brute force, whatever the order of rows, and where there is little or nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import combinations
from math import factorial
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from promesa import drivers
from promesa.errors import UnknownName
from promesa.experience import lived
from promesa.measures import ask
from tests.drivers.small import MODEL, facts_in, tables, workspace_in

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.results import Result
    from promesa.store import Facts
    from promesa.workspace import Workspace

Small = tuple["Workspace", "Facts"]
LOCALES = ("es", "en")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, duckdb: Engine) -> Small:
    folder = tmp_path_factory.mktemp("small")
    ws = workspace_in(folder)
    return ws, facts_in(ws, tables(journeys=400), folder=folder / "facts", engine=duckdb)


def shares(result: Result, outcome: str = "satisfaction") -> dict[str, float]:
    return {
        str(e.dimensions["feature"]): e.estimate
        for e in result.estimates
        if e.measure == "share" and e.estimate is not None and e.dimensions["outcome"] == outcome
    }


def note(result: Result, feature: str | None, outcome: str = "satisfaction") -> str | None:
    measure = "share" if feature else "explained"
    found = result.find(measure, outcome=outcome, feature=feature)
    assert found is not None
    assert found.estimate is None
    return found.note


def r_squared(columns: np.ndarray, outcome: np.ndarray) -> float:
    design = np.column_stack([np.ones(len(outcome)), columns])
    left = outcome - design @ np.linalg.lstsq(design, outcome, rcond=None)[0]
    return float(1 - left.var() / outcome.var())


def by_brute_force(players: dict[str, np.ndarray], behind: np.ndarray, outcome: np.ndarray) -> dict[str, float]:
    """Return the Shapley shares by every subset of players, a regression for each."""
    names = list(players)

    def worth(group: tuple[str, ...]) -> float:
        return r_squared(np.column_stack([behind, *(players[name] for name in group)]), outcome)

    worths = {group: worth(group) for size in range(len(names) + 1) for group in combinations(names, size)}
    found = dict.fromkeys(names, 0.0)
    for name in names:
        for group, value in worths.items():
            if name not in group:
                joined = tuple(other for other in names if other in group or other == name)
                weight = factorial(len(group)) * factorial(len(names) - len(group) - 1) / factorial(len(names))
                found[name] += weight * (worths[joined] - value)
    return found


def centred(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), 0.0, values - np.nanmean(values))


def test_shares_are_those_of_brute_force(small: Small) -> None:
    ws, facts = small
    table = lived(ask(ws, facts=facts), ws.model.studies.outcomes["satisfaction"])
    met = {f.name: table.values[:, k] for k, f in enumerate(table.features) if f.kind == "met"}
    late = np.column_stack([centred(table.column("days_late")), centred(table.column("late_again"))])
    players = {
        "kindness": centred(table.column("kindness")),
        "days_late": late,
        "arrives": centred(table.column("arrives")),
        "wait_minutes": centred(table.column("wait_minutes")),
        "advice": met["advice"],
        "support": met["support"],
    }
    expected = by_brute_force(players, table.behind, table.came)
    found = drivers.importance(ws, outcome="satisfaction", facts=facts)
    assert shares(found) == pytest.approx(expected, abs=1e-9)
    explained = found.find("explained")
    assert explained is not None
    assert sum(shares(found).values()) == pytest.approx(explained.estimate, abs=1e-12)
    assert explained.estimate == pytest.approx(
        r_squared(np.column_stack([table.behind, *players.values()]), table.came) - r_squared(table.behind, table.came),
        abs=1e-9,
    )
    total = sum(found.find(m).estimate for m in ("explained", "explained_by_confounders", "unexplained"))
    assert total == pytest.approx(1.0, abs=1e-9)


def test_roles_add_up_and_each_group_is_that_of_brute_force(small: Small) -> None:
    ws, facts = small
    table = lived(ask(ws, facts=facts), ws.model.studies.outcomes["satisfaction"])
    met = {f.name: table.values[:, k] for k, f in enumerate(table.features) if f.kind == "met"}
    of = {
        name: centred(table.column(name)) for name in ("kindness", "days_late", "late_again", "arrives", "wait_minutes")
    }
    groups = {
        "sales": np.column_stack([of["kindness"], met["advice"]]),
        "logistics": np.column_stack([of["days_late"], of["late_again"], of["arrives"]]),
        "care": np.column_stack([of["wait_minutes"], met["support"]]),
    }
    found = drivers.roles(ws, outcome="satisfaction", facts=facts)
    for name, share in by_brute_force(groups, table.behind, table.came).items():
        row = found.find("share", by="function", group=name)
        assert row is not None
        assert row.estimate == pytest.approx(share, abs=1e-9)
    assert found.find("share", by="function", group="logistics").extra["owner"] == "Ana"
    for by in ("function", "stage", "channel", "supplier"):
        parts = [e.estimate for e in found.estimates if e.measure == "share" and e.dimensions["by"] == by]
        whole = found.find("explained", by=by)
        assert whole is not None
        assert sum(parts) == pytest.approx(whole.estimate, abs=1e-9)
    assert {e.dimensions["group"] for e in found.estimates if e.dimensions["by"] == "supplier"} >= {"norte", "sur"}
    assert {e.dimensions["group"] for e in found.estimates if e.dimensions["by"] == "channel"} >= {"web", "phone"}


def test_features_left_out_say_why(small: Small) -> None:
    ws, facts = small
    found = drivers.importance(ws, facts=facts)
    assert note(found, "fixed") == "constant"
    assert note(found, "delivery") == "constant"
    assert note(found, "rare") == "withheld-small-group"
    assert found.find("share", feature="rare").extra["n_met"] is None
    assert note(found, "late_again") == "indistinguishable"
    assert found.find("share", feature="late_again").extra["told_with"] == "days_late"
    assert found.find("share", feature="days_late").extra["indistinguishable_with"] == "late_again"
    # Who needed help met the touchpoint where help is given: that is the outcome, not what led to it.
    assert note(found, "wait_minutes", "needs_help") == "is-the-outcome"
    assert all(e.evidence == "associated" for e in found.estimates)


def test_directions_and_changes(small: Small) -> None:
    ws, facts = small
    found = drivers.importance(ws, outcome="satisfaction", facts=facts)
    assert found.find("share", feature="kindness").extra["direction"] == "better"
    assert found.find("share", feature="wait_minutes").extra["direction"] == "worse"
    change = found.find("change", feature="wait_minutes")
    assert change.lower < -2 < change.upper
    assert change.unit == "score"


def test_who_still_waits_is_not_counted_as_hardly_late(tmp_path: Path, duckdb: Engine) -> None:
    """Of the broken, most parcels had not come when the customer answered; the days are of those that had."""
    random = Random(5)
    moments, opinions = list[dict[str, object]](), list[dict[str, object]]()
    for number in range(1500):
        one: dict[str, object] = {"journey": f"j{number:05d}", "customer": number}
        start, kind = datetime(2025, 1, 1) + timedelta(hours=number % 700), float(random.randint(1, 5))
        late = 0 if number % 10 < 7 else random.randint(1, 6)
        waits = number % 10 > 7
        score = 45.0 if waits else 75 - 2 * (late > 0) - 3 * late
        came = start + timedelta(days=2 + late)
        moments.append({**one, "at": start, "touchpoint": "advice", "kindness": kind})
        moments.append(
            {
                **one,
                "at": start if waits else came,
                "touchpoint": "delivery",
                "promised_at": start,
                "promised": start + timedelta(days=2),
                "delivered": None if waits else came,
                "days_late": None if waits else late,
            }
        )
        answer = {
            "concept": "csat",
            "score": min(100.0, score + kind + random.gauss(0, 12)),
            "scale_min": 0.0,
            "scale_max": 100.0,
        }
        opinions.append({**one, "at": start + timedelta(days=12), **answer})
    ws = workspace_in(tmp_path / "ws", model=MODEL.replace('due = "at"', 'due = "promised"'))
    facts = facts_in(ws, {"moments": moments, "opinions": opinions}, folder=tmp_path / "facts", engine=duckdb)
    found = drivers.importance(ws, outcome="satisfaction", facts=facts)
    broken = found.find("share", outcome="satisfaction", feature="arrives")
    assert broken is not None
    assert "delivery" in str(broken.extra["indistinguishable_with"])
    change = found.find("change", outcome="satisfaction", feature="days_late")
    assert change is not None
    assert change.lower < -3 < change.upper < 0
    late = drivers.asymmetry(ws, outcome="satisfaction", facts=facts).find(
        "penalty", outcome="satisfaction", feature="days_late"
    )
    assert late is not None
    assert late.upper < 0


def test_neither_the_order_of_rows_nor_a_second_load_matters(small: Small, tmp_path: Path, duckdb: Engine) -> None:
    ws, facts = small
    rows = tables(journeys=400)
    for table in rows.values():
        for number, row in enumerate(table):
            row["id"] = f"{number}"
        Random(5).shuffle(table)
    other = facts_in(ws, rows, folder=tmp_path, engine=duckdb)
    for name in drivers.__all__:
        if name.islower():
            one, two = (getattr(drivers, name)(ws, outcome="satisfaction", facts=f) for f in (facts, other))
            for row, same in zip(one.rows(), two.rows(), strict=True):
                assert row == pytest.approx(same, abs=1e-9, nan_ok=True), name


def test_twelve_journeys_are_too_few_and_fail_no_other_outcome(tmp_path: Path, duckdb: Engine) -> None:
    ws = workspace_in(tmp_path)
    facts = facts_in(ws, tables(journeys=12), folder=tmp_path / "facts", engine=duckdb)
    for name in ("importance", "roles", "asymmetry", "synergy"):
        found = getattr(drivers, name)(ws, facts=facts)
        assert {e.dimensions["outcome"] for e in found.estimates} == set(ws.model.studies.outcomes)
        assert all(e.estimate is None and e.note for e in found.estimates)
        assert "12" in found.summary("es")
        assert found.chart("es") is None


def test_without_orders_or_answers_there_is_a_row_with_the_reason(tmp_path: Path, duckdb: Engine) -> None:
    ws = workspace_in(tmp_path)
    rows = tables(journeys=200, orders=False)
    facts = facts_in(ws, {**rows, "opinions": []}, folder=tmp_path / "facts", engine=duckdb)
    found = drivers.importance(ws, facts=facts)
    assert note(found, None, "satisfaction") == "no-data"
    assert found.find("explained", outcome="needs_help").estimate is not None
    for locale in LOCALES:
        assert found.summary(locale)


def test_an_outcome_of_one_value(tmp_path: Path, duckdb: Engine) -> None:
    ws = workspace_in(tmp_path)
    rows = tables(journeys=200)
    for row in rows["opinions"]:
        row["score"] = 50.0
    facts = facts_in(ws, rows, folder=tmp_path / "facts", engine=duckdb)
    for name in ("importance", "roles", "asymmetry", "synergy"):
        found = getattr(drivers, name)(ws, outcome="satisfaction", facts=facts)
        assert [(e.estimate, e.note) for e in found.estimates] == [(None, "all-equal")]
        assert found.summary("en")


def test_a_feature_that_is_the_outcome_in_other_words_is_refused(tmp_path: Path, duckdb: Engine) -> None:
    ws = workspace_in(tmp_path)
    rows = tables(journeys=400)
    score = {row["journey"]: row["score"] for row in rows["opinions"]}
    for row in rows["moments"]:
        if row["touchpoint"] == "delivery":
            row["fixed"] = score[row["journey"]] + 1
    facts = facts_in(ws, rows, folder=tmp_path / "facts", engine=duckdb)
    found = drivers.importance(ws, outcome="satisfaction", facts=facts)
    assert note(found, "fixed") == "restates-the-outcome"
    assert found.find("share", feature="fixed").extra["share_judged"] > 0.99


def test_chance_is_not_told_as_a_driver(tmp_path: Path, duckdb: Engine) -> None:
    ws = workspace_in(tmp_path)
    rows = tables(journeys=300)
    random = Random(3)
    for row in rows["opinions"]:
        row["score"] = random.gauss(50, 10)
    facts = facts_in(ws, rows, folder=tmp_path / "facts", engine=duckdb)
    found = drivers.importance(ws, outcome="satisfaction", facts=facts)
    told = found.find("explained")
    assert told.estimate < told.extra["by_chance"]
    assert "chance" in found.summary("en")
    assert "azar" in found.summary("es")
    assert found.chart() is None


def test_more_players_than_can_be_counted_add_up_too(small: Small) -> None:
    ws, facts = small
    from promesa.drivers.shares import play

    table = lived(ask(ws, facts=facts), ws.model.studies.outcomes["satisfaction"])
    random = np.random.default_rng(1)
    values = np.column_stack([random.normal(size=(table.n, 14)), table.came])
    found = play(
        values,
        [(k,) for k in range(14)],
        held=0,
        customers=table.customers,
        settings=ws.model.studies.drivers,
        confidence_level=0.95,
    )
    assert sum(share.estimate for share in found.shares) == pytest.approx(
        r_squared(values[:, :-1], table.came), abs=1e-9
    )
    assert all(s.interval.lower <= s.estimate + 1e-12 and s.interval.upper >= s.estimate - 1e-12 for s in found.shares)


def test_an_unknown_outcome_is_an_error(small: Small) -> None:
    ws, facts = small
    with pytest.raises(UnknownName, match="satisfacton"):
        drivers.importance(ws, outcome="satisfacton", facts=facts)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", ["importance", "roles", "asymmetry", "synergy"])
def test_every_answer_has_words_and_a_document(small: Small, name: str, locale: str) -> None:
    ws, facts = small
    found = getattr(drivers, name)(ws, facts=facts)
    said = found.summary(locale)
    assert ("Satisfacción" if locale == "es" else "Satisfaction") in said
    assert "400" in said
    assert "{" not in said
    assert found.to_document()["rows"]


def test_a_company_without_outcomes_is_told_to_name_one(tmp_path: Path, duckdb: Engine) -> None:
    model = MODEL[: MODEL.index("[concepts.csat]")]
    ws = workspace_in(tmp_path, model=model)
    facts = facts_in(ws, {"moments": tables(journeys=50)["moments"]}, folder=tmp_path / "facts", engine=duckdb)
    for name in ("importance", "roles", "asymmetry", "synergy"):
        assert getattr(drivers, name)(ws, facts=facts).summary("es")
