"""What differs between channels, what of a journey is remembered: differences of shares are percentage points."""

from __future__ import annotations

from typing import Any

import pytest

from promesa.report import coherence
from promesa.report.content import Content, read


def row(measure: str, estimate: float, **more: Any) -> dict[str, Any]:
    ends = {"lower": estimate - 0.01, "upper": estimate + 0.01}
    common = {"measure": measure, "estimate": estimate, **ends, "n": 400, "unit": "fraction", "note": None}
    return {**common, "evidence": "associated", **more}


def snapshot() -> dict[str, Any]:
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


@pytest.mark.parametrize(("locale", "comma"), [("en", "."), ("es", ",")])
def test_differences_of_shares_are_points_and_shares_are_percent(locale: str, comma: str) -> None:
    content: Content = read(snapshot(), locale=locale)
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
