"""Where to begin, what breaking a promise does, what outcomes go with: said with their doubts, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from promesa.report import chain, drivers, effects, experiments, forest, indices, method, moving, priorities
from promesa.report.content import Content, read
from promesa.report.figures import change, short
from promesa.report.page import headlines_of, html_of
from promesa.report.picture import LAYOUTS, boxes_of
from promesa.report.sections import sections_of
from tests.report.companies import document, marketplace, newcomer, row
from tests.report.studies import nothing_learned, researcher, studies
from tests.report.test_report import HOSTILE, LEARNED, Page, written

if TYPE_CHECKING:
    from pathlib import Path

SPANISH, ENGLISH = (read(researcher(), locale=locale) for locale in ("es", "en"))
LONG = "Un nombre larguísimo que nadie acortó porque así figura en el contrato que se firmó con el proveedor en 2017"


def with_rows(key: str, rows: list[dict[str, Any]], *, locale: str = "en") -> Content:
    snapshot = researcher()
    return read({**snapshot, "documents": {**snapshot["documents"], key: document(key, rows)}}, locale=locale)


def section(page: str, name: str) -> str:
    start = page.index(f'<section id="{name}"')
    return page[start : page.index("</section>", start)]


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("es", ["Por dónde empezar", "Qué hace romper una promesa", "Con qué van unidos", "Encuestas de índice"]),
        ("en", ["Where to begin", "What breaking a promise does", "What outcomes go with", "Index surveys"]),
    ],
)
def test_the_sections_stand_in_the_page_in_the_order_of_what_to_do_first(locale: str, said: list[str]) -> None:
    page = html_of(read(researcher(), locale=locale))
    places = [
        page.index(f'<section id="{name}"')
        for name in ("value", "priorities", "effects", "drivers", "paths", "quality")
    ]
    assert places == sorted(places)
    headings = re.findall(r"<h2[^>]*>([^<]*)</h2>", page)
    assert all(any(heading.startswith(one) for heading in headings) for one in said)


@pytest.mark.parametrize("content", [SPANISH, ENGLISH], ids=["es", "en"])
def test_no_key_of_the_data_is_shown(content: Content) -> None:
    text = Page(html_of(content)).text
    raw = ("at_stake", "_three", "must_be", "joint_extra", "unadjusted", "comes_back", "margin_after", "not_found",
           "effect_in", "after_sales", "reward-not", "indistinguishable", "robustness_", "report.", "None")  # fmt: skip
    assert [one for one in raw if one in text] == []


@pytest.mark.parametrize("name", sorted(LEARNED))
def test_every_picture_has_title_description_and_a_table_with_n(name: str) -> None:
    part = section(html_of(ENGLISH), name)
    svgs = re.findall(r"<svg.*?</svg>", part, re.DOTALL)
    assert svgs
    assert all("<title" in svg and "<desc" in svg and 'role="img"' in svg for svg in svgs)
    figures = re.findall(r"<figure.*?</figure>", part, re.DOTALL)
    assert len(figures) == len(svgs)
    assert all('<th scope="col" class="num">n</th>' in figure for figure in figures)


def test_where_to_begin_names_stake_interval_and_how_sure_it_is() -> None:
    first = priorities.begin(ENGLISH)
    assert [one.name for one in first] == ["Delivery", "Dispatch by the seller", "Basket and promised date"]
    assert (first[0].stake.text, first[0].stake.interval) == (
        "R$\u00a0442\u00a0million", "R$\u00a0412\u00a0million to R$\u00a0472\u00a0million"
    )  # fmt: skip
    assert (first[0].sure, first[0].stake.n, first[0].evidence) == ("94\u00a0%", "1,000", "adjusted")
    assert [one.unclear for one in first] == [False, False, True]
    assert "Delivery" in priorities.headline(ENGLISH)
    assert [len(exhibit.table.rows) for exhibit in priorities.exhibits(ENGLISH)] == [5, 2]
    last = priorities.exhibits(ENGLISH)[0].table.rows[-1]
    assert (last[0].text, last[3].state) == ("Payment", "missing")


def test_a_stake_that_may_be_nothing_is_no_headline() -> None:
    one = {"level": "touchpoint", "name": "delivery", "rank": 1, "probability_top_three": 1.0}
    rows = [row("satisfaction_at_stake", 0.01, unit="score", width=0.02, **one)]  # type: ignore[arg-type]
    content = with_rows("priorities", rows)
    assert priorities.begin(content)[0].unclear
    assert priorities.headline(content) == ""


def test_what_would_bring_nothing_is_no_place_to_begin() -> None:
    one = {"level": "touchpoint", "name": "delivery", "rank": 1, "probability_top_three": 1.0}
    rows = [row("satisfaction_at_stake", -0.01, unit="score", width=0.02, **one)]  # type: ignore[arg-type]
    content = with_rows("priorities", rows)
    assert priorities.begin(content) == ()
    assert priorities.headline(content) == ""


def test_an_effect_stands_beside_the_plain_comparison() -> None:
    on = effects.effects_of(ENGLISH)[0]
    first = on.doubts[0]
    assert on.outcome == "Satisfaction with the purchase"
    assert first.evidence == "adjusted"
    said = [sentence for sentence, _ in first.sentences]
    assert "\u22120.84" in said[0]
    assert "\u22120.70 is left (\u22120.80 to \u22120.60; n = 6,149)" in said[0]
    assert said[1] == "Something unseen, as strong as State (UF), would not remove it."
    assert not any(warns for _, warns in first.sentences)
    drawn = str(on.exhibit.svg)
    assert drawn.count('fill="none" stroke=') == 3  # a diamond each


def test_an_effect_asked_again_by_segment_is_drawn_once() -> None:
    rows = [dict(one) for one in ENGLISH.rows("effects")]
    again = [{**one, "of": one.get("of") or one["effect"], "effect": f"{one['effect']}_by_region"} for one in rows]
    on = effects.effects_of(with_rows("effects", [*rows, *again]))[0]
    assert len(on.doubts) == len(effects.effects_of(ENGLISH)[0].doubts)
    assert str(on.exhibit.svg).count('fill="none" stroke=') == 3


def test_where_to_begin_says_what_to_improve_and_where_else_it_is_measured() -> None:
    at = {"outcome": "margin", "touchpoint": "delivery", "measure": "total_effect", "estimate": 1.0}
    system = [
        {**at, "kind": "promise", "feature": "arrives_by_date"},
        {**at, "kind": "element", "feature": "waits"},
        {**at, "kind": "element", "feature": "taste"},
        {**at, "kind": "element", "feature": "damage", "estimate": None},
    ]
    stake = {**row("money_at_stake", 5.0, unit="BRL", level="touchpoint", name="delivery", rank=1), "outcome": "margin"}
    elements = {
        "waits": {"better": "less", "touchpoints": ["delivery", "payment"]},
        "taste": {"better": None, "touchpoints": ["delivery"]},
        "damage": {"better": "less", "touchpoints": ["delivery"]},
    }
    content = replace(with_rows("priorities", [stake]), elements=elements)
    content = replace(content, documents={**content.documents, "system": document("system", system)})
    first = priorities.begin(content)[0]
    assert first.key == "delivery"
    kept, waits = first.improve
    assert kept.startswith("keep “")
    assert waits == "waits (also at: Payment)"


def test_the_page_opens_with_the_time_its_figures_are_of_and_tears_no_figure_from_its_sign() -> None:
    *_, money, period = headlines_of(ENGLISH)
    assert (
        period == f"The figures run from {ENGLISH.since} to {ENGLISH.day(ENGLISH.as_of_day)}; {period.split('; ')[1]}"
    )
    assert re.fullmatch(r"[A-Z][a-z]+ 20\d\d", ENGLISH.since)
    assert not re.search(r"\d %|[A-Z]{3} \d", money)
    assert replace(ENGLISH, documents={}).since == ""


def test_what_comes_of_a_move_in_a_year_is_customers_and_no_parts_of_one() -> None:
    moved = {"outcome": "comes_back", "feature": "arrives"}
    rows = [
        {**row("change", 0.01, unit="fraction", width=0.002, n=900), **moved},
        {**row("customers_kept", 223.6, unit="count", width=16.4, n=900), **moved},
    ]
    cell = moving.moving_table(rows, ENGLISH).rows[0][3]
    assert (cell.text, cell.small) == ("+224 customers", "+207 to +240")


def test_doubts_are_warnings() -> None:
    _, removed, unclear = effects.effects_of(ENGLISH)[0].doubts
    assert [said.split(":")[0] for said, warns in removed.sentences if warns] == ["Warning", "Warning"]
    assert next(said for said, warns in unclear.sentences if warns).startswith("The interval holds zero")


def test_segments_are_shown_with_those_withheld() -> None:
    exhibit = effects.effects_of(ENGLISH)[0].segments[0]
    assert [line[0].text for line in exhibit.table.rows] == ["SP", "RR"]
    assert exhibit.table.rows[1][1].state == "withheld"
    assert "cannot be told from each other" in exhibit.table.caption


def test_what_cannot_be_estimated_says_why() -> None:
    assert effects.refused(ENGLISH) == [
        ("One more of “Product photos”", "It was always the same, so that nothing shows what it does.")
    ]


def test_an_experiment_that_was_no_lot_is_not_to_be_believed() -> None:
    rows = [dict(one) for one in studies()["experiments"]["rows"]]
    assert experiments.experiments_of(ENGLISH)[0].warning == ""
    rows[0]["trustworthy"] = False
    assert "believed" in experiments.experiments_of(with_rows("experiments", rows))[0].warning
    only_reason = [row("effect", None, experiment="reminder", arm=None, outcome=None, note="no-arm")]
    found = experiments.experiments_of(with_rows("experiments", only_reason))[0]
    assert (found.exhibits, found.warning) == ((), "No customer stands in one of its arms.")


def test_importance_is_said_with_its_interval_and_no_more_than_chance_is_no_picture() -> None:
    first, _, chance = drivers.drivers_of(ENGLISH)
    assert "17.0\u00a0% (16.0\u00a0% to 18.0\u00a0%)" in first.sentences[0]
    assert "1,000 of 9,050 journeys" in first.sentences[0]
    assert len(first.main) == 2
    assert (chance.main, chance.roles) == ((), ())
    assert "than chance would give" in chance.sentences[0]


def test_what_is_not_looked_at_stands_in_the_table_with_its_reason() -> None:
    lines = drivers.drivers_of(ENGLISH)[0].main[0].table.rows
    told, hidden = lines[-2:]
    assert told[3].small == "Cannot be told from “Your order arrives by the date we gave”"
    assert hidden[3].state == "withheld"
    assert hidden[3].text == "Withheld"


def test_what_customers_state_stands_beside_what_outcomes_go_with() -> None:
    rows = [dict(one) for one in studies()["drivers"]["rows"]]
    for one in rows:
        if one.get("feature") == "photos":
            one |= {"stated": 0.82, "stated_n": 512}
    table = drivers.drivers_of(with_rows("drivers", rows))[0].main[0].table
    assert table.heads[-1].startswith("Said to matter")
    shown = {line[0].text: line[-1] for line in table.rows}
    assert (shown["Product photos"].text, shown["Product photos"].small) == ("82\u00a0%", "n = 512")
    assert len({len(line) for line in table.rows}) == 1


def test_classes_are_words() -> None:
    lines = drivers.drivers_of(SPANISH)[0].main[1].table.rows
    assert {line[1].text for line in lines} == {
        "imprescindible",
        "cuanto mejor, mejor",
        "encanta",
        "ni lo uno ni lo otro",
    }


def test_a_pair_is_drawn_only_where_one_is_confirmed() -> None:
    first, second, _ = drivers.drivers_of(ENGLISH)
    assert "go with 0.30 less (0.20 to 0.40)" in first.synergy[1]
    assert len(first.pairs) == 1
    assert second.pairs == ()
    assert "162 pairs" in second.synergy[0]
    assert "none is confirmed" in second.synergy[0]


def test_roles_have_a_drawing_each_and_say_what_is_not_split() -> None:
    names = [[line[0].text for line in exhibit.table.rows] for exhibit in drivers.drivers_of(ENGLISH)[0].roles]
    assert names[1] == ["After the purchase", "During the purchase", "Before the purchase"]
    assert names[2] == ["Online", "Others", "Not split by channel"]
    assert names[3] == ["Andes & Hijos <Ltda>", "Not split by supplier"]


def test_arrows_stand_in_the_boxes_and_in_a_table_of_their_own() -> None:
    links = {link.name: link for link in chain.links_of(ENGLISH)}
    assert links["retention"].arriving == (
        "Broken promises: \u221217.0\u00a0pp (\u221218.0\u00a0pp to \u221216.0\u00a0pp), adjusted",
        "One more point of satisfaction: +9.0\u00a0pp (+7.0\u00a0pp to +11.0\u00a0pp), adjusted",
    )
    found = chain.arrows(ENGLISH)
    assert found is not None
    assert [line[0].text for line in found.rows][:2] == ["Experience → Satisfaction", "Experience → Retention"]
    assert found.rows[1][3].small == "\u22126.0\u00a0pp to \u22124.0\u00a0pp · n\u00a0=\u00a09,050"
    assert found.rows[3][2].state == "missing"
    for layout in LAYOUTS:
        for one in boxes_of(tuple(links.values()), layout, content=ENGLISH):
            assert all(0 < line.y < one.height for line in one.box.lines)


def test_an_index_has_its_diagram_its_tables_and_its_reasons() -> None:
    (index,) = indices.indices_of(ENGLISH)
    assert index.name == "National index"
    assert index.exhibit is not None
    assert [line[0].text for line in index.exhibit.table.rows] == ["Image", "Quality", "Loyalty"]
    assert len(index.tables) == 3
    assert index.reasons == ("unheard: nobody answered this item: it is left out.",)


def test_an_index_that_cannot_be_fitted_says_why() -> None:
    rows = [row("index_score", None, unit="points", index="ecsi", construct=None, note="no-data")]
    (index,) = indices.indices_of(with_rows("paths", rows))
    assert (index.exhibit, index.tables) == (None, ())
    assert index.reasons == ("There are no answers to its questions in this window.",)


def test_nothing_of_an_index_where_none_is_declared() -> None:
    content = with_rows("paths", [])
    assert sections_of(content)[-3:] == ("drivers", "quality", "method")
    assert 'id="paths"' not in html_of(content)


@pytest.mark.parametrize("locale", ["es", "en"])
def test_a_company_with_nothing_to_learn_from_says_so(locale: str) -> None:
    base: dict[str, Any] = newcomer()
    page = html_of(read({**base, "documents": {**base["documents"], **nothing_learned()}}, locale=locale))
    parsed = Page(page)
    assert parsed.wrong == []
    assert parsed.all("figure") == []
    for name in ("priorities", "effects", "drivers"):
        assert len(Page(section(page, name)).text.split()) > 10


def test_an_older_snapshot_still_reads() -> None:
    page = html_of(read(marketplace(), locale="en"))
    assert not [name for name in LEARNED if f'id="{name}"' in page]
    told = [key for key, document in method.NEEDS.items() if ENGLISH.rows(document)]
    assert len(told) >= 7
    assert len(method.notes(ENGLISH)) - len(method.notes(read(marketplace(), locale="en"))) == len(told)


def test_hostile_and_long_names_stay_text(tmp_path: Path) -> None:
    for name in (HOSTILE, LONG):
        snapshot = researcher()
        said = {"es": name, "en": name}
        snapshot["labels"] = {kind: dict.fromkeys(names, said) for kind, names in snapshot["labels"].items()}
        snapshot["model"]["promises"] = {
            key: {**promise, "statement": said} for key, promise in snapshot["model"]["promises"].items()
        }
        snapshot["documents"]["system"]["system"] = {"labels": {"satisfaction": said, "reminder": said, "region": said}}
        parsed = Page(written(snapshot, tmp_path))
        assert parsed.wrong == []
        assert not [tag for tag, _, _ in parsed.elements if tag in {"script", "img"}]


def test_names_are_written_in_full_above_their_marks() -> None:
    mark = forest.Mark(label=LONG, estimate=-0.5, lower=-0.7, upper=-0.3, text="-0.5")
    svg = forest.forest([mark], title="t", unit="score", content=ENGLISH, name="n")
    assert " ".join(re.findall(r">([^<]+)</text>", str(svg))).count(LONG[-20:]) == 1


@pytest.mark.parametrize(
    ("value", "unit", "ticks"),
    [
        (-0.71, "score", ["\u22120.6", "\u22120.4", "\u22120.2", "0"]),
        (-0.176, "fraction", ["\u221215 pp", "\u221210 pp", "\u22125 pp", "0"]),
        (-442e6, "BRL", ["\u2212400", "\u2212200", "0"]),
    ],
)
def test_ticks_are_round_and_hold_zero(value: float, unit: str, ticks: list[str]) -> None:
    mark = forest.Mark(label="a", estimate=value, lower=value, upper=value, text="x")
    svg = str(forest.forest([mark], title="t", unit=unit, content=ENGLISH, name="n"))
    assert re.findall(r'text-anchor="(?:middle|start)" fill="[^"]*">([^<]+)<', svg) == ticks


def test_money_is_short_and_nothing_has_no_sign() -> None:
    assert short(441_718_248.0, "COP", SPANISH) == "COP\u00a0442\u00a0millones"
    assert short(-5_527_600.0, "COP", ENGLISH) == "\u2212COP\u00a05.5\u00a0million"
    assert short(93_894.0, "COP", SPANISH, signed=True) == "+COP\u00a093.894"
    assert change(-0.002, "score", ENGLISH) == "0.00"


def test_a_promise_that_is_seldom_broken_is_not_said_to_lack_likes() -> None:
    def said(n_acted: int) -> str:
        common: dict[str, Any] = {"effect": "arrives", "outcome": "satisfaction", "of": "arrives", "kind": "promise"}
        act = row("effect", -0.5, unit="score", width=0.1, n=1000, n_acted=n_acted, evidence="adjusted", **common)
        bare = row("overlap", 0.9, unit="fraction", n=1000, **common)
        doubt = effects.effects_of(with_rows("effects", [act, bare]))[0].doubts[0]
        return " ".join(sentence for sentence, _ in doubt.sentences)

    assert "leans on few cases" in said(200)
    assert "leans on few cases" not in said(20)
    assert "20 of the 1,000" in said(20)
