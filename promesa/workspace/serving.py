"""Reads [service] and [service.oidc] of promesa.toml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from promesa.workspace.fields import read_fields, show
from promesa.workspace.grammar import SETTINGS
from promesa.workspace.service import EMBEDDED, OidcSettings, ServiceSettings
from promesa.workspace.service_grammar import OIDC

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.workspace.fields import Place


def read_service(table: object, written: object, *, place: Place) -> ServiceSettings:
    """Return the checked section [service], with [service.oidc] in it."""
    shown = written if isinstance(written, dict) else {}
    flat = {key: value for key, value in table.items() if key != "oidc"} if isinstance(table, dict) else table
    values: dict[str, Any] = read_fields(flat, SETTINGS["service"], place=place, known={}, written=written)
    for key, (schemes, example) in _URLS.items():
        fits = key == "database" and values[key] == EMBEDDED
        if values[key] and key in shown and not fits and not _is_url(values[key], schemes):
            _refuse_url(key, shown[key], schemes=schemes, example=example, place=place.at(key))
    if values["mail"] and not values["mail_from"]:
        place.at("mail_from").wrong(
            what="The sender of mail is missing.",
            got="nothing",
            expected="an e-mail address",
            fix='write mail_from = "promesa@example.com"',
        )
    for host in values["webhook_hosts"]:
        if not _HOST.fullmatch(host):
            place.at("webhook_hosts").wrong(
                what="A host that webhooks may be sent to has no port.",
                got=show(host),
                expected="HOST:PORT, such as crm.intranet:8443",
                fix='write webhook_hosts = ["crm.intranet:8443"]',
            )
    values["webhook_hosts"] = tuple(values["webhook_hosts"])
    oidc = _read_oidc(table, shown, place=place.at("oidc"))
    address = str(values["address"]).rstrip("/")
    settings: dict[str, Any] = {**values, "address": address}
    return ServiceSettings(**settings, oidc=oidc)


_HOST = re.compile(r"[a-z0-9.:-]+:[0-9]{1,5}")
_URLS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "database": (("postgresql", "postgres"), 'write database = "${DATABASE_URL}" and set it to postgresql://...'),
    "address": (("http", "https"), 'write address = "https://promesa.example.com"'),
    "mail": (("smtp", "smtps"), 'write mail = "smtp://USER:${MAIL_PASSWORD}@mail.example.com:587"'),
}


def _is_url(value: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return False
    # PostgreSQL may name its socket in the query instead of a host.
    return parts.scheme in schemes and (bool(parts.hostname) or "host=" in parts.query) and port != 0


def _refuse_url(key: str, written: object, *, schemes: tuple[str, ...], example: str, place: Place) -> None:
    allowed = " or ".join(f"{scheme}://HOST" for scheme in schemes)
    place.wrong(
        what=f"The value of {key!r} is not an address that promesa can use.",
        got=show(written),
        expected=f"embedded, or {allowed}" if key == "database" else allowed,
        fix=example,
    )


def _read_oidc(table: object, shown: Mapping[str, object], *, place: Place) -> OidcSettings | None:
    if not isinstance(table, dict) or "oidc" not in table:
        return None
    before = len(place.mistakes)
    values: dict[str, Any] = read_fields(table["oidc"], OIDC, place=place, known={}, written=shown.get("oidc", {}))
    if len(place.mistakes) > before or any(values[item.name] is None for item in OIDC if item.required):
        return None
    if not _is_url(values["issuer"], ("https",)) and urlsplit(values["issuer"]).hostname not in (
        "127.0.0.1",
        "localhost",
    ):
        place.at("issuer").wrong(
            what="The identity provider is not reached by TLS.",
            got="an address that is not https://",
            expected="https://HOST",
            fix="use the provider's https address: what it answers decides who may sign in",
        )
    values["allowed_domains"] = tuple(domain.lower().lstrip("@") for domain in values["allowed_domains"])
    return OidcSettings(**values)
