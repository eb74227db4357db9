"""Casa Lumbre: regions, depots, carriers, products and names of the simulated company."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from promesa.simulate.causal import LATE

if TYPE_CHECKING:
    from promesa.simulate.arrays import Flags, Floats, Ints

BRAND, COMPETITORS = "Casa Lumbre", ("Muebles Aurora", "Hogar Nórdico")
COUNTRIES = ("Colombia", "España")
ZONES = ("America/Bogota", "Europe/Madrid")
REGIONS = ("Bogotá", "Antioquia", "Caribe", "Amazonía", "Madrid", "Cataluña", "Andalucía", "Canarias")
CITIES = ("Bogotá", "Medellín", "Barranquilla", "Leticia", "Madrid", "Barcelona", "Sevilla", "Las Palmas")
REGION_SHARE = (0.26, 0.14, 0.10, 0.10, 0.14, 0.10, 0.08, 0.08)
REGION_COUNTRY = np.array([0, 0, 0, 0, 1, 1, 1, 1])
REMOTE_REGION = np.array([False, False, False, True, False, False, False, True])
SEGMENTS, SEGMENT_SHARE = ("Hogar", "Premium", "Empresa"), (0.70, 0.18, 0.12)
ACTION_REGION, DEPOTS = 0, 12
DEPOT_EFFECT = np.linspace(-0.1, 0.1, DEPOTS)
CARRIERS = ("Andes Carga", "Ibérica Exprés", "Rápidos del Sur", "Ruta Clara")
CARRIER_EFFECT = np.array([LATE.andes, LATE.iberica, LATE.sur, LATE.new_carrier])
SECOND_CARRIER_SHARE = 0.3
CHANNELS = ("Tienda", "Web", "App", "Teléfono")
CHANNEL_SHARE = (0.35, 0.37, 0.20, 0.08)
BLOCK = 5_000
EUR_RATE = 4_400.0

STREETS = (
    "Mayor", "del Sol", "Real", "Nueva", "de la Iglesia", "de Alcalá", "Ancha", "del Carmen", "San Juan", "San José",
    "de la Constitución", "de las Flores", "del Pilar", "Cervantes", "Goya", "Velázquez", "de Colón", "de Toledo",
    "de Valencia", "Lope de Vega", "de la Paz", "Santa Ana", "del Mar", "de la Fuente", "de los Olivos", "Murillo",
    "del Parque", "de Aragón", "de Sevilla", "Miguel Hernández",
)  # fmt: skip
AGENTS = tuple(f"AG{n:03d}" for n in range(1, 41))
ADVISERS = tuple(f"AS{n:03d}" for n in range(1, 61))
CATEGORIES = ("Sofás", "Mesas", "Sillas", "Camas", "Lámparas", "Cocina", "Textiles", "Decoración")
CATEGORY_PRICE = (1_900_000, 950_000, 320_000, 1_500_000, 210_000, 160_000, 120_000, 90_000)
PRODUCTS = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is the same for every customer of one simulated company.

    Attributes
    ----------
    start : date
        First day; times are days since its local midnight.
    days : int
        Length of the window; the last day is number ``days - 1``.
    whatsapp_from, catalogue_to, action_from : int
        Day on which WhatsApp appears; last day of the paper catalogue; first day of the new carrier.
    treated : Flags, shape (DEPOTS,)
        Depots of the action region that were given the new carrier, by lot.
    december : Flags, shape (days + 120,)
        Whether a day is in December.
    """

    start: date
    days: int
    whatsapp_from: int
    catalogue_to: int
    action_from: int
    treated: Flags
    december: Flags
    price: Floats
    unit_cost: Floats

    def day(self, number: int) -> date:
        """Return the calendar day of a day number."""
        return self.start + timedelta(days=number)


def make_world(*, years: float, end: date, rng: np.random.Generator) -> World:
    """Return the world of one run: the dates that scale with the window, and what fell to each depot by lot."""
    days = round(365.25 * years)
    start = end - timedelta(days=days - 1)
    treated = np.zeros(DEPOTS, dtype=bool)
    treated[rng.permutation(DEPOTS)[: DEPOTS // 2]] = True
    months = (np.datetime64(start) + np.arange(days + 120)).astype("datetime64[M]").astype(np.int64) % 12
    base = np.array(CATEGORY_PRICE)[np.arange(PRODUCTS) % len(CATEGORIES)]
    price = np.rint(base * np.exp(0.25 * rng.standard_normal(PRODUCTS)) / 1_000) * 1_000
    return World(
        start=start,
        days=days,
        whatsapp_from=int(0.55 * days),
        catalogue_to=int(0.40 * days),
        action_from=int(0.60 * days),
        treated=treated,
        december=months == 11,
        price=price,
        unit_cost=np.rint(price * rng.uniform(0.5, 0.66, PRODUCTS)),
    )


def local_seconds(world: World, at: Floats) -> Ints:
    """Return day numbers as whole seconds since 1970 of the local clock."""
    origin = int(np.datetime64(world.start, "s").astype(np.int64))
    return origin + np.rint(at * 86_400).astype(np.int64)


def utc_seconds(world: World, at: Floats, country: Ints) -> Ints:
    """Return day numbers of each country's clock as seconds since 1970 in UTC.

    The offset is the one at noon of the local day: nothing happens here in the small hours, when clocks change.
    """
    offsets = np.array([[_offset(world.day(day), zone) for day in range(world.days + 121)] for zone in ZONES])
    day = np.clip(np.nan_to_num(np.floor(at)).astype(np.int64), 0, world.days + 120)
    return local_seconds(world, np.nan_to_num(at)) - offsets[country, day]


def _offset(day: date, zone: str) -> int:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
    return int((noon.utcoffset() or timedelta()).total_seconds())
