"""Confounders and servers as columns: rare values, missing ones, columns that say nothing; features and their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from promesa.errors import UnknownName
from promesa.experience import Confounder, Feature, Lived, in_order
from promesa.experience.columns import most_frequent
from promesa.experience.confounders import columns_of_number, columns_of_words
from promesa.experience.features import features_of
from promesa.workspace import Label, Outcome
from tests.measures.companies import workspace_of

if TYPE_CHECKING:
    from pathlib import Path


def test_a_number_that_says_nothing_has_no_column() -> None:
    assert columns_of_number("price", np.array([])) == ([], [])
    assert columns_of_number("price", np.full(5, np.nan)) == ([], [])
    assert columns_of_number("price", np.full(5, 3.0)) == ([], [])


def test_a_number_that_is_missing_here_and_there() -> None:
    made, columns = columns_of_number("price", np.array([0.0, np.nan, np.e - 1]))
    assert made == [Confounder(name="price"), Confounder(name="price", level="not stated")]
    assert np.allclose(columns, [[0, 0.5, 1], [0, 1, 0]])
    made, columns = columns_of_number("price", np.array([-5.0, -5 + np.e - 1]))  # refunds
    assert np.allclose(columns, [[0, 1]])


def test_values_are_told_apart_where_they_are_not_rare() -> None:
    codes = np.array([0] * 500 + [1] * 300 + [-1] * 190 + [2] * 5 + [3] * 5)
    made, columns = columns_of_words("region", codes, ["a", "b", "c", "d"])
    assert [confounder.level for confounder in made] == ["b", "not stated", "other"]
    assert [int(column.sum()) for column in columns] == [300, 190, 10]
    assert columns_of_words("region", np.array([], dtype=np.int64), []) == ([], [])
    assert columns_of_words("region", np.zeros(9, dtype=np.int64), ["a"]) == ([], [])
    assert columns_of_words("region", np.full(9, -1), []) == ([], [])


def test_the_most_frequent_are_told_apart() -> None:
    codes, levels = most_frequent(np.array([0, 1, 1, 2, 2, 3, 3, -1]), ["a", "b", "c", "d"], most=3, other="other")
    assert levels == ["b", "c", "other"]
    assert codes.tolist() == [2, 0, 0, 1, 1, 2, 2, -1]


def test_features_stand_in_the_order_of_a_purchase(tmp_path: Path) -> None:
    model = workspace_of(tmp_path).model
    assert in_order(model) == ["browse", "payment", "delivery", "pickup", "support", "unvisited"]
    features = features_of(model)
    assert [feature.stage for feature in features] == sorted(
        (feature.stage for feature in features), key=["before", "during", "after"].index
    )
    arrives = next(feature for feature in features if feature.name == "arrives")
    assert (arrives.column, arrives.function, arrives.better, arrives.unit) == (
        "p_arrives",
        "logistics",
        -1,
        "fraction",
    )
    wait = next(feature for feature in features if feature.name == "wait_minutes")
    assert (wait.stage, wait.function, wait.better) == ("during", "billing", -1)


def test_an_element_goes_before_the_touchpoint_of_its_name() -> None:
    def feature(kind: Any, name: str) -> Feature:
        return Feature(name=name, kind=kind, touchpoints=("t",), stage="after", function="f", unit="x", better=0)

    table = Lived(
        outcome=Outcome(name="o", label=Label(es="o", en="o"), kind="return"), came=np.zeros(1),
        units=np.array(["a"], dtype=object), customers=np.array([1]),
        features=(feature("met", "refund"), feature("promise", "late"), feature("element", "refund")),
        values=np.array([[1.0, 2.0, 3.0]]), confounders=(), behind=np.empty((1, 0)), groups={}, served={}, refused=(),
        n_units=1, n_unknown=0, share=1.0,
    )  # fmt: skip
    assert table.column("refund").tolist() == [3.0]
    assert table.column("late").tolist() == [2.0]
    with pytest.raises(UnknownName):
        table.place("lat")
