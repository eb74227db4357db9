"""Reads model.toml: functions, channels, touchpoints, elements, promises, concepts, traits and purposes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promesa.errors import did_you_mean
from promesa.workspace.accounts import Account, check_accounts, check_minutes
from promesa.workspace.banding_checks import build_standards, build_tiers, read_standards, read_tiers
from promesa.workspace.calendar_checks import build_calendar, check_calendar
from promesa.workspace.conditions import check_expression
from promesa.workspace.fields import Known, Place, read_fields, refuse_sections, show
from promesa.workspace.grammar import IDENTITY, LEAVING, MODEL, OUTCOMES, PURPOSES
from promesa.workspace.identifying import build_identifiers, build_identity, check_identifier, check_identity
from promesa.workspace.journey_grammar import JOURNEYS
from promesa.workspace.journey_settings import JourneySettings
from promesa.workspace.labels import Label
from promesa.workspace.model import (
    Channel,
    Concept,
    Element,
    Function,
    Leaving,
    Model,
    Promise,
    Purpose,
    Touchpoint,
    Trait,
)
from promesa.workspace.naming import DIMENSIONS, JUDGED, MEASURES, PERIODS, ROW_KEYS, check_names, check_taken
from promesa.workspace.persons import BUILT_IN_IDENTIFIERS, ConsentPurpose
from promesa.workspace.studies import BUILT_IN_CONFOUNDERS, OPTIONAL_CONFOUNDERS
from promesa.workspace.studying import OUTCOME_SETTINGS, SECTIONS, build_studies, read_studies
from promesa.workspace.tables import SELECT_ONLY, TABLE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = {
    "functions": "function",
    "channels": "channel",
    "calendars": "calendar",
    "touchpoints": "touchpoint",
    "elements": "element",
    "promises": "promise",
    "concepts": "concept",
    "traits": "trait",
    "purposes": "purpose",
    "accounts": "account",
    "identifiers": "identifier",
    "consents": "consent",
}
SETTINGS = ("journeys", "leaving", "tiers", "standards")
_SQL = ("kept", "due", "released", "promised", "delivered")
_NOT_IN_A_RULE = ("customer", "recorded_at")
NPS_SCALE = (0.0, 10.0)
Sections = dict[str, dict[str, dict[str, Any]]]


def read_model(tree: Mapping[str, object], *, place: Place) -> Sections:
    """Return the checked values of model.toml by section and name, after noting every mistake."""
    refuse_sections(tree, [*KINDS, "outcomes", "drivers", *SECTIONS, *SETTINGS, "identity"], place=place)
    names = {
        section: check_names(tree.get(section, {}), kind=kind, place=place.at(section))
        for section, kind in KINDS.items()
    }
    known: Known = {kind: names[section] for section, kind in KINDS.items()}
    trials = tree.get("experiments", {})
    known["experiment"] = list(trials) if isinstance(trials, dict) else []
    known["feature"] = [*known["element"], *known["promise"], *known["touchpoint"]]
    sections: Sections = {section: {} for section in KINDS}
    for section in KINDS:
        tables = tree.get(section, {})
        for name in names[section]:
            assert isinstance(tables, dict)  # noqa: S101 (check_names saw to it)
            here = place.at(section).at(name)
            sections[section][name] = read_fields(tables[name], MODEL[section], place=here, known=known)
    _check_names_free(names, place=place)
    for section, check in _CHECKS.items():
        for name, values in sections[section].items():
            check(name, values, place.at(section).at(name))
    for name, values in sections["promises"].items():
        _check_rules(values, names["elements"], place=place.at("promises").at(name))
    check_minutes(sections["touchpoints"], sections["elements"], place=place.at("touchpoints"))
    check_accounts(sections["accounts"], sections["touchpoints"], place=place.at("accounts"))
    _check_not_empty(names, place=place)
    sections["outcomes"] = {"outcomes": _read_settings(tree, place=place.at("outcomes"))}
    sections["studies"] = read_studies(tree, known=known, concepts=sections["concepts"], place=place)
    journeys = read_fields(tree.get("journeys", {}), JOURNEYS, place=place.at("journeys"), known=known)
    _check_passages(journeys["passages"], known["touchpoint"], place=place.at("journeys").at("passages"))
    sections["journeys"] = {"journeys": journeys}
    sections["tiers"] = read_tiers(tree, known=known, place=place.at("tiers"))
    sections["standards"] = read_standards(
        tree,
        known=known,
        tiers=[name for name in sections["tiers"] if name != "settings"],
        columns=rule_columns(names["elements"]),
        place=place.at("standards"),
    )
    identity = read_fields(tree.get("identity", {}), IDENTITY, place=place.at("identity"), known=known)
    check_identity(identity, place=place.at("identity"))
    sections["identity"] = {"identity": identity}
    sections["leaving"] = {"leaving": _read_leaving(tree, known=known, place=place.at("leaving"))}
    return sections


def _read_settings(tree: Mapping[str, object], *, place: Place) -> dict[str, Any]:
    """Return the keys of [outcomes] that are settings; each other key is one outcome's table."""
    outcomes = tree.get("outcomes", {})
    if not isinstance(outcomes, dict):
        return read_fields(outcomes, OUTCOMES, place=place, known={})
    for key, value in outcomes.items():
        if key not in OUTCOME_SETTINGS and not isinstance(value, dict):
            place.at(key).wrong(
                what=f"{key!r} is neither a setting of [outcomes] nor the table of an outcome.",
                got=show(value),
                expected=f"{', '.join(OUTCOME_SETTINGS)}, or [outcomes.NAME] with the keys of one outcome",
                fix=did_you_mean(key, OUTCOME_SETTINGS, otherwise=f"write [outcomes.{key}] above its keys"),
            )
    return read_fields({k: v for k, v in outcomes.items() if k in OUTCOME_SETTINGS}, OUTCOMES, place=place, known={})


def _read_leaving(tree: Mapping[str, object], *, known: Known, place: Place) -> dict[str, Any]:
    values = read_fields(tree.get("leaving", {}), LEAVING, place=place, known=known)
    if values["leaves_at"] and values["lapsed_after_days"] is not None:
        place.at("lapsed_after_days").wrong(
            what="'lapsed_after_days' says nothing where customers leave a contract.",
            got=f"leaves_at and lapsed_after_days = {values['lapsed_after_days']}",
            expected="one of the two",
            fix="keep leaves_at for contracts, lapsed_after_days for a shop",
        )
    return values


def rule_columns(elements: list[str]) -> list[str]:
    """Return the columns that the rules of a promise may name."""
    fixed = [column.name for column in TABLE_COLUMNS["moments"] if column.name not in _NOT_IN_A_RULE]
    return [*fixed, *(name for name in elements if name not in fixed)]


def _check_names_free(names: Mapping[str, list[str]], *, place: Place) -> None:
    moments = [*(column.name for column in TABLE_COLUMNS["moments"]), *SELECT_ONLY]
    profiles = [*(column.name for column in TABLE_COLUMNS["profiles"]), *SELECT_ONLY]
    elements, traits, concepts = place.at("elements"), place.at("traits"), place.at("concepts")
    check_taken(names["elements"], moments, kind="element", by="a column that every moment has", place=elements)
    check_taken(names["elements"], JUDGED, kind="element", by="a column that promises add", place=elements)
    check_taken(names["traits"], profiles, kind="trait", by="a column that every profile has", place=traits)
    split = {*DIMENSIONS, *PERIODS, *moments} - set(profiles)
    check_taken(names["traits"], split, kind="trait", by="something figures are split by already", place=traits)
    check_taken(names["traits"], names["elements"], kind="trait", by="an element", place=traits)
    adjusted = (*BUILT_IN_CONFOUNDERS, *OPTIONAL_CONFOUNDERS)
    check_taken(
        [n for n in names["traits"] if n not in split],
        adjusted,
        kind="trait",
        by="something drivers are adjusted for already",
        place=traits,
    )
    check_taken(names["traits"], ROW_KEYS, kind="trait", by="a key of every answer's rows", place=traits)
    own = [name for name in names["identifiers"] if name not in BUILT_IN_IDENTIFIERS]
    identifiers = place.at("identifiers")
    check_taken(own, profiles, kind="identifier", by="a column that every profile has", place=identifiers)
    check_taken(own, names["traits"], kind="identifier", by="a trait", place=identifiers)
    check_taken(names["concepts"], MEASURES, kind="concept", by="a measure of every touchpoint", place=concepts)


def _check_element(name: str, values: dict[str, Any], place: Place) -> None:
    _join_touchpoints(values, f"the element {name!r} is measured", place=place)


def _check_promise(name: str, values: dict[str, Any], place: Place) -> None:
    _join_touchpoints(values, f"the promise {name!r} is kept", place=place)


def _join_touchpoints(values: dict[str, Any], where: str, *, place: Place) -> None:
    one, several = values.pop("touchpoint"), values["touchpoints"]
    told = any(mistake.key.startswith(f"{place.key}.touchpoint") for mistake in place.mistakes)
    if not told and bool(one) == bool(several):
        place.wrong(
            what=f"It is not said at which touchpoint {where}.",
            got="both touchpoint and touchpoints" if one else "neither touchpoint nor touchpoints",
            expected='touchpoint = "one" or touchpoints = ["one", "another"]',
            fix="keep one of the two keys" if one else 'add touchpoints = ["..."]',
        )
    values["touchpoints"] = several or ((one,) if one else ())


def _check_concept(_name: str, values: dict[str, Any], place: Place) -> None:
    kind, scale, top = values["kind"], values["scale"], values["top_from"]
    told = any(mistake.key.startswith(f"{place.key}.") for mistake in place.mistakes)
    if kind == "nps":
        if scale not in (None, NPS_SCALE):
            place.at("scale").wrong(
                what="NPS has one scale.",
                got=show(list(scale)),
                expected="[0, 10]",
                fix='leave scale out, or use kind = "mean"',
            )
        values["scale"] = NPS_SCALE
    elif scale is None and not told:
        place.at("scale").wrong(
            what="The key 'scale' is missing.",
            got="nothing",
            expected="[lowest, highest] score",
            fix="add scale = [1, 5]",
        )
    if kind == "top_box" and top is None and not told:
        place.at("top_from").wrong(
            what="The key 'top_from' is missing.",
            got="nothing",
            expected="the lowest score that counts as a top answer",
            fix="add top_from = 4",
        )
    elif kind in ("mean", "nps") and top is not None:
        place.at("top_from").wrong(
            what=f"The key 'top_from' says nothing about {kind}.",
            got=show(top),
            expected="no top_from",
            fix="take it out",
        )
    elif top is not None and scale is not None and not scale[0] <= top <= scale[1]:
        place.at("top_from").wrong(
            what="'top_from' lies off the scale.",
            got=f"{top:g}",
            expected=f"{scale[0]:g} to {scale[1]:g}",
            fix="mend either",
        )


def _check_purpose(name: str, values: dict[str, Any], place: Place) -> None:
    if values["kind"] is None and name in PURPOSES:
        values["kind"] = name
    elif values["kind"] is None and not any(mistake.key.startswith(f"{place.key}.kind") for mistake in place.mistakes):
        place.at("kind").wrong(
            what="The key 'kind' is missing.",
            got="nothing",
            expected=f"one of {', '.join(PURPOSES)}",
            fix='add kind = "attract"',
        )


_CHECKS = {
    "elements": _check_element,
    "promises": _check_promise,
    "calendars": check_calendar,
    "concepts": _check_concept,
    "purposes": _check_purpose,
    "identifiers": check_identifier,
}


def _check_rules(values: Mapping[str, Any], elements: list[str], *, place: Place) -> None:
    columns = rule_columns(elements)
    for key in _SQL:
        if isinstance(values[key], str):
            check_expression(values[key], key=key, columns=columns, place=place.at(key))


def _check_passages(passages: Mapping[str, tuple[str, ...]], touchpoints: list[str], *, place: Place) -> None:
    for start, ends in passages.items():
        for name in (start, *ends):
            if name not in touchpoints:
                place.at(start).unknown(name, kind="touchpoint", known=touchpoints)


def _check_not_empty(names: Mapping[str, list[str]], *, place: Place) -> None:
    if not names["touchpoints"] and not names["concepts"]:
        place.at("touchpoints").wrong(
            what="The model is empty: it declares neither a touchpoint nor a concept.",
            got="no touchpoint, no concept",
            expected="at least one place where customers meet the company",
            fix="add [functions.NAME] and [touchpoints.NAME]; `promesa new` shows an example",
        )


def build_model(sections: Sections) -> Model:
    """Return the frozen model from values that hold no mistake."""
    made: dict[str, dict[str, Any]] = {}
    for section, kind in _CLASSES.items():
        made[section] = {}
        for name, values in sections[section].items():
            key = "statement" if section == "promises" else "label"
            made[section][name] = kind(name=name, **{**values, key: _label(values[key], name)})
    made["identifiers"] = build_identifiers(
        {
            name: {**values, "label": _label(values["label"], name) if values["label"] else None}
            for name, values in sections["identifiers"].items()
        }
    )
    made["calendars"] = {
        name: build_calendar(name, values, _label(values["label"], name))
        for name, values in sections["calendars"].items()
    }
    made["consents"] = {name: _consent(name, values) for name, values in sections["consents"].items()}
    return Model(
        **made,
        leaving=Leaving(**sections["leaving"]["leaving"]),
        identity=build_identity(sections["identity"]["identity"]),
        **sections["outcomes"]["outcomes"],
        studies=build_studies(sections["studies"], concepts=made["concepts"]),
        journeys=JourneySettings(**sections["journeys"]["journeys"]),
        tiers=build_tiers(sections["tiers"]),
        standards=build_standards(sections["standards"]),
    )


def _consent(name: str, values: Mapping[str, Any]) -> ConsentPurpose:
    given: dict[str, Any] = {**values, "label": _label(values["label"], name)}
    given["withdraw"] = _label(values["withdraw"], name) if values["withdraw"] else None
    return ConsentPurpose(name=name, **given)


_CLASSES: dict[str, type[Any]] = {
    "functions": Function,
    "channels": Channel,
    "touchpoints": Touchpoint,
    "elements": Element,
    "promises": Promise,
    "concepts": Concept,
    "traits": Trait,
    "purposes": Purpose,
    "accounts": Account,
}


def _label(value: object, name: str) -> Label:
    if isinstance(value, dict):
        es, en = value.get("es"), value.get("en")
        return Label(es=str(es or en), en=str(en or es))
    text = str(value or name.replace("_", " "))
    return Label(es=text, en=text)
