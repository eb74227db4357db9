"""The tables of the service's database, as queries see them; `promesa.migrations` makes them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

metadata = MetaData()

_WHEN = TIMESTAMP(precision=6)  # naive UTC, like every time of promesa


def _person(*, nullable: bool = False) -> Column[int]:
    return Column("person", BigInteger, ForeignKey("people.id", ondelete="CASCADE"), nullable=nullable, index=True)


people = Table(
    "people",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("functions", ARRAY(Text), nullable=False),
    Column("personal_data", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("password", Text),
    Column("totp_secret", LargeBinary),
    Column("totp_step", BigInteger),
    Column("subject", Text, unique=True),
    Column("created_at", _WHEN, nullable=False),
    Column("signed_in_at", _WHEN),
)
recovery_codes = Table("recovery_codes", metadata, Column("hash", LargeBinary, primary_key=True), _person())
sessions = Table(
    "sessions",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    _person(),
    Column("device", Text, nullable=False),
    Column("created_at", _WHEN, nullable=False),
    Column("seen_at", _WHEN, nullable=False),
)
one_time = Table(
    "one_time",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("kind", Text, nullable=False),
    _person(nullable=True),
    Column("payload", Text, nullable=False),
    Column("created_at", _WHEN, nullable=False),
    Column("expires_at", _WHEN, nullable=False),
)
attempts = Table(
    "attempts",
    metadata,
    Column("who", LargeBinary, primary_key=True),
    Column("failed", Integer, nullable=False),
    Column("last_at", _WHEN, nullable=False),
    Column("locked_until", _WHEN),
)
api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", BigInteger, primary_key=True),
    _person(),
    Column("name", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_at", _WHEN, nullable=False),
    Column("expires_at", _WHEN),
    Column("used_on", Date),
    Column("revoked_at", _WHEN),
)
write_keys = Table(
    "write_keys",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("tables", ARRAY(Text), nullable=False),
    Column("source", Text),
    Column("rate", Integer),
    Column("created_at", _WHEN, nullable=False),
    Column("revoked_at", _WHEN),
)
write_secrets = Table(
    "write_secrets",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("key", BigInteger, ForeignKey("write_keys.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("hint", Text, nullable=False),
    Column("created_at", _WHEN, nullable=False),
    Column("expires_at", _WHEN),
)
audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", _WHEN, nullable=False, index=True),
    Column("actor", Text, nullable=False, index=True),
    Column("action", Text, nullable=False, index=True),
    Column("object", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
replays = Table(
    "replays",
    metadata,
    Column("person", BigInteger, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("asked", LargeBinary, nullable=False),
    Column("answer", LargeBinary),
    Column("created_at", _WHEN, nullable=False, index=True),
)
webhooks = Table(
    "webhooks",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("url", Text, nullable=False),
    Column("events", ARRAY(Text), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("old_secret", LargeBinary),
    Column("old_secret_until", _WHEN),
    Column("active", Boolean, nullable=False),
    Column("reason", Text),
    Column("created_at", _WHEN, nullable=False),
)
messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", _WHEN, nullable=False, index=True),
)
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("webhook", BigInteger, ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("message", Text, ForeignKey("messages.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", _WHEN),
    Column("status", Integer),
    Column("error", Text),
    Column("created_at", _WHEN, nullable=False),
    UniqueConstraint("webhook", "message", name="deliveries_once"),
)
told = Table("told", metadata, Column("about", Text, primary_key=True), Column("mark", Text, nullable=False))
mailings = Table(
    "mailings",
    metadata,
    Column("person", BigInteger, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("often", Text, nullable=False),
    Column("hour", Integer, nullable=False),
    Column("zone", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("mark", LargeBinary, nullable=False),
    Column("due_at", _WHEN, nullable=False),
    Column("next_at", _WHEN, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    Column("sent_at", _WHEN),
)
