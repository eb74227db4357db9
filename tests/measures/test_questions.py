"""What may be asked, what is refused and with which code."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from promesa import chain, measures, promises, value
from promesa.errors import InputError, NothingLoaded, UnknownName, ValueOutOfRange
from promesa.measures import as_text, ask, dimensions_of
from promesa.snapshot import compute
from tests.measures.companies import Company, company, workspace_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts

ANALYSES = [
    measures.touchpoints,
    measures.opinions,
    promises.kept,
    promises.differences,
    value.margin,
    value.returning,
    chain.links,
]


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory, duckdb: Engine) -> Facts:
    folder = tmp_path_factory.mktemp("questions")
    return company(folder, seed=2).facts(folder, engine=duckdb)


@pytest.mark.parametrize("analysis", ANALYSES[:-1])
def test_an_unknown_dimension_is_named_with_the_nearest(facts: Facts, analysis: Any) -> None:
    with pytest.raises(UnknownName) as caught:
        analysis(facts.workspace, by="chanel", facts=facts)
    assert caught.value.code == "unknown-name"
    assert caught.value.name == "chanel"
    assert "channel" in caught.value.fix


@pytest.mark.parametrize("analysis", [a for a in ANALYSES if a is not promises.differences])
@pytest.mark.parametrize("level", [0.0, 1.0, 95, -0.1, float("nan")])
def test_what_is_no_confidence_level_is_refused(facts: Facts, analysis: Any, level: float) -> None:
    with pytest.raises(ValueOutOfRange) as caught:
        analysis(facts.workspace, confidence_level=level, facts=facts)
    assert caught.value.code == "value-out-of-range"


@pytest.mark.parametrize("analysis", ANALYSES)
def test_a_window_the_wrong_way_round_is_refused(facts: Facts, analysis: Any) -> None:
    with pytest.raises(ValueOutOfRange) as caught:
        analysis(facts.workspace, since="2018-05-02", until="2018-05-01", facts=facts)
    assert "window" in caught.value.what


@pytest.mark.parametrize("analysis", ANALYSES)
def test_a_workspace_that_loaded_nothing_says_so(tmp_path: Path, analysis: Any) -> None:
    with pytest.raises(NothingLoaded) as caught:
        analysis(workspace_of(tmp_path))
    assert caught.value.code == "nothing-loaded"


@pytest.mark.parametrize("by", ["concept", "audience", "survey"])
def test_value_is_not_split_by_what_no_order_has(facts: Facts, by: str) -> None:
    with pytest.raises(ValueOutOfRange) as caught:
        value.margin(facts.workspace, by=("month", by), facts=facts)
    assert by in caught.value.got


def test_an_unknown_promise_or_analysis_is_named(facts: Facts) -> None:
    with pytest.raises(UnknownName) as caught:
        promises.kept(facts.workspace, promises=["arrive"], facts=facts)
    assert "arrives" in caught.value.fix
    with pytest.raises(UnknownName):
        compute("promise", facts.workspace, facts=facts)


@pytest.mark.parametrize(("analysis", "asked"), [("chain", {"by": ("month",)}), ("quality", {"since": "2018-01-01"})])
def test_what_an_analysis_does_not_take_is_refused(facts: Facts, analysis: str, asked: dict[str, Any]) -> None:
    with pytest.raises(ValueOutOfRange) as caught:
        compute(analysis, facts.workspace, facts=facts, **asked)
    assert caught.value.got in {"--by", "--from"}


@pytest.mark.parametrize(
    ("by", "dimensions"),
    [
        ("", ("touchpoint",)),
        ("channel, month", ("touchpoint", "channel", "month")),
        (" stage ,channel, stage", ("stage", "channel")),
        (["function", "touchpoint"], ("touchpoint", "function")),
        (("month", "month"), ("touchpoint", "month")),
    ],
)
def test_dimensions_are_read_off_a_text_or_a_list(facts: Facts, by: Any, dimensions: tuple[str, ...]) -> None:
    assert measures.touchpoints(facts.workspace, by=by, facts=facts).dimensions == dimensions


def test_every_dimension_splits_opinions(facts: Facts) -> None:
    whole = facts.engine.fetch(measures.own_opinions(ask(facts.workspace, facts=facts)).count()).as_py()
    for name in dimensions_of(facts.workspace):
        question = ask(facts.workspace, by=name, facts=facts)
        table = measures.with_dimensions(question, measures.own_opinions(question))
        groups = measures.clustered(question, table, {"one": table["score"]}, anonymous=True)
        assert sum(group.rows for group in groups) == whole, name


@pytest.mark.parametrize("name", ["branch", "employee", "product", "outcome"])
def test_what_opinions_do_not_carry_is_said_and_not_taken_for_silence(facts: Facts, name: str) -> None:
    with pytest.raises(InputError, match=f"Opinions carry no {name}") as caught:
        measures.opinions(facts.workspace, by=name, facts=facts)
    assert ("coherence --by" in caught.value.fix) is (name != "outcome")
    assert "channel" in caught.value.expected
    assert measures.opinions(facts.workspace, by="channel, stage, month", facts=facts).estimates


def test_a_window_holds_both_its_days(tmp_path: Path, duckdb: Engine) -> None:
    # 2018-02-17 ended an hour late in Sao Paulo; 2018-11-04 began an hour late.
    inside = [
        datetime(2018, 2, 17, 2), datetime(2018, 2, 18, 2, 59, 59, 999999), datetime(2018, 11, 4, 3),
        datetime(2018, 11, 5, 1, 59, 59, 999999),
    ]  # fmt: skip
    outside = [datetime(2018, 2, 17, 1, 59, 59, 999999), datetime(2018, 11, 5, 2)]
    small = Company(
        workspace=workspace_of(tmp_path, min_group=1, min_cell=1),
        tables={"opinions": [{"at": at, "concept": "csat", "score": 4.0} for at in (*inside, *outside)]},
    )
    facts = small.facts(tmp_path, engine=duckdb)
    found = measures.opinions(small.workspace, since="2018-02-17", until="2018-11-04", facts=facts).find("answers")
    assert found is not None
    assert found.estimate == len(inside)
    days = measures.opinions(small.workspace, by="day", facts=facts)
    counts = {row["day"]: row["estimate"] for row in days.rows() if row["measure"] == "answers"}
    assert counts == {"2018-02-16": 1, "2018-02-17": 2, "2018-11-04": 2, "2018-11-05": 1}


@pytest.mark.parametrize(
    ("name", "text"),
    [("day", "2018-02-05"), ("week", "2018-02-05"), ("month", "2018-02"), ("quarter", "2018-Q1"), ("year", "2018")],
)
def test_periods_read_as_people_write_them(name: str, text: str) -> None:
    from datetime import date

    assert as_text(name, date(2018, 2, 5)) == text
    assert as_text(name, None) is None


@pytest.mark.parametrize("analysis", [measures.opinions, value.margin, value.returning])
def test_a_split_answer_does_not_say_that_there_is_nothing(facts: Facts, analysis: Any) -> None:
    found = analysis(facts.workspace, by="month", facts=facts)
    months = {e.dimensions["month"] for e in found.estimates if e.estimate is not None}
    assert found.summary("en") == f"The figures of each of {len(months)} groups."
    assert found.summary("es") == f"Las cifras de cada uno de {len(months)} grupos."


def test_the_summary_of_touchpoints_adds_up_what_they_are_split_by(facts: Facts) -> None:
    whole = measures.touchpoints(facts.workspace, facts=facts)
    split = measures.touchpoints(facts.workspace, by="channel", facts=facts)
    assert {e.dimensions["channel"] for e in split.estimates} != {None}
    assert split.summary("en").partition("most at")[2] == whole.summary("en").partition("most at")[2]
    assert "groups" in measures.touchpoints(facts.workspace, by="function", facts=facts).summary("en")
