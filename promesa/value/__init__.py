"""Value: what customers bring in, what serving them costs, what is left, and what is still to come."""

from promesa.value.balance import Balance, balance
from promesa.value.lifetime import Lifetime, lifetime
from promesa.value.margin import Margin, margin
from promesa.value.promoters import Promoters, promoters
from promesa.value.retention import Retention, returning
from promesa.value.standard import StandardAnswer, standard
from promesa.value.tiering import TierReview, tier
from promesa.value.tiers import TiersAnswer, tiers

__all__ = [
    "Balance",
    "Lifetime",
    "Margin",
    "Promoters",
    "Retention",
    "StandardAnswer",
    "TierReview",
    "TiersAnswer",
    "balance",
    "lifetime",
    "margin",
    "promoters",
    "returning",
    "standard",
    "tier",
    "tiers",
]
