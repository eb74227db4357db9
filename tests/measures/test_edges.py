"""Nothing there, one customer, all missing, small groups: a reason instead of a figure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from promesa import measures
from tests.measures.companies import AS_OF, Company, workspace_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.measures import Opinions, Touchpoints

T0 = datetime(2018, 6, 1, 12)


def opinions_of(folder: Path, engine: Engine, rows: list[dict[str, Any]], **asked: Any) -> Opinions:
    small = Company(workspace=workspace_of(folder), tables={"opinions": rows})
    return measures.opinions(small.workspace, facts=small.facts(folder, engine=engine), **asked)


def touchpoints_of(folder: Path, engine: Engine, rows: list[dict[str, Any]], **tables: Any) -> Touchpoints:
    small = Company(workspace=workspace_of(folder), tables={"moments": rows, **tables})
    return measures.touchpoints(small.workspace, facts=small.facts(folder, engine=engine))


def answers(count: int, *, customers: int, score: float | None = 4.0, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "at": T0 + timedelta(hours=n),
            "customer": n % customers,
            "concept": "csat",
            "score": score,
            "journey": f"{n}",
            **more,
        }
        for n in range(count)
    ]


def test_no_opinion_gives_no_row_and_a_sentence(tmp_path: Path, duckdb: Engine) -> None:
    found = opinions_of(tmp_path, duckdb, [])
    assert found.rows() == []
    assert found.summary("es") != found.summary("en")
    assert found.chart() is None


def test_answers_without_a_score_are_missing(tmp_path: Path, duckdb: Engine) -> None:
    found = opinions_of(tmp_path, duckdb, answers(20, customers=10, score=None, text="bien"))
    csat, said = found.find("csat"), found.find("answers")
    assert csat is not None
    assert said is not None
    assert (csat.estimate, csat.n, csat.n_missing, csat.note) == (None, 0, 20, "no-data")
    assert said.estimate == 20


@pytest.mark.parametrize(
    ("count", "customers", "note", "shown"),
    [
        (50, 1, "withheld-small-cell", 0),
        (50, 2, "withheld-small-cell", 0),
        (5, 5, "withheld-small-group", 5),
    ],
)
def test_small_groups_are_withheld(
    tmp_path: Path, duckdb: Engine, count: int, customers: int, note: str, shown: int
) -> None:
    found = opinions_of(tmp_path, duckdb, answers(count, customers=customers)).find("csat")
    assert found is not None
    assert (found.note, found.n, found.estimate) == (note, shown, None)
    assert (found.lower, found.upper, found.n_missing) == (None, None, 0)


def test_one_customer_has_a_mean_and_no_interval(tmp_path: Path, duckdb: Engine) -> None:
    small = Company(workspace=workspace_of(tmp_path, min_cell=1), tables={"opinions": answers(9, customers=1)})
    found = measures.opinions(small.workspace, facts=small.facts(tmp_path, engine=duckdb)).find("csat")
    assert found is not None
    assert (found.estimate, found.lower, found.upper, found.note) == (4.0, None, None, "one-customer")


def test_anonymous_answers_count_as_one_person_each(tmp_path: Path, duckdb: Engine) -> None:
    rows = [*answers(9, customers=9), *answers(1, customers=1)]
    for row in rows[:9]:
        row["customer"] = None
    found = opinions_of(tmp_path, duckdb, rows)
    said, csat = found.find("answers"), found.find("csat")
    assert said is not None
    assert csat is not None
    assert said.estimate == csat.n == 10


def test_without_invitations_there_is_no_rate(tmp_path: Path, duckdb: Engine) -> None:
    found = opinions_of(tmp_path, duckdb, answers(20, customers=10, asked_at=T0)).find("response_rate")
    assert found is not None
    assert (found.estimate, found.note) == (None, "no-invitations-recorded")


def test_silence_counts_in_the_rate(tmp_path: Path, duckdb: Engine) -> None:
    silent = answers(30, customers=10, score=None, asked_at=T0)
    found = opinions_of(tmp_path, duckdb, [*answers(10, customers=10, asked_at=T0), *silent])
    rate, asked = found.find("response_rate"), found.find("asked")
    assert rate is not None
    assert asked is not None
    assert rate.estimate == pytest.approx(0.25)
    assert (asked.estimate, rate.n) == (40, 40)


def test_others_are_not_heard_as_customers(tmp_path: Path, duckdb: Engine) -> None:
    rows = [
        *answers(10, customers=10),
        *answers(10, customers=10, score=1.0, audience="employee"),
        *answers(10, customers=10, score=1.0, audience="public"),
        *answers(10, customers=10, score=1.0, brand="Otra"),
    ]
    found = opinions_of(tmp_path, duckdb, rows).find("csat")
    assert found is not None
    assert (found.estimate, found.n) == (4.0, 10)


def test_an_open_commitment_is_no_moment_and_a_later_delivery_has_not_come(tmp_path: Path, duckdb: Engine) -> None:
    base = {"at": T0, "touchpoint": "delivery"}
    rows = [
        {**base, "customer": n, "promised": T0, "delivered": delivered}
        for n, delivered in enumerate([AS_OF, AS_OF + timedelta(microseconds=1), None] * 10)
    ]
    found = touchpoints_of(tmp_path, duckdb, rows).find("moments")
    assert found is not None
    assert found.estimate == 10


def test_declared_cost_stands_in_where_a_moment_has_none(tmp_path: Path, duckdb: Engine) -> None:
    rows = [{"at": T0, "touchpoint": "payment", "customer": n, "cost": 2 if n < 5 else None} for n in range(10)] + [
        {"at": T0, "touchpoint": "browse", "customer": n} for n in range(10)
    ]
    found = touchpoints_of(tmp_path, duckdb, rows)
    cost, each = found.find("cost", touchpoint="payment"), found.find("cost_per_moment", touchpoint="payment")
    assert cost is not None
    assert each is not None
    assert (cost.estimate, each.estimate, each.n) == (12.5, 1.25, 10)
    assert found.find("cost", touchpoint="browse") is None


def test_an_element_never_measured_has_no_row(tmp_path: Path, duckdb: Engine) -> None:
    rows = [{"at": T0, "touchpoint": "support", "customer": n} for n in range(20)]
    measured = {estimate.measure for estimate in touchpoints_of(tmp_path, duckdb, rows).estimates}
    assert measured == {"moments", "customers", "cost", "cost_per_moment"}


def test_a_trait_is_the_latest_stated_by_then(tmp_path: Path, duckdb: Engine) -> None:
    later = AS_OF + timedelta(days=1)
    profiles: list[dict[str, Any]] = [
        {"at": at, "customer": n, "region": region, "segment": "a"}
        for n in range(8)
        for at, region in [
            (T0, "norte"),
            (T0 + timedelta(days=1), "sur"),
            (T0 + timedelta(days=2), None),
            (later, "este"),
        ]
    ]
    small = Company(
        workspace=workspace_of(tmp_path), tables={"opinions": answers(16, customers=8), "profiles": profiles}
    )
    facts = small.facts(tmp_path, engine=duckdb)
    found = measures.opinions(small.workspace, by="region,segment", facts=facts)
    assert {(row["region"], row["segment"]) for row in found.rows()} == {("sur", "a")}


def test_scores_on_another_scale_are_put_on_the_declared_one(tmp_path: Path, duckdb: Engine) -> None:
    rows = answers(10, customers=10, score=50.0, scale_min=0.0, scale_max=100.0)
    found = opinions_of(tmp_path, duckdb, [*rows, *answers(10, customers=10, scale_min=5.0, scale_max=5.0)]).find(
        "csat"
    )
    assert found is not None
    assert (found.estimate, found.n, found.n_missing) == (3.0, 10, 10)  # a scale of one point says nothing


def test_equal_scores_have_a_mean_and_no_interval(tmp_path: Path, duckdb: Engine) -> None:
    found = opinions_of(tmp_path, duckdb, answers(20, customers=10, score=0.1)).find("csat")
    assert found is not None
    assert (found.estimate, found.lower, found.upper, found.note) == (pytest.approx(0.1), None, None, "all-equal")


def test_the_questions_of_one_sheet_are_one_invitation(tmp_path: Path, duckdb: Engine) -> None:
    sent = answers(10, customers=10, asked_at=T0)
    silent = answers(10, customers=10, asked_at=T0, score=None)
    rows = [*sent, *({**row, "concept": "nps"} for row in silent), *({**row, "at": T0} for row in silent[:5])]
    found = opinions_of(tmp_path, duckdb, rows)
    asked, said, rate = (found.find(measure) for measure in ("asked", "answers", "response_rate"))
    # Ten sheets of two questions; in five of them one question was put twice, and answered once.
    assert asked is not None and said is not None and rate is not None  # noqa: PT018
    assert (asked.estimate, said.estimate, rate.estimate) == (15, 10, pytest.approx(10 / 15))
