"""Reads promesa.toml: the company, engine, store, analysis and sources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from promesa.errors import did_you_mean
from promesa.workspace.fields import UNSET, Place, read_fields, refuse_sections, show
from promesa.workspace.grammar import SETTINGS, SOURCE
from promesa.workspace.model import LOCALES, Source
from promesa.workspace.naming import check_names
from promesa.workspace.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DATABASES = ("postgresql", "postgres", "sqlite")
_ENGINE = re.compile(r"duckdb|(spark|sc)://\S+")
_MEMORY = re.compile(r"\d+(\.\d+)?\s*[KMGT]i?B", re.IGNORECASE)
_FOR_FILES = ("format", "delimiter", "encoding", "quote", "decimal", "header", "columns", "sheet", "new_files_only")
_FOR_TEXT_FILES = ("delimiter", "encoding", "quote", "header", "columns")
_NOT_TEXT_FILES = ("parquet", "xlsx", "sav")


def read_settings(tree: Mapping[str, object], *, environ: Mapping[str, str], place: Place) -> dict[str, dict[str, Any]]:
    """Return the checked values of promesa.toml by section, sources as `Source` under ``sources``."""
    variables = Variables(_declared_variables(tree, place=place), environ, place=place.at("variables"))
    sections = {key: value for key, value in tree.items() if key != "variables"}
    filled = variables.fill(sections, place=place)
    assert isinstance(filled, dict)  # noqa: S101 (fill gives a tree of the same shape)
    refuse_sections(tree, [*SETTINGS, "sources", "variables"], place=place)
    settings = {
        section: read_fields(
            filled.get(section, {}), fields, place=place.at(section), known={}, written=tree.get(section, {})
        )
        for section, fields in SETTINGS.items()
    }
    for section, key, check in _CHECKS:
        written = tree.get(section)
        if settings[section][key] is not None and isinstance(written, dict) and key in written:
            check(settings[section][key], show(written[key]), place.at(section).at(key))
    settings["sources"] = _read_sources(filled.get("sources", {}), tree.get("sources", {}), place=place.at("sources"))
    return settings


def _declared_variables(tree: Mapping[str, object], *, place: Place) -> dict[str, str]:
    table = tree.get("variables", {})
    here = place.at("variables")
    if not isinstance(table, dict):
        here.wrong(
            what="This is not a table.",
            got=show(table),
            expected="a table",
            fix='write NAME = "value" under [variables]',
        )
        return {}
    for name, value in table.items():
        if not isinstance(value, str):
            here.at(name).wrong(
                what=f"The variable {name!r} is not a text.", got=show(value), expected="a text", fix="put it in quotes"
            )
    return {name: value for name, value in table.items() if isinstance(value, str)}


def _check_locale(value: str, shown: str, place: Place) -> None:
    from babel import Locale, UnknownLocaleError

    try:
        fits = Locale.parse(value).language in LOCALES
    except (ValueError, UnknownLocaleError):
        fits = False
    if not fits:
        place.wrong(
            what="The locale is not one that promesa speaks.",
            got=shown,
            expected="es or en, with a country where it matters: es_CO, en_GB",
            fix='write locale = "es"',
        )


def check_time_zone(value: str, shown: str, place: Place) -> None:
    """Note a mistake when no IANA zone has this name."""
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        place.wrong(
            what="There is no such time zone.",
            got=shown,
            expected="an IANA name, such as America/Bogota or Europe/Madrid",
            fix=did_you_mean(value, sorted(available_timezones()), otherwise="look the name up in the IANA list"),
        )


def _check_currency(value: str, shown: str, place: Place) -> None:
    from babel.numbers import list_currencies

    known = list_currencies()
    if value not in known:
        upper = value.upper()
        place.wrong(
            what="There is no such currency.",
            got=shown,
            expected="an ISO 4217 code, such as COP, MXN or EUR",
            fix=f"write {upper!r}"
            if upper in known
            else did_you_mean(upper, sorted(known), otherwise="use the ISO code"),
        )


def _check_engine(value: str, shown: str, place: Place) -> None:
    if not _ENGINE.fullmatch(value):
        place.wrong(
            what="The engine is not one that promesa can reach.",
            got=shown,
            expected="duckdb, spark://HOST:PORT, spark://local[2] or sc://HOST:PORT",
            fix=did_you_mean(value, ["duckdb"], otherwise='write url = "duckdb" to work on this machine'),
        )


def _check_memory(value: str, shown: str, place: Place) -> None:
    if not _MEMORY.fullmatch(value):
        place.wrong(
            what="The memory limit is not an amount of memory.",
            got=shown,
            expected="a number and a unit, such as 8GiB",
            fix='write memory_limit = "8GiB"',
        )


def _check_store(value: str, shown: str, place: Place) -> None:
    if "://" in value:
        place.wrong(
            what="The store is not a folder.",
            got=shown,
            expected="a folder, absolute or relative to the workspace",
            fix="mount the storage and name the folder",
        )


def _check_level(value: float, shown: str, place: Place) -> None:
    if not 0 < value < 1:
        place.wrong(
            what="The confidence level is not one.",
            got=shown,
            expected="a fraction greater than 0 and less than 1",
            fix="write 95 % as 0.95",
        )


_CHECKS: tuple[tuple[str, str, Callable[[Any, str, Place], None]], ...] = (
    ("company", "locale", _check_locale),
    ("company", "time_zone", check_time_zone),
    ("company", "currency", _check_currency),
    ("engine", "url", _check_engine),
    ("engine", "memory_limit", _check_memory),
    ("store", "path", _check_store),
    ("analysis", "confidence_level", _check_level),
)


def _read_sources(tables: object, written: object, *, place: Place) -> dict[str, Any]:
    sources: dict[str, Any] = {}
    for name in check_names(tables, kind="source", place=place):
        assert isinstance(tables, dict) and isinstance(written, dict)  # noqa: S101, PT018 (check_names saw to it)
        here, original = place.at(name), written[name]
        values = read_fields(tables[name], SOURCE, place=here, known={}, written=original)
        if isinstance(tables[name], dict):
            _check_source(values, tables[name], original, place=here)
        kept = original if isinstance(original, dict) else {}
        shown = kept.get("path") or kept.get("url")
        sources[name] = Source(name=name, written=shown if isinstance(shown, str) else None, **values)
    return sources


def _check_source(
    values: Mapping[str, Any], table: Mapping[str, object], written: Mapping[str, object], *, place: Place
) -> None:
    """Check what the fields of one source say together."""
    if UNSET in (table.get("path"), table.get("url")):
        return
    if ("path" in table) == ("url" in table):
        place.wrong(
            what="A source is either files or a database.",
            got="both path and url" if "path" in table else "neither path nor url",
            expected="path, or url with query",
            fix="keep one of the two" if "path" in table else 'add path = "data/..."',
        )
        return
    if values["url"]:
        _check_database(values, written, place=place)
    elif "query" in table:
        _not_apply("query", "a source that is files", place=place)
    _check_reading(values, written, place=place)


def _check_database(values: Mapping[str, Any], written: Mapping[str, object], *, place: Place) -> None:
    scheme, mark, _ = values["url"].partition("://")
    if not mark or scheme.split("+")[0] not in DATABASES:
        place.at("url").wrong(
            what="The database is not one that promesa reads.",
            got=show(written.get("url")),
            expected="postgresql://USER:${PASSWORD}@HOST/DATABASE or sqlite:///FILE",
            fix=did_you_mean(scheme, DATABASES, otherwise="use one of the two, or export the table to a file"),
        )
    if not values["query"]:
        place.at("query").wrong(
            what="The key 'query' is missing.",
            got="nothing",
            expected="a table name or a SELECT",
            fix='add query = "..."',
        )
    for key in _FOR_FILES:
        if values[key]:
            _not_apply(key, "a database", place=place)


def _check_reading(values: Mapping[str, Any], written: Mapping[str, object], *, place: Place) -> None:
    if values["format"] in _NOT_TEXT_FILES:
        for key in (key for key in _FOR_TEXT_FILES if key in written):
            _not_apply(key, f"a file of format {values['format']}", place=place)
    for key in ("delimiter", "quote"):
        if values[key] is not None and len(values[key]) != 1:
            place.at(key).wrong(
                what=f"The {key} is not one character.",
                got=show(written[key]),
                expected="one character",
                fix=r'write it alone, such as ";" or "\t" for a tab',
            )
    if values["encoding"] is not None:
        _check_encoding(values["encoding"], show(written["encoding"]), place.at("encoding"))
    if values["time_zone"] is not None:
        check_time_zone(values["time_zone"], show(written["time_zone"]), place.at("time_zone"))
    if values["dates"] is not None and "%" not in values["dates"]:
        place.at("dates").wrong(
            what="The format of days is not one.",
            got=show(written["dates"]),
            expected="a format with %d, %m and %Y",
            fix='write dates = "%d/%m/%Y" for 31/12/2026',
        )


def _check_encoding(value: str, shown: str, place: Place) -> None:
    import codecs

    try:
        codecs.lookup(value)
    except LookupError:
        place.wrong(
            what="There is no such encoding.",
            got=shown,
            expected="utf-8, latin-1, cp1252, utf-16...",
            fix=did_you_mean(value, ["utf-8", "latin-1", "cp1252", "utf-16"], otherwise="leave it out: it is detected"),
        )


def _not_apply(key: str, kind: str, *, place: Place) -> None:
    place.at(key).wrong(
        what=f"The key {key!r} says nothing about {kind}.",
        got=key,
        expected=f"only keys that apply to {kind}",
        fix="take it out",
    )
