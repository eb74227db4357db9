"""From the report's HTML to blocks: nothing lost, levels without a gap, columns that fit."""

from __future__ import annotations

import pytest

from promesa.paper.blocks import Paper
from promesa.paper.columns import PAGE, is_spread, size_of, widths_of
from promesa.paper.drawings import picture_of, rules
from promesa.paper.lines import breakable
from promesa.paper.markup import parse
from promesa.paper.outline import set_levels


def blocks(html: str) -> list[dict]:
    return Paper().blocks(parse(html).inside)


def test_a_drawing_keeps_its_letters_and_says_what_it_shows() -> None:
    svg = (
        '<svg class="mark" role="img" viewBox="0 0 200 30"><title>A &amp; B</title>'
        '<g clipPath="x"><text font-family="Arial, \'X\'">✕ 5</text></g></svg>'
    )
    picture = picture_of(svg)
    assert (picture.width, picture.height, picture.alt) == (200.0, 30.0, "A & B")
    assert 'viewBox="0 0 200 30"' in picture.svg
    assert "clipPath" in picture.svg
    assert "✕" not in picture.svg
    assert picture.svg.count("xmlns=") == 1
    (drawn,) = [one for one in blocks(f"<div>{svg}</div>") if one["is"] == "figure"]
    assert drawn["alt"] == "A & B"


def test_the_colours_of_drawings_are_those_of_the_light_page() -> None:
    assert ".mark-point{fill:#0a5a8c}" in rules()
    assert "var(" not in rules()
    assert "display" not in rules()


def test_one_of_several_widths_is_set() -> None:
    drawings = "".join(f'<svg class="chain chain-{n}" viewBox="0 0 9 9"></svg>' for n in ("wide", "narrow", "phone"))
    assert len(blocks(f"<div class='pictures'>{drawings}</div>")) == 1


def test_headings_leave_no_level_out_and_a_card_has_none() -> None:
    found = blocks("<h3>a</h3><h4>b</h4><h2>c</h2><h4>d</h4><ol class='top3'><li><h3>e</h3></li></ol>")
    set_levels(found)
    assert [one["level"] for one in found if one["is"] == "h"] == [1, 2, 1, 2]
    assert found[-1]["in"][0][0]["level"] == 0


def test_what_is_behind_a_drawing_goes_to_the_annex() -> None:
    paper = Paper()
    table = "<table><caption>T</caption><thead><tr><th>a</th></tr></thead><tbody><tr><th>1</th></tr></tbody></table>"
    found = paper.blocks(parse(f"<details class='behind'><summary>s</summary>{table}</details>").inside)
    assert found == [{"is": "see", "number": 1}]
    assert paper.annex[0]["number"] == 1
    assert paper.annex[0]["heads"][0][0]["text"] == "a"


def test_what_a_page_shows_is_set_and_what_it_says_aloud_only_is_not() -> None:
    found = blocks("<p>a<span class='hidden'> loud</span> &lt;b&gt;<br>c</p><pre>x\ny</pre><p class='stage-name'>z</p>")
    assert [one["is"] for one in found] == ["p", "pre"]
    assert "".join(one.get("text", "|") for one in found[0]["in"]) == "a <b>|c"
    assert found[1]["text"] == "x\ny"


@pytest.mark.parametrize("word", ["", "short words stay", "x" * 23])
def test_a_text_of_usual_words_stays_as_it_is(word) -> None:
    assert breakable(word) == word


def test_a_long_word_may_break_and_loses_nothing() -> None:
    word = "abc" * 30
    assert breakable(f"a {word} b").replace("\u200b", "") == f"a {word} b"
    assert max(map(len, breakable(word).split("\u200b"))) <= 12


def rows_of(*texts: str, many: int = 3) -> list:
    cells = "".join(f"<td>{text}</td>" for text in texts)
    return [row.elements for row in parse(f"<table>{f'<tr>{cells}</tr>' * many}</table>").every("tr")]


def test_columns_that_fit_take_what_they_need() -> None:
    widths, whole = widths_of(rows_of("a name", "12", "13"))
    assert widths == []
    assert 0 < whole < PAGE
    assert widths_of([]) == ([], 0.0)


def test_columns_that_do_not_fit_share_the_page_and_keep_room_for_a_word() -> None:
    texts = ["many words that may break " * 6, *["COP\u00a01.234.567 a COP\u00a02.345.678"] * 7]
    widths, whole = widths_of(rows_of(*texts))
    assert whole > PAGE
    assert sum(widths) == pytest.approx(PAGE, abs=1)
    size, inset = size_of(8)
    assert all(width >= 13 * 0.5 * size + 2 * inset - 1 for width in widths[1:])


def test_a_table_is_spread_where_that_leaves_no_gap() -> None:
    assert is_spread(0.8 * PAGE, [False, True])
    assert not is_spread(0.3 * PAGE, [False, True])
    assert not is_spread(0.8 * PAGE, [True, True])
    assert not is_spread(0.8 * PAGE, [])
