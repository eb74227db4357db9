"""The files of the company: how each is shaped, and one block written to all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.compute as pc

from promesa.simulate import account_tables, complaints, consents, deeds, dirt, service_tables, shop_tables
from promesa.simulate.writers import FileKind, FileShape, FileWriter

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.simulate.arrays import Ints
    from promesa.simulate.block import Block
    from promesa.simulate.company import World
    from promesa.simulate.shop_tables import Baskets
    from promesa.simulate.truth import Tally

Format = Literal["files", "parquet"]
SHAPES: dict[str, FileShape] = {
    "clientes": FileShape(path="crm/clientes", delimiter=";", encoding="latin-1", dates="%d/%m/%Y"),
    "cuentas": FileShape(path="tienda/cuentas"),
    "pedidos_colombia": FileShape(path="tienda/pedidos_colombia"),
    "pedidos_colombia_correcciones": FileShape(path="tienda/pedidos_colombia_correcciones"),
    "pedidos_espana": FileShape(path="tienda/pedidos_espana"),
    "pedidos_espana_correcciones": FileShape(path="tienda/pedidos_espana_correcciones"),
    "lineas": FileShape(path="tienda/lineas"),
    "entregas": FileShape(path="transportistas/entregas", gz=True),
    "contactos": FileShape(path="call_center/contactos", natural="jsonl", offset="+00:00"),
    "llamantes": FileShape(path="call_center/llamantes", natural="jsonl", offset="+00:00"),
    "invitaciones": FileShape(path="encuestas/invitaciones"),
    "respuestas": FileShape(path="encuestas/respuestas"),
    "panel": FileShape(path="encuestas/panel"),
    "sesiones": FileShape(path="web/sesiones", natural="parquet"),
    "reclamos": FileShape(path="servicio/reclamos"),
    "turnos": FileShape(path="tiendas/turnos", delimiter=";", dates="%d/%m/%Y %H:%M:%S", decimal=","),
    "facturas": FileShape(path="facturacion/facturas", delimiter=";", dates="%d/%m/%Y"),
    "facturas_correcciones": FileShape(path="facturacion/facturas_correcciones", delimiter=";", dates="%d/%m/%Y"),
    "cobranzas": FileShape(path="facturacion/cobranzas", delimiter=";", dates="%d/%m/%Y"),
    "devoluciones": FileShape(path="facturacion/devoluciones", delimiter=";", dates="%d/%m/%Y"),
    "catalogos": FileShape(path="mercadeo/catalogos"),
    "consentimientos": FileShape(path="mercadeo/consentimientos"),
    "envios": FileShape(path="mercadeo/envios"),
    "inversion": FileShape(path="mercadeo/inversion", delimiter=";", dates="%d/%m/%Y", decimal=","),
    "resenas": FileShape(path="resenas/resenas", natural="jsonl", offset="+00:00"),
}
ALWAYS_NATURAL = ("inversion", "resenas")  # small, whatever the size of the company


def kind_of(name: str, written_as: Format) -> FileKind:
    """Return the kind of file that a table is written to."""
    return SHAPES[name].natural if written_as == "files" or name in ALWAYS_NATURAL else "parquet"


def open_writers(folder: Path, written_as: Format) -> dict[str, FileWriter]:
    """Open every file under the data folder."""
    return {name: FileWriter(folder, shape, kind_of(name, written_as)) for name, shape in SHAPES.items()}


def block_tables(world: World, block: Block, baskets: Baskets, tally: Tally) -> dict[str, pa.Table]:
    """Return the tables of one block, with the dirt that a typed cell can hold.

    Rows are repeated before spoilt ones are added, so that each spoilt row is there once.
    """
    cancelled = shop_tables.cancelled_rows(block)
    tally["promises.arrives_by_date.released"] += len(cancelled)
    tables = {
        "clientes": account_tables.customer_table(world, block),
        "cuentas": account_tables.account_table(world, block),
        "llamantes": account_tables.caller_table(world, block),
        "consentimientos": consents.consent_table(world, block),
        "envios": deeds.deed_table(world, block),
        "lineas": shop_tables.line_table(block, baskets),
        "entregas": shop_tables.delivery_table(world, block, baskets, cancelled),
        "contactos": service_tables.contact_table(world, block),
        "sesiones": service_tables.session_table(world, block),
        "turnos": service_tables.turn_table(world, block),
        "cobranzas": shop_tables.reminder_table(world, block),
        "devoluciones": shop_tables.refund_table(world, block, baskets),
        "catalogos": service_tables.catalogue_table(world, block),
        "resenas": service_tables.review_table(world, block),
        "invitaciones": service_tables.invitation_table(world, block),
        "respuestas": service_tables.answer_table(world, block),
        "panel": service_tables.panel_table(world, block),
        "reclamos": complaints.complaint_table(world, block),
        **_corrected_tables(world, block, baskets, cancelled, tally),
    }
    tally["moments.collection_notice"] += tables["cobranzas"].num_rows
    for name in dirt.WITH_DUPLICATES:
        tables[name] = dirt.with_duplicates(block, tables[name], name, tally)
    tables["contactos"] = dirt.missing_customers(block, tables["contactos"], tally)
    tables["sesiones"] = dirt.future_sessions(block, tables["sesiones"], tally)
    tables["turnos"] = dirt.unknown_points(block, tables["turnos"], tally)
    asked, answers = dirt.off_scale(block, tables["invitaciones"], tables["respuestas"], tally)
    return {**tables, "invitaciones": asked, "respuestas": answers}


def _corrected_tables(
    world: World, block: Block, baskets: Baskets, cancelled: Ints, tally: Tally
) -> dict[str, pa.Table]:
    """Return the tables of which a second export corrects some rows of the first."""
    orders = shop_tables.order_table(world, block, baskets)
    dropped = shop_tables.cancelled_orders(world, block, orders, cancelled)
    tables: dict[str, pa.Table] = {}
    for country, code in (("colombia", "CO"), ("espana", "ES")):
        name = f"pedidos_{country}"
        here = orders.filter(pc.equal(orders.column("país"), code))
        first, second = dirt.correct_later(block, here, name, "total", tally)
        gone = dropped.filter(pc.equal(dropped.column("país"), code))
        tables[name] = pa.concat_tables([first, gone]).drop_columns(["país"])
        tables[f"{name}_correcciones"] = second.drop_columns(["país"])
    invoices = shop_tables.invoice_table(world, block)
    first, second = dirt.correct_later(block, invoices, "facturas", "correcta", tally)
    return {**tables, "facturas": first, "facturas_correcciones": second}


def write_block(block: Block, tables: dict[str, pa.Table], writers: dict[str, FileWriter], tally: Tally) -> None:
    """Append one block to the files, and to text files the rows that no typed cell can hold."""
    for name, table in tables.items():
        writers[name].append(table)
        tally[f"files.{name}"] += table.num_rows
    spoilt = {"turnos": dirt.wordy_numbers, "facturas": dirt.impossible_days}
    for name, spoil in spoilt.items():
        if writers[name].kind == "csv":
            extra = spoil(block, tables[name], SHAPES[name], tally)
            writers[name].append_text(extra)
            tally[f"files.{name}"] += extra.num_rows
