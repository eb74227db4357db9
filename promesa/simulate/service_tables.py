"""What the call centre, the survey tool, web analytics and the shops' queue system hold of one block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from promesa.simulate import columns
from promesa.simulate.comments import COMMENTS
from promesa.simulate.company import ADVISERS, AGENTS, BRAND
from promesa.simulate.journeys import PICKUP
from promesa.simulate.panel import PLACES
from promesa.simulate.shop_tables import journey_keys, order_numbers, shop_keys
from promesa.simulate.surveys import SURVEYS
from promesa.simulate.visits import catalogue_mailings

if TYPE_CHECKING:
    from promesa.simulate.arrays import Ints
    from promesa.simulate.block import Block
    from promesa.simulate.company import World

SURVEY_NAMES = ("Expectativa", "Facilidad", "Entrega", "Contacto", "Compra", "Emoción", "Recuerdo")
PANEL_POINTS = ("Web o app", "Asesoría", "Caja", "Pago", "Entrega", "Recogida", "Teléfono", "WhatsApp", "Reembolso")
KNOWN_TO_CALL_CENTRE = 0.6


def contact_table(world: World, block: Block) -> pa.Table:
    """Return the call centre's contacts in UTC: about an order, and general enquiries under its own keys."""
    j, asked = block.journeys, block.enquiries
    rows = np.flatnonzero(np.nan_to_num(j.contact_at, nan=np.inf) < world.days)
    size, others = len(rows), len(asked.at)
    person = np.concatenate([j.person[rows], asked.person])
    number, alone = block.people.number[person], np.arange(size + others) >= size
    about = order_numbers(block)[rows]
    order = np.concatenate([about, np.zeros(others, dtype=np.int64)])
    unknown = alone & (block.rng.random(len(person)) >= KNOWN_TO_CALL_CENTRE)
    contact = np.concatenate([about, number[size:] * 100 + np.arange(others) % 50 + 1])
    wait = np.concatenate([j.wait_minutes[rows], asked.wait_minutes])
    at = np.concatenate([j.contact_at[rows], asked.at])
    channel = np.concatenate([j.contact_channel[rows], np.zeros(others, dtype=np.int64)])
    return pa.table({
        "contacto": columns.keys("K", contact * 2 + alone),
        "cliente": columns.keys("L", 100_000_000 + number),
        "cliente_tienda": columns.keys("T", 100_000_000 + number, missing=unknown | ~alone),
        "pedido": columns.keys("P", order, missing=alone),
        "canal": columns.words(("Teléfono", "WhatsApp"), channel),
        "inicio": columns.utc_times(world, at, block.people.country[person]),
        "espera_segundos": columns.numbers(wait * 60, decimals=0),
        "resuelto_primer_contacto": pa.array(np.concatenate([j.resolved[rows], asked.resolved])),
        "agente": columns.words(AGENTS, block.rng.integers(0, len(AGENTS), size + others)),
        "motivo": columns.words(("Reclamo de pedido", "Consulta general"), alone.astype(np.int64)),
    })  # fmt: skip


def invitation_table(world: World, block: Block) -> pa.Table:
    """Return the survey invitations, on the head office's clock."""
    a, j = block.answers, block.journeys
    return pa.table({
        "invitación": _invitation_ids(block),
        "encuesta": columns.words(SURVEY_NAMES, a.survey),
        "cliente": journey_keys(block).take(pa.array(a.journey)),
        "pedido": columns.keys("P", order_numbers(block)[a.journey]),
        "punto": columns.words(("Entrega", "Recogida", "Teléfono", "WhatsApp", "Caja"), _asked_about(block)),
        "enviada": columns.bogota_times(world, a.sent, j.country[a.journey]),
    })  # fmt: skip


def _asked_about(block: Block) -> Ints:
    a, j = block.answers, block.journeys
    delivery = np.where(j.fulfilment[a.journey] == 1, 1, 0)
    contact = 2 + np.maximum(j.contact_channel[a.journey], 0)
    return np.select([a.survey == 2, a.survey == 3, a.survey <= 1], [delivery, contact, np.full(len(a.sent), 4)], -1)


def _invitation_ids(block: Block) -> pa.Array:
    a = block.answers
    return columns.keys("I", order_numbers(block)[a.journey] * 10 + a.survey)


def answer_table(world: World, block: Block) -> pa.Table:
    """Return the answers given, one column a question."""
    a, j = block.answers, block.journeys
    given = np.flatnonzero(~np.isnan(a.answered))
    survey, score = a.survey[given], a.score[given]

    def asked_in(*names: str) -> pa.Array:
        codes = [SURVEYS.index(name) for name in names]
        return columns.numbers(np.where(np.isin(survey, codes), score, np.nan), decimals=0)

    return pa.table({
        "invitación": _invitation_ids(block).take(pa.array(given)),
        "respondida": columns.bogota_times(world, a.answered[given], j.country[a.journey[given]]),
        "satisfacción": asked_in("delivery", "contact", "purchase"),
        "recomendación": columns.numbers(a.recommend[given], decimals=0),
        "facilidad": asked_in("ease"),
        "expectativa": asked_in("expectation"),
        "emoción": asked_in("emotion"),
        "recuerdo": asked_in("memory"),
        "comentario": columns.words(COMMENTS, a.comment[given]),
    })  # fmt: skip


def panel_table(world: World, block: Block) -> pa.Table:
    """Return the panel's questions and answers, on the head office's clock."""
    p, j = block.panel, block.journeys
    country = j.country[p.journey]
    moment = p.place >= 0
    return pa.table({
        "pregunta": columns.keys("N", order_numbers(block)[p.journey] * 10 + p.place + 1),
        "cliente": journey_keys(block).take(pa.array(p.journey)),
        "pedido": columns.keys("P", order_numbers(block)[p.journey]),
        "tema": columns.words(("Viaje", "Momento"), moment.astype(np.int64)),
        "punto": columns.words(PANEL_POINTS, _points(block), missing=~moment),
        "preguntada": columns.bogota_times(world, p.asked, country),
        "respondida": columns.bogota_times(world, p.answered, country),
        "nota": columns.numbers(p.score, decimals=0),
    })  # fmt: skip


def _points(block: Block) -> Ints:
    p, j = block.panel, block.journeys.take(block.panel.journey)
    in_shop = j.channel == 0
    by_place = (
        np.where(in_shop, 1, 0),
        np.full(len(p.place), 2),
        np.full(len(p.place), 3),
        np.where(j.fulfilment == PICKUP, 5, 4),
        6 + np.maximum(j.contact_channel, 0),
        np.full(len(p.place), 8),
    )
    return np.select([p.place == code for code in range(len(PLACES))], by_place, -1)


def session_table(world: World, block: Block) -> pa.Table:
    """Return web and app sessions of known customers, in UTC."""
    visits = block.online
    order = order_numbers(block)[np.maximum(visits.journey, 0)]
    size = len(visits.at)
    number = block.people.number[visits.person]
    return pa.table({
        "sesión": columns.keys("W", (block.people.number[0] * 1_000 + np.arange(size))),
        "cliente": columns.keys("T", 100_000_000 + number),
        "inicio": columns.utc_times(world, visits.at, block.people.country[visits.person]),
        "medio": columns.words(("Tienda", "Web", "App"), visits.channel),
        "páginas": pa.array(1 + block.rng.poisson(5.0, size)),
        "facilidad": columns.numbers(visits.web_ease, decimals=1),
        "pedido": columns.keys("P", order, missing=visits.journey < 0),
    })  # fmt: skip


def turn_table(world: World, block: Block) -> pa.Table:
    """Return the shops' queue tickets: reception and then advice, on the head office's clock."""
    visits = block.shop
    size = len(visits.at)
    person = np.tile(visits.person, 2)
    advice = np.repeat([False, True], size)
    at = np.concatenate([visits.at, visits.at + np.nan_to_num(visits.reception_minutes) / 1_440])
    order = order_numbers(block)[np.maximum(np.tile(visits.journey, 2), 0)]
    number = np.tile(block.people.number[0] * 1_000 + np.arange(size), 2) * 2 + advice
    return pa.table({
        "turno": columns.keys("V", number),
        "cliente": shop_keys(block, person, in_shop=np.ones(len(person), dtype=bool)),
        "punto": columns.words(("Recepción", "Asesoría"), advice.astype(np.int64)),
        "hora": columns.bogota_times(world, at, block.people.country[person]),
        "minutos_espera": columns.numbers(np.where(advice, np.nan, np.tile(visits.reception_minutes, 2)), decimals=1),
        "amabilidad": columns.numbers(np.where(advice, np.tile(visits.kindness, 2), np.nan), decimals=0),
        "asesor": columns.words(ADVISERS, block.rng.integers(0, len(ADVISERS), len(person)), missing=~advice),
        "pedido": columns.keys("P", order, missing=np.tile(visits.journey, 2) < 0),
    })  # fmt: skip


def catalogue_table(world: World, block: Block) -> pa.Table:
    """Return the paper catalogues sent."""
    person, at = catalogue_mailings(world, block.people)
    number = block.people.number[person]
    return pa.table({
        "envío": columns.keys("E", number * 1_000 + np.floor(at).astype(np.int64)),
        "cliente": columns.keys("T", 100_000_000 + number),
        "fecha": columns.days(world, at),
    })  # fmt: skip


def review_table(world: World, block: Block) -> pa.Table:
    """Return the public reviews of the company's own customers, without names."""
    r, j = block.reviews, block.journeys
    return pa.table({
        "reseña": columns.keys("R", order_numbers(block)[r.journey]),
        "marca": pa.array([BRAND] * len(r.at), pa.string()),
        "estrellas": columns.numbers(r.stars, decimals=0),
        "texto": columns.words(COMMENTS, r.comment),
        "fecha": columns.utc_times(world, r.at, j.country[r.journey]),
    })  # fmt: skip
