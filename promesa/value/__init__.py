"""Value: what customers bring in, what serving them costs, what is left, and what is still to come."""

from promesa.value.lifetime import Lifetime, lifetime
from promesa.value.margin import Margin, margin
from promesa.value.retention import Retention, returning
from promesa.value.standard import StandardAnswer, standard
from promesa.value.tiering import TierReview, tier
from promesa.value.tiers import TiersAnswer, tiers

__all__ = [
    "Lifetime",
    "Margin",
    "Retention",
    "StandardAnswer",
    "TierReview",
    "TiersAnswer",
    "lifetime",
    "margin",
    "returning",
    "standard",
    "tier",
    "tiers",
]
