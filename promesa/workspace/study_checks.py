"""What a study of model.toml must be beyond the kind of each value: parts that fit each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promesa.workspace.fields import Known, Place, show
from promesa.workspace.studies import OF_OPINIONS, OF_ORDERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Pairs = list[tuple[str, str]]


def _told(place: Place, key: str) -> bool:
    """Tell whether a mistake of this key is noted already."""
    here = f"{place.key}.{key}"
    return any(mistake.key == here or mistake.key.startswith(f"{here}.") for mistake in place.mistakes)


def check_outcome(values: dict[str, Any], concepts: Mapping[str, Mapping[str, Any]], *, place: Place) -> None:
    """Note what an outcome lacks for its kind, and what its kind has no use for."""
    kind = values["kind"]
    if _told(place, "kind") or kind is None:
        return
    needs = "concept" if kind in OF_OPINIONS else "touchpoints" if kind == "complaint" else None
    for key in ("concept", "touchpoints"):
        if key == needs and not values[key] and not _told(place, key):
            place.at(key).wrong(
                what=f"An outcome of kind {kind!r} says its {key}.",
                got="nothing",
                expected="the opinion that is asked" if key == "concept" else "where the complaint is made",
                fix=f'add {key} = "..."' if key == "concept" else f'add {key} = ["..."]',
            )
        elif key != needs and values[key]:
            place.at(key).wrong(
                what=f"An outcome of kind {kind!r} has no {key}.",
                got=_shown(values[key]),
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
    concept = concepts.get(values["concept"] or "", {})
    if kind == "promoter" and not _told(place, "concept") and concept.get("better", "more") != "more":
        place.at("concept").wrong(
            what="Nobody promotes at the top of a scale on which more is not better.",
            got=f"{values['concept']!r}, better {concept['better']!r}",
            expected="a concept of which more is better",
            fix='use kind = "score"',
        )


def _shown(value: object) -> str:
    return show(list(value) if isinstance(value, tuple) else value)


def check_effect(values: dict[str, Any], known: Known, place: Place) -> None:
    """Note an effect of nothing or of two things, and one that is adjusted for what acts."""
    acts = [values[key] for key in ("promise", "element") if values[key]]
    if len(acts) != 1 and not _told(place, "promise") and not _told(place, "element"):
        place.wrong(
            what="It is not said what acts.",
            got="both promise and element" if acts else "neither promise nor element",
            expected="one of the two",
            fix="keep one of the two keys" if acts else 'add promise = "..."',
        )
    elif acts and acts[0] in values["adjust_for"]:
        place.at("adjust_for").wrong(
            what="An effect cannot be adjusted for what acts.",
            got=repr(acts[0]),
            expected="what comes before it",
            fix="take it out of adjust_for",
        )
    _check_split(values, ["channel", *known["trait"]], place)


def _check_split(values: Mapping[str, Any], possible: list[str], place: Place) -> None:
    if values["by"] is not None and values["by"] not in possible:
        place.at("by").unknown(values["by"], kind="trait to tell effects by", known=possible)


def check_experiment(values: dict[str, Any], known: Known, place: Place) -> None:
    """Note an experiment without arms, or whose control or shares do not fit them."""
    _check_split(values, list(known["trait"]), place)
    if _told(place, "arms"):
        return
    if not values["arms"]:
        place.at("arms").wrong(
            what="An experiment has at least one arm beside its control.",
            got="no arm",
            expected="the actions of the deeds that are compared with the control",
            fix='add arms = ["..."]',
        )
        return
    if values["control"] in values["arms"]:
        place.at("control").wrong(
            what="The control is one of the arms.",
            got=show(values["control"]),
            expected="an action that is none of the arms",
            fix="take it out of the arms",
        )
    shares = values["shares"]
    fits = len(shares) == len(values["arms"]) + 1 and abs(sum(shares) - 1) <= 1e-6 and all(shares)
    if shares and not fits:
        place.at("shares").wrong(
            what="The shares do not fit the arms.",
            got=f"{len(shares)} shares that add up to {sum(shares):g}",
            expected=f"{len(values['arms']) + 1} fractions above 0, control first, that add up to 1",
            fix="write one share for the control and one for each arm",
        )


def check_index(values: dict[str, Any], *, place: Place) -> None:
    """Note constructs without items or with those of another, and arrows that lead nowhere or in a circle."""
    names = list(values["constructs"])
    pairs = _read_arrows(values["arrows"], names, place.at("arrows"))
    values["arrows"] = tuple(dict.fromkeys(pairs))
    if len(names) < 2 and not _told(place, "constructs"):
        place.at("constructs").wrong(
            what="An index survey has at least two constructs.",
            got=f"{len(names)}",
            expected="two or more, joined by arrows",
            fix=f"add [{place.key}.constructs.NAME] with its items",
        )
    _check_items(values["constructs"], place.at("constructs"))
    if _told(place, "arrows"):
        return
    circle = _circle(pairs)
    alone = [name for name in names if all(name not in pair for pair in pairs)]
    if circle:
        place.at("arrows").wrong(
            what="The arrows run in a circle: what acts first cannot be told.",
            got=" -> ".join(circle),
            expected="arrows that lead from causes to what comes of them",
            fix="take out one of these arrows",
        )
    elif alone and len(names) > 1:
        place.at("constructs").at(alone[0]).wrong(
            what=f"No arrow leads to or from the construct {alone[0]!r}.",
            got="no arrow",
            expected="every construct joined to another",
            fix=f'add an arrow, such as "{alone[0]} -> {next(n for n in names if n != alone[0])}", or take it out',
        )


def _read_arrows(arrows: Iterable[str], names: list[str], place: Place) -> Pairs:
    """Return the arrows up to the first that cannot be read, which is noted."""
    pairs: Pairs = []
    for text in arrows:
        ends = [part.strip() for part in text.split("->")]
        unknown = [end for end in ends if end not in names]
        if len(ends) != 2 or not all(ends) or ends[0] == ends[1]:
            place.wrong(
                what="An arrow cannot be read.",
                got=show(text),
                expected='"from -> to", two constructs',
                fix='write "image -> expectation"',
            )
            return pairs
        if unknown:
            place.unknown(unknown[0], kind="construct", known=names)
            return pairs
        pairs.append((ends[0], ends[1]))
    return pairs


def _check_items(constructs: Mapping[str, Mapping[str, Any]], place: Place) -> None:
    measured: dict[str, str] = {}
    for name, construct in constructs.items():
        if not construct["items"] and not _told(place, name):
            place.at(name).wrong(
                what="A construct has no items.",
                got="nothing",
                expected="the concepts that measure it",
                fix='add items = ["..."]',
            )
        shared = [item for item in construct["items"] if item in measured]
        if shared and not _told(place, name):
            place.at(name).at("items").wrong(
                what=f"The concept {shared[0]!r} measures two constructs.",
                got=f"{measured[shared[0]]} and {name}",
                expected="each concept in one construct",
                fix="take it out of one of the two",
            )
        measured |= {item: name for item in construct["items"] if item not in measured}


def _circle(pairs: Pairs) -> list[str]:
    """Return the constructs of a circle, the first again at its end; nothing if there is none."""
    after: dict[str, list[str]] = {}
    for one, other in pairs:
        after.setdefault(one, []).append(other)
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for other in after.get(name, []):
            found = walk(other, [*path, name])
            if found:
                return found
        done.add(name)
        return []

    return next((found for name in after if (found := walk(name, []))), [])
