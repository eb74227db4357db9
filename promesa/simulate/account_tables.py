"""What the systems know of who somebody is: CRM records, shop accounts, the call centre's list, and the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from promesa.simulate import columns
from promesa.simulate.company import CITIES, COUNTRIES, REGIONS, SEGMENTS, STREETS
from promesa.simulate.habits import CALLS, CRM, CRM_AGAIN, SHOP, SHOP_AGAIN, Habits
from promesa.simulate.handwriting import (
    PHONE_OF_NOBODY,
    Writer,
    written_births,
    written_documents,
    written_emails,
    written_names,
    written_phones,
)
from promesa.simulate.names import without_accents

if TYPE_CHECKING:
    from promesa.simulate.arrays import Flags, Floats, Ints
    from promesa.simulate.block import Block
    from promesa.simulate.company import World

FIRST_KEYS, SECOND_ACCOUNTS, SECOND_RECORDS, TEST_KEYS = 100_000_000, 500_000_000, 900_000_000, 900_000_000
SHOP_KEY_KNOWN = 0.85  # of the first CRM records
ADDRESS_MISSING, ADDRESS_SHORT = 0.06, 0.3
TEST_NAME, TEST_EMAIL = "PRUEBA SISTEMA", "prueba@casalumbre.example"
ROADS = ("Calle", "Calle", "Calle", "Calle", "Calle", "Carrera", "Carrera", "Carrera", "Transversal", "Diagonal")
SHORT_ROADS = ("Cl", "Cl", "Cl", "Cl", "Cl", "Cra", "Cra", "Cra", "Tv", "Dg")


def customer_table(world: World, block: Block) -> pa.Table:
    """Return the CRM: most people once, some twice, the second time typed anew and without the shop's key."""
    people, rng = block.people, block.handwriting
    once, twice = np.flatnonzero(people.in_crm), np.flatnonzero(people.twice_in_crm)
    again = np.arange(len(once) + len(twice)) >= len(once)
    rows = np.concatenate([once, twice])
    written = [_written(block, some, habits) for some, habits in ((once, CRM), (twice, CRM_AGAIN))]
    later = np.minimum(people.first_at[rows] + again * rng.uniform(0, 200, len(rows)), world.days - 1.0)
    shop_key_known = ~again & (rng.random(len(rows)) < SHOP_KEY_KNOWN)
    return pa.table({
        "id_cliente": columns.keys("C", np.where(again, SECOND_RECORDS, FIRST_KEYS) + people.number[rows]),
        **{name: pa.concat_arrays([part[name] for part in written]) for name in written[0]},
        "dirección": _addresses(block, rows),
        "ciudad": columns.words(CITIES, people.region[rows]),
        "región": columns.words(REGIONS, people.region[rows]),
        "país": columns.words(COUNTRIES, people.country[rows]),
        "segmento": columns.words(SEGMENTS, people.segment[rows]),
        "fecha_alta": columns.days(world, np.maximum(later - 1, 0.0)),
        "id_tienda": columns.keys("T", FIRST_KEYS + people.number[rows], missing=~shop_key_known),
    })  # fmt: skip


def _written(block: Block, rows: Ints, habits: Habits) -> dict[str, pa.Array]:
    people = block.people
    writer = Writer(
        who=block.identity, number=people.number, country=people.country, habits=habits, rng=block.handwriting
    )
    return {
        "nombre": written_names(writer, rows),
        "correo": written_emails(writer, rows),
        "teléfono": written_phones(writer, rows),
        "documento": written_documents(writer, rows),
        "fecha_nacimiento": written_births(writer, rows),
    }


def _addresses(block: Block, rows: Ints) -> pa.Array:
    """Return the addresses in the way of each country, some of them shortened."""
    people, who, rng = block.people, block.identity, block.handwriting
    # The whole household lives where its first member does.
    home = who.household[rows]
    street, crossing, house = people.street[home], people.crossing[home], people.house[home]
    building, flat = who.building[rows], who.flat[rows]
    short = rng.random(len(rows)) < ADDRESS_SHORT
    flats = columns.keys("Apto ", flat * 7 + 101, missing=flat < 20)
    in_colombia = columns.joined(
        _either(short, columns.words(SHORT_ROADS, building % 10), columns.words(ROADS, building % 10)),
        columns.keys("", street + 1 + 30 * (building // 10 % 6)),
        _either(short, columns.keys("", crossing + 1), columns.keys("# ", crossing + 1)),
        _either(short, columns.keys("", house * 3 + 1), columns.keys("- ", house * 3 + 1)),
        _either(short, pc.replace_substring(flats, "Apto", "Ap"), flats),
        between=" ",
    )
    in_spain = columns.joined(
        columns.words(("Calle", "C/"), short.astype(np.int64)),
        columns.words(STREETS, street),
        columns.keys("", crossing * 5 + building % 5 + 1, suffix=","),
        _either(short, columns.keys("", flat // 4 + 1), columns.keys("", flat // 4 + 1, suffix="º")),
        columns.words("ABCD", flat % 4),
        between=" ",
    )
    full = _either(people.country[rows] == 0, in_colombia, in_spain)
    missing = rng.random(len(rows)) < ADDRESS_MISSING
    return pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), full)


def _either(mask: Flags, one: pa.Array, other: pa.Array) -> pa.Array:
    return pc.if_else(pa.array(mask), one, other)


def account_table(world: World, block: Block) -> pa.Table:
    """Return the shop's accounts, as customers opened them online and cashiers the second ones, on head office time."""
    people, rng = block.people, block.handwriting
    every, second = np.arange(len(people.number)), np.flatnonzero(people.two_accounts)
    rows, again = np.concatenate([every, second]), np.arange(len(every) + len(second)) >= len(every)
    written = [_written(block, some, habits) for some, habits in ((every, SHOP), (second, SHOP_AGAIN))]
    opened = people.first_at[rows] - rng.exponential(40.0, len(rows))
    plain = rng.random(len(rows)) < 0.4
    cities = (*CITIES, *(without_accents(city).upper() for city in CITIES))
    kept = ("nombre", "correo", "teléfono", "fecha_nacimiento")
    return pa.table({
        "cuenta": columns.keys("T", np.where(again, SECOND_ACCOUNTS, FIRST_KEYS) + people.number[rows]),
        **{name: pa.concat_arrays([part[name] for part in written]) for name in kept},
        "ciudad": columns.words(cities, people.region[rows] + len(CITIES) * plain),
        "región": columns.words(REGIONS, people.region[rows]),
        "país": columns.words(COUNTRIES, people.country[rows]),
        "segmento": columns.words(SEGMENTS, people.segment[rows]),
        "alta": columns.bogota_times(world, np.maximum(opened, 0.35), people.country[rows]),
    })  # fmt: skip


def how_many_test_accounts(customers: int) -> int:
    """Return how many accounts the company opened to try its systems: of nobody, all with one name and phone."""
    return min(200, max(40, customers // 75))


def test_account_table(world: World, *, customers: int) -> pa.Table:
    """Return the accounts that stand for nobody, with the columns of `account_table`."""
    size = how_many_test_accounts(customers)
    nothing = pa.nulls(size, pa.string())
    return pa.table({
        "cuenta": columns.keys("T", TEST_KEYS + np.arange(size)),
        "nombre": pa.array([TEST_NAME] * size),
        "correo": pa.array([TEST_EMAIL] * size),
        "teléfono": pa.array([PHONE_OF_NOBODY] * size),
        "fecha_nacimiento": pa.nulls(size, pa.date32()),
        **dict.fromkeys(("ciudad", "región", "país", "segmento"), nothing),
        "alta": columns.local_times(world, 0.5 + np.arange(size) * (world.days - 1) / size),
    })  # fmt: skip


def first_contacts(world: World, block: Block) -> tuple[Ints, Floats]:
    """Return (person, day) of the first contact of everybody who ever contacted the call centre."""
    j, asked = block.journeys, block.enquiries
    about = np.flatnonzero(np.nan_to_num(j.contact_at, nan=np.inf) < world.days)
    person = np.concatenate([j.person[about], asked.person])
    first = np.full(len(block.people.number), np.inf)
    np.minimum.at(first, person, np.concatenate([j.contact_at[about], asked.at]))
    rows = np.flatnonzero(first < np.inf)
    return rows, first[rows]


def caller_table(world: World, block: Block) -> pa.Table:
    """Return the call centre's own list: the name as an agent heard it, and the number that called."""
    rows, first = first_contacts(world, block)
    written = _written(block, rows, CALLS)
    return pa.table({
        "cliente": columns.keys("L", FIRST_KEYS + block.people.number[rows]),
        **{name: written[name] for name in ("nombre", "teléfono", "documento")},
        "primer_contacto": columns.utc_times(world, first, block.people.country[rows]),
    })  # fmt: skip


def person_table(world: World, block: Block) -> pa.Table:
    """Return the truth about identity: one row for each key that a person has in a system."""
    people = block.people
    systems = (
        ("crm", FIRST_KEYS, "C", np.flatnonzero(people.in_crm)),
        ("crm", SECOND_RECORDS, "C", np.flatnonzero(people.twice_in_crm)),
        ("tienda", FIRST_KEYS, "T", np.arange(len(people.number))),
        ("tienda", SECOND_ACCOUNTS, "T", np.flatnonzero(people.two_accounts)),
        ("callcenter", FIRST_KEYS, "L", first_contacts(world, block)[0]),
    )
    return pa.concat_tables([
        pa.table({
            "persona": columns.keys("N", people.number[rows]),
            "sistema": pa.array([system] * len(rows), pa.string()),
            "clave": columns.keys(letter, offset + people.number[rows]),
        })
        for system, offset, letter, rows in systems
    ])  # fmt: skip


def nobody_table(*, customers: int) -> pa.Table:
    """Return the truth about the test accounts: each stands for itself, and joining any two is a mistake."""
    number = np.arange(how_many_test_accounts(customers))
    return pa.table({
        "persona": columns.keys("X", number),
        "sistema": pa.array(["tienda"] * len(number), pa.string()),
        "clave": columns.keys("T", TEST_KEYS + number),
    })  # fmt: skip
