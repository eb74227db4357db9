"""When a person wants Home by mail, and when the next one is due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_WHEN = TIMESTAMP(precision=6)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "mailings",
        sa.Column("person", sa.BigInteger, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("often", sa.Text, nullable=False),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("locale", sa.Text, nullable=False),
        sa.Column("mark", sa.LargeBinary, nullable=False),
        sa.Column("due_at", _WHEN, nullable=False),
        sa.Column("next_at", _WHEN, nullable=False, index=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("sent_at", _WHEN),
        sa.CheckConstraint("often IN ('daily', 'weekdays', 'weekly')", name="mailings_often"),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name="mailings_hour"),
    )
