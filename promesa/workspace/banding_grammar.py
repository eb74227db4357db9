"""The keys of tiers and of the minimum standard in model.toml; the reference is made from them."""

from __future__ import annotations

from typing import get_args

from promesa.workspace.banding import TierValue
from promesa.workspace.grammar import LABEL
from promesa.workspace.values import Field

TIERS = (
    Field(
        name="by",
        kind="choice",
        choices=get_args(TierValue),
        default="expected_profit",
        help="what a customer is worth: what is expected within horizon_days, or the margin of the last 365 days",
    ),
    Field(name="horizon_days", kind="whole", default=365, at_least=1, help="days ahead over which profit is expected"),
)
TIER = (
    LABEL,
    Field(name="from", kind="money", help="amount from which a customer is of the tier; the lowest tier has none"),
    Field(name="share", kind="fraction", help="or the share of customers who have bought that it and those above hold"),
    Field(name="keep_from", kind="money", help="amount down to which a member stays; 80 % of from when left out"),
    Field(name="keep_share", kind="fraction", help="share up to which a member stays; 1.25 x share when left out"),
    Field(
        name="flags",
        kind="lists",
        default={},
        help='values of traits whose customers are of this tier at least: { segment = ["company"] }',
    ),
)
STANDARD = (
    LABEL,
    Field(name="touchpoints", kind="texts", refers="touchpoint", default=(), help="where it holds"),
    Field(name="kept", kind="sql", required=True, help="condition over a moment: true where the minimum was given"),
    Field(
        name="due",
        kind="sql",
        default="coalesce(end_of_day(promised), at)",
        help="time at which it is known at the latest",
    ),
    Field(name="released", kind="sql", help="condition under which nothing is owed any more, such as a cancellation"),
    Field(name="target", kind="fraction", help="share of moments that must get it"),
    Field(
        name="tiers",
        kind="rules",
        default={},
        help="by tier, the stricter condition that its customers are entitled to",
    ),
)
