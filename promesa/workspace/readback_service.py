"""Reads the settings of the service back, without any password."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from promesa.words import say
from promesa.workspace.service import EMBEDDED, ServiceSettings

if TYPE_CHECKING:
    from promesa.workspace.model import Workspace
    from promesa.workspace.readback import Part, Row


def read_service_back(ws: Workspace, locale: str) -> Part:
    """Return how the service is reached, without any password."""
    service = ws.service
    if service == ServiceSettings():
        return [], []
    row: Row = {
        "database": EMBEDDED if service.database == EMBEDDED else urlsplit(service.database).hostname or "socket",
        "address": service.address,
        "mail": urlsplit(service.mail).hostname if service.mail else None,
        "mail_from": service.mail_from,
        "webhook_hosts": ", ".join(service.webhook_hosts) or None,
        "oidc": service.oidc.issuer if service.oidc else None,
        "allowed_domains": ", ".join(service.oidc.allowed_domains) or None if service.oidc else None,
    }
    lines = [
        say("workspace.service.address", locale, **row),
        say(f"workspace.service.{'embedded' if row['database'] == EMBEDDED else 'database'}", locale, **row),
        say(f"workspace.service.{'mail' if service.mail else 'no_mail'}", locale, **row),
    ]
    if service.webhook_hosts:
        lines.append(say("workspace.service.webhook_hosts", locale, **row))
    if service.oidc:
        domains = row["allowed_domains"] or say("workspace.service.invited", locale)
        lines.append(say("workspace.service.oidc", locale, **{**row, "allowed_domains": domains}))
    return [row], lines
