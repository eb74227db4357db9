"""Charts say what the rows say: figure, interval, reason, in the reader's language."""

from __future__ import annotations

from copy import deepcopy
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promesa import charts

ROWS: list[dict[str, object]] = [
    {"promise": "on_time", "estimate": 0.9132, "lower": 0.909, "upper": 0.918, "target": 0.95, "note": None},
    {"promise": "answered", "estimate": 0.81, "lower": 0.78, "upper": 0.84, "target": 0.9, "note": None},
    {"promise": "rare", "estimate": None, "lower": None, "upper": None, "target": None, "note": "withheld-small-cell"},
]
MONTHS = [f"2018-{month:02d}" for month in range(1, 13)]
SPACE = "{http://www.w3.org/2000/svg}"


def by_month(estimates: list[float | None]) -> list[dict[str, object]]:
    return [
        {"month": month, "estimate": value, "lower": None, "upper": None, "note": None if value else "no-data"}
        for month, value in zip(MONTHS, estimates, strict=False)
    ]


def values(spec: dict[str, object]) -> list[dict[str, object]]:
    return spec["data"]["values"]  # type: ignore[index,no-any-return]


def texts(svg: str) -> str:
    return " ".join(ET.fromstring(svg).itertext())


def the_intervals(locale: str = "es", **more: object) -> dict[str, object]:
    return charts.intervals(ROWS, label="promise", title="Cumplida", unit="fraction", locale=locale, **more)  # type: ignore[arg-type]


def test_an_image_has_a_role_a_title_and_a_description_first() -> None:
    root = ET.fromstring(charts.to_svg(the_intervals(), locale="es"))
    title, described = root[0], root[1]
    assert (root.get("role"), title.tag, described.tag) == ("img", f"{SPACE}title", f"{SPACE}desc")
    assert root.get("aria-labelledby") == f"{title.get('id')} {described.get('id')}"
    assert title.text == "Cumplida"
    assert "91,3 %" in str(described.text)
    assert "81,0 %" in str(described.text)


def test_figures_and_reasons_are_written_in_the_language_of_the_reader() -> None:
    spanish = texts(charts.to_svg(the_intervals("es"), locale="es"))
    english = texts(charts.to_svg(the_intervals("en"), locale="en"))
    assert "91,3 %" in spanish
    assert "reservado" in spanish
    assert "91.3 %" in english
    assert "withheld" in english


def test_months_have_the_names_of_the_locale() -> None:
    spec = charts.trend(by_month([0.5] * 12), period="month", series=None, title="t", unit="fraction", locale="es")
    assert "ene 18" in texts(charts.to_svg(spec, locale="es"))
    assert "Jan 18" in texts(charts.to_svg(spec, locale="en"))


def test_the_same_chart_is_the_same_text_and_two_charts_share_no_id() -> None:
    first = charts.to_svg(the_intervals(), locale="es")
    other = charts.to_svg(the_intervals(domain=(0, 1)), locale="es")
    assert first == charts.to_svg(the_intervals(), locale="es")
    ids = [{e.get("id") for e in ET.fromstring(svg).iter() if e.get("id")} for svg in (first, other)]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_a_reference_inside_an_image_finds_its_id() -> None:
    rows = [{"f": i, "t": i + 1, "n": i + 1} for i in range(5)]
    spec = charts.histogram(rows, lower="f", upper="t", count="n", title="t", unit="days", locale="en")
    spec["layer"][0]["mark"]["clip"] = True  # type: ignore[index]
    root = ET.fromstring(charts.to_svg(spec, locale="en"))
    ids = {e.get("id") for e in root.iter()}
    used = {v[5:-1] for e in root.iter() for v in e.attrib.values() if v.startswith("url(#")}
    assert used
    assert used <= ids


def test_a_hostile_name_stays_text() -> None:
    rows = [{"promise": "</text><script>alert(1)</script>", "estimate": 0.5, "note": None}]
    spec = charts.intervals(rows, label="promise", title="<img src=x>", unit="fraction", locale="en")
    svg = charts.to_svg(spec, locale="en")
    assert "<script" not in svg
    assert "<img" not in svg
    assert "<img src=x>" in texts(svg)


def test_nothing_is_fetched() -> None:
    spec = {**the_intervals(), "data": {"url": "https://example.org/rows.json"}}
    with pytest.raises(ValueError, match=r"allowed base URLs|External data"):
        charts.to_svg(spec, locale="es")


def test_names_cut_to_the_same_letters_stay_two_rows() -> None:
    rows = [{"p": f"un nombre que empieza igual que el otro y acaba en {n}", "estimate": 0.5 + n / 10} for n in (1, 2)]
    spec = charts.bars(rows, label="p", title="t", unit="fraction", locale="es")
    assert len({value["row"] for value in values(spec)}) == 2


def test_a_target_is_drawn_and_said() -> None:
    assert "meta" not in texts(charts.to_svg(the_intervals(), locale="es"))
    assert "meta" in texts(charts.to_svg(the_intervals(target="target"), locale="es"))


def test_rows_without_any_figure_say_so() -> None:
    spec = charts.bars([ROWS[2]], label="promise", title="Nada", unit="fraction", locale="es")
    assert "No hay datos" in texts(charts.to_svg(spec, locale="es"))


def test_a_trend_ends_where_its_figures_end() -> None:
    spec = charts.trend(
        by_month([None, 0.5, None, 0.7, None, None]),
        period="month",
        series=None,
        title="t",
        unit="fraction",
        locale="en",
    )
    assert [value["label"] for value in values(spec)] == ["2018-02", "2018-03", "2018-04"]
    assert [value["estimate"] for value in values(spec)] == [0.5, None, 0.7]


def test_several_series_have_a_legend_and_names() -> None:
    rows = [{**row, "p": name} for name in ("a", "b") for row in by_month([0.4, 0.5])]
    spec = charts.trend(
        rows, period="month", series="p", title="t", unit="fraction", locale="en", names={"a": "First", "b": "Second"}
    )
    drawn = texts(charts.to_svg(spec, locale="en"))
    assert "First" in drawn
    assert "Second" in drawn


def test_large_money_is_written_in_millions() -> None:
    spec = charts.trend(by_month([2.5e6, 3.5e6]), period="month", series=None, title="t", unit="EUR", locale="es")
    drawn = texts(charts.to_svg(spec, locale="es"))
    assert "millones de €" in drawn
    assert "3.000.000" not in drawn


def test_a_mean_that_is_not_a_number_is_no_figure() -> None:
    rows = [{"p": "a", "estimate": float("nan"), "note": None}, {"p": "b", "estimate": 0.5, "note": None}]
    spec = charts.intervals(rows, label="p", title="t", unit="fraction", locale="en")
    assert [value["estimate"] for value in values(spec)] == [None, 0.5]


def test_the_rows_of_the_caller_are_left_alone() -> None:
    before = deepcopy(ROWS)
    charts.to_svg(the_intervals(target="target"), locale="es")
    assert before == ROWS


counted = st.tuples(st.integers(-50, 50), st.integers(0, 10_000))


@given(st.lists(counted, min_size=1, max_size=30, unique_by=lambda one: one[0]))
def test_a_histogram_keeps_every_count_in_its_bin(bins: list[tuple[int, int]]) -> None:
    rows = [{"f": str(start), "t": str(start + 1), "n": many} for start, many in bins]
    spec = charts.histogram(rows, lower="f", upper="t", count="n", title="t", unit="days", locale="en", split_at=0.0)
    if not any(many for _, many in bins):
        assert "layer" not in spec
        return
    cells = values(spec)
    assert {(cell["from"], cell["count"]) for cell in cells} == {(float(s), float(n)) for s, n in bins}


def test_an_open_bin_is_as_wide_as_the_others() -> None:
    rows = [{"f": None, "t": -2, "n": 1}, {"f": -2, "t": 0, "n": 5}, {"f": 0, "t": None, "n": 2}]
    spec = charts.histogram(rows, lower="f", upper="t", count="n", title="t", unit="days", locale="en")
    assert [(cell["from"], cell["to"]) for cell in values(spec)] == [(-4, -2), (-2, 0), (0, 2)]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("role", ["ink", "muted", *charts.SERIES])
def test_every_colour_can_be_read_on_paper_and_on_a_dark_page(role: str) -> None:
    paper, colour = charts.COLOURS["paper"], charts.COLOURS[role]
    assert contrast(colour.light, paper.light) >= 4.5
    assert contrast(colour.dark, paper.dark) >= 4.5


def test_no_two_roles_share_a_colour() -> None:
    assert len({colour.light for colour in charts.COLOURS.values()}) == len(charts.COLOURS)
