"""Charts of drivers: shares by group, penalty and reward, pairs."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from promesa import charts

LONG = "Su pedido llega a más tardar el día que le dijimos, esté donde esté y pese lo que pese"
SHARES: list[dict[str, object]] = [
    {"name": LONG, "stage": "after", "estimate": 0.17, "lower": 0.15, "upper": 0.19},
    {"name": "Amabilidad del asesor (1 a 5)", "stage": "before", "estimate": 0.02, "lower": 0.01, "upper": 0.03},
    {"name": "Rara", "stage": "after", "estimate": None, "note": "withheld-small-group"},
]
SIDES = [
    {
        "name": LONG,
        "class": "imprescindible",
        "penalty_estimate": -2.1,
        "penalty_lower": -2.3,
        "penalty_upper": -1.9,
        "reward_estimate": None,
        "reward_lower": None,
        "reward_upper": None,
    },
    {
        "name": "Embalaje",
        "class": "encanta",
        "penalty_estimate": -0.1,
        "penalty_lower": -0.2,
        "penalty_upper": 0.0,
        "reward_estimate": 0.4,
        "reward_lower": 0.3,
        "reward_upper": 0.5,
    },
]
PAIRS = [
    {"one": "Días de retraso", "two": "Resuelto en el primer contacto", "estimate": -0.4, "sure": True},
    {"one": "Días de retraso", "two": "Amabilidad", "estimate": 0.1, "sure": False},
    {"one": "Amabilidad", "two": "Rara", "estimate": None, "sure": False},
]


def texts(spec: dict[str, object], locale: str) -> str:
    return " ".join(ET.fromstring(charts.to_svg(spec, locale=locale)).itertext())


def values(spec: dict[str, object]) -> list[dict[str, object]]:
    return spec["data"]["values"]  # type: ignore[index,no-any-return]


def the_shares(locale: str) -> dict[str, object]:
    stages = {"before": "Antes", "during": "Durante", "after": "Después"}
    more = {"group": "stage", "group_names": stages}
    return charts.shares(SHARES, label="name", title="Con qué va unida", unit="fraction", locale=locale, **more)  # type: ignore[arg-type]


def the_sides(locale: str) -> dict[str, object]:
    names = ("Castigo", "Premio")
    return charts.penalties(SIDES, label="name", text="class", names=names, title="t", unit="score", locale=locale)


def the_pairs(locale: str, rows: list[dict[str, object]] | None = None) -> dict[str, object]:
    given = PAIRS if rows is None else rows
    return charts.pairs(given, first="one", second="two", mark="sure", title="t", unit="score", locale=locale)


@pytest.mark.parametrize("locale", ["es", "en"])
def test_shares_have_figures_groups_and_reasons(locale: str) -> None:
    drawn = texts(the_shares(locale), locale)
    assert ("17,0 %" if locale == "es" else "17.0 %") in drawn
    assert "Antes" in drawn
    assert "Después" in drawn
    assert "Durante" not in drawn
    assert ("reservado" if locale == "es" else "withheld") in drawn


def test_a_scale_in_brackets_stays_on_one_line() -> None:
    drawn = texts(the_shares("es"), "es")
    assert "(1 a 5)" in drawn
    assert "…" in drawn


@pytest.mark.parametrize("locale", ["es", "en"])
def test_a_side_that_is_not_known_is_left_out(locale: str) -> None:
    spec = the_sides(locale)
    assert [(one["side"], one["estimate"]) for one in values(spec)] == [
        ("Castigo", -2.1),
        ("Castigo", -0.1),
        ("Premio", 0.4),
    ]
    drawn = texts(spec, locale)
    assert "(imprescindible)" in drawn
    assert "Premio" in drawn


@pytest.mark.parametrize("locale", ["es", "en"])
def test_a_confirmed_pair_is_framed_and_has_its_figure(locale: str) -> None:
    spec = the_pairs(locale)
    assert [one["framed"] for one in values(spec)] == [True, False]
    drawn = texts(spec, locale)
    assert ("−0,40" if locale == "es" else "−0.40") in drawn
    assert ("+0,10" if locale == "es" else "+0.10") not in drawn


def test_nothing_known_is_said() -> None:
    nothing: list[dict[str, object]] = [{**PAIRS[2]}]
    assert "No hay datos" in texts(the_pairs("es", nothing), "es")
    assert "No hay datos" in texts(
        charts.shares([SHARES[2]], label="name", title="t", unit="fraction", locale="es"), "es"
    )
