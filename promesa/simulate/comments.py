"""What customers of the simulated company write, in Spanish, by the cause that weighed most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from promesa.simulate import causal

if TYPE_CHECKING:
    from promesa.simulate.arrays import Ints
    from promesa.simulate.journeys import Journeys

BY_CAUSE: dict[str, tuple[str, ...]] = {
    "lost": (
        "El pedido nunca llegó y nadie responde por él.",
        "Sigo esperando el paquete, no ha llegado.",
        "Pagué y jamás recibí mi compra, qué decepción.",
    ),
    "late": (
        "Llegó varios días después de la fecha que me dieron.",
        "La entrega se retrasó y nadie avisó.",
        "Prometieron una fecha y no la cumplieron.",
        "Muy bonita la mesa, pero tardó muchísimo en llegar.",
    ),
    "late_and_bad_phone": (
        "Llegó tarde y al llamar nadie me resolvió nada.",
        "Primero el retraso y después media hora de música en el teléfono. Nunca más.",
        "Ni cumplen la fecha ni contestan cuando uno reclama.",
    ),
    "bad_phone": (
        "Llamé por un problema y no me lo resolvieron.",
        "Mucha espera en la línea y ninguna solución.",
    ),
    "out_of_stock": (
        "Compré por la web y después me dijeron que estaba agotado.",
        "Anuncian productos que no tienen en existencia.",
    ),
    "bill_wrong": (
        "Me cobraron de más en la factura.",
        "La factura llegó con un error y tuve que reclamar.",
    ),
    "refund_late": (
        "Llevo semanas esperando la devolución de mi dinero.",
        "Devolver fue fácil, recuperar el dinero no.",
    ),
    "kind": (
        "La asesora de la tienda fue amabilísima.",
        "Excelente atención, me explicaron todo con paciencia.",
    ),
    "packaged_well": (
        "Llegó perfectamente embalado, da gusto.",
        "El empaque es precioso y todo venía cuidado.",
    ),
    "happy": (
        "Todo muy bien, volveré a comprar.",
        "Cumplieron con lo prometido.",
        "Buena calidad y buen precio, encantada.",
    ),
    "neutral": (
        "Normal, sin más.",
        "Correcto, aunque el flete me pareció caro.",
    ),
    "unhappy": (
        "No era lo que esperaba.",
        "La experiencia fue bastante mala.",
    ),
}
CAUSES = tuple(BY_CAUSE)
COMMENTS = tuple(text for texts in BY_CAUSE.values() for text in texts)
_COUNTS = np.array([len(texts) for texts in BY_CAUSE.values()])
_FIRST = np.concatenate([[0], np.cumsum(_COUNTS)[:-1]])


def pick_comments(j: Journeys, rng: np.random.Generator) -> Ints:
    """Return a position in `COMMENTS` for each journey: the worst cause first, then the delights."""
    bad_phone = causal.bad_phone(j) | (j.contacted & ~j.resolved)
    conditions = [
        j.lost,
        j.late & bad_phone,
        j.late,
        np.nan_to_num(j.refund_days) > causal.REFUND_PROMISED,
        ~j.bill_right,
        ~j.in_stock,
        bad_phone,
        (j.kindness == 5) & (j.satisfaction > 7),
        (j.packaging == 5) & (j.satisfaction > 7),
        j.satisfaction >= 7,
        j.satisfaction >= 5,
    ]
    names = (
        "lost", "late_and_bad_phone", "late", "refund_late", "bill_wrong", "out_of_stock", "bad_phone", "kind",
        "packaged_well", "happy", "neutral",
    )  # fmt: skip
    cause = np.select(conditions, [CAUSES.index(name) for name in names], CAUSES.index("unhappy"))
    return _FIRST[cause] + np.floor(rng.random(j.size) * _COUNTS[cause]).astype(np.int64)
