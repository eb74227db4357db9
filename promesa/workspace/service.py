"""How the service of a company is reached and what it leans on: database, address, mail, identity provider."""

from __future__ import annotations

from dataclasses import dataclass, field

EMBEDDED = "embedded"
DEFAULT_ADDRESS = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """The identity provider of the company.

    Attributes
    ----------
    allowed_domains : tuple of str
        Domains whose people may sign in without an invitation.
    role : str
        Of a person who signs in for the first time.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    allowed_domains: tuple[str, ...] = ()
    role: str = "viewer"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """What `promesa serve` is told.

    Attributes
    ----------
    database : str
        ``embedded`` or a URL of PostgreSQL; holds a password.
    address : str
        Public address, without a slash at the end.
    mail, mail_from : str or None
        URL of the mail server (holds a password) and the sender.
    webhook_hosts : tuple of str
        ``host:port`` inside the company's network that webhooks may be sent to.
    """

    database: str = field(default=EMBEDDED, repr=False)
    address: str = DEFAULT_ADDRESS
    mail: str | None = field(default=None, repr=False)
    mail_from: str | None = None
    webhook_hosts: tuple[str, ...] = ()
    oidc: OidcSettings | None = None

    @property
    def addressed(self) -> bool:
        """Tell whether the company says where people open it; if not, it is where the service listens."""
        return self.address != DEFAULT_ADDRESS

    @property
    def secure(self) -> bool:
        """Tell whether people reach it by TLS."""
        return self.address.startswith("https://")
