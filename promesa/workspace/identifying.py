"""Checks and builds what model.toml says of identifiers and of telling persons apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from promesa.workspace.fields import Place, show
from promesa.workspace.labels import Label
from promesa.workspace.persons import BUILT_IN_IDENTIFIERS, Identifier, IdentitySettings

if TYPE_CHECKING:
    from collections.abc import Mapping


def check_identifier(name: str, values: dict[str, Any], place: Place) -> None:
    """Fill in an identifier's kind and rule, and note what does not go together."""
    built_in = BUILT_IN_IDENTIFIERS.get(name)
    told = any(mistake.key.startswith(f"{place.key}.") for mistake in place.mistakes)
    if built_in and values["kind"] not in (None, built_in.kind):
        place.at("kind").wrong(
            what=f"The identifier {name!r} has its kind already.",
            got=show(values["kind"]),
            expected=built_in.kind,
            fix="leave kind out, or give the identifier another name",
        )
    elif values["kind"] is None and not built_in and not told:
        place.at("kind").wrong(
            what="The key 'kind' is missing.",
            got="nothing",
            expected="document, email, phone, number or key",
            fix='add kind = "number"',
        )
    values["kind"] = built_in.kind if built_in else values["kind"]
    values["joins"] = values["joins"] or (built_in.joins if built_in else "alone")
    if (values["kind"] == "key") != (values["system"] is not None) and not told:
        place.at("system").wrong(
            what="An identifier of kind key, and no other, names the system whose key it is.",
            got="nothing" if values["system"] is None else show(values["system"]),
            expected='the source name of that system, such as system = "shop"',
            fix='add system = "..."' if values["kind"] == "key" else 'take system out, or write kind = "key"',
        )


def check_identity(values: Mapping[str, Any], *, place: Place) -> None:
    """Note thresholds in the wrong order and a country that is none."""
    if values["review_from"] > values["link_from"]:
        place.at("review_from").wrong(
            what="'review_from' lies above 'link_from'.",
            got=f"{values['review_from']:g}",
            expected=f"at most {values['link_from']:g}",
            fix="mend either",
        )
    country = values["country"]
    if country is not None:
        from babel import Locale

        if country not in Locale("en").territories or not country.isalpha():
            place.at("country").wrong(
                what="There is no such country.",
                got=show(country),
                expected="an ISO 3166 code of two letters, such as CO, MX or ES",
                fix=f"write {country.upper()!r}" if country.upper() in Locale("en").territories else "use the ISO code",
            )


def build_identifiers(declared: Mapping[str, Mapping[str, Any]]) -> dict[str, Identifier]:
    """Return the built-in identifiers, as the company changed them, then its own."""
    made = {name: _build(name, values) for name, values in declared.items()}
    built_in = {name: made.get(name, default) for name, default in BUILT_IN_IDENTIFIERS.items()}
    return {**built_in, **made}


def _build(name: str, values: Mapping[str, Any]) -> Identifier:
    given = {key: value for key, value in values.items() if key != "label"}
    label = values["label"]
    if name in BUILT_IN_IDENTIFIERS:
        base = BUILT_IN_IDENTIFIERS[name]
        return replace(base, **given, label=label or base.label)
    plain = name.replace("_", " ")
    return Identifier(name=name, label=label or Label(es=plain, en=plain), **given)


def build_identity(values: Mapping[str, Any]) -> IdentitySettings:
    """Return the settings of telling persons apart."""
    return IdentitySettings(**values)
