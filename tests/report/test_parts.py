"""What the report chooses and how it words it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promesa import words
from promesa.report import chain, maps, promises, quality
from promesa.report.content import Content, read
from promesa.report.figures import amount, change, figure_of, span
from promesa.report.marks import MARGIN, WIDTH, Part, counts_bar, domain_of, interval_mark
from promesa.report.page import style
from promesa.report.picture import LAYOUTS, Layout, boxes_of
from tests.drawn import cases
from tests.report.companies import document, marketplace, newcomer, row

SPANISH, ENGLISH = (read(marketplace(), locale=locale) for locale in ("es", "en"))


def with_document(key: str, rows: list[dict[str, object]], **more: object) -> Content:
    base = newcomer()
    documents = {**base["documents"], key: document(key, rows)}  # type: ignore[dict-item]
    return read({**base, "documents": documents, **more}, locale="en")


def test_the_costliest_come_first_and_gains_are_no_cost() -> None:
    costs = {"a": 10.0, "b": 300.0, "c": -5.0, "d": 20.0, "e": 40.0}
    rows = [row("cost_of_broken", cost, unit="EUR", promise=name) for name, cost in costs.items()]
    chosen, by_cost = promises.costliest(promises.promises_of(with_document("promises", rows)))
    assert by_cost
    assert [promise.name for promise in chosen] == ["b", "e", "d"]


def test_without_any_cost_the_most_broken_come_first() -> None:
    rows = [row("broken", many, promise=name) for name, many in (("a", 3), ("b", 0), ("c", 9))]
    chosen, by_cost = promises.costliest(promises.promises_of(with_document("promises", rows)))
    assert not by_cost
    assert [promise.name for promise in chosen] == ["c", "a"]


def test_a_cost_whose_interval_holds_zero_is_no_claim() -> None:
    register = {promise.name: promise for promise in promises.promises_of(SPANISH)}
    assert not promises.cost_holds_zero(register["arrives"])
    assert promises.cost_holds_zero(register["dispatched"])


def test_below_target_needs_the_whole_interval_below_it() -> None:
    rows = [
        row("kept_rate", rate, unit="fraction", width=0.02, promise=name, target=0.9)
        for name, rate in (("below", 0.87), ("about", 0.89), ("above", 0.95))
    ]
    register = promises.promises_of(with_document("promises", rows))
    assert {promise.name: promise.below_target for promise in register} == {
        "below": True, "about": False, "above": False
    }  # fmt: skip


def test_a_declared_promise_without_commitments_stays_in_the_register() -> None:
    model = {"promises": {"idle": {"owner": "x", "target": 0.9, "statement": {"en": "We call back"}}}}
    register = promises.promises_of(with_document("promises", [], model=model))
    assert [(promise.statement, promise.kept_rate.state) for promise in register] == [("We call back", "missing")]


def test_a_change_says_its_direction_only_when_its_interval_does() -> None:
    links = {link.name: link.trend for link in chain.links_of(SPANISH)}
    assert (links["promise"].sign, links["promise"].text) == ("down", "Baja 0,8\u00a0pp")
    assert (links["satisfaction"].sign, links["satisfaction"].text) == ("up", "Sube 0,06")
    assert links["profit"].sign == "level"
    assert links["retention"].sign == "none"


def test_a_period_without_a_figure_yet_is_not_one_that_was_not_there() -> None:
    """Who comes back within 90 days is not known of the last 90, though it is of the 90 before."""
    shapes = (("return_rate", "retention", {"recent": None, "previous": 0.3}), ("margin", "profit", {}))
    rows = [row(name, 0.4, unit="fraction", link=link, **periods) for name, link, periods in shapes]
    trends = {link.name: link.trend for link in chain.links_of(with_document("chain", rows))}
    assert trends["retention"].text == "There is no figure of the last period yet"
    assert trends["profit"].text == "No earlier period to compare with"


def test_the_chain_has_all_its_links_in_order() -> None:
    rows = [row("margin", 1.0, unit="EUR", link="profit"), row("kept_rate", 0.5, unit="fraction", link="promise")]
    links = chain.links_of(with_document("chain", rows))
    assert tuple(link.name for link in links) == chain.LINKS
    assert [link.name for link in links if link.figure.state == "shown"] == ["promise", "profit"]


def test_a_second_figure_of_a_link_stands_in_the_table() -> None:
    rows = [row(measure, 1.0, unit="EUR", link="income") for measure in ("revenue", "revenue_per_customer")]
    content = with_document("chain", rows)
    said = [line[1].text for line in chain.chain_table(chain.links_of(content), content).rows]
    assert "Revenue per customer" in said


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"kind": "mean", "scale": [1, 5], "top_from": None}, "mean, 1 to 5"),
        ({"kind": "top_box", "scale": [1, 5], "top_from": 4}, "answer 4 or more, 1 to 5"),
        ({"kind": "nps", "scale": [0, 10], "top_from": None}, ""),
        ({}, ""),
    ],
)
def test_a_link_says_the_scale_of_what_was_asked(declared: dict[str, object], said: str) -> None:
    asked = {**row("stars", 4.0, unit="score", link="emotion"), "concept": "stars"}
    labels = {"concept": {"stars": {"es": "Estrellas", "en": "Stars"}}}
    content = with_document("chain", [asked], labels=labels, model={"concepts": {"stars": declared}})
    assert {link.name: link.scale for link in chain.links_of(content)}["emotion"] == said


def test_the_map_marks_what_is_apart_from_the_whole_and_what_breaks_a_promise() -> None:
    drawn = maps.map_of(SPANISH, promises.promises_of(SPANISH))
    assert drawn is not None
    chips = {chip.name: chip for _, cells in drawn.rows for cell in cells for chip in cell}
    assert chips["Entrega"].against == "above"
    assert chips["Reclamos por correo"].against == "below"
    assert chips["Encuesta y posventa"].against == ""
    assert "91,3" in chips["Entrega"].broken
    assert chips["Pago"].broken == ""
    assert max(chip.share for chip in chips.values()) == 100.0


def test_a_score_whose_answers_name_no_channel_stands_where_its_touchpoint_was_lived() -> None:
    at = {"touchpoint": "delivery"}
    rows = [
        row("moments", 900.0, **at, channel="web"),
        row("stars", 4.0, unit="score", **at, channel=None),
        row("stars", 3.0, unit="score", touchpoint="payment", channel=None),
    ]
    labels = {"concept": {"stars": {"es": "Estrellas", "en": "Stars"}}}
    drawn = maps.map_of(with_document("touchpoints_by_channel", rows, labels=labels), ())
    assert drawn is not None
    assert drawn.shared
    chips = {(channel, chip.key): chip for channel, cells in drawn.rows for cell in cells for chip in cell}
    assert {key for _, key in chips} == {"delivery", "payment"}
    assert len(chips) == 2
    delivery = next(chip for (_, key), chip in chips.items() if key == "delivery")
    assert delivery.score is not None
    assert (delivery.moments.text, delivery.score.text) == ("900", "4.00")


def test_amounts_are_written_in_their_unit() -> None:
    assert amount(2.2, "count", SPANISH) == "2,20"
    assert amount(14887.0, "count", SPANISH) == "14.887"
    assert amount(-12.0, "days", SPANISH) == "\u221212\u00a0días"
    assert amount(4.0, "score", SPANISH) == "4,00"
    assert span(9.07, 9.34, "days", SPANISH) == "9,07 a 9,34\u00a0días"
    assert span(1.0, None, "days", SPANISH) == ""


def test_a_difference_of_fractions_is_percentage_points() -> None:
    assert change(-0.007, "fraction", ENGLISH) == "\u22120.7\u00a0pp"
    assert change(0.007, "fraction", ENGLISH) == "+0.7\u00a0pp"
    assert change(-0.0001, "fraction", ENGLISH) == "0.0\u00a0pp"
    figure = figure_of(row("d", 0.01, unit="fraction", width=0.02), ENGLISH, as_change=True)
    assert figure.interval == "\u22121.0\u00a0pp to +3.0\u00a0pp"


def test_a_missing_figure_has_its_reason_in_words() -> None:
    figure = figure_of(row("stars", None, note="no-expectation-asked"), SPANISH)
    assert figure.state == "missing"
    assert "expectativa" in figure.reason
    assert figure_of(row("stars", None, note="made-up-reason"), SPANISH).reason == "made up reason"


def test_rules_of_the_quarantine_are_said_in_words() -> None:
    assert quality.rule_name("future-date", ENGLISH) == "Date in the future"
    assert "customer" in quality.rule_name("missing-customer", ENGLISH)
    assert quality.rule_name("negative", ENGLISH) == "Below zero"
    assert quality.rule_name("own-rule", ENGLISH) == "own rule"


def test_the_quarantine_is_added_up_by_rule() -> None:
    exhibit = quality.quarantine(ENGLISH)
    assert exhibit is not None
    assert [[cell.text for cell in line] for line in exhibit.table.rows] == [
        ["Date in the future", "57"],
        ["Score off its scale", "36"],
    ]


fractions = st.floats(0, 1)


@given(fractions, fractions, fractions, st.none() | fractions)
def test_an_interval_mark_stays_on_its_scale(a: float, b: float, c: float, target: float | None) -> None:
    lower, middle, upper = sorted((a, b, c))
    domain = domain_of([lower, upper, target])
    assert 0.0 <= domain[0] < domain[1] <= 1.0 or domain[0] >= 0.9
    svg = interval_mark(
        title="t", estimate=middle, lower=lower, upper=upper, target=target, capability=None, domain=domain
    )
    places = [float(part.split('"')[0]) for part in svg.split('cx="')[1:]]
    assert all(MARGIN <= place <= WIDTH - MARGIN for place in places)


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=5))
def test_every_count_that_exists_is_seen_and_none_covers_another(counts: list[int]) -> None:
    parts = [Part(name=str(i), count=many, text=str(many), role="kept") for i, many in enumerate(counts)]
    svg = counts_bar(parts, title="t")
    starts = [float(part.split('"')[0]) for part in svg.split(' x="')[1:]]
    widths = [float(part.split('"')[0]) for part in svg.split('width="')[1:]]
    assert len(starts) == sum(many > 0 for many in counts)
    assert all(start + width <= after for start, width, after in zip(starts, widths, starts[1:], strict=False))


words_of_any_length = st.lists(st.text("abcdefghij", min_size=1, max_size=18), min_size=1, max_size=40).map(" ".join)


@settings(max_examples=cases(40))
@given(words_of_any_length, words_of_any_length, st.sampled_from(LAYOUTS))
def test_boxes_of_the_picture_hold_their_lines_and_do_not_touch(owner: str, reason: str, layout: Layout) -> None:
    base = marketplace()
    labels = {**base["labels"], "function": {"logistics": {"en": owner}}}  # type: ignore[dict-item]
    rows = [row("kept_rate", 0.5, unit="fraction", width=0.1, link="promise", owner="logistics", change=0.1),
            row("none", None, link="memory", note=reason)]  # fmt: skip
    content = read({**base, "labels": labels, "documents": {"chain": document("chain", rows)}}, locale="en")
    placed = boxes_of(chain.links_of(content), layout, content=content)
    for one in placed:
        assert all(0 < line.y < one.height for line in one.box.lines)
        assert [line.y for line in one.box.lines] == sorted({line.y for line in one.box.lines})
    for index, one in enumerate(placed):
        for other in placed[index + 1 :]:
            apart_down = one.y + one.height < other.y
            apart_across = one.x + layout.width < other.x or other.x + layout.width < one.x
            assert apart_down or apart_across


def colours_of(css: str, start: str) -> dict[str, str]:
    block = css[css.index(start) :]
    block = block[block.index("{") + 1 : block.index("}")]
    return {name.strip(): value.strip() for name, value in (part.split(":") for part in block.split(";") if part)}


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


TEXT_ON = [
    *((text, ground) for text in ("--ink", "--soft", "--bad") for ground in ("--bg", "--card", "--absent")),
    *((text, ground) for text in ("--accent", "--good", "--stay", "--feel") for ground in ("--bg", "--card")),
    *((text, "--wash") for text in ("--ink", "--soft")),
    *((text, "--head") for text in ("--head-ink", "--head-soft")),
]


@pytest.mark.parametrize("start", [":root{--bg:#f", ":root{--bg:#0"], ids=["light", "dark"])
def test_text_can_be_read_on_its_ground(start: str) -> None:
    colours = colours_of(str(style()), start)
    faint = []
    for text, ground in TEXT_ON:
        dark, light = sorted(luminance(colours[name]) for name in (text, ground))
        if (light + 0.05) / (dark + 0.05) < 4.5:
            faint.append((text, ground))
    assert faint == []


def test_records_and_persons_are_said_in_words() -> None:
    rows = [
        row("precision", 0.991, unit="fraction", n=0, note="expected-by-model"),
        row("persons", 940, size="3"),
        row("links", 1210, rule="id_club"),
        row("waiting", 12, rule="bridge"),
        row("without_customer", 0.021, unit="fraction", table="opinions"),
    ]
    labels = {"identifier": {"id_club": {"es": "Tarjeta", "en": "Club card"}}}
    for locale, told in (
        ("en", ["with 3 records", "Club card", "one weak link between two groups", "Opinions"]),
        ("es", ["con 3 registros", "Tarjeta", "un solo enlace débil entre dos grupos", "Opiniones"]),
    ):
        base = {**newcomer(), "documents": {"identity": document("identity", rows)}, "labels": labels}
        shown = quality.identity_table(read(base, locale=locale))
        assert shown is not None
        lines = [[cell.text for cell in line] for line in shown.rows]
        assert [line[1] for line in lines[1:]] == told
        assert lines[0][4] == words.say("report.note.expected-by-model", locale)
    assert quality.identity_table(ENGLISH) is None
