"""Checks and builds what model.toml says of tiers and standards."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from promesa.errors import did_you_mean
from promesa.workspace.banding import KEEP_AMOUNT, KEEP_SHARE, Standard, Tier, Tiers
from promesa.workspace.banding_grammar import STANDARD, TIER, TIERS
from promesa.workspace.conditions import check_expression
from promesa.workspace.fields import Known, Place, read_fields, show
from promesa.workspace.labels import Label
from promesa.workspace.naming import A_NAME, check_names, check_taken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SETTINGS = tuple(item.name for item in TIERS)
Read = dict[str, dict[str, Any]]


def read_tiers(tree: Mapping[str, object], *, known: Known, place: Place) -> Read:
    """Return the checked values of [tiers]: ``settings`` and one entry a tier; mistakes go to `place`."""
    section = tree.get("tiers", {})
    given = section if isinstance(section, dict) else {}
    tables = {key: value for key, value in given.items() if key not in SETTINGS and isinstance(value, dict)}
    for key, value in given.items():
        if key not in SETTINGS and not isinstance(value, dict):
            place.at(key).wrong(
                what=f"{key!r} is neither a setting of [tiers] nor the table of a tier.",
                got=show(value),
                expected=f"{', '.join(SETTINGS)}, or [tiers.NAME] with the keys of one tier",
                fix=did_you_mean(key, SETTINGS, otherwise=f"write [tiers.{key}] above its keys"),
            )
    names = check_names(tables, kind="tier", place=place)
    _check_free(names, "tier", known, place=place)
    settings = {key: value for key, value in given.items() if key in SETTINGS} if given else section
    read: Read = {"settings": read_fields(settings, TIERS, place=place, known=known)}
    for name in names:
        read[name] = read_fields(tables[name], TIER, place=place.at(name), known=known)
        for trait in read[name]["flags"]:
            if trait not in known["trait"]:
                place.at(name).at("flags").unknown(trait, kind="trait", known=known["trait"])
    told = any(mistake.key.startswith("tiers") for mistake in place.mistakes)
    if "tiers" in tree and not told:
        _check_bands(names, read, place=place)
    return read


def _check_free(names: Sequence[str], kind: str, known: Known, *, place: Place) -> None:
    for other, called in A_NAME.items():
        check_taken(names, known[other], kind=kind, by=called, place=place)


def _check_bands(names: list[str], read: Read, *, place: Place) -> None:
    if len(names) < 2:
        place.wrong(
            what="There are at least two tiers: one divides nobody.",
            got=f"{len(names)} of them",
            expected="[tiers.NAME] twice or more, the highest first",
            fix="add the tier of everybody else, without `from` or `share`",
        )
        return
    first = "share" if read[names[0]]["share"] is not None else "from"
    for name in names[:-1]:
        _check_entry(read[name], first, place=place.at(name))
    last = read[names[-1]]
    for key in ("from", "share", "keep_from", "keep_share", "flags"):
        if last[key] not in (None, {}):
            place.at(names[-1]).at(key).wrong(
                what="The lowest tier holds everybody else.",
                got=f"{key} = {show(last[key])}",
                expected="a last tier with a label alone",
                fix="take the key out, or write the tier of everybody else below this one",
            )
    if not any(mistake.key.startswith("tiers") for mistake in place.mistakes):
        _check_order(names[:-1], read, first, place=place)


def _check_entry(values: Mapping[str, Any], first: str, *, place: Place) -> None:
    """Note a tier that begins nowhere or twice, in another measure than the first, or is lost above where it begins."""
    other = "from" if first == "share" else "share"
    if values[first] is None or values[other] is not None:
        place.wrong(
            what="Every tier but the lowest begins somewhere, all of them in one measure.",
            got="neither from nor share"
            if values[first] is None and values[other] is None
            else f"{other} where the first tier has {first}"
            if values[first] is None
            else "both from and share",
            expected=f"{first}, as in the first tier",
            fix=f"write {first} = {'0.2' if first == 'share' else '100000'}, and leave {other} out",
        )
        return
    for key in ("keep_from", "keep_share"):
        kept = values[key]
        if kept is None:
            continue
        fits = key == f"keep_{first}" and (kept <= values[first] if first == "from" else kept >= values[first])
        if not fits:
            place.at(key).wrong(
                what="A member stays at least as long as a newcomer would be let in.",
                got=f"{key} = {show(kept)} beside {first} = {show(values[first])}",
                expected="keep_from up to `from`, or keep_share from `share` on",
                fix="leave it out: members then stay to 80 % of the amount, or 1.25 times the share",
            )
    if first == "share" and not 0 < values["share"] < 1:
        place.at("share").wrong(
            what="A share of all or none of the customers is no tier.",
            got=show(values["share"]),
            expected="a fraction between 0 and 1",
            fix="write 5 % as share = 0.05",
        )


def _check_order(names: Sequence[str], read: Read, first: str, *, place: Place) -> None:
    for above, below in pairwise(names):
        for edge in (enter_of, keep_of):
            high, low = edge(read[above]), edge(read[below])
            if not (high > low if first == "from" else high < low):
                place.at(below).wrong(
                    what="The tiers do not go down.",
                    got=f"{above} at {high:g}, then {below} at {low:g}",
                    expected="the highest tier first: falling amounts, or rising shares (each with those above it)",
                    fix="put the tiers in order; keep_from and keep_share follow the same order",
                )
                return


def enter_of(values: Mapping[str, Any]) -> float:
    """Return where a tier begins."""
    return float(values["from"] if values["from"] is not None else values["share"])


def keep_of(values: Mapping[str, Any]) -> float:
    """Return down to where a tier is kept."""
    if values["from"] is not None:
        kept = values["keep_from"]
        return float(values["from"]) * KEEP_AMOUNT if kept is None else float(kept)
    kept = values["keep_share"]
    return min(float(values["share"]) * KEEP_SHARE, 1.0) if kept is None else float(kept)


def read_standards(
    tree: Mapping[str, object], *, known: Known, tiers: Sequence[str], columns: Sequence[str], place: Place
) -> Read:
    """Return the checked values of [standards.NAME]; mistakes go to `place`.

    Parameters
    ----------
    tiers : sequence of str
        Names of the declared tiers, the highest first.
    columns : sequence of str
        Columns of a moment that a condition may name.
    """
    section = tree.get("standards", {})
    names = check_names(section, kind="standard", place=place)
    _check_free(names, "standard", known, place=place)
    check_taken(names, tiers, kind="standard", by="a tier", place=place)
    read: Read = {}
    for name in names:
        assert isinstance(section, dict)  # noqa: S101 (check_names saw to it)
        here = place.at(name)
        read[name] = read_fields(section[name], STANDARD, place=here, known=known)
        _check_standard(read[name], tiers, columns, place=here)
    return read


def _check_standard(values: Mapping[str, Any], tiers: Sequence[str], columns: Sequence[str], *, place: Place) -> None:
    if not values["touchpoints"] and not any(m.key.startswith(f"{place.key}.touchpoints") for m in place.mistakes):
        place.at("touchpoints").wrong(
            what="It is not said at which touchpoints the standard holds.",
            got="nothing",
            expected='touchpoints = ["one", "another"]',
            fix='add touchpoints = ["..."]',
        )
    for key in ("kept", "due", "released"):
        if isinstance(values[key], str):
            check_expression(values[key], key=key, columns=columns, place=place.at(key))
    for tier, rule in values["tiers"].items():
        here = place.at("tiers").at(tier)
        if tier not in tiers:
            here.unknown(tier, kind="tier", known=tiers)
        elif tier == tiers[-1]:
            here.wrong(
                what="The lowest tier gets the minimum, and it has no level of its own.",
                got=tier,
                expected="a level for a higher tier",
                fix="put what everybody gets into `kept`",
            )
        check_expression(rule, key="kept", columns=columns, place=here)


def build_tiers(read: Read) -> Tiers | None:
    """Return the tiers of values that hold no mistake; None where none is declared."""
    names = [name for name in read if name != "settings"]
    if not names:
        return None
    bands = {
        name: Tier(
            name=name,
            label=_label(read[name]["label"], name),
            enter=None if name == names[-1] else enter_of(read[name]),
            keep=None if name == names[-1] else keep_of(read[name]),
            flags=read[name]["flags"],
        )
        for name in names
    }
    measured = "share" if read[names[0]]["share"] is not None else "amount"
    return Tiers(**read["settings"], measured=measured, bands=bands)


def build_standards(read: Read) -> dict[str, Standard]:
    """Return the standards of values that hold no mistake."""
    made: dict[str, Standard] = {}
    for name, values in read.items():
        given = {key: value for key, value in values.items() if key != "tiers"}
        given["label"] = _label(values["label"], name)
        made[name] = Standard(name=name, levels=values["tiers"], **given)
    return made


def _label(value: object, name: str) -> Label:
    if isinstance(value, dict):
        es, en = value.get("es"), value.get("en")
        return Label(es=str(es or en), en=str(en or es))
    text = str(value or name.replace("_", " "))
    return Label(es=text, en=text)
