"""Snapshots as `promesa analyse` keeps them, of companies made up for the tests of the report."""

from __future__ import annotations

from math import exp, sin

Row = dict[str, object]
MONTHS = [f"{year}-{month:02d}" for year in (2017, 2018) for month in range(1, 13)][:21]


def row(
    measure: str,
    estimate: float | None,
    *,
    unit: str = "count",
    width: float | None = None,
    n: int = 1000,
    evidence: str = "described",
    note: str | None = None,
    **more: object,
) -> Row:
    """Return one row of a result, its interval `width` to each side."""
    has_ends = width is not None and estimate is not None
    return {
        **{key: value for key, value in more.items() if key in DIMENSIONS},
        "measure": measure,
        "estimate": estimate,
        "lower": estimate - width if has_ends else None,
        "upper": estimate + width if has_ends else None,
        "n": n if estimate is not None else 0,
        "n_missing": 0,
        "unit": unit,
        "evidence": evidence,
        "note": note,
        **{key: value for key, value in more.items() if key not in DIMENSIONS},
    }


DIMENSIONS = {"link", "promise", "touchpoint", "channel", "month", "table", "load", "rule", "region", "function"}


def document(analysis: str, rows: list[Row], *, es: str = "", en: str = "") -> dict[str, object]:
    """Return one document of a snapshot."""
    return {
        "analysis": analysis,
        "as_of": "2018-10-16T02:59:59.999999",
        "store_version": "4f1c9a2b7d30",
        "confidence_level": 0.95,
        "dimensions": [],
        "rows": rows,
        "summary": {"es": es, "en": en},
        "chart": {"es": None, "en": None},
    }


def label(es: str, en: str) -> dict[str, str]:
    """Return a name in both languages."""
    return {"es": es, "en": en}


def marketplace() -> dict[str, object]:
    """Return a company with much to say: three promises, nine touchpoints, twenty-one months."""
    return {
        "as_of": "2018-10-16T02:59:59.999999",
        "as_of_day": "2018-10-15",
        "store_version": "4f1c9a2b7d30",
        "company": "Mercado del Sur",
        "brand": "sur",
        "locale": "es",
        "currency": "BRL",
        "time_zone": "America/Sao_Paulo",
        "min_group": 30,
        "labels": LABELS,
        "model": {"touchpoints": TOUCHPOINTS, "promises": PROMISES},
        "documents": {
            "chain": document(
                "chain",
                _chain(),
                es="La promesa principal se cumplió en el 91,3 % de las ocasiones que vencieron (90,9 % a 91,8 %; "
                "n = 14.887), y la satisfacción media fue de 4,08 estrellas (4,06 a 4,10).",
                en="The main promise was kept in 91.3 % of the occasions that fell due (90.9 % to 91.8 %; n = 14,887), "
                "and mean satisfaction was 4.08 stars (4.06 to 4.10).",
            ),
            "promises": document("promises", _promises()),
            "promises_by_month": document("promises", _promises_by_month()),
            "promises_by_region": document("promises", _promises_by_region()),
            "differences": document("differences", _differences()),
            "touchpoints": document("touchpoints", _touchpoints()),
            "touchpoints_by_channel": document("touchpoints", _by_channel()),
            "touchpoints_by_month": document("touchpoints", _touchpoints_by_month()),
            "opinions_by_month": document("opinions", _opinions_by_month()),
            "value": document("value", _value()),
            "value_by_month": document("value", _value_by_month()),
            "quality": document("quality", _quality()),
        },
    }


LABELS = {
    "function": {
        "catalogue": label("Catálogo", "Catalogue"),
        "payments": label("Pagos", "Payments"),
        "sellers": label("Vendedores", "Sellers"),
        "logistics": label("Logística", "Logistics"),
        "after_sales": label("Posventa", "After-sales"),
    },
    "channel": {
        "online": label("En línea", "Online"),
        "door": label("En la puerta", "At the door"),
        "email": label("Correo electrónico", "E-mail"),
    },
    "touchpoint": {
        "product_page": label("Elegir: ficha del producto", "Choosing: product page"),
        "checkout": label("Cesta y fecha prometida", "Basket and promised date"),
        "payment": label("Pago", "Payment"),
        "approval": label("Aprobación del pago", "Payment approval"),
        "dispatch": label("Despacho del vendedor", "Dispatch by the seller"),
        "carrier": label("Transporte", "Carrier"),
        "delivery": label("Entrega", "Delivery"),
        "review": label("Encuesta y posventa", "Review and after-sales"),
        "claims": label("Reclamos por correo", "Claims by e-mail"),
    },
    "promise": {
        "arrives": label(
            "Tu pedido llega a más tardar el día que te dijimos", "Your order arrives by the date we gave"
        ),
        "dispatched": label("El vendedor despacha antes de su hora límite", "The seller dispatches by its limit"),
        "approved": label("Aprobamos tu pago en 24 horas", "Your payment is approved within 24 hours"),
    },
    "concept": {"stars": label("Estrellas", "Stars")},
    "element": {
        "photos": label("Fotos del producto", "Product photos"),
        "delivery_days": label("Días de la compra a la entrega", "Days from purchase to delivery"),
        "freight_share": label("Peso del flete en la compra", "Freight as a share of the order"),
    },
    "trait": {"region": label("Estado (UF)", "State (UF)")},
    "stage": {
        "before": label("Antes de la compra", "Before the purchase"),
        "during": label("Durante la compra", "During the purchase"),
        "after": label("Después de la compra", "After the purchase"),
    },
}
TOUCHPOINTS = {
    "product_page": {"stage": "before", "function": "catalogue"},
    "checkout": {"stage": "during", "function": "catalogue"},
    "payment": {"stage": "during", "function": "payments"},
    "approval": {"stage": "during", "function": "payments"},
    "dispatch": {"stage": "after", "function": "sellers"},
    "carrier": {"stage": "after", "function": "logistics"},
    "delivery": {"stage": "after", "function": "logistics"},
    "review": {"stage": "after", "function": "after_sales"},
    "claims": {"stage": "after", "function": "after_sales"},
}
PROMISES = {
    "arrives": {
        "owner": "logistics",
        "target": 0.95,
        "capability": 0.925,
        "statement": LABELS["promise"]["arrives"],
        "touchpoints": ["delivery"],
    },
    "dispatched": {
        "owner": "sellers",
        "target": 0.95,
        "capability": None,
        "statement": LABELS["promise"]["dispatched"],
        "touchpoints": ["dispatch"],
    },
    "approved": {
        "owner": "payments",
        "target": 0.9,
        "capability": 0.97,
        "statement": LABELS["promise"]["approved"],
        "touchpoints": ["approval"],
    },
}
RATES = {
    "arrives": (0.9132, 0.0045, 13595, 1292),
    "dispatched": (0.8871, 0.0051, 13102, 1667),
    "approved": (0.9317, 0.004, 13780, 1010),
}


def _chain() -> list[Row]:
    changed = {"previous": 0.921, "change": -0.0081, "change_lower": -0.0142, "change_upper": -0.0021}
    return [
        row("kept_rate", 0.9132, unit="fraction", width=0.0045, n=14887, link="promise", owner="logistics", **changed),
        row("expectation", None, unit="score", link="expectation", note="no-expectation-asked"),
        row(
            "kept_rate_of_moments",
            0.9342,
            unit="fraction",
            width=0.004,
            n=14552,
            link="experience",
            owner="logistics",
            change=0.002,
            change_lower=-0.004,
            change_upper=0.008,
        ),
        row("emotion", None, unit="score", link="emotion", note="no-emotion-asked"),
        row("memory", None, unit="score", link="memory", note="no-memory-asked"),
        row(
            "stars",
            4.084,
            unit="score",
            width=0.021,
            n=14944,
            link="satisfaction",
            concept="stars",
            owner="after_sales",
            change=0.061,
            change_lower=0.02,
            change_upper=0.1,
            gap=-0.31,
        ),
        row("reputation", None, unit="score", link="reputation", note="withheld-small-group"),
        row("loyalty", None, unit="score", link="loyalty", note="no-loyalty-asked"),
        row("return_rate", 0.0312, unit="fraction", width=0.003, n=11903, link="retention", owner="after_sales"),
        row(
            "revenue",
            2370563.61,
            unit="BRL",
            link="income",
            n=15000,
            change=182344.0,
            change_lower=91200.0,
            change_upper=273488.0,
        ),
        row(
            "margin",
            2030270.94,
            unit="BRL",
            link="profit",
            n=15000,
            change=12000.0,
            change_lower=-8000.0,
            change_upper=32000.0,
        ),
    ]


def _promises() -> list[Row]:
    rows: list[Row] = []
    costs = {"arrives": (48210.0, 21900.0), "dispatched": (31877.0, 40200.0), "approved": (9120.0, 6000.0)}
    for name, (rate, width, kept, broken) in RATES.items():
        goes = {"promise": name, "evidence": "associated"}
        rows += [
            row("kept_rate", rate, unit="fraction", width=width, n=kept + broken, promise=name),
            row("kept_rate_of_delivered", rate + 0.021, unit="fraction", width=width, n=kept + 957, promise=name),
            row("kept", kept, promise=name),
            row("broken", broken, promise=name),
            row("not_yet_due", 41, promise=name),
            row("unknown", 7, promise=name),
            row("released", 113, promise=name),
            row("score_after_kept", 4.28, unit="score", width=0.02, promise=name, concept="stars"),
            row("score_after_broken", 2.27, unit="score", width=0.08, promise=name, concept="stars"),
            row("score_difference", -2.01, unit="score", width=0.09, concept="stars", **goes),
            row("return_after_kept", 0.031, unit="fraction", width=0.003, promise=name),
            row("return_after_broken", 0.024, unit="fraction", width=0.008, promise=name),
            row("return_difference", -0.007, unit="fraction", width=0.009, **goes),
            row("margin_difference", -37.3, unit="BRL", width=17.0, **goes),
            row("cost_of_broken", costs[name][0], unit="BRL", width=costs[name][1], **goes),
            row("difference_p10", -20.0, unit="days", promise=name),
            row("difference_p50", -12.0, unit="days", promise=name),
            row("difference_p90", -2.0, unit="days", promise=name),
        ]
    return rows


def _promises_by_month() -> list[Row]:
    return [
        row(
            "kept_rate",
            rate + 0.03 * sin(index / 3 + len(name)),
            unit="fraction",
            width=0.012 + 0.001 * index,
            promise=name,
            month=month,
            n=600,
        )
        for name, (rate, *_) in RATES.items()
        for index, month in enumerate(MONTHS)
    ]


def _promises_by_region() -> list[Row]:
    regions = ["SP", "RJ", "MG", "RS", "PR", "SC", "BA", "DF", "GO", "ES", "PE", "CE", "AM", None]
    rows = [
        row(
            "kept_rate",
            0.95 - 0.012 * index,
            unit="fraction",
            width=0.01 + 0.002 * index,
            promise=name,
            region=region,
            n=6000 // (index + 1),
        )
        for name in RATES
        for index, region in enumerate(regions)
    ]
    return [*rows, row("kept_rate", None, unit="fraction", promise="arrives", region="RR", note="withheld-small-group")]


def _differences() -> list[Row]:
    return [
        row(
            "commitments",
            float(int(900 * exp(-(((start + 12) / 8) ** 2))) + 3),
            promise=name,
            **{"from": start, "to": start + 1, "scale_unit": "days"},
        )
        for name in RATES
        for start in range(-36, 24)
    ]


def _touchpoints() -> list[Row]:
    rows: list[Row] = []
    for index, name in enumerate(TOUCHPOINTS):
        rows += [
            row("moments", 15000 - 1400 * index, touchpoint=name),
            row("customers", 14000 - 1400 * index, touchpoint=name),
            row("cost", 23000.0 + 900 * index, unit="BRL", touchpoint=name),
            row("cost_per_moment", 1.53 + index, unit="BRL", width=0.1, touchpoint=name),
        ]
    rows += [
        row("asked", 15000, touchpoint="review"),
        row("answers", 14944, touchpoint="review"),
        row("response_rate", None, unit="fraction", touchpoint="review", note="no-invitations-recorded"),
        row("stars", 4.084, unit="score", width=0.02, n=14944, touchpoint="review", concept="stars"),
        row("stars", 3.41, unit="score", width=0.2, n=300, touchpoint="claims", concept="stars"),
        row("stars", None, unit="score", touchpoint="carrier", concept="stars", note="withheld-small-group"),
    ]
    elements = (
        ("product_page", "photos", 2.2, "count"),
        ("checkout", "freight_share", 0.14, "fraction"),
        ("delivery", "delivery_days", 12.1, "days"),
    )
    for touchpoint, element, mean, unit in elements:
        for statistic, factor in (("mean", 1.0), ("median", 0.8), ("p90", 1.9)):
            width = 0.03 * mean
            rows.append(
                row(
                    f"{element}.{statistic}",
                    mean * factor,
                    unit=unit,
                    width=width,
                    touchpoint=touchpoint,
                    n=14552,
                    element=element,
                )
            )
    return rows


def _by_channel() -> list[Row]:
    channels = {
        "product_page": "online",
        "checkout": "online",
        "payment": "online",
        "approval": "online",
        "dispatch": None,
        "carrier": "door",
        "delivery": "door",
        "review": "email",
        "claims": "email",
    }
    rows = [
        row("moments", 15000 - 1400 * index, touchpoint=name, channel=channel)
        for index, (name, channel) in enumerate(channels.items())
    ]
    scored = {"review": (4.084, 0.02), "claims": (3.41, 0.2), "delivery": (4.2, 0.05)}
    rows += [
        row("stars", score, unit="score", width=width, touchpoint=name, channel=channels[name], concept="stars")
        for name, (score, width) in scored.items()
    ]
    return rows


def _touchpoints_by_month() -> list[Row]:
    return [
        row("moments", float(int(200 + 30 * position + 60 * sin(position) + 20 * index)), touchpoint=name, month=month)
        for index, name in enumerate(TOUCHPOINTS)
        for position, month in enumerate(MONTHS)
    ]


def _opinions_by_month() -> list[Row]:
    return [
        row("stars", 4.08 + 0.2 * sin(index / 2), unit="score", width=0.08, month=month, concept="stars", n=700)
        for index, month in enumerate(MONTHS)
    ]


def _value() -> list[Row]:
    return [
        row("orders", 15000),
        row("customers", 14611),
        row("revenue", 2370563.61, unit="BRL", n=15000),
        row("cost_of_goods", None, unit="BRL", note="no-data"),
        row("cost_to_serve", 340292.67, unit="BRL", n=15000),
        row("margin", 2030270.94, unit="BRL", n=15000),
        row("margin_per_customer", 138.95, unit="BRL", width=2.4, n=14611),
        row("revenue_per_order", 158.04, unit="BRL", width=2.2, n=15000),
    ]


def _value_by_month() -> list[Row]:
    return [
        row(measure, factor * (40000 + 6000 * index + 9000 * sin(index)), unit="BRL", month=month)
        for measure, factor in (("revenue", 1.0), ("margin", 0.86))
        for index, month in enumerate(MONTHS)
    ]


def _quality() -> list[Row]:
    loads = {
        "moments.sur.delivery": ("moments", 14911),
        "opinions.sur.reviews": ("opinions", 14944),
        "orders.sur.orders": ("orders", 15000),
    }
    rows = [row("rows", 90012, table="moments", load=None, first="2016-09-04", last="2018-10-15")]
    for load, (table, read) in loads.items():
        for measure, many in (("read", read), ("accepted", read - 31), ("unchanged", 0), ("corrected", 12)):
            rows.append(row(measure, many, table=table, load=load, rule=None))
        rows += [
            row("quarantined", many, table=table, load=load, rule=rule)
            for rule, many in (("future-date", 19), ("score-off-scale", 12))
        ]
    return rows


def newcomer() -> dict[str, object]:
    """Return a company that has loaded almost nothing: no promises, no opinions, no orders."""
    reasons = ["no-promises", "no-expectation-asked", "no-data"]
    links = (
        "promise",
        "expectation",
        "experience",
        "emotion",
        "memory",
        "satisfaction",
        "reputation",
        "loyalty",
        "retention",
        "income",
        "profit",
    )
    chain = [row("none", None, link=link, note=reasons[index % 3]) for index, link in enumerate(links)]
    return {
        **{key: value for key, value in marketplace().items() if key not in {"labels", "model", "documents"}},
        "company": "Recién Llegada",
        "labels": {},
        "model": {"touchpoints": {}, "promises": {}},
        "documents": {
            "chain": document("chain", chain),
            "promises": document("promises", []),
            "touchpoints": document("touchpoints", []),
            "value": document("value", []),
            "quality": document("quality", []),
        },
    }


def chain_store(*, touchpoints: int = 60, promises: int = 12) -> dict[str, object]:
    """Return a company with many touchpoints in five channels and long names."""
    base = marketplace()
    stages, channels = ("before", "during", "after"), ("shop", "web", "app", "phone", "whatsapp")
    long = "Un nombre larguísimo que nadie acortó porque así figura en el contrato"
    names = [f"point_{index}" for index in range(touchpoints)]
    rows = [
        row(measure, value, unit=unit, width=width, touchpoint=name, channel=channel, n=500)
        for index, name in enumerate(names)
        for channel in channels[: 1 + index % 5]
        for measure, value, unit, width in (
            ("moments", 90_000.0 / (index + 1), "count", None),
            ("stars", 3.2 + (index % 9) / 5, "score", 0.3),
        )
    ]
    kept = [
        row(measure, value, unit=unit, width=width, promise=f"promise_{index}", owner="logistics", target=0.9)
        for index in range(promises)
        for measure, value, unit, width in (
            ("kept_rate", 0.99 - 0.03 * index, "fraction", 0.02),
            ("kept", 900.0, "count", None),
            ("broken", 100.0 * index, "count", None),
        )
    ]
    labels = {**LABELS, "touchpoint": {name: label(f"{long} {name}", f"{long} {name}") for name in names}}
    documents = {
        **base["documents"],  # type: ignore[dict-item]
        "touchpoints": document("touchpoints", [one for one in rows if one["channel"] == "shop"]),
        "touchpoints_by_channel": document("touchpoints", rows),
        "promises": document("promises", kept),
    }
    points = {name: {"stage": stages[index % 3], "function": "logistics"} for index, name in enumerate(names)}
    return {
        **base,
        "company": "Grandes Almacenes de Nombre Interminable y Compañía",
        "labels": labels,
        "model": {"touchpoints": points, "promises": {}},
        "documents": documents,
    }
