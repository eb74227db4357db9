"""Files that do not grow with the customers: products, spend, operating costs, staff survey, competitors' reviews."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa

from promesa.simulate.comments import BY_CAUSE
from promesa.simulate.company import CATEGORIES, COMPETITORS, EUR_RATE, PRODUCTS
from promesa.simulate.workbook import write_workbook

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from promesa.simulate.arrays import Floats
    from promesa.simulate.company import World

BELIEF_SHARES = (0.01, 0.04, 0.13, 0.42, 0.40)  # answers 1..5: staff expect 82 % satisfied customers
STAFF_AREAS = ("Ventas", "Logística", "Call center", "Facturación", "Digital", "Tienda")
STAR_SHARES = {
    COMPETITORS[0]: (0.05, 0.09, 0.18, 0.36, 0.32),
    COMPETITORS[1]: (0.14, 0.17, 0.25, 0.27, 0.17),
}
SPEND = (  # propósito, área, medio, pesos a month for each customer
    ("Publicidad en redes", "Mercadeo", "Web", 2_000.0),
    ("Publicidad en televisión", "Mercadeo", "Televisión", 1_500.0),
    ("Programa de fidelidad", "Mercadeo", "App", 500.0),
    ("Capacitación en servicio", "Call center", "Teléfono", 200.0),
    ("Mejora de entregas", "Logística", "Domicilio", 300.0),
)
OPERATION = (  # área, pesos a month for each customer; the last two are what the books say of costs that moments carry
    ("Tienda", 9_000.0),
    ("Digital", 2_500.0),
    ("Call center", 280.0),
    ("Última milla", 3_000.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One calendar month of the window: its first day within it, its last, and the share of it that is within."""

    first: date
    last: date
    share: float


def months(world: World) -> list[Month]:
    """Return the months of the window."""
    day = np.datetime64(world.start) + np.arange(world.days)
    month = day.astype("datetime64[M]")
    return [
        Month(first=inside[0].astype(object), last=inside[-1].astype(object), share=len(inside) / 30.4)
        for inside in (day[month == each] for each in np.unique(month))
    ]


def write_products(path: Path, world: World) -> None:
    """Write the ERP's list of products: cost and price in pesos."""
    rows = [
        (f"SKU{1_000 + n}", f"{CATEGORIES[n % len(CATEGORIES)]} {n:03d}", CATEGORIES[n % len(CATEGORIES)],
         int(world.unit_cost[n]), int(world.price[n]))
        for n in range(PRODUCTS)
    ]  # fmt: skip
    write_workbook(path, sheet="Productos", header=("producto", "nombre", "categoría", "costo", "precio"), rows=rows)


def write_operation(path: Path, world: World, customers: int) -> None:
    """Write the ERP's monthly cost of each area, in pesos."""
    rows = [
        (f"OP-{month.first:%Y%m}-{area}", f"{month.last:%Y-%m-%d}", area, round(rate * customers * month.share))
        for month in months(world)
        for area, rate in OPERATION
    ]
    write_workbook(path, sheet="Operación", header=("registro", "fecha", "área", "monto"), rows=rows)


def spend_table(world: World, customers: int, rng: np.random.Generator) -> pa.Table:
    """Return marketing spend by month and purpose, in euros and cents, with the day it was booked."""
    rows = [
        (f"INV-{month.first:%Y%m}-{n}", month.last, name, area, medium, rate * customers * month.share)
        for month in months(world)
        for n, (name, area, medium, rate) in enumerate(SPEND)
    ]
    ids, day, name, area, medium, pesos = zip(*rows, strict=True)
    return pa.table({
        "registro": list(ids),
        "fecha": pa.array(day, pa.date32()),
        "propósito": list(name),
        "área": list(area),
        "medio": list(medium),
        "monto_eur": np.round(np.array(pesos) * rng.uniform(0.9, 1.1, len(rows)) / EUR_RATE, 2),
        "tasa": np.full(len(rows), EUR_RATE),
    })  # fmt: skip


def staff_answers(customers: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return (answer 1..5, area) of each employee, asked what customers would answer."""
    size = min(max(300, customers // 50), 5_000)
    return _draw(BELIEF_SHARES, size, rng), rng.integers(0, len(STAFF_AREAS), size).astype(float)


def write_staff(path: Path, world: World, answers: Floats, areas: Floats) -> None:
    """Write the staff survey as an SPSS file."""
    import pandas as pd
    import pyreadstat

    frame = pd.DataFrame({
        "folio": np.arange(1, len(answers) + 1, dtype=float),
        "area": areas + 1,
        "cree_sat": answers,
        "fecha": f"{world.day(world.days - 20):%Y-%m-%d}",
    })  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    pyreadstat.write_sav(
        cast("Any", frame),
        str(path),
        column_labels={"cree_sat": "¿Qué respondería un cliente: de 1 (nada satisfecho) a 5 (muy satisfecho)?"},
        variable_value_labels={"area": {n + 1.0: area for n, area in enumerate(STAFF_AREAS)}},
    )
    _without_clock(path)


def _without_clock(path: Path) -> None:
    """Blank the day and time of writing in an SPSS file's header (bytes 92 to 109)."""
    content = bytearray(path.read_bytes())
    content[92:109] = b"01 Jan 2600:00:00"
    path.write_bytes(bytes(content))


def competitor_reviews(world: World, customers: int, rng: np.random.Generator) -> pa.Table:
    """Return public reviews of the two competitors."""
    size = min(max(200, customers // 25), 20_000)
    brand = np.repeat(COMPETITORS, size)
    stars = np.concatenate([_draw(STAR_SHARES[name], size, rng) for name in COMPETITORS])
    text = [_text_for(score, BY_CAUSE) for score in stars]
    day = np.datetime64(world.start, "s") + (rng.uniform(0.4, world.days - 0.3, 2 * size) * 86_400).astype(np.int64)
    return pa.table({
        "reseña": [f"RC{n}" for n in range(2 * size)],
        "marca": brand.tolist(),
        "estrellas": stars.astype(np.int64),
        "texto": text,
        "fecha": pa.array(day),
    })  # fmt: skip


def _text_for(stars: float, texts: dict[str, tuple[str, ...]]) -> str:
    return texts["happy" if stars >= 4 else "neutral" if stars == 3 else "unhappy"][0]


def _draw(shares: Sequence[float], size: int, rng: np.random.Generator) -> Floats:
    return np.searchsorted(np.cumsum(shares)[:-1], rng.random(size), side="right") + 1.0
