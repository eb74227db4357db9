"""Links that the data cannot fill say why."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from promesa import chain, words
from tests.measures.companies import Company, workspace_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.chain import Chain
    from promesa.engine import Engine

T0 = datetime(2018, 6, 1, 12)
BARE = """
[functions.care]
[touchpoints.browse]
stage = "before"
function = "care"
"""


def chain_of(folder: Path, engine: Engine, *, model: str | None = None, **tables: list[dict[str, Any]]) -> Chain:
    more = {} if model is None else {"model": model}
    small = Company(workspace=workspace_of(folder, min_group=1, min_cell=1, **more), tables=tables)
    return chain.links(small.workspace, facts=small.facts(folder, engine=engine))


def notes(found: Chain) -> dict[str, str | None]:
    return {str(e.dimensions["link"]): e.note for e in found.estimates}


def test_a_company_with_one_moment_and_a_bare_model_has_eleven_reasons(tmp_path: Path, duckdb: Engine) -> None:
    found = chain_of(tmp_path, duckdb, model=BARE, moments=[{"at": T0, "customer": 1, "touchpoint": "browse"}])
    assert notes(found) == {
        "promise": "no-promise-declared",
        "expectation": "no-expectation-asked",
        "experience": "no-promise-declared",
        "emotion": "no-emotion-asked",
        "memory": "no-memory-asked",
        "satisfaction": "no-satisfaction-asked",
        "reputation": "no-reputation-heard",
        "loyalty": "no-loyalty-asked",
        "retention": "no-order-old-enough",
        "income": "no-orders-loaded",
        "profit": "no-orders-loaded",
    }
    assert list(notes(found)) == list(chain.LINKS)
    undue = notes(chain_of(tmp_path, duckdb, moments=[{"at": T0, "customer": 1, "touchpoint": "browse"}]))
    assert (undue["promise"], undue["experience"]) == ("nothing-due", "no-journey-due")
    for locale in ("es", "en"):
        assert found.summary(locale) == words.say("chain.empty", locale)
        for note in {*notes(found).values(), *undue.values()}:
            assert words.knows(f"chain.reason.{note}", locale), note


def test_the_trend_is_of_the_last_ninety_days_and_those_before(tmp_path: Path, duckdb: Engine) -> None:
    def rated(*scores: float, at: datetime) -> list[dict[str, Any]]:
        return [{"at": at, "customer": n, "concept": "csat", "score": score} for n, score in enumerate(scores)]

    # As of 2018-11-20 15:30: the last ninety days begin after 2018-08-22 15:30.
    found = chain_of(
        tmp_path,
        duckdb,
        opinions=[
            *rated(1, 2, 1, 2, at=datetime(2018, 1, 1)),
            *rated(3, 4, 3, 4, at=datetime(2018, 8, 22, 15, 30)),
            *rated(4, 5, 4, 5, at=datetime(2018, 8, 22, 15, 30, 0, 1)),
        ],
    ).find("csat")
    assert found is not None
    assert found.estimate == pytest.approx(38 / 12)
    assert (found.extra["recent"], found.extra["previous"], found.extra["change"]) == (4.5, 3.5, 1.0)
    lower, upper = found.extra["change_lower"], found.extra["change_upper"]
    assert isinstance(lower, float)
    assert isinstance(upper, float)
    assert lower < 1.0 < upper


def test_the_trend_of_retention_is_of_orders_old_enough_to_tell(tmp_path: Path, duckdb: Engine) -> None:
    # Sixty days are given to come back: as of 2018-11-20 it is known of orders up to 2018-09-21 15:30.
    def bought(customer: int, day: datetime, *, again: bool) -> list[dict[str, Any]]:
        orders = [day, day + timedelta(days=30)] if again else [day]
        return [{"at": at, "customer": customer, "revenue": 10.0} for at in orders]

    early = [order for n in range(10) for order in bought(n, datetime(2018, 4, 1), again=n < 2)]
    late = [order for n in range(10, 20) for order in bought(n, datetime(2018, 7, 1), again=n < 16)]
    found = chain_of(tmp_path, duckdb, orders=early + late).find("return_rate")
    assert found is not None
    assert (found.extra["previous"], found.extra["recent"]) == (pytest.approx(2 / 12), pytest.approx(6 / 16))
    assert found.extra["change"] == pytest.approx(6 / 16 - 2 / 12)


def test_the_owner_is_of_the_promise_broken_most(tmp_path: Path, duckdb: Engine) -> None:
    slow = [{"at": T0, "customer": n, "touchpoint": "support", "wait_minutes": 9.0} for n in range(9)]
    found = chain_of(tmp_path, duckdb, moments=slow).find("kept_rate")
    assert found is not None
    assert (found.estimate, found.extra["owner"]) == (0.0, "billing")


def test_the_public_alone_makes_the_reputation(tmp_path: Path, duckdb: Engine) -> None:
    said = [
        {"at": T0, "customer": None, "concept": "stars", "score": score, "audience": audience, "brand": brand}
        for score, audience, brand in [
            (5.0, "public", None), (4.0, "public", "Casa Prueba"), (1.0, "public", "Otra"), (1.0, "customer", None),
            (1.0, "employee", None), (1.0, None, None),
        ]
    ]  # fmt: skip
    found = chain_of(tmp_path, duckdb, opinions=said).find("stars")
    assert found is not None
    assert (found.estimate, found.n) == (4.5, 2)
