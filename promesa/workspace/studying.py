"""Checks and builds what model.toml says of outcomes, drivers, effects, experiments and index surveys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promesa.workspace.fields import Known, Place, read_fields
from promesa.workspace.grammar import CONSTRUCT, DRIVERS, OUTCOMES, STUDIES
from promesa.workspace.labels import Label
from promesa.workspace.naming import A_NAME, check_names, check_taken
from promesa.workspace.studies import (
    BUILT_IN_CONFOUNDERS,
    OF_OPINIONS,
    OPTIONAL_CONFOUNDERS,
    ConstructQuestion,
    DriverSettings,
    EffectQuestion,
    IndexSurvey,
    Outcome,
    Studies,
    Trial,
)
from promesa.workspace.study_checks import check_effect, check_experiment, check_index, check_outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.workspace.model import Concept

OUTCOME_SETTINGS = tuple(item.name for item in OUTCOMES)
SECTIONS = {"effects": "effect", "experiments": "experiment", "indices": "index"}
Read = dict[str, dict[str, Any]]


def read_studies(
    tree: Mapping[str, object], *, known: Known, concepts: Mapping[str, Mapping[str, Any]], place: Place
) -> Read:
    """Return the checked values of the sections of studies, by section; mistakes go to `place`.

    Parameters
    ----------
    known : dict of str to list of str
        Declared names by kind.
    concepts : mapping of str to mapping
        Checked values of the concepts.
    """
    outcomes = tree.get("outcomes", {})
    of_outcomes = outcomes if isinstance(outcomes, dict) else {}
    tables = {k: v for k, v in of_outcomes.items() if k not in OUTCOME_SETTINGS and isinstance(v, dict)}
    names = check_names(tables, kind="outcome", place=place.at("outcomes"))
    asked = any(concept["link"] == "satisfaction" for concept in concepts.values())
    every = {**known, "outcome": names or [*(["satisfaction"] if asked else []), *default_outcomes({})]}
    read: Read = {"outcomes": {}}
    for name in names:
        here = place.at("outcomes").at(name)
        read["outcomes"][name] = read_fields(tables[name], STUDIES["outcomes"], place=here, known=every)
        check_outcome(read["outcomes"][name], concepts, place=here)
    _check_free(names, "outcome", known, place=place.at("outcomes"))
    read["drivers"] = _read_drivers(tree, known=every, place=place.at("drivers"))
    for section, kind in SECTIONS.items():
        read[section] = {}
        declared = tree.get(section, {})
        found = check_names(declared, kind=kind, place=place.at(section))
        for name in found:
            assert isinstance(declared, dict)  # noqa: S101 (check_names saw to it)
            here = place.at(section).at(name)
            read[section][name] = _read_study(section, declared[name], known=every, place=here)
        _check_free(found, kind, known, place=place.at(section))
    return read


def _check_free(names: list[str], kind: str, known: Known, *, place: Place) -> None:
    """Note the names that stand for something else in the rows of an answer."""
    for other, called in A_NAME.items():
        check_taken(names, known[other], kind=kind, by=called, place=place)


def _read_drivers(tree: Mapping[str, object], *, known: Known, place: Place) -> dict[str, Any]:
    values = read_fields(tree.get("drivers", {}), DRIVERS, place=place, known=known)
    possible = [*BUILT_IN_CONFOUNDERS, *OPTIONAL_CONFOUNDERS, *known["trait"]]
    for name in values["confounders"]:
        if name not in possible:
            place.at("confounders").unknown(name, kind="confounder", known=possible)
    return values


def _read_study(section: str, table: object, *, known: Known, place: Place) -> dict[str, Any]:
    if section != "indices":
        values = read_fields(table, STUDIES[section], place=place, known=known)
        if isinstance(table, dict):
            _CHECKS[section](values, known, place)
        return values
    nested = dict(table) if isinstance(table, dict) else table
    constructs = nested.pop("constructs", {}) if isinstance(nested, dict) else {}
    values = read_fields(nested, STUDIES["indices"], place=place, known=known)
    here = place.at("constructs")
    values["constructs"] = {
        name: read_fields(constructs[name], CONSTRUCT, place=here.at(name), known=known)
        for name in check_names(constructs, kind="construct", place=here)
    }
    if isinstance(table, dict):
        check_index(values, place=place)
    return values


_CHECKS = {"effects": check_effect, "experiments": check_experiment}


def default_outcomes(concepts: Mapping[str, Concept]) -> dict[str, Outcome]:
    """Return the outcomes of a company that declares none: its satisfaction, the return and the margin after."""
    made = {
        "comes_back": Outcome(name="comes_back", label=Label(es="Vuelve a comprar", en="Buys again"), kind="return"),
        "margin_after": Outcome(
            name="margin_after", label=Label(es="Margen posterior", en="Margin afterwards"), kind="margin"
        ),
    }
    asked = next((concept for concept in concepts.values() if concept.link == "satisfaction"), None)
    if asked is None:
        return made
    better = "less" if asked.better == "less" else "more"
    satisfaction = Outcome(name="satisfaction", label=asked.label, kind="score", concept=asked.name, better=better)
    return {"satisfaction": satisfaction, **made}


def build_studies(read: Read, *, concepts: Mapping[str, Concept]) -> Studies:
    """Return the studies of values that hold no mistake."""
    outcomes = {name: _outcome(name, values, concepts) for name, values in read["outcomes"].items()}
    return Studies(
        outcomes=outcomes or default_outcomes(concepts),
        drivers=DriverSettings(**read["drivers"]),
        effects={name: EffectQuestion(**_named(name, values)) for name, values in read["effects"].items()},
        experiments={name: Trial(**_named(name, values)) for name, values in read["experiments"].items()},
        indices={name: _index(name, values) for name, values in read["indices"].items()},
    )


def _named(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, "name": name, "label": _label(values["label"], name)}


def _outcome(name: str, values: Mapping[str, Any], concepts: Mapping[str, Concept]) -> Outcome:
    """Return an outcome; one of an opinion is called and judged as the concept is, where nothing else is said."""
    given = _named(name, values)
    concept = concepts.get(values["concept"] or "")
    less = values["kind"] == "complaint" or (concept is not None and concept.better == "less")
    given["better"] = values["better"] or ("less" if less else "more")
    if concept is not None and values["label"] is None and values["kind"] in OF_OPINIONS:
        given["label"] = concept.label
    return Outcome(**given)


def _index(name: str, values: Mapping[str, Any]) -> IndexSurvey:
    given = _named(name, values)
    given["constructs"] = {key: ConstructQuestion(**_named(key, one)) for key, one in values["constructs"].items()}
    return IndexSurvey(**given)


def _label(value: object, name: str) -> Label:
    if isinstance(value, dict):
        es, en = value.get("es"), value.get("en")
        return Label(es=str(es or en), en=str(en or es))
    text = str(value or name.replace("_", " "))
    return Label(es=text, en=text)
