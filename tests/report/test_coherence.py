"""What differs between channels, what of a journey is remembered: differences of shares are percentage points."""

from __future__ import annotations

import re
from typing import Any

import pytest

from promesa.report import coherence
from promesa.report.content import Content, read
from promesa.report.page import html_of
from tests.report.companies import marketplace
from tests.web import browsing

STATED = 15


def row(measure: str, estimate: float, **more: Any) -> dict[str, Any]:
    ends = {"lower": estimate - 0.01, "upper": estimate + 0.01}
    common = {"measure": measure, "estimate": estimate, **ends, "n": 400, "unit": "fraction", "note": None}
    return {**common, "evidence": "associated", **more}


def _snapshot() -> dict[str, Any]:
    kept = {"touchpoint": "deliver", "promise": "on_time", "by": "channel", "measured": "kept"}
    tests = {"against": "phone", "found": True, "p_value": 0.001}
    back = {"outcome": "return", "touchpoint": None, "summary": None}
    return {
        "company": "Test",
        "labels": {"promise": {"on_time": {"es": "A tiempo", "en": "On time"}}},
        "documents": {
            "coherence": {
                "rows": [
                    row("between_share", 0.3, group=None, **kept),
                    row("widest_difference", 0.123, group="app", **kept, **tests),
                    row("difference", 0.061, group="app", **kept),
                    row("difference", -0.062, group="phone", **kept),
                ]
            },
            "memory": {
                "rows": [
                    row("foretold", 0.6, **{**back, "summary": "end"}),
                    row("foretold_more", 0.047, **{**back, "summary": "end"}),
                    row("change_by_point", 0.021, **{**back, "touchpoint": "deliver"}),
                    row("worst_share", 0.4, **{**back, "touchpoint": "deliver"}),
                ]
            },
        },
    }


def report_of() -> str:
    """Return a report with a promise that is stated in many channels."""
    snapshot, part = marketplace(), _snapshot()
    about = {"touchpoint": None, "promise": "on_time", "by": "channel", "measured": "stated"}
    part["documents"]["coherence"]["rows"] += [
        row("stated_median", 3.0 + n, **{**about, "group": f"shop {n}", "unit": "days"}) for n in range(STATED)
    ]
    snapshot["documents"] = {**snapshot["documents"], **part["documents"]}  # type: ignore[dict-item]
    return html_of(read(snapshot, locale="en"))


def test_long_lists_are_folded_with_their_count() -> None:
    page = report_of()
    assert f"Show the other {STATED - 10} rows" in page
    assert re.search(r'<details class="fold"><summary>[^<]+<span class="soft">\(rows: 1\)</span></summary>', page)
    assert page.count("<table") == page.count("<caption"), "each table is there, whole, once"
    assert page.count("shop 14") == 1


@pytest.mark.skipif(browsing.CHROMIUM is None, reason="no Chromium here: apt-get install chromium")
def test_what_is_folded_opens_without_a_script_and_is_on_paper() -> None:
    with browsing.chromium() as browser:
        page = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 900}).new_page()
        page.set_content(report_of())
        last, folded = page.get_by_text("shop 14", exact=True), page.locator(".folded table").first
        assert [last.is_visible(), folded.is_visible()] == [False, False]
        assert page.get_by_text("shop 9", exact=True).is_visible()
        page.emulate_media(media="print")
        assert [last.is_visible(), folded.is_visible()] == [True, True]
        page.emulate_media(media="screen")
        page.get_by_text(f"Show the other {STATED - 10} rows").click()
        page.locator(".fold summary").first.click()
        assert [last.is_visible(), folded.is_visible()] == [True, True]
        assert page.get_by_text("Only the first 10").is_visible()


@pytest.mark.parametrize(("locale", "comma"), [("en", "."), ("es", ",")])
def test_differences_of_shares_are_points_and_shares_are_percent(locale: str, comma: str) -> None:
    content: Content = read(_snapshot(), locale=locale)
    compared, (summaries, places) = coherence.compared_table(content), coherence.remembered_tables(content)
    assert compared is not None
    told = [cell.text.replace("\xa0", " ") for table in (compared, summaries, places) for cell in table.rows[0]]
    for difference in ("12.3", "4.7", "2.1"):
        assert f"+{difference} pp".replace(".", comma) in told
    for share in ("30.0 %", "60.0 %", "40.0 %"):
        assert share.replace(".", comma) in told
    (exhibit,) = coherence.compared_exhibits(content)
    behind = [cell.text.replace("\xa0", " ") for line in exhibit.table.rows for cell in line]
    assert "+6.1 pp".replace(".", comma) in behind
    assert "\N{MINUS SIGN}6.2 pp".replace(".", comma) in behind
    assert "%" not in str(exhibit.svg)
