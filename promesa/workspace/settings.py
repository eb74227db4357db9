"""Reads promesa.toml: variables, the company, engine, store and analysis."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from promesa.errors import did_you_mean
from promesa.workspace.branch_zones import read_branch_zones
from promesa.workspace.fields import Place, read_fields, refuse_sections, show
from promesa.workspace.grammar import SETTINGS
from promesa.workspace.model import LOCALES
from promesa.workspace.rates import read_rates
from promesa.workspace.serving import read_service
from promesa.workspace.sourcing import check_time_zone, read_sources
from promesa.workspace.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ENGINE = re.compile(r"duckdb|(spark|sc)://\S+")
_MEMORY = re.compile(r"\d+(\.\d+)?\s*[KMGT]i?B", re.IGNORECASE)


def read_settings(tree: Mapping[str, object], *, environ: Mapping[str, str], place: Place) -> dict[str, dict[str, Any]]:
    """Return the checked values of promesa.toml by section, sources as `Source` under ``sources``."""
    variables = Variables(_declared_variables(tree, place=place), environ, place=place.at("variables"))
    sections = {key: value for key, value in tree.items() if key != "variables"}
    filled = variables.fill(sections, place=place)
    assert isinstance(filled, dict)  # noqa: S101 (fill gives a tree of the same shape)
    refuse_sections(tree, [*SETTINGS, "branch_time_zones", "rates", "sources", "variables"], place=place)
    settings = {
        section: read_fields(
            filled.get(section, {}), fields, place=place.at(section), known={}, written=tree.get(section, {})
        )
        for section, fields in SETTINGS.items()
        if section != "service"
    }
    for section, key, check in _CHECKS:
        written = tree.get(section)
        if settings[section][key] is not None and isinstance(written, dict) and key in written:
            check(settings[section][key], show(written[key]), place.at(section).at(key))
    rates: Any = read_rates(filled.get("rates", {}), currency=settings["company"]["currency"], place=place.at("rates"))
    settings["rates"] = rates
    zones: Any = read_branch_zones(filled.get("branch_time_zones", {}), place=place.at("branch_time_zones"))
    settings["branch_time_zones"] = zones
    service: Any = read_service(filled.get("service", {}), tree.get("service", {}), place=place.at("service"))
    settings["service"] = service
    settings["sources"] = read_sources(filled.get("sources", {}), tree.get("sources", {}), place=place.at("sources"))
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
