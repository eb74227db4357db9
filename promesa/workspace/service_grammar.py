"""What may be written about the service in promesa.toml: its database, address, mail and identity provider."""

from __future__ import annotations

from promesa.workspace.values import Field

NEW_ROLES = ("viewer", "analyst")  # an administrator or the owner of a function is named by a person

SERVICE = (
    Field(
        name="database",
        kind="text",
        default="embedded",
        help="embedded: the PostgreSQL that comes with promesa; or postgresql://... of the company's own",
    ),
    Field(
        name="address",
        kind="text",
        default="http://127.0.0.1:8000",
        help="where people open it, as they write it; left out, links of the pages name where the service listens",
    ),
    Field(name="mail", kind="text", help="mail server: smtp://USER:PASSWORD@HOST:587, or smtps:// for port 465"),
    Field(name="mail_from", kind="text", help="address that mail comes from"),
    Field(
        name="webhook_hosts",
        kind="texts",
        default=(),
        help="host:port inside the company's own network that webhooks may be sent to; without one, none",
    ),
)
OIDC = (
    Field(name="issuer", kind="text", required=True, help="address of the company's identity provider"),
    Field(name="client_id", kind="text", required=True, help="name that the provider knows promesa by"),
    Field(name="client_secret", kind="text", required=True, help="secret that the provider gave, as ${VAR}"),
    Field(
        name="allowed_domains",
        kind="texts",
        default=(),
        help="domains of e-mails that may sign in; without one, only people who were invited",
    ),
    Field(name="role", kind="choice", choices=NEW_ROLES, default="viewer", help="role of a person who is new"),
)
