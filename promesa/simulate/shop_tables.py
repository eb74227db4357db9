"""What the shop system, the carriers' portal and the billing system hold of one block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from promesa.simulate import columns
from promesa.simulate.company import CARRIERS, CHANNELS, DEPOTS, EUR_RATE, PRODUCTS, REGIONS
from promesa.simulate.journeys import DELIVERY, PICKUP

if TYPE_CHECKING:
    from promesa.simulate.arrays import Flags, Floats, Ints
    from promesa.simulate.block import Block
    from promesa.simulate.company import World

CANCELLED_SHARE, REMINDED_SHARE = 0.012, 0.06
CANCELLED_NUMBER = 50  # an order that was cancelled and placed anew carries the new order's number plus this


@dataclass(frozen=True, slots=True, kw_only=True)
class Baskets:
    """What was bought; line arrays of shape (lines,), `total` and `cost` of shape (journeys,).

    Attributes
    ----------
    total : Floats
        In the currency of the customer's country.
    rate : Floats
        Pesos for one unit of that currency.
    cost : Floats
        Cost of goods in pesos.
    """

    journey: Ints
    line: Ints
    product: Ints
    quantity: Ints
    price: Floats
    total: Floats
    rate: Floats
    cost: Floats


def draw_baskets(world: World, block: Block) -> Baskets:
    """Draw the lines of each purchase: one to four products, prices in the country's currency."""
    j, rng = block.journeys, block.rng
    count = 1 + np.minimum(rng.poisson(0.5, j.size), 3)
    journey = np.repeat(np.arange(j.size), count)
    product = rng.integers(0, PRODUCTS, len(journey))
    quantity = 1 + (rng.random(len(journey)) < 0.15).astype(np.int64)
    spain = j.country[journey] == 1
    in_pesos = world.price[product] * np.where(rng.random(len(journey)) < 0.2, 0.9, 1.0)
    price = np.where(spain, np.round(in_pesos / EUR_RATE, 2), np.rint(in_pesos))
    return Baskets(
        journey=journey,
        line=np.arange(len(journey)) - np.repeat(np.cumsum(count) - count, count) + 1,
        product=product,
        quantity=quantity,
        price=price,
        total=np.round(np.bincount(journey, price * quantity, j.size), 2).astype(np.float64),
        rate=np.where(j.country == 1, EUR_RATE, 1.0),
        cost=np.bincount(journey, world.unit_cost[product] * quantity, j.size).astype(np.float64),
    )


def order_numbers(block: Block) -> Ints:
    """Return the number of each order, unique in the company."""
    j = block.journeys
    return 10_000_000 + block.people.number[j.person] * 100 + j.number


def shop_keys(block: Block, person: Ints, *, in_shop: Flags) -> pa.Array:
    """Return the shop system's customer keys: some people use a second account in the shops."""
    second = block.people.two_accounts[person] & in_shop
    return columns.keys("T", np.where(second, 5, 1) * 100_000_000 + block.people.number[person])


def journey_keys(block: Block) -> pa.Array:
    """Return the shop key that each order was placed under."""
    return shop_keys(block, block.journeys.person, in_shop=block.journeys.channel == 0)


def order_table(world: World, block: Block, baskets: Baskets) -> pa.Table:
    """Return all orders, of both countries; `país` tells them apart and is not written."""
    j = block.journeys
    whole = j.country == 0
    freight = np.nan_to_num(j.freight_share) * baskets.total
    ready = (j.fulfilment == PICKUP) & (j.delivered < world.days)
    return pa.table({
        "pedido": columns.keys("P", order_numbers(block)),
        "versión": pa.array(np.ones(j.size, dtype=np.int64)),
        "cliente": journey_keys(block),
        "fecha_hora": columns.local_times(world, j.at),
        "canal": columns.words(CHANNELS, j.channel),
        "estado": columns.words(("Confirmado",), np.zeros(j.size, dtype=np.int64)),
        "moneda": columns.words(("COP", "EUR"), j.country),
        "total": pa.array(baskets.total),
        "flete": columns.numbers(np.where(whole, np.rint(freight), np.round(freight, 2))),
        "tasa": pa.array(baskets.rate),
        "tipo_entrega": columns.words(("Domicilio", "Recogida en tienda", "En mano"), j.fulfilment),
        "fecha_prometida": columns.days(world, j.promised),
        "listo_recogida": columns.local_times(world, np.where(ready, j.delivered, np.nan)),
        "en_existencia": pa.array(j.in_stock),
        "intentos_pago": columns.numbers(j.payment_attempts, decimals=0),
        "país": columns.words(("CO", "ES"), j.country),
    })  # fmt: skip


def cancelled_rows(block: Block) -> Ints:
    """Draw the journeys whose order had been placed, cancelled and placed anew the next day."""
    j = block.journeys
    return np.flatnonzero((j.fulfilment == DELIVERY) & (j.at >= 3) & (block.rng.random(j.size) < CANCELLED_SHARE))


def cancelled_orders(world: World, block: Block, orders: pa.Table, rows: Ints) -> pa.Table:
    """Return the cancelled orders, a day before the ones that took their place."""
    j = block.journeys
    taken = orders.take(pa.array(rows))
    changed = {
        "pedido": columns.keys("P", order_numbers(block)[rows] + CANCELLED_NUMBER),
        "fecha_hora": columns.local_times(world, j.at[rows] - 1),
        "estado": columns.words(("Cancelado",), np.zeros(len(rows), dtype=np.int64)),
    }
    for name, values in changed.items():
        taken = taken.set_column(taken.column_names.index(name), name, values)
    return taken


def line_table(block: Block, baskets: Baskets) -> pa.Table:
    """Return the order lines."""
    return pa.table({
        "pedido": columns.keys("P", order_numbers(block)[baskets.journey]),
        "línea": pa.array(baskets.line),
        "producto": columns.keys("SKU", 1_000 + baskets.product),
        "cantidad": pa.array(baskets.quantity),
        "precio": pa.array(baskets.price),
    })  # fmt: skip


def delivery_table(world: World, block: Block, baskets: Baskets, cancelled: Ints) -> pa.Table:
    """Return the carriers' deliveries in UTC; on the way, lost and cancelled ones have no time of delivery."""
    every = block.journeys
    rows = np.concatenate([np.flatnonzero(every.fulfilment == DELIVERY), cancelled])
    dropped = np.arange(len(rows)) >= len(rows) - len(cancelled)
    j, order = every.take(rows), order_numbers(block)[rows] + CANCELLED_NUMBER * dropped
    done = np.nan_to_num(j.delivered, nan=np.inf) < world.days
    state = np.select([dropped, done, j.lost & (j.promised + 5 < world.days)], [3, 0, 2], 1)
    sent_at = np.floor(j.at) + 1.3
    shown = done & ~dropped
    cost = 18_000 + 0.02 * baskets.total[rows] * baskets.rate[rows] + 25_000 * j.remote
    return pa.table({
        "guía": columns.keys("G", order),
        "pedido": columns.keys("P", order),
        "transportista": columns.words(CARRIERS, j.carrier),
        "depósito": columns.words(_depots(), j.region * DEPOTS + j.depot),
        "estado": columns.words(("Entregado", "En ruta", "Extraviado", "Cancelado"), state),
        "salida": columns.utc_times(world, np.where(dropped | (sent_at >= world.days), np.nan, sent_at), j.country),
        "entrega": columns.utc_times(world, np.where(shown, j.delivered, np.nan), j.country),
        "costo_flete": columns.numbers(np.where(dropped, 0.0, np.rint(cost)), decimals=0),
        "embalaje": columns.numbers(np.where(shown, j.packaging, np.nan), decimals=0),
        "amabilidad": columns.numbers(np.where(shown, j.driver_kindness, np.nan), decimals=0),
    })  # fmt: skip


def _depots() -> list[str]:
    return [f"{region} {number + 1:02d}" for region in REGIONS for number in range(DEPOTS)]


def invoice_table(world: World, block: Block) -> pa.Table:
    """Return the invoices, each issued on the day of its order."""
    j = block.journeys
    return pa.table({
        "factura": columns.keys("F", order_numbers(block)),
        "versión": pa.array(np.ones(j.size, dtype=np.int64)),
        "pedido": columns.keys("P", order_numbers(block)),
        "cliente": journey_keys(block),
        "fecha": columns.days(world, j.at),
        "correcta": pa.array(j.bill_right),
    })  # fmt: skip


def reminder_table(world: World, block: Block) -> pa.Table:
    """Return the payment reminders that collections sent, a month after purchases on credit."""
    j = block.journeys
    rows = np.flatnonzero((block.rng.random(j.size) < REMINDED_SHARE) & (j.at + 30 < world.days))
    return pa.table({
        "aviso": columns.keys("A", order_numbers(block)[rows]),
        "pedido": columns.keys("P", order_numbers(block)[rows]),
        "cliente": journey_keys(block).take(pa.array(rows)),
        "fecha": columns.days(world, j.at[rows] + 30),
        "medio": columns.words(("Correo", "Teléfono"), (block.rng.random(len(rows)) < 0.4).astype(np.int64)),
    })  # fmt: skip


def refund_table(world: World, block: Block, baskets: Baskets) -> pa.Table:
    """Return the goods sent back, with the day the money was returned, if it was."""
    j = block.journeys
    rows = np.flatnonzero(np.nan_to_num(j.return_at, nan=np.inf) < world.days)
    refunded = np.floor(j.return_at[rows]) + j.refund_days[rows]
    amount = np.rint(baskets.total[rows] * baskets.rate[rows] * block.rng.uniform(0.3, 1.0, len(rows)))
    return pa.table({
        "devolución": columns.keys("D", order_numbers(block)[rows]),
        "pedido": columns.keys("P", order_numbers(block)[rows]),
        "cliente": journey_keys(block).take(pa.array(rows)),
        "fecha_recepción": columns.days(world, j.return_at[rows]),
        "fecha_reembolso": columns.days(world, np.where(refunded < world.days, refunded, np.nan)),
        "monto": columns.numbers(amount, decimals=0),
        "costo_neto": columns.numbers(np.rint(amount * 0.35), decimals=0),
    })  # fmt: skip
