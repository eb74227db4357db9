"""Documents of drivers, effects and the chain of a made-up company, for the tests of the report and the terminal."""

from __future__ import annotations

from typing import Any

from tests.report.companies import Row, document, label, marketplace, row

OUTCOMES = {"satisfaction": "score", "comes_back": "fraction", "margin_after": "BRL"}
SIZES = {"score": 1.0, "fraction": 0.2, "BRL": 60_000.0}
NAMES = {
    "satisfaction": label("Satisfacción con la compra", "Satisfaction with the purchase"),
    "comes_back": label("Vuelve a comprar", "Buys again"),
    "margin_after": label("Margen posterior", "Margin afterwards"),
    "region": label("Estado (UF)", "State (UF)"),
    "reminder": label("Recordatorio de la encuesta", "Reminder of the survey"),
    "by_mail": label("Por correo", "By mail"),
}
FEATURES = (
    ("arrives", "promise", "delivery", "logistics", "after", "must_be"),
    ("delivery_days", "element", "delivery", "logistics", "after", "must_be"),
    ("dispatched", "promise", "dispatch", "sellers", "after", "performance"),
    ("photos", "element", "product_page", "catalogue", "before", "delight"),
    ("freight_share", "element", "checkout", "catalogue", "during", "none"),
    ("claims", "met", "claims", "after_sales", "after", None),
)
PAIR = "satisfaction"
"""The outcome of which a pair is confirmed."""


def researcher() -> dict[str, Any]:
    """Return the marketplace with everything that is learned of causes."""
    base: dict[str, Any] = marketplace()
    return {**base, "documents": {**base["documents"], **studies()}}


def studies() -> dict[str, Any]:
    """Return the documents of the analyses by key."""
    system = {**document("system", _system()), "system": {"labels": NAMES}}
    return {
        "drivers": document("drivers", _drivers()),
        "roles": document("roles", _roles()),
        "asymmetry": document("asymmetry", _asymmetry()),
        "synergy": document("synergy", _synergy()),
        "effects": document("effects", _effects()),
        "experiments": document("experiments", _experiments()),
        "paths": document("paths", _paths()),
        "arrows": document("arrows", _arrows()),
        "system": system,
        "priorities": document("priorities", _priorities()),
    }


def nothing_learned() -> dict[str, Any]:
    """Return the same documents of a company that has nothing to learn from yet."""
    few = {"outcome": "satisfaction", "evidence": "associated", "note": "too-few"}
    none = row("effect", None, unit="score", note="no-data", evidence="adjusted")
    return {
        "drivers": document("drivers", [row("explained", None, unit="fraction", feature=None, **few)]),  # type: ignore[arg-type]
        "roles": document("roles", [row("explained", None, unit="fraction", by="function", group=None, **few)]),  # type: ignore[arg-type]
        "asymmetry": document("asymmetry", []),
        "synergy": document("synergy", [row("joint_extra", None, first=None, second=None, **few)]),  # type: ignore[arg-type]
        "effects": document(
            "effects", [{**none, "effect": "arrives", "outcome": "satisfaction", "of": "arrives", "kind": "promise"}]
        ),
        "experiments": document("experiments", []),
        "paths": document("paths", []),
        "arrows": document("arrows", [{**none, "from": "experience", "to": "satisfaction"}]),
        "system": document("system", []),
        "priorities": document(
            "priorities", [row("money_at_stake", None, level="touchpoint", name="delivery", note="no-data")]
        ),
    }


def _of(feature: tuple[str, str, str, str, str, str | None]) -> dict[str, Any]:
    name, kind, touchpoint, function, stage, shape = feature
    return {
        "feature": name, "kind": kind, "touchpoint": touchpoint, "function": function, "stage": stage, "class": shape,
        "essential": shape == "must_be", "penalty": -0.4, "n_met": 900, "evidence": "associated",
    }  # fmt: skip


def _drivers() -> list[Row]:
    rows: list[Row] = []
    for place, (outcome, unit) in enumerate(OUTCOMES.items()):
        shared: dict[str, Any] = {"outcome": outcome, "n_known": 9050, "share_sampled": 1.0 if place else 0.5}
        whole = 0.17 if outcome != "margin_after" else 0.001
        rows += [
            row("explained", whole, unit="fraction", width=0.01, evidence="associated", by_chance=0.004, **shared),
            row("explained_by_confounders", 0.05, unit="fraction", width=0.01, confounders="price, region", **shared),
            row("unexplained", 0.78, unit="fraction", width=0.02, **shared),
        ]
        for k, feature in enumerate(FEATURES):
            share = 0.05 / (k + 1)
            more = {**shared, **_of(feature)}
            rows += [
                row("share", share, unit="fraction", width=share / 4, **more),
                row("importance_share", share * 5, unit="fraction", width=share, **more),
                row("change", -0.6 * SIZES[unit] / (k + 1), unit=unit, width=0.1 * SIZES[unit], **more),
            ]
        left = {
            **shared,
            **_of(("approved", "promise", "approval", "payments", "during", None)),
            "told_with": "arrives",
        }
        rows.append(row("share", None, unit="fraction", note="indistinguishable", **left))
        hidden = {**shared, **_of(("secret", "element", "approval", "payments", "during", None))}
        rows.append(row("share", None, unit="fraction", note="withheld-small-cell", **hidden))
    return rows


def _roles() -> list[Row]:
    groups = {
        "function": ("logistics", "sellers", "catalogue"),
        "stage": ("after", "during", "before"),
        "channel": ("online", "other", None),
        "supplier": ("Andes & Hijos <Ltda>", None),
    }
    return [
        row("share", 0.06 / (k + 1), unit="fraction", width=0.01, outcome=outcome, by=by, group=group,
            evidence="associated", owner="Ana" if by == "function" else None, probability_first=1.0 if k == 0 else 0.0)
        for outcome in OUTCOMES
        for by, names in groups.items()
        for k, group in enumerate(names)
    ]  # fmt: skip


def _asymmetry() -> list[Row]:
    rows: list[Row] = []
    for outcome, unit in OUTCOMES.items():
        for feature in FEATURES[:-1]:
            more = {"outcome": outcome, **_of(feature)}
            rows.append(row("penalty", -0.5 * SIZES[unit], unit=unit, width=0.1 * SIZES[unit], **more))
            if feature[1] == "promise":
                rows.append(row("reward", None, unit=unit, note="reward-not-observed", **more))
            else:
                rows.append(row("reward", 0.3 * SIZES[unit], unit=unit, width=0.1 * SIZES[unit], **more))
    return rows


def _synergy() -> list[Row]:
    rows: list[Row] = []
    for outcome, unit in OUTCOMES.items():
        for second, status in (("photos", "confirmed"), ("freight_share", "not_found")):
            rows.append(
                row("joint_extra", -0.3 * SIZES[unit], unit=unit, width=0.1 * SIZES[unit], n=400, evidence="associated",
                    outcome=outcome, first="arrives", second=second, first_kind="promise", second_kind="element",
                    first_moves="worse", second_moves="better", first_moved=1.0, second_moved=5.0,
                    tested=162, n_journeys=9050,
                    status=status if outcome == PAIR else "not_found")
            )  # fmt: skip
    return rows


def _effects() -> list[Row]:
    rows: list[Row] = []
    for k, name in enumerate(("arrives", "dispatched", "approved")):
        for outcome, unit in OUTCOMES.items():
            size = SIZES[unit] * (0.7, 0.3, 0.05)[k]
            where: dict[str, Any] = {"effect": name, "outcome": outcome, "segment": None, "n": 6149}
            adjusted = {**where, "evidence": "adjusted"}
            rows += [
                row(
                    "effect",
                    -size,
                    unit=unit,
                    width=0.1 * SIZES[unit],
                    of=name,
                    kind="promise",
                    n_acted=645,
                    **adjusted,
                ),
                row("effect_on_all", -1.1 * size, unit=unit, width=0.1 * SIZES[unit], **adjusted),
                row("unadjusted", -1.2 * size, unit=unit, width=0.1 * SIZES[unit], evidence="associated", **where),
                row("robustness", 0.28, unit="fraction", **adjusted),
                row("overlap", 0.3, unit="fraction", **adjusted),
                row("as_strong_as", -size, unit=unit, confounder="region", removes_effect=k == 1, **adjusted),
                row("imbalance", 0.2, unit="deviations", confounder="price", **adjusted),
            ]
            if outcome == "comes_back":
                rows.append(row("placebo", -0.2 if k else -0.02, unit="count", width=0.05, **adjusted))
            if k == 0:
                parts = {**adjusted, "by": "region", "p_all_equal": 0.4}
                rows.append(
                    row("effect_in_segment", -size, unit=unit, width=0.2 * SIZES[unit], **{**parts, "segment": "SP"})
                )
                rows.append(
                    row("effect_in_segment", None, unit=unit, note="withheld-small-group", **{**parts, "segment": "RR"})
                )
    empty = {"effect": "photos", "of": "photos", "kind": "element", "outcome": "satisfaction", "evidence": "adjusted"}
    return [*rows, row("effect", None, unit="score", note="never-varied", **empty)]  # type: ignore[arg-type]


def _experiments() -> list[Row]:
    where: dict[str, Any] = {
        "experiment": "reminder",
        "arm": "by_mail",
        "outcome": "comes_back",
        "evidence": "experiment",
    }
    return [
        row("sample_ratio", 0.4, unit="fraction", experiment="reminder", arm=None, outcome=None, trustworthy=True),
        row("effect", 0.03, unit="fraction", width=0.01, segment=None, **where),
        row("difference", 0.031, unit="fraction", width=0.012, segment=None, **where),
        row("lift", 0.1, unit="fraction", width=0.04, segment=None, **where),
        row("effect_in_segment", 0.04, unit="fraction", width=0.03, segment="SP", **where),
    ]


def _paths() -> list[Row]:
    names = {
        "image": label("Imagen", "Image"),
        "quality": label("Calidad", "Quality"),
        "loyal": label("Lealtad", "Loyalty"),
    }
    more = {"index": "ecsi", "index_es": "Índice nacional", "index_en": "National index"}
    rows = [
        row("index_score", 60.0 + k, unit="points", width=2.0, construct=name, target=None, item=None,
            importance=0.3, importance_lower=0.2, importance_upper=0.4,
            label_es=said["es"], label_en=said["en"], **more)
        for k, (name, said) in enumerate(names.items())
    ]  # fmt: skip
    for source, target in (("image", "quality"), ("quality", "loyal")):
        ends: dict[str, Any] = {
            "index": "ecsi",
            "construct": source,
            "target": target,
            "item": None,
            "evidence": "associated",
        }
        rows += [row(measure, 0.4, unit="score", width=0.1, **ends) for measure in ("path", "total_effect")]
        rows.append(
            row("r_squared", 0.3, unit="fraction", width=0.1, index="ecsi", construct=target, target=None, item=None)
        )
    for measure in ("weight", "loading"):
        rows.append(
            row(measure, 0.8, unit="score", width=0.1, index="ecsi", construct="image", item="stars", mean=61.5)
        )
    rows.append(
        row("loading", None, unit="score", index="ecsi", construct="loyal", item="unheard", note="never-answered")
    )
    rows += [
        row(m, 0.8, unit="fraction", index="ecsi", construct="image")
        for m in ("alpha", "rho_a", "composite_reliability", "ave")
    ]
    return rows


def _arrows() -> list[Row]:
    adjusted: dict[str, Any] = {"evidence": "adjusted", "n": 9050}
    return [
        row("effect", -0.52, unit="score", width=0.04, **{"from": "experience", "to": "satisfaction"}, **adjusted),
        row("effect", -0.17, unit="fraction", width=0.01, **{"from": "experience", "to": "retention"}, **adjusted),
        row("effect", 0.09, unit="fraction", width=0.02, **{"from": "satisfaction", "to": "retention"}, **adjusted),
        row(
            "effect_through_satisfaction",
            -0.05,
            unit="fraction",
            width=0.01,
            **{"from": "experience", "to": "retention"},
            **adjusted,
        ),
        row("effect", None, note="no-orders-loaded", **{"from": "satisfaction", "to": "profit"}, evidence="adjusted"),
        row("effect", 542_229.0, unit="BRL", width=10_000.0, **{"from": "retention", "to": "profit"}, n=9050),
    ]


def _system() -> list[Row]:
    return [
        row("total_effect", -0.7 / (k + 1), unit="score", width=0.1, outcome="satisfaction", feature=name, kind=kind,
            feature_unit="fraction" if kind == "promise" else "count", mean=0.1, met=0.9, evidence="adjusted")
        for k, (name, kind, *_) in enumerate(FEATURES)
    ]  # fmt: skip


def _priorities() -> list[Row]:
    rows: list[Row] = []
    for level, names in (
        ("touchpoint", ("delivery", "dispatch", "checkout", "product_page")),
        ("function", ("logistics", "sellers")),
    ):
        for k, name in enumerate(names):
            who: dict[str, Any] = {"level": level, "name": name, "function": FEATURES[k][3], "owner": "Dirección & Cía"}
            rank = {"rank": k + 1, "rank_lower": 1, "rank_upper": k + 2, "probability_top_three": 0.94 - 0.2 * k}
            stake = 442_000_000.0 / (k + 1) ** 3
            rows += [
                row("journeys", 14_000.0, **who),
                row("broken_share", 0.17, unit="fraction", **who),
                row("importance", 0.02, unit="fraction", width=0.01, evidence="adjusted", **who),
                row("return_at_stake", 818.3, width=100.2, evidence="adjusted", **who),
                row("satisfaction_at_stake", 0.16, unit="score", width=0.02, evidence="adjusted", **who),
                row("money_at_stake", stake, unit="BRL", width=30_000_000.0, evidence="adjusted", **who, **rank),
            ]
    return [
        *rows,
        row("money_at_stake", None, level="touchpoint", name="payment", note="nothing-to-move", evidence="adjusted"),
    ]
