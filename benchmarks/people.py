"""Made-up people of Spanish and Portuguese names, in homes, with several records each and the errors that records have.

The truth is known: `person`. Everything comes from one seed. Homes share surnames, address and a telephone; some have
twins, some a son named like his father; some records carry the shop's own telephone or an e-mail that is nobody's.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import blake2b
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WOMEN = [
    "María",
    "Carmen",
    "Ana",
    "Laura",
    "Lucía",
    "Isabel",
    "Marta",
    "Paula",
    "Sara",
    "Elena",
    "Cristina",
    "Pilar",
    "Rosa",
    "Andrea",
    "Raquel",
    "Beatriz",
    "Patricia",
    "Claudia",
    "Sandra",
    "Julia",
    "Daniela",
    "Natalia",
    "Valentina",
    "Camila",
    "Sofía",
    "Mariana",
    "Gabriela",
    "Carolina",
    "Juliana",
    "Fernanda",
    "Luisa",
    "Teresa",
    "Dolores",
    "Mercedes",
    "Rocío",
    "Alicia",
    "Irene",
    "Silvia",
    "Diana",
    "Adriana",
    "Mónica",
    "Verónica",
    "Lorena",
    "Viviana",
    "Ximena",
    "Renata",
    "Larissa",
    "Inês",
    "Joana",
]
MEN = [
    "José",
    "Juan",
    "Carlos",
    "Luis",
    "Antonio",
    "Manuel",
    "Francisco",
    "Javier",
    "David",
    "Daniel",
    "Jorge",
    "Pedro",
    "Miguel",
    "Rafael",
    "Alejandro",
    "Fernando",
    "Andrés",
    "Santiago",
    "Sergio",
    "Diego",
    "Pablo",
    "Álvaro",
    "Ángel",
    "Ramón",
    "Enrique",
    "Vicente",
    "Eduardo",
    "Ricardo",
    "Roberto",
    "Alberto",
    "Óscar",
    "Iván",
    "Rubén",
    "Jaime",
    "Hugo",
    "Mateo",
    "Sebastián",
    "Nicolás",
    "Felipe",
    "Camilo",
    "Mauricio",
    "Gustavo",
    "Hernán",
    "João",
    "Thiago",
    "Tiago",
    "Joaquim",
    "Rodrigo",
]
NICKNAMES = {
    "José": "Pepe", "Francisco": "Paco", "Dolores": "Lola", "Ignacio": "Nacho", "Enrique": "Quique", "Antonio": "Toño",
    "Luis": "Lucho", "Carmen": "Carmela", "Isabel": "Isa", "Alejandro": "Alex", "Beatriz": "Bea", "Manuel": "Manolo",
    "Teresa": "Tere", "Roberto": "Beto", "Mercedes": "Merche", "Daniel": "Dani", "Eduardo": "Edu",
}  # fmt: skip
SURNAMES = [
    "García",
    "Rodríguez",
    "González",
    "Fernández",
    "López",
    "Martínez",
    "Sánchez",
    "Pérez",
    "Gómez",
    "Martín",
    "Jiménez",
    "Ruiz",
    "Hernández",
    "Díaz",
    "Moreno",
    "Álvarez",
    "Muñoz",
    "Romero",
    "Alonso",
    "Gutiérrez",
    "Navarro",
    "Torres",
    "Domínguez",
    "Vázquez",
    "Ramos",
    "Gil",
    "Ramírez",
    "Serrano",
    "Blanco",
    "Molina",
    "Morales",
    "Suárez",
    "Ortega",
    "Delgado",
    "Castro",
    "Ortiz",
    "Rubio",
    "Marín",
    "Sanz",
    "Núñez",
    "Iglesias",
    "Medina",
    "Garrido",
    "Cortés",
    "Castillo",
    "Santos",
    "Lozano",
    "Guerrero",
    "Cano",
    "Prieto",
    "Méndez",
    "Cruz",
    "Calvo",
    "Gallego",
    "Vidal",
    "León",
    "Márquez",
    "Herrera",
    "Peña",
    "Flores",
    "Cabrera",
    "Campos",
    "Vega",
    "Fuentes",
    "Carrasco",
    "Diez",
    "Caballero",
    "Reyes",
    "Nieto",
    "Aguilar",
    "Pascual",
    "Santana",
    "Herrero",
    "Lorenzo",
    "Montero",
    "Hidalgo",
    "Giménez",
    "Ibáñez",
    "Ferrer",
    "Durán",
    "Santiago",
    "Benítez",
    "Mora",
    "Vicente",
    "Vargas",
    "Arias",
    "Carmona",
    "Crespo",
    "Román",
    "Pastor",
    "Soto",
    "Sáez",
    "Velasco",
    "Moya",
    "Soler",
    "Parra",
    "Esteban",
    "Bravo",
    "Gallardo",
    "Rojas",
    "Silva",
    "Souza",
    "Oliveira",
    "Pereira",
    "Lima",
    "Carvalho",
    "Almeida",
    "Ferreira",
    "Ribeiro",
    "Rocha",
    "Dias",
    "Nascimento",
    "Andrade",
    "Moreira",
    "Nunes",
    "Marques",
    "Machado",
    "Mendes",
    "Freitas",
    "Cardoso",
    "Ramos",
    "Gonçalves",
    "Santana",
    "Teixeira",
    "Araújo",
    "Ospina",
    "Restrepo",
    "Cárdenas",
    "Quintero",
    "Zapata",
    "Arango",
    "Mejía",
    "Valencia",
    "Salazar",
    "Osorio",
    "Giraldo",
    "Montoya",
    "Correa",
    "Henao",
    "Duque",
]
STARTS, MIDDLES, ENDS = (
    [
        "Al",
        "Ber",
        "Cas",
        "Dor",
        "Es",
        "Fal",
        "Gue",
        "Hin",
        "Ir",
        "Lan",
        "Mon",
        "Or",
        "Pal",
        "Quin",
        "Sal",
        "Tor",
        "Ur",
        "Val",
        "Zar",
    ],
    ["a", "be", "ca", "di", "gue", "la", "men", "no", "qui", "ra", "ri", "to", "ve"],
    ["cedo", "do", "dero", "go", "guez", "lar", "lde", "no", "ra", "rra", "scal", "sta", "tti", "varo", "yo"],
)
STREETS = ("Calle", "Carrera", "Avenida", "Diagonal", "Rua")
SHORT = {"Calle": "Cl", "Carrera": "Cra", "Avenida": "Av", "Diagonal": "Dg", "Rua": "R."}
STREET_NAMES = [
    "Mayor",
    "Real",
    "Bolívar",
    "Colón",
    "Sol",
    "Luna",
    "Jardines",
    "Río",
    "Norte",
    "Sur",
    "Palma",
    "Olivos",
    "Cedros",
    "Rosales",
    "Progreso",
]
CITIES = [
    "Bogotá",
    "Medellín",
    "Cali",
    "Barranquilla",
    "Cartagena",
    "Madrid",
    "Barcelona",
    "Valencia",
    "Sevilla",
    "Lima",
    "Quito",
    "Santiago",
    "Monterrey",
    "Puebla",
    "Guadalajara",
    "Lisboa",
    "Porto",
    "Curitiba",
    "Recife",
    "Rosario",
]
PROVIDERS = ("correo.example", "mensaje.example", "buzon.example", "carta.example")
SHOP_PHONE, NO_EMAIL = "6015550000", "no@tiene.com"
LETTERS = "abcdefghijlmnopqrstuvz"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone, as they are."""

    person: int
    given: str
    surname: str
    surname_2: str
    born: date
    document: str
    phone: str
    email: str
    street: str
    city: str


@dataclass(frozen=True, slots=True)
class Record:
    """What one system wrote down; None is not known."""

    customer: int
    person: int
    given: str | None
    surnames: str | None
    birth_date: date | None
    document: str | None
    phone: str | None
    email: str | None
    address: str | None
    city: str | None


def people(n: int, seed: int) -> Iterator[Record]:
    """Give `n` records of about 0.6 as many persons, shuffled within homes, numbered in a mixed order."""
    chance = random.Random(seed)
    surnames = _Names(SURNAMES, tail=3_000, chance=chance)
    made, number = 0, 0
    while made < n:
        home = _home(chance, surnames, first=number)
        number += len(home)
        for person in home:
            for copy in range(_copies(chance)):
                if made == n:
                    return
                yield _record(chance, person, home, surnames, customer=_customer(made, seed), first=copy == 0)
                made += 1


def _customer(place: int, seed: int) -> int:
    """Return a surrogate as the store gives them: a hash of 63 bits."""
    return int.from_bytes(blake2b(f"{seed}:{place}".encode(), digest_size=8).digest(), "big") >> 1


class _Names:
    """Surnames by rank, a few frequent and most rare; and the e-mail addresses that are taken."""

    def __init__(self, known: Sequence[str], *, tail: int, chance: random.Random) -> None:
        rare = {chance.choice(STARTS) + chance.choice(MIDDLES) + chance.choice(ENDS) for _ in range(tail)}
        self.names = [*dict.fromkeys(known), *sorted(rare)]
        self.weights = list(accumulate(1 / (rank + 8) for rank in range(len(self.names))))

        self.taken: set[str] = set()

    def email(self, chance: random.Random, given: str, surname: str) -> str:
        """Return an address that nobody has yet."""
        user, provider = _user(chance, given, surname), chance.choice(PROVIDERS)
        while f"{user}@{provider}" in self.taken:
            user += str(chance.randint(0, 9))
        self.taken.add(f"{user}@{provider}")
        return f"{user}@{provider}"

    def one(self, chance: random.Random) -> str:
        return chance.choices(self.names, cum_weights=self.weights)[0]


def _copies(chance: random.Random) -> int:
    return chance.choices((1, 2, 3, 4, 5), weights=(60, 25, 9, 4, 2))[0]


def _home(chance: random.Random, surnames: _Names, *, first: int) -> list[Person]:
    street = f"{chance.choice(STREETS)} {chance.choice(STREET_NAMES)} {chance.randint(1, 199)} # {chance.randint(1, 99)}-{chance.randint(1, 99)}"
    city, shared = chance.choice(CITIES), _phone(chance)
    names = [(surnames.one(chance), surnames.one(chance)) for _ in range(2)]
    adults = chance.choice((1, 1, 2, 2, 2))
    children = chance.choice((0, 0, 1, 2, 3)) if adults == 2 else 0
    home: list[Person] = []
    for place in range(adults + children):
        pair = names[place] if place < adults else (names[0][0], names[1][0])
        born = date(1940, 1, 1) + timedelta(days=chance.randint(0, 20_000) + (9_000 if place >= adults else 0))
        if place > adults and chance.random() < 0.03:
            born = home[-1].born  # twins
        given = _given(chance, woman=chance.random() < 0.5)
        if place == adults and chance.random() < 0.06:
            given = home[0].given
        alone = chance.random() < 0.7
        phone = _phone(chance) if alone else shared
        email = surnames.email(chance, given, pair[0]) if chance.random() < 0.95 or not home else home[0].email
        home.append(
            Person(first + place, given, *pair, born, str(chance.randint(10**7, 10**9)), phone, email, street, city)
        )
    return home


def _given(chance: random.Random, *, woman: bool) -> str:
    names = WOMEN if woman else MEN
    first = names[min(int(chance.expovariate(0.06)), len(names) - 1)]
    return f"{first} {chance.choice(names)}" if chance.random() < 0.35 else first


def _phone(chance: random.Random) -> str:
    return f"3{chance.randint(0, 2)}{chance.randint(0, 9)}{chance.randint(10**6, 10**7 - 1)}"


def _user(chance: random.Random, given: str, surname: str) -> str:
    first, last = plain(given).split()[0], plain(surname)
    return chance.choice(
        (f"{first}.{last}", f"{first[0]}{last}", f"{last}{first}", f"{first}{chance.randint(1, 99)}")
    ) + (str(chance.randint(1, 9999)) if chance.random() < 0.8 else "")


def plain(text: str) -> str:
    """Return a text in small letters without accents."""
    return text.lower().translate(str.maketrans("áéíóúñçãõâêô", "aeiouncaoaeo"))


def slip(chance: random.Random, text: str) -> str:
    """Return a text with one slip: a character changed, doubled, left out, or two that changed places."""
    if len(text) < 4:
        return text
    at, kind = chance.randrange(1, len(text) - 1), chance.randrange(4)
    other = str(chance.randint(0, 9)) if text[at].isdigit() else chance.choice(LETTERS)
    swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return (text[:at] + other + text[at + 1 :], text[:at] + text[at] + text[at:], text[:at] + text[at + 1 :], swapped)[
        kind
    ]


def _record(
    chance: random.Random, person: Person, home: list[Person], surnames: _Names, *, customer: int, first: bool
) -> Record:
    happens = chance.random
    seen = person
    if not first:
        if happens() < 0.12:
            seen = replace(seen, phone=_phone(chance))
        if happens() < 0.15:
            seen = replace(seen, email=surnames.email(chance, person.given, person.surname))
        if happens() < 0.08:
            seen = replace(
                seen,
                street=f"{chance.choice(STREETS)} {chance.randint(1, 180)} # {chance.randint(1, 99)}-{chance.randint(1, 99)}",
            )
    given, written = _name(chance, seen)
    phone = SHOP_PHONE if happens() < 0.004 else slip(chance, seen.phone) if happens() < 0.02 else seen.phone
    email = NO_EMAIL if happens() < 0.004 else slip(chance, seen.email) if happens() < 0.03 else seen.email
    document = slip(chance, seen.document) if happens() < 0.02 else seen.document
    return Record(
        customer=customer,
        person=person.person,
        given=given,
        surnames=written,
        birth_date=None if happens() < 0.3 else _birth_date(chance, seen.born),
        document=None if happens() < 0.45 else document,
        phone=None if happens() < 0.25 else (home[0].phone if happens() < 0.05 else phone),
        email=None if happens() < 0.35 else email,
        address=None if happens() < 0.4 else _address(chance, seen.street),
        city=None if happens() < 0.1 else seen.city,
    )


def _name(chance: random.Random, person: Person) -> tuple[str, str]:
    given, one, two = person.given, person.surname, person.surname_2
    happens = chance.random
    if " " in given and happens() < 0.3:
        given = given.split()[0]
    if happens() < 0.05:
        given = NICKNAMES.get(given, given)
    if happens() < 0.04:
        given = slip(chance, given)
    if happens() < 0.05:
        one = slip(chance, one)
    if happens() < 0.02:
        one, two = two, one
    surnames = one if happens() < 0.3 else f"{one} {two}"
    if happens() < 0.005:
        given, surnames = surnames.split()[0], given.split()[0]
    if happens() < 0.4:
        given, surnames = plain(given).upper(), plain(surnames).upper()
    return given, surnames


def _birth_date(chance: random.Random, born: date) -> date:
    kind = chance.random()
    if kind < 0.02 and born.day <= 12:
        return date(born.year, born.day, born.month)
    if kind < 0.04:
        return born.replace(day=(born.day + 9) % 28 + 1)
    if kind < 0.05:
        return born.replace(year=born.year + chance.choice((-10, -1, 1, 10)), day=min(born.day, 28))
    return born


def _address(chance: random.Random, street: str) -> str:
    kind, rest = street.split(" ", 1)
    if chance.random() < 0.4:
        street = f"{SHORT[kind]} {rest.replace('#', chance.choice(('No.', 'Nº', '#')))}"
    return slip(chance, street) if chance.random() < 0.04 else street
