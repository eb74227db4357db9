"""Checks and builds what model.toml says of outcomes, drivers, effects, experiments and index surveys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promesa.workspace.fields import Known, Place, read_fields, show
from promesa.workspace.grammar import CONSTRUCT, DRIVERS, OUTCOMES, STUDIES
from promesa.workspace.labels import Label
from promesa.workspace.naming import check_names
from promesa.workspace.studies import (
    BUILT_IN_CONFOUNDERS,
    OF_OPINIONS,
    OF_ORDERS,
    OPTIONAL_CONFOUNDERS,
    ConstructQuestion,
    DriverSettings,
    EffectQuestion,
    IndexSurvey,
    Outcome,
    Studies,
    Trial,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.workspace.model import Concept

OUTCOME_SETTINGS = tuple(item.name for item in OUTCOMES)
SECTIONS = {"effects": "effect", "experiments": "experiment", "indices": "index"}
Read = dict[str, dict[str, Any]]


def read_studies(tree: Mapping[str, object], *, known: Known, place: Place) -> Read:
    """Return the checked values of the sections of studies, by section; mistakes go to `place`."""
    outcomes = tree.get("outcomes", {})
    of_outcomes = outcomes if isinstance(outcomes, dict) else {}
    tables = {k: v for k, v in of_outcomes.items() if k not in OUTCOME_SETTINGS and isinstance(v, dict)}
    names = check_names(tables, kind="outcome", place=place.at("outcomes"))
    every = {**known, "outcome": names or list(default_outcomes({})), "feature": _features(known)}
    read: Read = {"outcomes": {}}
    for name in names:
        here = place.at("outcomes").at(name)
        read["outcomes"][name] = read_fields(tables[name], STUDIES["outcomes"], place=here, known=every)
        _check_outcome(read["outcomes"][name], place=here)
    read["drivers"] = _read_drivers(tree, known=every, place=place.at("drivers"))
    for section, kind in SECTIONS.items():
        read[section] = {}
        declared = tree.get(section, {})
        for name in check_names(declared, kind=kind, place=place.at(section)):
            assert isinstance(declared, dict)  # noqa: S101 (check_names saw to it)
            here = place.at(section).at(name)
            read[section][name] = _read_study(section, declared[name], known=every, place=here)
    return read


def _features(known: Known) -> list[str]:
    return [*known["element"], *known["promise"], *known["touchpoint"]]


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
    _check_index(values, place=place)
    return values


def _check_outcome(values: dict[str, Any], *, place: Place) -> None:
    kind = values["kind"]
    if any(mistake.key.startswith(f"{place.key}.kind") for mistake in place.mistakes):
        return
    needs = "concept" if kind in OF_OPINIONS else "touchpoints" if kind == "complaint" else None
    for key in ("concept", "touchpoints"):
        told = any(mistake.key.startswith(f"{place.key}.{key}") for mistake in place.mistakes)
        if key == needs and not values[key] and not told:
            place.at(key).wrong(
                what=f"An outcome of kind {kind!r} says its {key}.",
                got="nothing",
                expected="the opinion that is asked" if key == "concept" else "where the complaint is made",
                fix=f'add {key} = "..."' if key == "concept" else f'add {key} = ["..."]',
            )
        elif key != needs and values[key]:
            place.at(key).wrong(
                what=f"An outcome of kind {kind!r} has no {key}.",
                got=show(values[key]),
                expected=f"no {key}",
                fix="take it out",
            )
    if values["within_days"] is not None and kind not in OF_ORDERS:
        place.at("within_days").wrong(
            what=f"An outcome of kind {kind!r} is not counted in days.",
            got=show(values["within_days"]),
            expected=f"no within_days; kinds {', '.join(OF_ORDERS)} have it",
            fix="take it out",
        )


def _check_effect(values: dict[str, Any], known: Known, place: Place) -> None:
    if bool(values["promise"]) == bool(values["element"]):
        place.wrong(
            what="It is not said what acts.",
            got="both promise and element" if values["promise"] else "neither promise nor element",
            expected="one of the two",
            fix="keep one of the two keys" if values["promise"] else 'add promise = "..."',
        )
    _check_split(values, known, place)


def _check_split(values: Mapping[str, Any], known: Known, place: Place) -> None:
    possible = ["channel", *known["trait"]]
    if values["by"] is not None and values["by"] not in possible:
        place.at("by").unknown(values["by"], kind="trait to tell effects by", known=possible)


def _check_experiment(values: dict[str, Any], known: Known, place: Place) -> None:
    _check_split(values, known, place)
    if values["control"] in values["arms"]:
        place.at("control").wrong(
            what="The control is one of the arms.",
            got=show(values["control"]),
            expected="an action that is none of the arms",
            fix="take it out of the arms",
        )
    shares = values["shares"]
    if shares and (len(shares) != len(values["arms"]) + 1 or abs(sum(shares) - 1) > 1e-6):
        place.at("shares").wrong(
            what="The shares do not fit the arms.",
            got=f"{len(shares)} shares that add up to {sum(shares):g}",
            expected=f"{len(values['arms']) + 1} fractions, control first, that add up to 1",
            fix="write one share for the control and one for each arm",
        )


def _check_index(values: dict[str, Any], *, place: Place) -> None:
    names, pairs = list(values["constructs"]), []
    for text in values["arrows"]:
        ends = [part.strip() for part in text.split("->")]
        if len(ends) != 2 or not all(ends):
            place.at("arrows").wrong(
                what="An arrow cannot be read.",
                got=show(text),
                expected='"from -> to", two constructs',
                fix='write "image -> expectation"',
            )
            continue
        for end in ends:
            if end not in names:
                place.at("arrows").unknown(end, kind="construct", known=names)
        pairs.append((ends[0], ends[1]))
    values["arrows"] = tuple(pairs)
    if len(names) < 2:
        place.at("constructs").wrong(
            what="An index survey has at least two constructs.",
            got=f"{len(names)}",
            expected="two or more, joined by arrows",
            fix=f"add [{place.key}.constructs.NAME] with its items",
        )
    for name, construct in values["constructs"].items():
        if not construct["items"]:
            place.at("constructs").at(name).wrong(
                what="A construct has no items.",
                got="nothing",
                expected="the concepts that measure it",
                fix='add items = ["..."]',
            )


_CHECKS = {"effects": _check_effect, "experiments": _check_experiment}


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
    satisfaction = Outcome(name="satisfaction", label=asked.label, kind="score", concept=asked.name)
    return {"satisfaction": satisfaction, **made}


def build_studies(read: Read, *, concepts: Mapping[str, Concept]) -> Studies:
    """Return the studies of values that hold no mistake."""
    outcomes = {name: _outcome(name, values) for name, values in read["outcomes"].items()}
    return Studies(
        outcomes=outcomes or default_outcomes(concepts),
        drivers=DriverSettings(**read["drivers"]),
        effects={name: EffectQuestion(**_named(name, values)) for name, values in read["effects"].items()},
        experiments={name: Trial(**_named(name, values)) for name, values in read["experiments"].items()},
        indices={name: _index(name, values) for name, values in read["indices"].items()},
    )


def _named(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, "name": name, "label": _label(values["label"], name)}


def _outcome(name: str, values: Mapping[str, Any]) -> Outcome:
    given = _named(name, values)
    given["better"] = values["better"] or ("less" if values["kind"] == "complaint" else "more")
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
