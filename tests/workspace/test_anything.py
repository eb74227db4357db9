"""Whatever stands in the files: a workspace, or mistakes that name their place; never another error."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from promesa.workspace.conditions import check_expression
from promesa.workspace.fields import Place
from promesa.workspace.grammar import CONSTRUCT, DRIVERS, MODEL, OUTCOMES, SETTINGS, SOURCE, STUDIES
from promesa.workspace.settings import read_settings
from promesa.workspace.vocabulary import build_model, read_model

NAMES = st.sampled_from(["a", "b", "days_late", "channel", "order", "Ñ", ""])
SCALARS = st.one_of(
    st.sampled_from(
        ["a", "b", "less", "after", "nps", "mean", "duckdb", "COP", "UTC", "days_late <= 0", "${X}", "${", "a://b"]
    ),
    st.text(max_size=5),
    st.integers(-2, 12),
    st.booleans(),
    st.sampled_from([Decimal("0.5"), Decimal("nan"), Decimal("inf"), date(2026, 1, 1), datetime(2026, 1, 1, 5)]),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=5
)


def tables(fields):
    """Return tables with the keys of `fields`, any values, and now and then a key that is not known."""
    return st.dictionaries(st.sampled_from([*(field.name for field in fields), "other"]), VALUES, max_size=6) | VALUES


CONSTRUCTS = st.dictionaries(NAMES, tables(CONSTRUCT), max_size=3) | VALUES
ARROWS = st.lists(st.sampled_from(["a -> b", "b -> a", "a->order", "b", "->", "a -> a"]), max_size=3)
INDICES = st.dictionaries(
    NAMES,
    st.fixed_dictionaries({}, optional={"arrows": ARROWS | VALUES, "constructs": CONSTRUCTS}) | VALUES,
    max_size=2,
)
OUTCOME_TABLES = st.dictionaries(
    NAMES | st.sampled_from([field.name for field in OUTCOMES]), tables(STUDIES["outcomes"]), max_size=3
)
MODELS = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.dictionaries(NAMES, tables(fields), max_size=3) | VALUES for name, fields in MODEL.items()},
        **{
            name: st.dictionaries(NAMES, tables(STUDIES[name]), max_size=3) | VALUES
            for name in ("effects", "experiments")
        },
        "outcomes": OUTCOME_TABLES | VALUES,
        "drivers": tables(DRIVERS),
        "indices": INDICES | VALUES,
    },
)
SETTINGS_FILES = st.fixed_dictionaries(
    {},
    optional={
        **{name: tables(fields) for name, fields in SETTINGS.items()},
        "sources": st.dictionaries(NAMES, tables(SOURCE), max_size=3) | VALUES,
        "variables": st.dictionaries(NAMES, SCALARS, max_size=3) | VALUES,
    },
)


@given(tree=MODELS)
def test_any_model(tree):
    mistakes = []
    sections = read_model(tree, place=Place("model.toml", "", mistakes))
    assert all(mistake.key and mistake.expected and mistake.fix for mistake in mistakes)
    if not mistakes:
        model = build_model(sections)
        assert set(model.touchpoints) == set(tree.get("touchpoints", {}))


@given(tree=SETTINGS_FILES)
def test_any_settings(tree):
    mistakes = []
    settings = read_settings(tree, environ={}, place=Place("promesa.toml", "", mistakes))
    assert all(mistake.key and mistake.expected and mistake.fix for mistake in mistakes)
    if not mistakes:
        assert set(settings["sources"]) == set(tree.get("sources", {}))


PIECES = "days_late at <= ( ) ' \" AND SELECT FROM ; local_day 1 , * :: ? CASE --"


@given(
    sql=st.lists(st.sampled_from(PIECES.split()), min_size=1, max_size=8).map(" ".join)
    | st.text(min_size=1, max_size=12)
)
def test_any_rule(sql):
    mistakes = []
    check_expression(
        sql, key="kept", columns=["at", "days_late"], place=Place("model.toml", "promises.p.kept", mistakes)
    )
    assert all(mistake.what and mistake.expected and mistake.fix for mistake in mistakes)
