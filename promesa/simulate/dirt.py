"""The dirt that real files have, put in on purpose and counted.

Nothing here changes the truth: duplicates repeat a row, corrections end at the true row, and rows that cannot be
used are extra ones under ids of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from promesa.simulate.writers import as_text

if TYPE_CHECKING:
    from promesa.simulate.arrays import Ints
    from promesa.simulate.block import Block
    from promesa.simulate.truth import Tally
    from promesa.simulate.writers import FileShape

DUPLICATED, CORRECTED, SPOILT = 0.005, 0.004, 0.001
WITH_DUPLICATES = ("pedidos_colombia", "pedidos_espana", "contactos", "respuestas", "sesiones")
IMPOSSIBLE_DAY, WORDY_NUMBER, UNKNOWN_POINT, OFF_SCALE = "31/02/2026", "diez min", "Quiosco digital", 9
A_CENTURY = 36_525 * 86_400


def how_many(block: Block, rows: int, rate: float) -> int:
    """Return how many rows of a block to touch: by rate, and at least one in the first block."""
    return min(rows, max(round(rows * rate), 1 if block.index == 0 else 0))


def _some(block: Block, table: pa.Table, rate: float) -> Ints:
    rows = table.num_rows
    return (
        np.sort(block.rng.choice(rows, how_many(block, rows, rate), replace=False)) if rows else np.zeros(0, np.int64)
    )


def replaced(table: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Return the table with one column replaced, its type kept."""
    place = table.column_names.index(name)
    return table.set_column(place, name, values.cast(table.schema.field(name).type))


def with_duplicates(block: Block, table: pa.Table, name: str, tally: Tally) -> pa.Table:
    """Return the table with some rows a second time, the same in every cell."""
    rows = _some(block, table, DUPLICATED)
    tally[f"dirt.duplicates.{name}"] += len(rows)
    return pa.concat_tables([table, table.take(pa.array(rows))])


def correct_later(block: Block, table: pa.Table, name: str, column: str, tally: Tally) -> tuple[pa.Table, pa.Table]:
    """Return (first export, correction): some rows were wrong at first, and come again, right, as version 2."""
    rows = _some(block, table, CORRECTED)
    wrong = pa.array(np.isin(np.arange(table.num_rows), rows))
    right = table.column(column)
    mistaken = pc.invert(right) if pa.types.is_boolean(right.type) else pc.round(pc.multiply(right, 0.9), 2)
    tally[f"dirt.corrections.{name}"] += len(rows)
    first = replaced(table, column, pc.if_else(wrong, mistaken, right))
    second = table.take(pa.array(rows))
    return first, replaced(second, "versión", pa.array(np.full(len(rows), 2)))


def spoilt_rows(block: Block, table: pa.Table, id_column: str, letter: str) -> pa.Table:
    """Return copies of some rows under ids of their own, to be spoilt."""
    rows = _some(block, table, SPOILT)
    ids = pa.array([f"{letter}{block.index:04d}{n:04d}" for n in range(len(rows))], pa.string())
    return replaced(table.take(pa.array(rows)), id_column, ids)


def unknown_points(block: Block, turns: pa.Table, tally: Tally) -> pa.Table:
    """Return the queue tickets with some of a point that nobody declared."""
    extra = spoilt_rows(block, turns, "turno", "VX")
    tally["dirt.unknown_touchpoint.turnos"] += extra.num_rows
    return pa.concat_tables([turns, replaced(extra, "punto", _repeat(UNKNOWN_POINT, extra.num_rows))])


def missing_customers(block: Block, contacts: pa.Table, tally: Tally) -> pa.Table:
    """Return the contacts with some that name no customer and no order."""
    extra = spoilt_rows(block, contacts, "contacto", "KX")
    for name in ("cliente", "cliente_tienda", "pedido"):
        extra = replaced(extra, name, pa.nulls(extra.num_rows, pa.string()))
    tally["dirt.missing_customer.contactos"] += extra.num_rows
    return pa.concat_tables([contacts, extra])


def future_sessions(block: Block, sessions: pa.Table, tally: Tally) -> pa.Table:
    """Return the sessions with some a hundred years ahead."""
    extra = spoilt_rows(block, sessions, "sesión", "WX")
    later = pc.add(extra.column("inicio").cast(pa.int64()), A_CENTURY)
    tally["dirt.future_date.sesiones"] += extra.num_rows
    return pa.concat_tables([sessions, replaced(extra, "inicio", later)])


def off_scale(block: Block, invitations: pa.Table, answers: pa.Table, tally: Tally) -> tuple[pa.Table, pa.Table]:
    """Return invitations and answers with some scores of 9 on the scale from 1 to 5."""
    extra = spoilt_rows(block, invitations, "invitación", "IX")
    size = extra.num_rows
    asked = replaced(replaced(extra, "encuesta", _repeat("Entrega", size)), "punto", _repeat("Entrega", size))
    empty = {name: pa.nulls(size, answers.schema.field(name).type) for name in answers.column_names}
    given = pa.table({
        **empty,
        "invitación": asked.column("invitación"),
        "respondida": asked.column("enviada"),
        "satisfacción": pa.array([OFF_SCALE] * size, pa.int64()),
    })  # fmt: skip
    tally["dirt.off_scale.respuestas"] += size
    return pa.concat_tables([invitations, asked]), pa.concat_tables([answers, given])


def wordy_numbers(block: Block, turns: pa.Table, shape: FileShape, tally: Tally) -> pa.Table:
    """Return queue tickets, as text, whose waiting time is written in words."""
    extra = spoilt_rows(block, turns, "turno", "VN")
    tally["dirt.text_in_number.turnos"] += extra.num_rows
    return replaced(as_text(extra, shape), "minutos_espera", _repeat(WORDY_NUMBER, extra.num_rows))


def impossible_days(block: Block, invoices: pa.Table, shape: FileShape, tally: Tally) -> pa.Table:
    """Return invoices, as text, of a day that no calendar has."""
    extra = spoilt_rows(block, invoices, "factura", "FX")
    tally["dirt.impossible_date.facturas"] += extra.num_rows
    return replaced(as_text(extra, shape), "fecha", _repeat(IMPOSSIBLE_DAY, extra.num_rows))


def negative_spend(spend: pa.Table, tally: Tally) -> pa.Table:
    """Return the spend with two bookings below zero."""
    extra = spend.slice(0, 2)
    extra = replaced(extra, "registro", pa.array(["INV-X1", "INV-X2"]))
    tally["dirt.negative_amount.inversion"] += 2
    return pa.concat_tables([spend, replaced(extra, "monto_eur", pc.negate(extra.column("monto_eur")))])


def _repeat(word: str, size: int) -> pa.Array:
    return pa.array([word] * size, pa.string())
