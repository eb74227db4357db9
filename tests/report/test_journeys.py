"""The map as it is lived and the ways taken: what is drawn is what the answers say, for eyes and screen readers."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from promesa.report import journeys
from promesa.report.content import Content, read
from promesa.report.lived import DRAWN
from promesa.report.page import html_of
from promesa.report.sankey import STEPS, place_nodes, scale_of, stream_of, ways_of

STAGES = {"browse": "before", "buy": "during", "deliver": "after", "call": "after"}
LABELS = {"browse": "Look & see", "buy": "<Buy>", "deliver": "Deliver", "call": "Call"}


def row(measure: str, estimate: float | None, **more: Any) -> dict[str, Any]:
    ends = {"lower": estimate, "upper": estimate} if estimate is not None else {"lower": None, "upper": None}
    unit = {"wait_median": "hours", "open_wait_median": "hours", "all_journeys": "count"}.get(measure, "fraction")
    return {"measure": measure, "estimate": estimate, **ends, "n": 100, "unit": unit, "note": None, **more}


def of_journey(measure: str, estimate: float | None, **more: Any) -> dict[str, Any]:
    return row(measure, estimate, **{"touchpoint": None, "stage": None, "variant": None, **more})


def snapshot(*, lived: bool = True) -> dict[str, Any]:
    reach = {"browse": 0.8, "buy": 0.6, "deliver": 0.5, "call": None}
    ways = {"browse > buy > deliver": 0.4, "browse x3": 0.3, "buy > deliver > call > buy": 0.2}
    passed = {("browse", "buy"): 0.4, ("buy", "deliver"): 0.5, ("deliver", "buy"): 0.1, ("browse", "browse"): 0.3}
    found = [of_journey("all_journeys", 100.0)]
    found += [of_journey("reach", share, touchpoint=name) for name, share in reach.items()]
    found += [of_journey("variant_share", share, variant=way) for way, share in ways.items()]
    steps = [row("share_of_journeys", share, **{"from": a, "to": b}) for (a, b), share in passed.items()]
    steps += [row("wait_median", 50.0, **{"from": "browse", "to": "buy"})]
    steps += [row("open_wait_median", 50.0, **{"from": "browse", "to": "buy"})]
    steps += [row("starts", 0.8, **{"from": None, "to": "browse"}), row("ends", 0.5, **{"from": "deliver", "to": None})]
    points = [row("moments", 10.0, touchpoint="deliver"), row("csat", 3.0, touchpoint="deliver", concept="csat")]
    return {
        "company": "Test",
        "labels": {
            "touchpoint": {name: {"es": text, "en": text} for name, text in LABELS.items()},
            "concept": {"csat": {"es": "CSAT", "en": "CSAT"}},
        },
        "model": {"touchpoints": {name: {"stage": stage, "function": "shop"} for name, stage in STAGES.items()}},
        "documents": {
            "journeys": {"rows": found if lived else [], "summary": {"es": "Viajes.", "en": "Journeys."}},
            "transitions": {"rows": steps if lived else []},
            "touchpoints": {"rows": points},
        },
    }


@pytest.fixture
def content() -> Content:
    return read(snapshot(), locale="en")


def drawn(svg: object) -> ET.Element:
    root = ET.fromstring(str(svg))
    assert root.get("role") == "img"
    ids = str(root.get("aria-labelledby")).split()
    assert [child.get("id") for child in root][:2] == ids
    assert all(child.text for child in list(root)[:2])
    return root


def texts(root: ET.Element) -> list[str]:
    return [str(node.text) for node in root.iter("text")]


def test_the_map_shows_who_meets_what_and_where_they_go(content: Content) -> None:
    shown: Any = journeys.shown(content, ())
    wide, phone = map(drawn, shown["lived_maps"])
    said = texts(wide)
    assert "Look & see" in said
    assert "<Buy>" in said
    assert "Call" not in said  # withheld
    assert "80.0 % of journeys" in said[said.index("Look & see") + 1].replace("\xa0", " ")
    lines = [node for node in wide.iter("path") if str(node.get("class")).startswith("passage")]
    assert len(lines) == 3 <= DRAWN  # a touchpoint met twice in a row is no line
    back = [node for node in lines if node.get("class") == "passage passage-back"]
    assert len(back) == 1
    assert any("CSAT" in text for text in said)
    assert not any(str(node.get("class")).startswith("passage") for node in phone.iter("path"))
    assert any(text.startswith("→ <Buy> 40") for text in texts(phone))
    widths = {float(str(node.get("width"))) for node in wide.iter("rect") if node.get("class") == "share"}
    assert max(widths) / 262 == pytest.approx(0.8, abs=0.001)


def test_boxes_do_not_overlap(content: Content) -> None:
    for svg in journeys.shown(content, ())["lived_maps"]:  # pyright: ignore[reportGeneralTypeIssues]
        boxes = [
            [float(str(node.get(key))) for key in ("x", "y", "width", "height")]
            for node in drawn(svg).iter("rect")
            if str(node.get("class")).startswith("stop")
        ]
        for place, (x, y, w, h) in enumerate(boxes):
            for x2, y2, w2, h2 in boxes[place + 1 :]:
                assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def test_bands_hold_what_goes_on_and_nodes_what_is_there(content: Content) -> None:
    stream = stream_of(ways_of(content))
    assert stream.covered == pytest.approx(0.9)
    assert {key: round(node.share, 6) for key, node in stream.nodes.items() if key[0] == 0} == {
        (0, "browse"): 0.7,
        (0, "buy"): 0.2,
    }
    for node in stream.nodes.values():
        into = sum(flow.share for flow in stream.flows.values() if flow.end is node)
        onward = sum(flow.share for flow in stream.flows.values() if flow.start is node)
        assert onward <= node.share + 1e-9
        assert node.step == 0 or into == pytest.approx(node.share)
    place_nodes(stream, 4)
    for step in range(4):
        column = sorted((n for n in stream.nodes.values() if n.step == step), key=lambda n: n.y)
        for one, two in pairwise(column):
            assert one.y + one.share * scale_of(stream.covered) < two.y


def test_a_way_longer_than_the_picture_ends_in_more_steps() -> None:
    way = " > ".join(["buy", "call"] * STEPS)
    rows = [of_journey("variant_share", 0.5, variant=way), of_journey("variant_share", 0.2, variant="buy")]
    made = snapshot()
    made["documents"]["journeys"]["rows"] += rows
    shown: Any = journeys.shown(read(made, locale="es"), ())
    assert "más pasos" in texts(drawn(shown["ways"].svg))


@pytest.mark.parametrize("locale", ["es", "en"])
def test_the_section_stands_on_the_page_with_its_tables(locale: str) -> None:
    page = html_of(read(snapshot(), locale=locale))
    section = page[page.index('<section id="journeys"') :]
    section = section[: section.index("</section>")]
    assert section.count("<svg") == 3
    assert section.count("<table") == 3
    assert "&lt;Buy&gt;" in section
    assert "<Buy>" not in section
    assert ("50 horas" if locale == "es" else "50 hours") in section.replace("\xa0", " ")  # open hours never make days
    assert 'href="#journeys"' in page


def test_no_journeys_no_section() -> None:
    content = read(snapshot(lived=False), locale="en")
    assert not journeys.is_there(content)
    assert 'id="journeys"' not in html_of(content)
