"""Whom a person at the keyboard means: a number, a key of a system, an e-mail, a phone, a document or a name."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from promesa.customers.person import instant_of, links_in_force, listed, person_at, person_of_each
from promesa.engine import literal, name
from promesa.errors import InputError
from promesa.store import columns_of, inspect_store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from promesa.customers.person import Person
    from promesa.store import Inspection
    from promesa.workspace import Workspace

SHOWN = 10
_ASKED, _RECORDS = '"~asked"', '"~records"'
_CONTACTS = ("email", "phone", "document")
_MANY_COUNTRIES = 60
_AS_READ = "concat_ws(' ', given, given_2, surname, surname_2)"
_EXACT, _WHOLE, _IN_ORDER, _ANY_ORDER, _BEGUN = range(5)  # how well a record fits what is looked for
_SQL = {"day": "DATE", "time": "TIMESTAMP", "whole": "BIGINT"}


def find(ws: Workspace, who: str, *, as_of: date | datetime | str | None = None) -> list[int]:
    """Return the persons whom a text may mean.

    Parameters
    ----------
    ws : Workspace
        The company's folder, read.
    who : str
        ``system:key``, a number that promesa shows, an e-mail, a phone, a document, another identifier of the
        company's, a key alone, or words of a name. What identifies goes before what only resembles: a number or
        a key of a system is nobody else's e-mail; names are looked at last, and beginnings of their words only where
        no name has the words.
    as_of : date, datetime, str or None
        Instant at which links are looked at; None means all links known now.

    Returns
    -------
    list of int
        Numbers of persons, several if the text fits several, best fit first: the whole name, its words in order,
        in another order, their beginnings; of those that fit alike, whom a source stated last.

    Raises
    ------
    InputError
        If nobody is found; the text is not repeated.
    """
    with inspect_store(ws) as look:
        return find_in(look, who, instant=instant_of(ws, as_of))


def find_in(look: Inspection, who: str, *, instant: datetime) -> list[int]:
    """Return the persons whom a text may mean, best fit first, in a store that is open; see `find`."""
    text = who.strip()
    record = record_named(look, text)
    fits = {record: _EXACT} if record is not None else _by_value(look, text) if text else {}
    if not fits:
        raise InputError(
            what=f"Nobody is found by that {_kind(text)}.",
            got=f"no record holds that {_kind(text)}",
            expected="system:key, a number that promesa shows, an e-mail, a phone, a document or a name",
            fix="check the text, or look for other words of the name with `promesa customer find`",
        )
    return _best_first(look, fits, instant=instant)


def _best_first(look: Inspection, fits: Mapping[int, int], *, instant: datetime) -> list[int]:
    """Return the persons of customers by how well the best of their records fits, then the newest stated first."""
    stated = look.engine.run(
        f'SELECT customer, epoch(max("at")) FROM ({look.rows("profiles")}) WHERE customer IN {listed(fits)} GROUP BY 1'
    )
    newest = {int(str(customer)): float(str(at)) for customer, at in stated}
    places: dict[int, tuple[int, float]] = {}
    for customer, person in person_of_each(look, fits, instant).items():
        fit, at = places.get(person, (fits[customer], -inf))
        places[person] = (min(fit, fits[customer]), max(at, newest.get(customer, -inf)))
    return sorted(places, key=lambda person: (places[person][0], -places[person][1], person))


def number_of(ws: Workspace, who: str | int, *, as_of: date | datetime | str | None = None) -> int:
    """Return the number of the one person whom a text means; see `one_person`."""
    instant = instant_of(ws, as_of)
    with inspect_store(ws) as look:
        return one_person(look, who, instant=instant).number


def one_person(look: Inspection, who: str | int, *, instant: datetime) -> Person:
    """Return the one person whom a text means.

    Raises
    ------
    InputError
        If it means nobody, or several: they are listed with initials and town, enough to choose by.
    """
    found = find_in(look, str(who), instant=instant)
    if len(found) > 1:
        shown = "; ".join(
            f"{entry['person']} {entry['hint']}".strip() for entry in hints(look, found[:SHOWN], instant=instant)
        )
        raise InputError(
            what=f"{len(found)} persons are found by that {_kind(str(who).strip())}.",
            got=shown + ("; ..." if len(found) > SHOWN else ""),
            expected="one person",
            fix=f"use a number, such as {found[0]}",
        )
    return person_at(look, found[0], instant)


def record_named(look: Inspection, who: str | int) -> int | None:
    """Return the record that a number or ``system:key`` names; None if the text is neither."""
    text, identities = str(who).strip(), look.rows("identities")
    if text.isdecimal() and len(text) <= 19:
        found = look.engine.value(f"SELECT any_value(customer) FROM ({identities}) WHERE customer = {int(text)}")
        if found is not None:
            return int(str(found))
    if ":" in text:
        # A system's name may hold a colon too: compare the two joined, not the text taken apart.
        found = look.engine.value(
            f"SELECT min(customer) FROM ({identities}) WHERE customer_source || ':' || key = {literal(text)}"
        )
        return int(str(found)) if found is not None else None
    return None


def candidates(ws: Workspace, who: str, *, as_of: date | datetime | str | None = None) -> list[dict[str, object]]:
    """Return the persons whom a text may mean, each with what is enough to choose by and not to know them by.

    Returns
    -------
    list of dict
        ``person``: the number; ``hint``: the initials of the newest name and, where a trait that tells persons apart
        is declared (`[identity] compare`), its value; ``systems``: those that know the person.

    Raises
    ------
    InputError
        If nobody is found.
    """
    instant = instant_of(ws, as_of)
    with inspect_store(ws) as look:
        return hints(look, find_in(look, who, instant=instant), instant=instant)


def hints(look: Inspection, persons: Sequence[int], *, instant: datetime) -> list[dict[str, object]]:
    """Return what is enough to choose persons by; see `candidates`."""
    trait = next((entry for entry in look.ws.model.identity.compare if entry in look.ws.model.traits), None)
    town = name(trait) if trait else "CAST(NULL AS VARCHAR)"
    look.engine.run(
        'CREATE OR REPLACE TEMP TABLE "~whose" AS '
        f"SELECT customer, person FROM ({links_in_force(look, instant)}) WHERE person IN {listed(persons)} "
        f"UNION SELECT customer, customer FROM ({look.rows('identities')}) WHERE customer IN {listed(persons)}"
    )
    said = look.engine.run(
        'SELECT person, arg_max(name, "at") FILTER (name IS NOT NULL), '
        f'arg_max({town}, "at") FILTER ({town} IS NOT NULL) '
        f'FROM ({look.rows("profiles")}) JOIN "~whose" USING (customer) GROUP BY 1'
    )
    systems = look.engine.run(
        "SELECT person, string_agg(DISTINCT customer_source, ', ' ORDER BY customer_source) "
        f'FROM ({look.rows("identities")}) JOIN "~whose" USING (customer) GROUP BY 1'
    )
    known = {person: (full, place) for person, full, place in said}
    issued = {person: str(text) for person, text in systems}
    found: list[dict[str, object]] = []
    for person in persons:
        full, place = known.get(person, (None, None))
        parts = [initials(str(full)) if full else "", str(place) if place else ""]
        hint = ", ".join(part for part in parts if part)
        found.append({"person": person, "hint": hint, "systems": issued.get(person, "")})
    return found


def initials(full: str) -> str:
    """Return the initials of a name: ``Ana Ruiz`` is ``A. R.``."""
    return " ".join(f"{word[0].upper()}." for word in full.replace(",", " ").split())


def _kind(text: str) -> str:
    if "@" in text:
        return "e-mail"
    if ":" in text:
        return "key"
    return "number" if any(character.isdigit() for character in text) else "name"


def _by_value(look: Inspection, text: str) -> dict[int, int]:
    """Return the customers whose key or contact is the text, or else whose name is like it, each with how it fits."""
    from promesa.identity import make_records

    engine, model = look.engine, look.ws.model
    make_records(engine, model, profiles=_as_profiles(look, text), into=_ASKED.strip('"'))
    records = look.rows("records") if not look.is_empty("records") else None
    if records is None:
        make_records(engine, model, profiles=look.rows("profiles"), into=_RECORDS.strip('"'))
        records = f"SELECT * FROM {_RECORDS}"
    there = {column for column, _ in engine.columns(f"SELECT * FROM ({records})")}
    asked = {column for column, _ in engine.columns(f"SELECT * FROM {_ASKED}")}
    contacts = ["email"] if "@" in text else [*_CONTACTS, *sorted(c for c in asked if c.startswith("id_"))]
    equal = [f"{name(c)} IN (SELECT {name(c)} FROM {_ASKED})" for c in contacts if c in there and c in asked]
    found = engine.run(
        f"SELECT customer FROM ({records}) WHERE {' OR '.join(equal or ['false'])} UNION "
        f"SELECT customer FROM ({look.rows('identities')}) WHERE key = {literal(text)}"
    )
    if found or "@" in text:
        return {int(str(customer)): _EXACT for (customer,) in found}
    names = engine.run(f"SELECT name, {_AS_READ} FROM {_ASKED} WHERE name IS NOT NULL LIMIT 1")
    return _by_name(look, records, *map(str, names[0])) if names else {}


def _by_name(look: Inspection, records: str, whole: str, as_read: str) -> dict[int, int]:
    """Return the customers whose name has the words asked, or else words that begin so, each with how it fits.

    `whole` holds the words by the alphabet, as records do; `as_read` given names first.
    """
    wanted, words = f"string_split({literal(as_read)}, ' ')", f"string_split({_AS_READ}, ' ')"
    in_order = f"list_filter({words}, lambda word: list_contains({wanted}, word)) = {wanted}"
    found = look.engine.run(
        f"SELECT customer, CASE WHEN name = {literal(whole)} THEN {_WHOLE} WHEN {in_order} THEN {_IN_ORDER} "
        f"ELSE {_ANY_ORDER} END FROM ({records}) "
        f"WHERE list_has_all(string_split(name, ' '), string_split({literal(whole)}, ' '))"
    )
    if not found:
        begins = " AND ".join(f"contains(' ' || name, {literal(f' {word}')})" for word in whole.split())
        found = look.engine.run(f"SELECT customer, {_BEGUN} FROM ({records}) WHERE {begins}")
    return {int(str(customer)): int(str(fit)) for customer, fit in found}


def _as_profiles(look: Inspection, text: str) -> str:
    """Return profile rows that hold the text wherever it may belong, one a country in which its phone may be."""
    model, value = look.ws.model, literal(text)
    holds = {"name", *_CONTACTS, *model.identifiers}
    country = model.identity.country_trait
    countries: list[object] = [None]
    if country is not None and country in model.traits:
        countries += [
            row[0]
            for row in look.engine.run(
                f"SELECT DISTINCT {name(country)} FROM ({look.rows('profiles')}) "
                f"WHERE {name(country)} IS NOT NULL ORDER BY 1 LIMIT {_MANY_COUNTRIES}"
            )
        ]
    parts: list[str] = []
    for column in columns_of("profiles", model):
        if column.name == "customer":
            content = "turn"
        elif column.name in {"at", "recorded_at"}:
            content = "TIMESTAMP '2000-01-01'"
        elif column.name == country:
            content = "place"
        else:
            content = value if column.name in holds else "NULL"
        parts.append(f"CAST({content} AS {_SQL.get(column.kind, 'VARCHAR')}) AS {name(column.name)}")
    rows = ", ".join(f"({turn}, {literal(place)})" for turn, place in enumerate(countries))
    return f"SELECT {', '.join(parts)} FROM (VALUES {rows}) t(turn, place)"
