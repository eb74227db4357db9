"""Reads the sources of promesa.toml and checks what the keys of each say together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promesa.errors import did_you_mean
from promesa.workspace.fields import UNSET, Place, read_fields, show
from promesa.workspace.grammar import SOURCE
from promesa.workspace.model import Source
from promesa.workspace.naming import check_names

if TYPE_CHECKING:
    from collections.abc import Mapping

DATABASES = ("postgresql", "postgres", "sqlite")
_FOR_FILES = ("format", "delimiter", "encoding", "quote", "decimal", "header", "columns", "sheet", "new_files_only")
_FOR_TEXT_FILES = ("delimiter", "encoding", "quote", "header", "columns")
_NOT_TEXT_FILES = ("parquet", "xlsx", "sav")


def read_sources(tables: object, written: object, *, place: Place) -> dict[str, Source]:
    """Return the sources by name, after noting every mistake."""
    sources: dict[str, Source] = {}
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
    if "intake" in table:
        _check_intake(table, place=place)
        return
    if ("path" in table) == ("url" in table):
        place.wrong(
            what="A source is either files or a database.",
            got="both path and url" if "path" in table else "neither path nor url",
            expected="path, or url with query, or intake",
            fix="keep one of the two" if "path" in table else 'add path = "data/..."',
        )
        return
    if values["url"]:
        _check_database(values, written, place=place)
    elif "query" in table:
        _not_apply("query", "a source that is files", place=place)
    _check_reading(values, written, place=place)


def _check_intake(table: Mapping[str, object], *, place: Place) -> None:
    """Note every key that says nothing of events: their columns and types are given by the protocol."""
    for key in (field.name for field in SOURCE if field.name in table and field.name != "intake"):
        _not_apply(key, "events that arrive over HTTP", place=place)


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
