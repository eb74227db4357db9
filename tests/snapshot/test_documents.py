"""What a kept document holds: the keys that others build on, and nothing that JSON cannot say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from promesa.snapshot import finite

if TYPE_CHECKING:
    from promesa.snapshot import Snapshot

DOCUMENT = ["analysis", "as_of", "store_version", "confidence_level", "dimensions", "rows", "summary", "chart"]
FIGURE = ["measure", "estimate", "lower", "upper", "n", "n_missing", "unit", "evidence", "note"]
# Keys change with the version of the documents and the changelog, never silently.
MORE: dict[str, dict[str, list[str]]] = {
    "chain": {
        "kept_rate": ["owner", "recent", "previous", "change", "change_lower", "change_upper"],
        "clean_journeys": ["owner", "recent", "previous", "change", "change_lower", "change_upper"],
        "csat": ["concept", "recent", "previous", "change", "change_lower", "change_upper"],
        "nps": ["concept", "recent", "previous", "change", "change_lower", "change_upper"],
        "return_rate": ["within_days", "recent", "previous", "change", "change_lower", "change_upper"],
        "": ["recent", "previous", "change", "change_lower", "change_upper"],
    },
    "promises": {
        "kept_rate": ["owner", "target", "capability"],
        "score_": ["concept"],
        "cost_of_broken": ["broken"],
    },
    "touchpoints": {"csat": ["concept"], "nps": ["concept"], "*.": ["element"]},
    "opinions": {"csat": ["concept"], "nps": ["concept"]},
    "differences": {"commitments": ["from", "to", "scale_unit"]},
    "value": {},
    "returning": {"return_rate": ["within_days"]},
    "cases": {},
    "journeys": {},
    "needs": {},
    "transitions": {},
    "handovers": {"": ["from_owner", "to_owner"]},
    "changes": {
        "share_change": ["change", "p_value", "p_adjusted", "first_day", "last_day"],
        "share_change_year": ["p_value", "p_adjusted", "differs"],
        "level_change": ["change", "p_value", "p_adjusted", "day", "day_earliest", "day_latest", "weeks"],
        "customers_": ["first_day", "last_day"],
        "unknown_customers": ["first_day", "last_day", "proposal"],
        "unknown_": ["first_day", "last_day"],
    },
    "conformance": {"score_difference": ["p_value", "p_adjusted"], "return_difference": ["p_value", "p_adjusted"]},
    "endings": {"rate_difference": ["p_value", "p_adjusted", "found"]},
    "identity": {},
    "quality": {"rows": ["first", "last"]},
}
# Of what is lived and what came of it. A row without a figure may lack the keys that speak of one.
_HOLDOUT = ["model", "chosen", "repeats", "period", "horizon_days"]
_STAYING = [
    "cohort", "since", "period", "days", "at_risk", "term", "kind", "level", "event", "q", "share_sampled"
]  # fmt: skip
_FEATURE = ["kind", "stage", "function", "touchpoint", "feature_unit", "better"]
_SHAPE = [
    *_FEATURE, "class", "probability_must_be", "probability_performance", "probability_delight", "probability_none",
    "essential", "usual", "worst", "best", "share_worse", "share_better", "n_met", "reversed", "told_with", "n_known",
    "share_sampled",
]  # fmt: skip
_ABOUT = ["function", "owner"]
STUDIES: dict[str, dict[str, list[str]]] = {
    "lifetime": {"": _HOLDOUT},
    "retention": {"": _STAYING},
    "dropout": {"": ["term", "kind", "level", "against", "n_with", "q"]},
    "tiers": {"expected_profit": ["horizon_days"], "moved": ["to"]},
    "standard": {"": ["by", "group", "target", "level", "p_value", "worse"]},
    "lags": {"": ["lag", "period", "p_value", "p_adjusted", "found"]},
    "memory": {"": ["concept", "within_days"]},
    "feedback": {
        "later_score_difference": ["p_value", "p_adjusted", "found"],
        "later_broken_difference": ["p_value", "p_adjusted", "found"],
        "": [],
    },
    "coherence": {"": ["measured", "against", "p_value", "p_adjusted", "found"]},
    "promoters": {"": ["concept", "against", "within_days", "adjusted_for"]},
    "balance": {
        "": ["month", "at_spend", "current", "lowest", "highest", "of", "periods", "shared", "earliest"],
    },
    "ledger": {"": ["exact", "shared_by"]},
    "whale": {"": ["customers_share", "reason", "touchpoint"]},
    "drivers": {
        "explained": ["by_chance", "n_known", "share_sampled"],
        "explained_by_confounders": ["confounders", "n_known", "share_sampled"],
        "unexplained": ["n_known", "share_sampled"],
        "share": [
            *_FEATURE, "n_met", "mean", "spread", "direction", "probability_top_three", "indistinguishable_with",
            "told_with", "essential", "class", "penalty", "stated", "stated_n", "rows_judged", "share_judged",
        ],
        "": _FEATURE,
    },
    "roles": {
        "explained": ["by_chance", "n_known", "share_sampled"],
        "share": ["owner", "elements", "n_served", "probability_first", "probability_top_three"],
    },
    "asymmetry": {"": _SHAPE},
    "synergy": {"": ["n_known", "share_sampled"]},
    "effects": {"effect": ["of", "kind"]},
    "experiments": {},
    "paths": {},
    "arrows": {"": ["outcome", "confounders", "share_sampled"]},
    "system": {"": ["kind", "touchpoint", "function", "feature_unit", "mean", "met"]},
    "priorities": {
        "satisfaction_at_stake": [
            *_ABOUT, "outcome", "rank", "rank_lower", "rank_upper", "probability_top_three"
        ],
        "importance": [*_ABOUT, "outcome"],
        "": _ABOUT,
    },
}  # fmt: skip
NEEDS_A_DECLARATION = ("ledger", "experiments", "paths", "tiers", "standard")
MEASURES = {
    "promises": {
        "kept_rate", "kept_rate_of_delivered", "kept", "broken", "not_yet_due", "unknown", "released",
        "score_after_kept", "score_after_broken", "score_after_late", "score_difference", "return_after_kept",
        "return_after_broken", "return_difference", "margin_after_kept", "margin_after_broken", "margin_difference",
        "cost_of_broken", "difference_p10", "difference_p50", "difference_p90",
    },
    "value": {
        "orders", "customers", "revenue", "cost_of_goods", "cost_to_serve", "margin", "margin_per_customer",
        "cost_to_serve_per_customer", "revenue_per_order",
    },
    "opinions": {"asked", "answers", "response_rate", "csat", "nps"},
    "identity": {
        "precision", "recall", "records", "all_persons", "persons", "contradictions", "without_customer",
    },
    "quality": {"rows", "read", "accepted", "unchanged", "repeated", "corrected"},
    "differences": {"commitments"},
    "returning": {"return_rate"},
}  # fmt: skip
KEYS = [
    "chain", "promises", "touchpoints", "opinions", "differences", "value", "ledger", "whale", "returning",
    "lifetime", "retention", "dropout", "tiers", "standard", "promoters", "balance", "cases", "journeys", "transitions",
    "handovers", "memory", "coherence", "feedback", "needs",
    "changes", "conformance", "endings", "drivers", "roles", "asymmetry", "synergy", "effects", "experiments", "paths",
    "arrows", "system", "priorities",
    "lags", "identity", "quality", "promises_by_month", "promises_by_function", "promises_by_supplier",
    "promises_by_channel", "touchpoints_by_channel", "touchpoints_by_month", "opinions_by_month", "value_by_month",
    "returning_by_month", "promises_by_city",
]  # fmt: skip


def document(kept: Snapshot, key: str) -> dict[str, Any]:
    found = kept.document(key)
    assert found is not None
    return found


def test_a_snapshot_answers_these_questions(kept: Snapshot) -> None:
    assert kept.about["documents"] == KEYS
    assert kept.document("promises_by_moon") is None
    assert list(kept.whole()["documents"]) == KEYS


@pytest.mark.parametrize("analysis", STUDIES)
def test_keys_of_studies_are_these(kept: Snapshot, analysis: str) -> None:
    found = document(kept, analysis)
    assert list(found) == [*DOCUMENT, *(["system"] if analysis == "system" else [])]
    assert bool(found["rows"]) == (analysis not in NEEDS_A_DECLARATION)
    for row in found["rows"]:
        rules = STUDIES[analysis]
        more = [key for key in row if key not in FIGURE and key not in found["dimensions"]]
        known = rules.get(row["measure"], rules.get("", []))
        assert set(more) <= set(known), row["measure"]
        assert row["estimate"] is None or set(more) == set(known), row["measure"]


@pytest.mark.parametrize("key", [key for key in KEYS if key not in STUDIES])
def test_keys_are_these_and_in_this_order(kept: Snapshot, key: str) -> None:
    found = document(kept, key)
    assert list(found) == DOCUMENT
    assert found["analysis"] == key.partition("_by_")[0]
    assert found["rows"]
    for row in found["rows"]:
        assert list(row) == [*found["dimensions"], *FIGURE, *more_of(found["analysis"], row["measure"])]


def more_of(analysis: str, measure: str) -> list[str]:
    """Return the further keys of a measure: by its name, the start of it, or the dot in it."""
    rules = MORE[analysis]
    if measure in rules:
        return rules[measure]
    starts = [keys for start, keys in rules.items() if start.endswith("_") and measure.startswith(start)]
    dotted = [keys for start, keys in rules.items() if start == "*." and "." in measure]
    return next(iter([*starts, *dotted]), rules.get("", []))


@pytest.mark.parametrize("analysis", sorted(MEASURES))
def test_measures_are_these(kept: Snapshot, analysis: str) -> None:
    assert {row["measure"] for row in document(kept, analysis)["rows"]} == MEASURES[analysis]


def test_nothing_is_infinite_or_not_a_number(kept: Snapshot) -> None:
    def refuse(name: str) -> None:
        pytest.fail(f"{name} in a document")

    files = sorted(kept.folder.glob("*.json"))
    assert len(files) == len(KEYS) + 1
    for file in files:
        json.loads(file.read_text(encoding="utf-8"), parse_constant=refuse)


@pytest.mark.parametrize("key", KEYS)
def test_every_figure_has_its_n_and_its_reason(kept: Snapshot, key: str) -> None:
    for row in document(kept, key)["rows"]:
        assert row["n"] >= 0
        adjusted = {"adjusted"} if key in {"effects", "arrows", "system", "priorities"} else set()
        assert row["evidence"] in {"described", "associated"} | adjusted
        assert (row["lower"] is None) == (row["upper"] is None)
        if row["estimate"] is None:
            assert row["note"], row["measure"]
            assert row["lower"] is None
        elif row["lower"] is not None:
            assert row["lower"] <= row["estimate"] <= row["upper"]


def test_a_difference_is_said_to_go_with_and_never_to_change(kept: Snapshot) -> None:
    for row in document(kept, "promises")["rows"]:
        compares = row["measure"].endswith("_difference") or row["measure"] == "cost_of_broken"
        assert (row["evidence"] == "associated") == compares, row["measure"]


def test_sentences_are_in_both_languages(kept: Snapshot) -> None:
    for key in KEYS:
        summary = document(kept, key)["summary"]
        assert summary["es"] != summary["en"], key
        assert "None" not in f"{summary}", key


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (float("nan"), None),
        (float("-inf"), None),
        ({"a": [1.5, float("inf")], 2: ("x", True)}, {"a": [1.5, None], "2": ["x", True]}),
        (0, 0),
    ],
)
def test_what_json_cannot_say_is_null(value: object, said: object) -> None:
    assert finite(value) == said
