"""From profile rows to comparable rows: the SQL of one SELECT over all fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.engine import literal
from promesa.engine import name as quoted
from promesa.identity.addresses import add_address
from promesa.identity.countries import countries_table
from promesa.identity.dates import add_birth_date
from promesa.identity.documents import add_document
from promesa.identity.emails import add_email, domains_table
from promesa.identity.folding import among, plain_texts
from promesa.identity.names import add_name, lexicon_table
from promesa.identity.phones import Dialling, add_phone, code_of, codes_table, dialling, read_phone

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promesa.engine import Embedded
    from promesa.workspace import Identifier, Model

BUILT_IN = ("document", "email", "phone")
_TEXTS = ("name", "email", "phone", "document", "address")
_STEPS = ("promesa_with_names", "promesa_with_addresses")
_LEXICON, _DOMAINS, _CODES, _COUNTRIES = "promesa_lexicon", "promesa_domains", "promesa_codes", "promesa_countries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Profile rows, and what must be known of them before their SQL can be written.

    Attributes
    ----------
    relation : str
        SQL that can stand after FROM.
    columns : frozenset of str
        Those it has; the others are taken as empty.
    plans : tuple of Dialling
        Of every country code that occurs in it.
    ignored : mapping of str to tuple of str
        By field, comparable values that are nobody's.
    """

    model: Model
    relation: str
    columns: frozenset[str]
    plans: tuple[Dialling, ...]
    ignored: Mapping[str, tuple[str, ...]]


def own_identifiers(model: Model) -> list[Identifier]:
    """Return the identifiers that the company declared beyond document, e-mail and phone."""
    return [identifier for name, identifier in model.identifiers.items() if name not in BUILT_IN]


def identifier_fields(model: Model) -> dict[str, Identifier]:
    """Return every identifier by the column of `records` that holds it."""
    built_in = {field: model.identifiers[field] for field in BUILT_IN if field in model.identifiers}
    return built_in | {f"id_{identifier.name}": identifier for identifier in own_identifiers(model)}


def look_at(engine: Embedded, model: Model, *, profiles: str) -> Rows:
    """Return what must be known of profile rows to make them comparable, and put the words for it into the engine.

    Parameters
    ----------
    engine : Embedded
        Holds the profiles; gets temporary tables of words.
    model : Model
        Says which identifiers there are, what is compared and of which country phones are.
    profiles : str
        A table, or a SELECT.

    Returns
    -------
    Rows
        For `comparable`.
    """
    words = {_LEXICON: lexicon_table(), _DOMAINS: domains_table(), _CODES: codes_table(), _COUNTRIES: countries_table()}
    for table, text in words.items():
        engine.run(f"CREATE TEMP TABLE IF NOT EXISTS {table} AS SELECT * FROM {text}")
    source = profiles.strip()
    relation = f"({source})" if source.lower().startswith(("select", "with", "from ")) else source
    columns = frozenset(column for column, _ in engine.columns(f"SELECT * FROM {relation}"))
    rows = Rows(model=model, relation=relation, columns=columns, plans=(), ignored={})
    _make_trait_tables(engine, rows)
    home, given = _homes(engine, rows), _given_codes(engine, rows)
    plans = [plan for code in sorted(home | given) if (plan := dialling(int(code)))]
    fields = identifier_fields(model).items()
    ignored = {field: _ignored(engine, identifier, plans=plans, homes=home) for field, identifier in fields}
    return Rows(model=model, relation=relation, columns=columns, plans=tuple(plans), ignored=ignored)


def comparable(rows: Rows, *, where: str, apart: Embedded | None = None) -> str:
    """Return SQL, for after FROM, of the profile rows made comparable.

    Parameters
    ----------
    rows : Rows
        From `look_at`.
    where : str
        Condition over the profile rows.
    apart : Embedded or None
        Works names and addresses out at once, in tables that `forget_steps` drops: a few rows are read sooner than
        all of it is planned as one statement. None leaves all to the statement, which holds no row twice.

    Returns
    -------
    str
        The columns of `records`, why_<field> for each field, and _source and _id, which order rows of one instant.
    """
    relation = _step(apart, add_name(_raw(rows, where), raw="_raw_name", lexicon_at=_LEXICON), at=_STEPS[0])
    relation = add_birth_date(add_address(relation, raw="_raw_address"), raw="_raw_birth_date")
    relation = _step(apart, relation, at=_STEPS[1])
    for field, identifier in identifier_fields(rows.model).items():
        relation = _add(relation, identifier, field=field, plans=rows.plans, ignore=rows.ignored.get(field, ()))
    return relation


def _step(engine: Embedded | None, relation: str, *, at: str) -> str:
    if engine is None:
        return relation
    engine.run(f"CREATE OR REPLACE TEMP TABLE {at} AS SELECT * FROM {relation}")
    return at


def forget_steps(engine: Embedded) -> None:
    """Drop the tables of rows that `comparable` worked out at once."""
    for table in _STEPS:
        engine.run(f"DROP TABLE IF EXISTS {table}")


def _raw(rows: Rows, where: str) -> str:
    """Return the rows with every column as text, empty where it is missing, and the code of their own country."""
    written = {f"_raw_{field}": field for field in _TEXTS}
    written |= {f"_raw_id_{identifier.name}": identifier.name for identifier in own_identifiers(rows.model)}
    columns = [f"{_text(rows, column)} AS {quoted(alias)}" for alias, column in written.items()]
    columns += [f"CAST({quoted(trait)} AS VARCHAR) AS {quoted('_raw_trait_' + trait)}" for trait in _traits(rows)]
    birth = "TRY_CAST(birth_date AS DATE)" if "birth_date" in rows.columns else "CAST(NULL AS DATE)"
    columns += [f"{birth} AS _raw_birth_date", f"{_text(rows, 'source')} AS _source", f"{_text(rows, 'id')} AS _id"]
    selected = f'SELECT customer, "at", {", ".join(columns)} FROM {rows.relation} WHERE {where}'
    # A trait has few values: each was made comparable once, by `_trait_tables`.
    traits = {trait: quoted(f"promesa_trait_{trait}") for trait in _traits(rows)}
    joins = "".join(
        f" LEFT JOIN {table} ON {table}.said = r.{quoted('_raw_trait_' + trait)}" for trait, table in traits.items()
    )
    compared = [
        f"{traits[trait] + '.plain' if trait in traits else 'CAST(NULL AS VARCHAR)'} AS {quoted('trait_' + trait)}"
        for trait in rows.model.identity.compare
    ]
    country, default = rows.model.identity.country_trait, _default_code(rows.model)
    home = f"coalesce({traits[country]}.code, {default})" if country in traits else default
    return f"(SELECT r.*, {', '.join([*compared, f'{home} AS _home'])} FROM ({selected}) AS r{joins})"


def _traits(rows: Rows) -> list[str]:
    """Return the traits that are compared or tell the country, of those that the rows have."""
    wanted = {*rows.model.identity.compare, rows.model.identity.country_trait}
    return sorted(trait for trait in wanted if trait in rows.columns)


def _make_trait_tables(engine: Embedded, rows: Rows) -> None:
    """Make each value of each trait comparable, and tell the code to dial where it is a country."""
    for trait in _traits(rows):
        said = f"(SELECT DISTINCT CAST({quoted(trait)} AS VARCHAR) AS said FROM {rows.relation})"
        engine.run(
            f"CREATE OR REPLACE TEMP TABLE {quoted('promesa_trait_' + trait)} AS SELECT r.*, c.code"
            f" FROM {plain_texts(said, raw='said')} AS r LEFT JOIN {_COUNTRIES} AS c ON c.country = r.plain"
        )


def _text(rows: Rows, column: str) -> str:
    if column not in rows.columns:
        return "CAST(NULL AS VARCHAR)"
    return f"nullif(trim(CAST({quoted(column)} AS VARCHAR)), '')"


def _default_code(model: Model) -> str:
    code = code_of(model.identity.country or "")
    return "CAST(NULL AS VARCHAR)" if code is None else literal(str(code))


def _homes(engine: Embedded, rows: Rows) -> set[str]:
    """Return the country codes of the customers' own countries."""
    country, default = rows.model.identity.country_trait, _default_code(rows.model)
    codes = (
        f"SELECT code FROM {quoted(f'promesa_trait_{country}')}" if country in rows.columns else "SELECT NULL AS code"
    )
    told = engine.run(f"SELECT DISTINCT coalesce(code, {default}) FROM ({codes})")
    return {str(code) for (code,) in told if code is not None}


def _given_codes(engine: Embedded, rows: Rows) -> set[str]:
    """Return the country codes that phones carry, where customers wrote one."""
    codes: set[str] = set()
    for identifier in identifier_fields(rows.model).values():
        if identifier.kind == "phone":
            raw = _text(rows, identifier.name)
            # 0057 and +57, in whatever wrapping: the rest cannot carry a code that is told apart.
            some = f"(SELECT {raw} AS _raw FROM {rows.relation} WHERE contains({raw}, '+') OR contains({raw}, '00'))"
            told = engine.run(f"SELECT DISTINCT _code FROM {read_phone(some, raw='_raw', codes_at=_CODES)}")
            codes |= {str(code) for (code,) in told if code not in {None, "?"}}
    return codes


def _ignored(
    engine: Embedded, identifier: Identifier, *, plans: Iterable[Dialling], homes: set[str]
) -> tuple[str, ...]:
    """Return an identifier's values that are nobody's as they read when comparable, in every country that occurs."""
    if not identifier.ignore:
        return ()
    values = ", ".join(literal(value) for value in identifier.ignore)
    countries = ", ".join(literal(code) for code in sorted(homes)) or "CAST(NULL AS VARCHAR)"
    listed = f"(SELECT *, unnest([{countries}]) AS _home FROM (SELECT unnest([{values}]) AS _raw_value))"
    made = _add(listed, identifier, field="value", plans=plans, ignore=())
    told = engine.run(f'SELECT DISTINCT "value" FROM {made} WHERE "value" IS NOT NULL')
    return tuple(sorted(str(value) for (value,) in told))


def _add(relation: str, identifier: Identifier, *, field: str, plans: Iterable[Dialling], ignore: Iterable[str]) -> str:
    """Return the relation with one identifier made comparable, by its kind."""
    raw = quoted(f"_raw_{field}")
    if identifier.kind == "email":
        return add_email(relation, raw=raw, into=field, domains_at=_DOMAINS, ignore=ignore)
    if identifier.kind == "phone":
        read = read_phone(relation, raw=raw, codes_at=_CODES)
        return add_phone(read, raw=raw, into=field, plans=plans, ignore=ignore)
    if identifier.kind == "key":
        return _add_key(relation, raw=raw, into=field, ignore=ignore)
    if identifier.kind == "document":
        return add_document(relation, raw=raw, into=field, ignore=ignore, home="_home")
    return add_document(relation, raw=raw, into=field, ignore=ignore)


def _add_key(relation: str, *, raw: str, into: str, ignore: Iterable[str]) -> str:
    """Return the relation with another system's key as that system writes it: only blanks around it go."""
    reason = f"CASE WHEN {among(f'trim({raw})', ignore)} THEN 'ignored' END"
    told = f"(SELECT *, {reason} AS why_{into} FROM {relation})"
    return f"(SELECT *, CASE WHEN why_{into} IS NULL THEN nullif(trim({raw}), '') END AS {into} FROM {told})"
