"""Exact links: records that share an identifier, where the rule of that identifier lets it join them.

`alone`: the same value is the same person, unless the two names contradict each other; then a person is asked.
`with_name`: only if the names agree and neither document nor birth date speaks against it; where they do not, the
value is left to the model as evidence. A value that more records hold than the identifier allows joins nobody: it is
the shop's own, or a form's default. All pairs of a value are written, so that taking one away leaves the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.store import surrogate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.engine import Embedded
    from promesa.workspace import Identifier, Model

BUILT_IN = ("document", "email", "phone")
# Reasons that stay with a link: an identifier would join and the names speak against it; the model finds two records
# one person for a single thing that agrees.
CONTRADICTED, ONE_FIELD = "names", "evidence"
_NAMED = ("given", "given_2", "surname", "surname_2", "document", "birth_date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Values of one identifier that too many records hold; they join nobody.

    Attributes
    ----------
    identifier : str
        Its name.
    values, records : int
        How many values, and how many records hold one of them.
    most : int
        Records that may hold one value.
    """

    identifier: str
    values: int
    records: int
    most: int


def joining(model: Model) -> list[Identifier]:
    """Return the identifiers that may join records."""
    return [identifier for identifier in model.identifiers.values() if identifier.joins != "never"]


def column_of(identifier: Identifier) -> str:
    """Return the column of `records` that holds an identifier."""
    return identifier.name if identifier.name in BUILT_IN else f"id_{identifier.name}"


def columns_read(model: Model) -> set[str]:
    """Return the columns of `records` that `exact_links` reads."""
    identifiers = (column_of(identifier) for identifier in joining(model) if identifier.kind != "key")
    return {"customer", "at", *_NAMED, *identifiers}


def exact_links(
    engine: Embedded,
    records: str,
    *,
    model: Model,
    new: str | None,
    keyed: str | None,
    into: str,
    before: str | None = None,
    moved: str | None = None,
) -> list[Shared]:
    """Find the pairs of records that an identifier joins.

    Parameters
    ----------
    engine : Embedded
        Where the records are.
    records : str
        Table or view of records.
    model : Model
        Of the workspace: its identifiers.
    new : str or None
        Table with a column `customer`, who is new, changed or gone: only pairs with at least one of these, and those
        of others that share a value which these have put under what may join; None means all pairs.
    keyed : str or None
        Table of `low`, `high`, `rule` as `key_pairs` writes it.
    into : str
        Temporary table to write: `low`, `high`, `rule` (the identifier), `agreed` (JSON: the identifier is ``same``,
        the name ``same``, ``close``, ``differs`` or ``unknown``), `reason` (null, or ``names``: the names speak
        against it), `at` (when the later of the two records was written).
    before : str or None
        With `new`: records of these customers as they were; None means that none of them was known.
    moved : str or None
        With `new`: temporary table to write, `low`, `high`, `rule`: pairs of others that share a value which new
        records have put over, or under, what may join. What is found of them takes the place of what was.

    Returns
    -------
    list of Shared
        What joins nobody because too many hold it, among the values looked at.
    """
    engine.run("CREATE OR REPLACE TEMP TABLE identity_met (low BIGINT, high BIGINT, rule VARCHAR)")
    engine.run("CREATE OR REPLACE TEMP TABLE identity_moved (low BIGINT, high BIGINT, rule VARCHAR)")
    identifiers = [identifier for identifier in joining(model) if identifier.kind != "key"]
    near = _gather_near(engine, records, identifiers, new=new, before=before) if new else records
    shared: list[Shared] = []
    for identifier in identifiers:
        shared += _meet(engine, near, identifier, some=bool(new), into="identity_met")
    if keyed:
        either = f"WHERE low IN (SELECT customer FROM {new}) OR high IN (SELECT customer FROM {new})" if new else ""
        engine.run(f"INSERT INTO identity_met SELECT low, high, rule FROM {keyed} {either}")
    _judge_names(engine, records, model=model, into=into)
    if moved:
        engine.run(f"CREATE OR REPLACE TEMP TABLE {name(moved)} AS FROM identity_moved")
    for table in ("met", "moved", "near", "near_new", "near_was"):
        engine.run(f"DROP TABLE IF EXISTS identity_{table}")
    return shared


def _gather_near(
    engine: Embedded, records: str, identifiers: Sequence[Identifier], *, new: str, before: str | None
) -> str:
    """Write the records that share a value with new ones, in one pass over all, and return their table.

    `identity_near_new` and `identity_near_was` hold what the new ones have now and had before.
    """
    columns = [name(column_of(identifier)) for identifier in identifiers]
    listed, anew = ", ".join(["customer", *columns]), f"customer IN (SELECT customer FROM {new})"
    engine.run(f"CREATE OR REPLACE TEMP TABLE identity_near_new AS SELECT {listed} FROM {records} WHERE {anew}")
    was = f"{before} WHERE {anew}" if before else f"{records} LIMIT 0"
    engine.run(f"CREATE OR REPLACE TEMP TABLE identity_near_was AS SELECT {listed} FROM {was}")
    sharing = " OR ".join(f"{column} IN ({_looked_at(column)})" for column in columns) or "false"
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_near AS "
        f"SELECT {listed}, {anew} AS is_new FROM {records} WHERE {sharing}"
    )
    return "identity_near"


def _looked_at(column: str) -> str:
    return " UNION ALL ".join(
        f"SELECT {column} FROM identity_near_{table} WHERE {column} IS NOT NULL" for table in ("new", "was")
    )


def _meet(engine: Embedded, records: str, identifier: Identifier, *, some: bool, into: str) -> list[Shared]:
    """Add the pairs of records that hold the same value of an identifier.

    With `some`, `records` are those near new ones, and only pairs of new ones count, and those of others whose value
    has crossed what may join; these go to `identity_moved` as well.
    """
    column, most = name(column_of(identifier)), identifier.most
    is_new, wanted, was = "true", "", "0"
    if some:
        is_new, wanted = "is_new", f" AND {column} IN ({_looked_at(column)})"
        was = f"coalesce((SELECT count(*) FROM identity_near_was WHERE {column} = value), 0)"
    held = f"SELECT {column} AS value, customer, {is_new} AS is_new FROM {records} WHERE {column} IS NOT NULL{wanted}"
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_values AS "
        f"SELECT *, {'false' if not some else f'(held > {most}) <> (others + {was} > {most})'} AS crossed FROM ("
        "SELECT value, count(*) AS held, count(*) FILTER (NOT is_new) AS others "
        f"FROM ({held}) GROUP BY value HAVING count(*) > 1)"
    )
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE identity_holders AS SELECT value, customer, is_new FROM ({held}) "
        f"WHERE value IN (SELECT value FROM identity_values WHERE held <= {most} OR crossed)"
    )
    met = (
        f"SELECT one.customer AS low, two.customer AS high, {literal(identifier.name)} AS rule "
        "FROM identity_holders one JOIN identity_holders two ON one.value = two.value AND one.customer < two.customer"
    )
    others = f"{met} AND NOT one.is_new AND NOT two.is_new"
    within = f"one.value IN (SELECT value FROM identity_values WHERE held <= {most}"
    engine.run(f"INSERT INTO {name(into)} {met} AND (one.is_new OR two.is_new) WHERE {within})")
    if some:
        crossed = "SELECT value FROM identity_values WHERE crossed"
        engine.run(f"INSERT INTO identity_moved {others} WHERE one.value IN ({crossed})")
        engine.run(f"INSERT INTO {name(into)} {others} WHERE {within} AND crossed)")
    [(values, many)] = engine.run(f"SELECT count(*), sum(held) FROM identity_values WHERE held > {most}")
    engine.run("DROP TABLE identity_values")
    engine.run("DROP TABLE identity_holders")
    if not values:
        return []
    return [Shared(identifier=identifier.name, values=int(str(values)), records=int(str(many)), most=most)]


def key_pairs(engine: Embedded, records: str, *, model: Model, known: str, into: str) -> list[Shared]:
    """Write the pairs of a record and the customer whose key it names, and those of two that name the same key.

    Parameters
    ----------
    known : str
        SELECT that gives a column `customer`: everyone whom the store knows, with a profile or without.
    into : str
        Temporary table to write: `low`, `high`, `rule`.

    Returns
    -------
    list of Shared
        Keys that join nobody because too many name them.
    """
    engine.run(f"CREATE OR REPLACE TEMP TABLE {name(into)} (low BIGINT, high BIGINT, rule VARCHAR)")
    shared: list[Shared] = []
    for identifier in key_identifiers(model):
        shared += _meet(engine, records, identifier, some=False, into=into)
        column = name(column_of(identifier))
        few = f"{column} IN (SELECT {column} FROM {records} GROUP BY {column} HAVING count(*) <= {identifier.most})"
        named = (
            f"SELECT customer, {surrogate(literal(identifier.system), column)} AS other FROM {records} "
            f"WHERE {column} IS NOT NULL AND {few}"
        )
        engine.run(
            f"INSERT INTO {name(into)} SELECT DISTINCT least(customer, other), greatest(customer, other), "
            f"{literal(identifier.name)} FROM ({named}) named "
            f"WHERE customer <> other AND other IN (SELECT customer FROM ({known}))"
        )
    return shared


def key_identifiers(model: Model) -> list[Identifier]:
    """Return the identifiers whose values are keys of another system."""
    return [identifier for identifier in joining(model) if identifier.kind == "key"]


def _judge_names(engine: Embedded, records: str, *, model: Model, into: str) -> None:
    """Keep the pairs that the rule of their identifier lets join, with how the names agree."""
    alone = [identifier.name for identifier in joining(model) if identifier.joins == "alone"]
    columns = ", ".join([*(f"r.{column}" for column in _NAMED), 'r."at"'])
    # A customer whose key another record names may have no profile: then nothing is known of the name.
    met = "SELECT low FROM identity_met UNION ALL SELECT high FROM identity_met"
    sides = f"SELECT r.customer, {columns} FROM {records} r WHERE r.customer IN ({met})"
    engine.run(f"CREATE OR REPLACE TEMP TABLE identity_named AS {sides}")
    both = ", ".join(f"a.{column} AS {column}_l, b.{column} AS {column}_r" for column in _NAMED)
    listed = _in("rule", alone)
    # Many pairs share more than one value: their names are compared once.
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_sides AS "
        f'SELECT m.low, m.high, m.rules, m.asked, m.joined, {both}, greatest(a."at", b."at") AS at '
        f"FROM (SELECT low, high, list(rule) AS rules, bool_or(NOT {listed}) AS asked, bool_or({listed}) AS joined "
        "FROM identity_met GROUP BY low, high) m "
        "LEFT JOIN identity_named a ON a.customer = m.low LEFT JOIN identity_named b ON b.customer = m.high"
    )
    # What else speaks against a pair counts only where a rule asks for the name.
    asked = f"CASE WHEN asked AND how IN ('same', 'close') THEN {_spoken_against()} END"
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_judged AS "
        f'SELECT low, high, rules, how, {asked} AS against, "at" '
        f"FROM (SELECT *, {_how_names_agree()} AS how FROM identity_sides)"
    )
    agreed = '\'{"\' || rule || \'": "same", "name": "\' || how || \'"}\''
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE {name(into)} AS "
        f"SELECT low, high, rule, {agreed} AS agreed, "
        f"CASE WHEN how = 'differs' THEN {literal(CONTRADICTED)} END AS reason, \"at\" "
        'FROM (SELECT low, high, unnest(rules) AS rule, how, against, "at" FROM identity_judged) '
        f"WHERE {listed} OR (how IN ('same', 'close') AND NOT against)"
    )
    engine.run("DROP TABLE identity_judged")
    engine.run("DROP TABLE identity_named")
    engine.run("DROP TABLE identity_sides")


def _in(column: str, values: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(literal(value) for value in values)})" if values else "false"


def _how_names_agree() -> str:
    """Return the SQL of how two names agree, for a join that no model looks at: strict both ways.

    ``same`` and ``close``: the given names go together and a surname is shared; ``differs``: nothing of the given
    names or nothing of the surnames is alike, also if the two stand in each other's place; ``unknown``: between.
    What only rules that ask for the name bring together is not told apart beyond ``close``: it joins nobody.
    """
    surname = " OR ".join(_equal_or_slip(f"{a}_l", f"{b}_r") for a in _SURNAMES for b in _SURNAMES)
    missing = "given_l IS NULL OR given_r IS NULL OR surname_l IS NULL OR surname_r IS NULL"
    # María José and María Isabel, José María and María José, are not one person for sharing a name.
    second = f"(given_2_l IS NULL OR given_2_r IS NULL OR {_equal_or_slip('given_2_l', 'given_2_r')})"
    left_out = "(given_2_l IS NULL AND given_l = given_2_r) OR (given_2_r IS NULL AND given_r = given_2_l)"
    given = f"(({_equal_or_slip('given_l', 'given_r')} OR {_initial('given_l', 'given_r')}) AND {second}) OR {left_out}"
    same = "given_l = given_r AND given_2_l IS NOT DISTINCT FROM given_2_r AND surname_l = surname_r"
    differ = f"joined AND {_contradict()}"
    # Names that agree never contradict each other; asked first, they spare most pairs the comparison letter by letter.
    return (
        f"CASE WHEN {same} AND surname_2_l IS NOT DISTINCT FROM surname_2_r THEN 'same' "
        f"WHEN {missing} THEN CASE WHEN {differ} THEN 'differs' ELSE 'unknown' END "
        f"WHEN ({given}) AND ({surname}) THEN 'close' "
        f"WHEN {differ} THEN 'differs' ELSE 'unknown' END"
    )


_GIVENS, _SURNAMES = ("given", "given_2"), ("surname", "surname_2")


def _equal_or_slip(one: str, two: str) -> str:
    # The last letter tells Mario from María and Juan from Juana: there it is no slip.
    slip = f"least(length({one}), length({two})) >= 5 AND right({one}, 1) = right({two}, 1)"
    # A case compares letter by letter only what it has to.
    return f"CASE WHEN {one} = {two} THEN true WHEN {slip} THEN damerau_levenshtein({one}, {two}) <= 1 ELSE false END"


def _initial(one: str, two: str) -> str:
    shorter = f"least(length({one}), length({two})) = 1"
    return f"coalesce({shorter} AND left({one}, 1) = left({two}, 1), false)"


def _contradict() -> str:
    """Return the condition that two names cannot be one person's, however they were cut into parts."""
    given, surname = _any_alike(_GIVENS, _GIVENS), _any_alike(_SURNAMES, _SURNAMES)
    crossed = f"({_any_alike(_GIVENS, _SURNAMES)}) AND ({_any_alike(_SURNAMES, _GIVENS)})"
    apart = [
        f"({kind}_l IS NOT NULL AND {kind}_r IS NOT NULL AND NOT ({alike}))"
        for kind, alike in (("given", given), ("surname", surname))
    ]
    return f"coalesce(({' OR '.join(apart)}) AND NOT ({crossed}), false)"


def _any_alike(left: Sequence[str], right: Sequence[str]) -> str:
    pairs = [(f"{one}_l", f"{two}_r") for one in left for two in right]
    return " OR ".join(
        f"coalesce(jaro_winkler_similarity({one}, {two}) >= 0.85, false) OR {_initial(one, two)}" for one, two in pairs
    )


def _spoken_against() -> str:
    """Return the condition that document or birth date of two records cannot be one person's."""
    return f"{documents_apart('document_l', 'document_r')} OR {born_apart('birth_date_l', 'birth_date_r')}"


def documents_apart(one: str, two: str) -> str:
    """Return the condition that two documents differ by more than a slip: one wrong, missing or swapped character."""
    # Of most pairs the two are equal, and only a case leaves these out of the comparison letter by letter.
    return f"coalesce(CASE WHEN {one} <> {two} THEN damerau_levenshtein({one}, {two}) > 1 END, false)"


def born_apart(one: str, two: str) -> str:
    """Return the condition that two birth dates differ by more than a slip: one digit, or day and month swapped."""
    swapped = f"year({one}) = year({two}) AND month({one}) = day({two}) AND day({one}) = month({two})"
    slip = f"damerau_levenshtein(CAST({one} AS VARCHAR), CAST({two} AS VARCHAR)) <= 1"
    return f"coalesce(CASE WHEN {one} <> {two} THEN NOT ({slip} OR ({swapped})) END, false)"
