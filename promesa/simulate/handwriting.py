"""How people and clerks write a name, a phone, a mailbox, a document or a birth date into a system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from promesa.simulate.columns import words
from promesa.simulate.names import FAMILY, GIVEN, NICKNAMES, SECOND, without_accents

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from promesa.simulate.arrays import Flags, Ints
    from promesa.simulate.habits import Habits
    from promesa.simulate.identity import Identity


EMAIL_OF_NOBODY, PHONE_OF_NOBODY, BORN_NOBODY = "no@tiene.com", "3000000000", -25_567  # 1900-01-01
DOMAINS = ("correo.example", "buzon.example", "hogar.example")
CODES = ("57", "34")
MOBILE_PREFIXES = (*range(300, 306), *range(310, 323), 350)  # of Colombia: 20 of them
DOCUMENT_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"  # of Spain, by the number modulo 23
ANOTHER_PERSON = 5_000_000  # an old number is that of somebody so far away: nobody's in all but the largest companies
# Multipliers without a common factor with the number of numbers there are, near its golden section.
GOLDEN = {10_000_000: 6_180_339, 100_000_000: 61_803_399, 300_000_000: 185_410_199, 80_000_000: 49_442_719}
NEIGHBOURS = {
    "a": "s", "b": "v", "c": "x", "d": "f", "e": "r", "f": "g", "g": "h", "h": "j", "i": "o", "j": "k", "k": "l",
    "l": "k", "m": "n", "n": "m", "o": "p", "p": "o", "q": "w", "r": "t", "s": "d", "t": "y", "u": "i", "v": "b",
    "w": "e", "x": "z", "y": "u", "z": "x",
}  # fmt: skip
HEARD = (("v", "b"), ("z", "s"), ("ll", "y"), ("ce", "se"), ("ci", "si"), ("ge", "je"), ("gi", "ji"), ("h", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Somebody who writes persons of one block into a system.

    Attributes
    ----------
    who : Identity
        Who the persons of the block are.
    number, country : Ints
        Their numbers in the company, and 0 for Colombia or 1 for Spain.
    habits : Habits
        How the system is written.
    rng : numpy.random.Generator
        For what goes wrong.
    """

    who: Identity
    number: Ints
    country: Ints
    habits: Habits
    rng: np.random.Generator

    def some(self, size: int) -> Callable[[float], Flags]:
        """Return a function that draws to which of `size` records something happens."""
        return lambda share: self.rng.random(size) < share


def written_names(writer: Writer, rows: Ints) -> pa.Array:
    """Return the names of the persons in `rows` as a system holds them."""
    who, habits, some = writer.who, writer.habits, writer.some(len(rows))
    plain, nickname = some(habits.no_accents), some(habits.nickname)
    family, second = who.family[rows], who.second_family[rows]
    swapped, single = some(habits.swapped), some(habits.one_surname)
    family, second = np.where(swapped, second, family), np.where(swapped, family, second)
    left_out = some(habits.one_given) | nickname | (who.second_given[rows] < 0)
    given = words(_VARIANTS, who.given[rows] + len(GIVEN) * (plain + 2 * nickname))
    given = _beside(given, words(_SECOND, np.where(left_out, -1, who.second_given[rows] + len(SECOND) * plain)))
    surnames = _beside(
        words(_FAMILY, family + len(FAMILY) * plain), words(_FAMILY, np.where(single, -1, second + len(FAMILY) * plain))
    )
    comma = some(habits.comma)
    first = pc.if_else(pa.array(comma), pc.binary_join_element_wise(surnames, ",", ""), given)
    full = _beside(first, pc.if_else(pa.array(comma), given, surnames))
    full = pc.if_else(pa.array(some(habits.capitals)), pc.utf8_upper(full), full)
    full = pc.if_else(pa.array(some(habits.small)), pc.utf8_lower(full), full)
    return changed(full, some(habits.misspelt), lambda text: misspelt(text, writer.rng))


def written_emails(writer: Writer, rows: Ints) -> pa.Array:
    """Return the mailboxes of the persons in `rows`."""
    who, habits, some = writer.who, writer.habits, writer.some(len(rows))
    other = some(habits.email_other)
    owner = np.where(other, rows, who.mailbox[rows])
    number = writer.number[owner]
    # Half of the people keep their way of naming a mailbox when they change the provider.
    style = (number // 3 + (other & (number % 2 == 0))) % 4
    given, family = words(_LETTERS_GIVEN, who.given[owner]), words(_LETTERS_FAMILY, who.family[owner])
    initial = pc.utf8_slice_codeunits(given, 0, 1)
    shapes = ((given, ".", family), (initial, "", family), (family, ".", given), (given, "_", initial))
    local = pc.choose(pa.array(style), *[pc.binary_join_element_wise(*shape, "") for shape in shapes])
    domain = words(DOMAINS, (number + other) % len(DOMAINS))
    full = pc.binary_join_element_wise(local, pa.array(number).cast(pa.string()), "@", domain, "")
    full = pc.if_else(pa.array(some(0.04)), pc.utf8_upper(full), full)
    full = changed(full, some(0.01), lambda text: misspelt(text, writer.rng))
    return _or_nobody(full, EMAIL_OF_NOBODY, some(habits.email_nobody), some(habits.email_missing))


def written_phones(writer: Writer, rows: Ints) -> pa.Array:
    """Return the phones of the persons in `rows`, with and without code and blanks."""
    who, habits, some = writer.who, writer.habits, writer.some(len(rows))
    country, size = writer.country[rows], len(rows)
    old = some(habits.phone_old)
    number = np.where(old, writer.number[rows] + ANOTHER_PERSON, writer.number[who.household[rows]])
    national = _phones(number, country)
    spaced = pc.replace_substring_regex(national, r"^(\d{3})(\d{3})", r"\1 \2 ")
    national = pc.if_else(pa.array(some(0.3)), spaced, national)
    code = words(CODES, country)
    sign = words(("+", "00", "+"), writer.rng.integers(0, 3, size))
    gap = words(("", " ", "-"), writer.rng.integers(0, 3, size))
    with_code = pc.binary_join_element_wise(sign, code, gap, national, "")
    full = pc.if_else(pa.array(some(habits.country_code)), with_code, national)
    return _or_nobody(full, PHONE_OF_NOBODY, some(habits.phone_nobody), some(habits.phone_missing))


def _phones(number: Ints, country: Ints) -> pa.Array:
    prefix = np.array(MOBILE_PREFIXES)[(number + number // 10_000_000) % len(MOBILE_PREFIXES)]
    colombia = prefix * 10_000_000 + _spread(number, 10_000_000)
    return pa.array(np.where(country == 0, colombia, 600_000_000 + _spread(number, 100_000_000))).cast(pa.string())


def _spread(number: Ints, among: int) -> Ints:
    """Return a number below `among` for each person, no two alike and neighbours far apart."""
    return (number * GOLDEN[among] + among // 7) % among


def written_documents(writer: Writer, rows: Ints) -> pa.Array:
    """Return identity documents: cédulas of Colombia, some with dots, and DNI of Spain, some with a hyphen."""
    habits, some = writer.habits, writer.some(len(rows))
    numbers, country = writer.number[rows], writer.country[rows]
    cedula = pa.array(1_000_000_000 + _spread(numbers, 300_000_000)).cast(pa.string())
    dni = 10_000_000 + _spread(numbers, 80_000_000)
    letter = words(DOCUMENT_LETTERS, dni % len(DOCUMENT_LETTERS))
    spread = some(0.2)
    dotted = pc.replace_substring_regex(cedula, r"^(\d)(\d{3})(\d{3})", r"\1.\2.\3.")
    hyphen = words(("", "-"), spread.astype(np.int64))
    full = pc.if_else(
        pa.array(country == 0),
        pc.if_else(pa.array(spread), dotted, cedula),
        pc.binary_join_element_wise(pa.array(dni).cast(pa.string()), hyphen, letter, ""),
    )
    full = changed(full, some(habits.document_wrong), lambda text: _wrong_digit(text, writer.rng))
    return pc.if_else(pa.array(some(habits.document_missing)), pa.scalar(None, pa.string()), full)


def written_births(writer: Writer, rows: Ints) -> pa.Array:
    """Return birth dates, some with day and month in the other order or another year."""
    habits, some, born = writer.habits, writer.some(len(rows)), writer.who.born[rows]
    day = born.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    year = day.astype("datetime64[Y]")
    days, months = (day - month).astype(np.int64), (month - year).astype(np.int64)
    exchanged = (year.astype("datetime64[M]") + np.minimum(days, 11)).astype("datetime64[D]") + months
    years_off = writer.rng.choice([-10, -1, 1, 10], len(born))
    leap_day = (months == 1) & (days == 28)  # not every year has one
    slipped = (month + 12 * years_off).astype("datetime64[D]") + days - leap_day
    wrong = np.where((days < 12) & (days != months), exchanged, slipped)
    shown = np.where(some(habits.born_wrong), wrong, day).astype(np.int64)
    shown = np.where(some(habits.born_nobody), BORN_NOBODY, shown)
    return pa.array(shown.astype(np.int32), mask=some(habits.born_missing)).cast(pa.date32())


def misspelt(text: str, rng: np.random.Generator) -> str:
    """Return a text with one letter left out, doubled, exchanged, mistaken for its neighbour, or as it sounds."""
    heard = [pair for pair in HEARD if pair[0] in text]
    if heard and rng.random() < 0.4:
        return text.replace(*heard[int(rng.integers(0, len(heard)))], 1)
    # The first letter of a word is the one that people get right.
    places = [n for n in range(1, len(text)) if text[n].isalpha() and text[n - 1].isalpha()]
    if not places:
        return text
    n = places[int(rng.integers(0, len(places)))]
    beside = NEIGHBOURS.get(text[n].lower(), text[n])
    ways = (text[n] * 2, "", beside.upper() if text[n].isupper() else beside)
    return text[:n] + ways[int(rng.integers(0, len(ways)))] + text[n + 1 :]


def _wrong_digit(text: str, rng: np.random.Generator) -> str:
    places = [n for n, letter in enumerate(text) if letter.isdigit()]
    n = places[int(rng.integers(0, len(places)))]
    return text[:n] + str((int(text[n]) + int(rng.integers(1, 10))) % 10) + text[n + 1 :]


def changed(texts: pa.Array, some: Flags, change: Callable[[str], str]) -> pa.Array:
    """Return the texts with some of them changed, one by one."""
    rows = np.flatnonzero(some)
    if not len(rows):
        return texts
    new = [change(text) for text in texts.take(pa.array(rows)).to_pylist()]
    return pc.replace_with_mask(texts, pa.array(some), pa.array(new, pa.string()))


def _beside(one: pa.Array, other: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(one, other, " ", null_handling="skip")


def _or_nobody(texts: pa.Array, nobody: str, stands_for_nothing: Flags, missing: Flags) -> pa.Array:
    texts = pc.if_else(pa.array(stands_for_nothing), nobody, texts)
    return pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), texts)


def _both(vocabulary: Sequence[str]) -> tuple[str, ...]:
    return (*vocabulary, *(without_accents(word) for word in vocabulary))


def _letters(vocabulary: Sequence[str]) -> tuple[str, ...]:
    return tuple(without_accents(word).lower().replace(" ", "") for word in vocabulary)


_VARIANTS = (*_both(GIVEN), *_both([NICKNAMES.get(name, name) for name in GIVEN]))
_SECOND, _FAMILY = _both(SECOND), _both(FAMILY)
_LETTERS_GIVEN, _LETTERS_FAMILY = _letters(GIVEN), _letters(FAMILY)
