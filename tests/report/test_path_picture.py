"""The drawing of a path model: every figure in it, in both languages, nothing over anything else."""

from __future__ import annotations

from itertools import combinations, pairwise
from random import Random
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from promesa.report.path_layout import Node, Sizes, lay_out, spread
from promesa.report.paths import path_picture

SPACE = "{http://www.w3.org/2000/svg}"
SIZES = Sizes()
EUROPEAN = [
    ("image", "expectation"), ("expectation", "quality"), ("expectation", "value"), ("quality", "value"),
    ("image", "satisfaction"), ("expectation", "satisfaction"), ("quality", "satisfaction"), ("value", "satisfaction"),
    ("satisfaction", "complaints"), ("image", "loyalty"), ("satisfaction", "loyalty"), ("complaints", "loyalty"),
]  # fmt: skip
NAMES = ["image", "expectation", "quality", "value", "satisfaction", "complaints", "loyalty"]


def document(
    index: str = "ecsi", *, names: list[str] = NAMES, arrows: list[tuple[str, str]] = EUROPEAN
) -> dict[str, Any]:
    """Return a document such as `chain.paths` gives; effects go from -0.2 up."""
    base = {"index": index, "target": None, "item": None, "n": 1250, "n_missing": 0, "note": None}
    labels = {"index_es": "Índice", "index_en": "Index"}
    rows: list[dict[str, Any]] = [
        {
            **base, **labels, "construct": name,
            "label_es": f"{name} en español & más", "label_en": f"{name} <in English>",
            "measure": "index_score", "estimate": 50.4 + k, "lower": 48.0 + k, "upper": 53.0 + k,
        }
        for k, name in enumerate(names)
    ]  # fmt: skip
    rows += [
        {**base, "construct": name, "measure": "r_squared", "estimate": 0.31, "lower": 0.2, "upper": 0.4}
        for name in {end for _, end in arrows}
    ]
    for k, (start, end) in enumerate(arrows):
        b = -0.2 + 0.1 * k
        ends = {"lower": b - 0.05, "upper": b + 0.05}
        rows.append({**base, "construct": start, "target": end, "measure": "path", "estimate": b, **ends})
    return {"analysis": "paths", "confidence_level": 0.9, "rows": rows}


def texts(svg: str) -> list[str]:
    return [str(element.text) for element in ET.fromstring(svg).iter(f"{SPACE}text")]


@pytest.mark.parametrize(("locale", "comma"), [("es", ","), ("en", ".")])
def test_every_score_and_coefficient_is_written_and_spoken(locale: str, comma: str) -> None:
    svg = path_picture(document(), locale)
    said = texts(svg)
    root = ET.fromstring(svg)
    spoken = str(root.findtext(f"{SPACE}desc"))
    for k in range(len(NAMES)):
        assert str(50 + k) in said
    for k in range(len(EUROPEAN)):
        shown = f"{-0.2 + 0.1 * k:.2f}".replace("-0.00", "0.00").replace("-", "−").replace(".", comma)
        assert shown in [text.replace("−0", "−0") for text in said]
        assert shown in spoken
    assert root.get("role") == "img"
    first, second = str(root.get("aria-labelledby")).split()
    assert {first, second} == {root[0].get("id"), root[1].get("id")}
    assert ("quality en español & más" if locale == "es" else "quality <in English>") in spoken
    assert str(root.findtext(f"{SPACE}title")).startswith("Índice" if locale == "es" else "Index")


def test_what_holds_zero_is_dashed_and_what_is_negative_has_another_colour() -> None:
    svg = path_picture(document(), "en")
    dashed = [e for e in ET.fromstring(svg).iter(f"{SPACE}path") if e.get("stroke-dasharray")]
    assert len(dashed) == 1  # -0.05 to 0.05
    widths = [
        float(str(e.get("stroke-width"))) for e in ET.fromstring(svg).iter(f"{SPACE}path") if e.get("stroke-width")
    ]
    assert widths == sorted(widths)
    assert widths[-1] > 4 * widths[0]
    note = " ".join(texts(svg)[-4:])
    assert "Dashed" in note
    assert "Orange" in note
    assert "90 % interval" in note.replace("\xa0", " ")
    calm = path_picture(document(arrows=EUROPEAN[:3], names=NAMES[:4]), "en")
    assert "Orange" in " ".join(texts(calm))


def test_a_score_that_is_not_there_leaves_a_dash_and_no_bar() -> None:
    told = document()
    told["rows"][0] |= {"estimate": None, "lower": None, "upper": None, "note": "negative-weight"}
    assert "–" in texts(path_picture(told, "en"))


def test_nothing_is_drawn_where_nothing_was_fitted() -> None:
    told = document()
    told["rows"] = [row for row in told["rows"] if row["measure"] != "path"]
    assert path_picture(told, "en") == ""
    assert path_picture({}, "en") == ""


def test_two_indices_are_two_pictures_with_ids_of_their_own() -> None:
    both = document("one")
    both["rows"] += document("two", names=["a", "b"], arrows=[("a", "b")])["rows"]
    svgs = path_picture(both, "es").split("\n<svg")
    assert len(svgs) == 2
    ids = [text.split('"')[0] for svg in svgs for text in svg.split('id="')[1:]]
    assert len(ids) == len(set(ids)) == 4
    assert path_picture(both, "es") == path_picture(both, "es")


# The layout


def overlaps(one: Node, other: Node) -> bool:
    return one.row == other.row and abs(one.x - other.x) < (one.width + other.width) / 2 + SIZES.between - 1e-6


@pytest.mark.parametrize("seed", range(12))
def test_nothing_stands_over_anything_and_every_line_goes_down(seed: int) -> None:
    chance = Random(seed)
    names = [f"c{k}" for k in range(chance.randint(2, 12))]
    arrows = [(a, b) for a, b in combinations(names, 2) if chance.random() < 0.35]
    arrows += [pair for pair in pairwise(names) if not {end for arrow in arrows for end in arrow} >= set(pair)]
    arrows = list(dict.fromkeys(arrows))
    layout = lay_out(chance.sample(names, len(names)), arrows, sizes=SIZES)
    nodes = list({id(node): node for line in layout.lines.values() for node in line}.values())
    assert not [1 for one, other in combinations(nodes, 2) if overlaps(one, other)]
    for arrow, line in layout.lines.items():
        assert [node.row for node in line] == list(range(line[0].row, line[-1].row + 1))
        assert (line[0].key, line[-1].key) == arrow
        assert [node.kind for node in line[1:-1]].count("label") == 1
    assert min(node.x - node.width / 2 for node in nodes) == pytest.approx(0)
    assert max(node.x + node.width / 2 for node in nodes) == pytest.approx(layout.width)


def test_the_european_index_is_drawn_without_a_crossing_and_its_lines_run_straight() -> None:
    layout = lay_out(NAMES, EUROPEAN, sizes=SIZES)
    pieces = [(a, b) for line in layout.lines.values() for a, b in pairwise(line)]
    for (a, b), (c, d) in combinations(pieces, 2):
        if a.row == c.row and a is not c and b is not d:
            assert (a.x < c.x) == (b.x < d.x)
    inner = [abs(a.x - b.x) for line in layout.lines.values() for a, b in pairwise(line[1:-1])]
    assert max(inner) < 4


def test_spread_keeps_order_and_distance_and_else_stays() -> None:
    assert spread([0, 100], [0, 10], [1, 1]) == [0, 100]
    assert spread([5, 5], [0, 10], [1, 1]) == [0, 10]
    assert spread([5, 5], [0, 10], [3, 1]) == pytest.approx([2.5, 12.5])
