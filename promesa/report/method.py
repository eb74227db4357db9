"""Method notes: what each figure means and what it does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words

if TYPE_CHECKING:
    from promesa.report.content import Content

NOTES = (
    "as_of",
    "interval",
    "withheld",
    "counts",
    "kept_rate",
    "after",
    "cost",
    "scores",
    "response",
    "elements",
    "change",
    "value",
    "cases",
    "journeys",
    "coherence",
    "memory",
    "feedback",
    "needs",
    "map",
    "balance",
    "curves",
    "lags",
    "whale",
    "books",
    "priorities",
    "effects",
    "robustness",
    "whatif",
    "importance",
    "penalty",
    "synergy",
    "index",
    "quarantine",
)
NEEDS = {
    "cases": "cases",
    "journeys": "journeys",
    "feedback": "feedback",
    "needs": "needs",
    "map": "changes",
    "coherence": "coherence",
    "memory": "memory",
    "balance": "balance",
    "curves": "balance",
    "lags": "lags",
    "whale": "whale",
    "books": "ledger",
    "priorities": "priorities",
    "effects": "effects",
    "robustness": "effects",
    "whatif": "system",
    "importance": "drivers",
    "penalty": "asymmetry",
    "synergy": "synergy",
    "index": "paths",
}
"""Notes on what only some snapshots hold: the document that must have rows."""
USUAL_LEVEL = 0.95


def notes(content: Content) -> list[tuple[str, str]]:
    """Return (what, how it is meant) for each figure of the report."""
    level = next((found for key in content.documents if (found := content.level(key))), USUAL_LEVEL)
    smallest = content.say("smallest", n=content.min_group) if content.min_group else content.say("smallest_unstated")
    values = {
        "day": content.day(content.as_of_day),
        "zone": content.time_zone or words.NOT_STATED,
        "level": words.percent(level, content.locale, decimals=0).replace(" ", "\u00a0"),
        "smallest": smallest,
        "trend_days": content.trend_days,
    }
    shown = [key for key in NOTES if key not in NEEDS or content.rows(NEEDS[key])]
    return [(content.say(f"method.{key}.what"), content.say(f"method.{key}.how", **values)) for key in shown]
