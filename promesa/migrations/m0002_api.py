"""What the API keeps: answers to requests that may be sent again, webhooks and what is on its way to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_WHEN = TIMESTAMP(precision=6)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "replays",
        sa.Column("person", sa.BigInteger, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("asked", sa.LargeBinary, nullable=False),
        sa.Column("answer", sa.LargeBinary),
        sa.Column("created_at", _WHEN, nullable=False, index=True),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("events", ARRAY(sa.Text), nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("old_secret", sa.LargeBinary),
        sa.Column("old_secret_until", _WHEN),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("created_at", _WHEN, nullable=False),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", _WHEN, nullable=False, index=True),
    )
    _create_deliveries()
    op.create_table(
        "told",
        sa.Column("about", sa.Text, primary_key=True),
        sa.Column("mark", sa.Text, nullable=False),
    )


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column(
            "webhook", sa.BigInteger, sa.ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("message", sa.Text, sa.ForeignKey("messages.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", _WHEN),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.Text),
        sa.Column("created_at", _WHEN, nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'dead')", name="deliveries_state"),
        sa.UniqueConstraint("webhook", "message", name="deliveries_once"),
    )
    op.create_index("deliveries_due", "deliveries", ["next_at"], postgresql_where=sa.text("state = 'waiting'"))
