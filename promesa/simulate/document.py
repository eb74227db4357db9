"""truth.json: the tally of a run, its dates and every coefficient, as one document."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from promesa.simulate import causal
from promesa.simulate.company import COMPETITORS, REGIONS
from promesa.simulate.company_files import BELIEF_SHARES, STAR_SHARES
from promesa.simulate.effects import CONTRASTS
from promesa.simulate.surveys import SURVEYS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from promesa.simulate.company import World
    from promesa.simulate.truth import Tally

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is true of a simulated company.

    Attributes
    ----------
    folder : Path
        The workspace that was written.
    document : mapping
        Content of ``truth.json``; docs/explanation/simulated-company.md lays it out.
    """

    folder: Path
    document: Mapping[str, Any]

    @property
    def moments(self) -> int:
        """Moments that a clean load gives."""
        return int(sum(self.document["moments"].values()))


def make_document(
    world: World, tally: Tally, *, run: Mapping[str, object], population: Mapping[str, float] | None
) -> Document:
    """Return truth.json.

    Parameters
    ----------
    world, tally
        The company and its sums.
    run : mapping
        Settings of the run, copied as they are.
    population : mapping or None
        Figures over many seeds, where they are known for this window.
    """
    sums = _nested(tally)
    money = _money(sums["money"])
    return {
        "run": dict(run),
        "window": {"start": world.start.isoformat(), "end": world.day(world.days - 1).isoformat(), "days": world.days},
        "coefficients": {
            "satisfaction": asdict(causal.SATISFACTION),
            "late": asdict(causal.LATE),
            "contact": asdict(causal.CONTACT),
            "return": asdict(causal.RETURN),
            "answering": asdict(causal.ANSWERING),
            "memory": asdict(causal.MEMORY),
        },
        "moments": {name: int(count) for name, count in sorted(sums["moments"].items())},
        "promises": {name: _promise(counts) for name, counts in sums["promises"].items()},
        "elements": {name: _mean(values) for name, values in sums["elements"].items()},
        "effects": {name: _effect(name, values, money["margin_per_order"]) for name, values in sums["effects"].items()},
        "synergies": {
            "late_and_bad_phone": causal.SATISFACTION.late_and_bad_phone,
            "kind_and_in_stock": causal.SATISFACTION.kind_and_in_stock,
        },
        "confounding": _confounding(sums["confounding"]),
        "surveys": {name: _survey(sums["surveys"][name]) for name in SURVEYS},
        "panel": _panel(sums["panel"]),
        "nonresponse": {
            group: {name: _mean(values) for name, values in measured.items()}
            for group, measured in sums["nonresponse"].items()
        },
        "returns": _returns(sums["returns"]),
        "money": money,
        "channels": {name: _mean(values["satisfaction"]) for name, values in sums["channels"].items()},
        "reviews": _reviews(sums["reviews"]),
        "belief": _belief(sums),
        "touchpoints": {
            "appears": {"touchpoint": "whatsapp_support", "first_day": world.day(world.whatsapp_from).isoformat()},
            "vanishes": {"touchpoint": "paper_catalogue", "last_day": world.day(world.catalogue_to).isoformat()},
        },
        "action": _action(world, sums["action"]),
        "persons": {name: int(count) for name, count in sums["persons"].items()},
        "consents": {
            purpose: {name: int(count) for name, count in counts.items()}
            for purpose, counts in sums["consents"].items()
        },
        "complaints": {name: int(count) for name, count in sums["complaints"].items()},
        "population": population,
        "dirt": sums["dirt"],
        "files": {name: int(count) for name, count in sums["files"].items()},
    }


def run_figures(tally: Tally) -> Document:
    """Return the figures of a tally that a population has too, flat: ``promises.bill_is_right`` and so on."""
    sums = _nested(tally)
    figures: Document = {}
    for name, counts in sums["promises"].items():
        figures[f"promises.{name}.kept_rate"] = _promise(counts)["kept_rate"]
    for name, values in sums["elements"].items():
        figures[f"elements.{name}.mean"] = _mean(values)["mean"]
    for name in SURVEYS:
        survey = _survey(sums["surveys"][name])
        figures |= {f"surveys.{name}.{key}": value for key, value in survey.items() if key not in {"asked", "answers"}}
    for group, measured in sums["nonresponse"].items():
        figures |= {f"nonresponse.{group}.{key}": _mean(values)["mean"] for key, values in measured.items()}
    figures["returns.probability"] = _mean(sums["returns"]["probability"])["mean"]
    figures["action.effect_on_late_probability"] = _mean(sums["action"]["effect"])["mean"]
    return figures


def write_document(path: Path, document: Document) -> None:
    """Write the truth as JSON, accents as they are."""
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _nested(tally: Tally) -> Document:
    tree: Document = defaultdict(dict)
    for name, value in tally.items():
        *path, leaf = name.split(".")
        branch = tree
        for part in path:
            branch = branch.setdefault(part, {})
        branch[leaf] = int(value) if path[0] == "dirt" else float(value)
    return tree


def _mean(values: Mapping[str, Any]) -> Document:
    n = int(values["n"])
    return {"n": n, "mean": values["sum"] / n if n else None}


def _promise(counts: Document) -> Document:
    due = int(counts["kept"] + counts["broken"])
    kept, broken = int(counts["kept"] + counts["kept_before_due"]), int(counts["broken"])
    return {
        "kept": kept,
        "broken": broken,
        "not_yet_due": int(counts["not_yet_due"]),
        "kept_rate": kept / (kept + broken) if due else None,
        "probability": counts["chance"] / due if due else None,
        "kept_before_due": int(counts["kept_before_due"]),
        "due_and_delivered": int(counts["due_and_delivered"]),
        "released": int(counts.get("released", 0)),
    }


def _effect(name: str, sums: Document, margin_per_order: float | None) -> Document:
    n = int(sums["n"])
    averages: Document = {key: value / n if n else None for key, value in sums.items() if key != "n"}
    contrast = CONTRASTS[name]
    # Baskets do not depend on satisfaction, so a purchase won or lost is worth the mean margin of an order.
    averages["margin"] = averages["return_probability"] * margin_per_order if n and margin_per_order else None
    return {"shape": contrast.shape, "base": contrast.base, "changed": contrast.changed, "n": n, **averages}


def _confounding(sums: Document) -> Document:
    late, punctual = _mean(sums["late"]), _mean(sums["punctual"])
    return {
        "confounder": "remote",
        "late": late,
        "punctual": punctual,
        "naive_difference": late["mean"] - punctual["mean"] if late["n"] and punctual["n"] else None,
        "remote_share_of_late": _mean(sums["late_remote"])["mean"],
        "remote_share_of_punctual": _mean(sums["punctual_remote"])["mean"],
    }


def _survey(sums: Document) -> Document:
    answers = _mean(sums["answers"])
    found: Document = {"asked": int(sums["asked"]), "answers": answers["n"], "mean": answers["mean"]}
    if "top" in sums and answers["n"]:
        found["top_box"] = sums["top"] / answers["n"]
        found["nps"] = 100 * (sums["promoters"] - sums["detractors"]) / answers["n"]
    return found


def _panel(sums: Document) -> Document:
    counts: Document = {name: int(sums[name]) for name in ("asked", "journeys")}
    return counts | {name: _mean(sums[name]) for name in ("moments", "remembered")}


def _returns(sums: Document) -> Document:
    return {
        "within_days": 90,
        "probability": _mean(sums["probability"]),
        "realised": _mean(sums["realised"]),
        "realised_after_broken": {name: _mean(values) for name, values in sums["broken"].items()},
    }


def _money(sums: Document) -> Document:
    orders = int(sums["orders"])
    margin = sums["revenue"] - sums["cost_of_goods"]
    return {
        "currency": "COP",
        "orders": orders,
        "revenue": sums["revenue"],
        "cost_of_goods": sums["cost_of_goods"],
        "margin": margin,
        "margin_per_order": margin / orders if orders else None,
    }


def _reviews(sums: Document) -> Document:
    own = _mean(sums["stars"])
    means = {name: sum((n + 1) * share for n, share in enumerate(STAR_SHARES[name])) for name in COMPETITORS}
    return {
        "own": own,
        "competitors_population": means,
        "competitors": {name: _mean(sums[name]) for name in COMPETITORS},
    }


def _belief(sums: Document) -> Document:
    everyone = _mean(sums["nonresponse"]["everyone"]["top_box"])["mean"]
    population = sum(BELIEF_SHARES[3:])
    return {
        "staff_top_box_population": population,
        "staff_top_box": _mean(sums["belief"]["top"])["mean"],
        "staff_answers": int(sums["belief"]["top"]["n"]),
        "customers_top_box": everyone,
        "gap_points": 100 * (population - everyone),
    }


def _action(world: World, sums: Document) -> Document:
    return {
        "name": "new_carrier",
        "region": REGIONS[0],
        "carrier": "Ruta Clara",
        "first_day": world.day(world.action_from).isoformat(),
        "depots_treated": [f"{REGIONS[0]} {n + 1:02d}" for n in world.treated.nonzero()[0]],
        "new_carrier": _mean(sums["new_carrier"]["late"]),
        "comparison": _mean(sums["comparison"]["late"]),
        "effect_on_late_probability": _mean(sums["effect"])["mean"],
    }
