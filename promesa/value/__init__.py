"""Value: what customers bring in, what serving them costs, what is left, and what is still to come."""

from promesa.value.ledger import Ledger, ledger
from promesa.value.lifetime import Lifetime, lifetime
from promesa.value.margin import Margin, margin
from promesa.value.retention import Retention, returning
from promesa.value.standard import StandardAnswer, standard
from promesa.value.tiering import TierReview, tier
from promesa.value.tiers import TiersAnswer, tiers
from promesa.value.whale import Whale, whale

__all__ = [
    "Ledger",
    "Lifetime",
    "Margin",
    "Retention",
    "StandardAnswer",
    "TierReview",
    "TiersAnswer",
    "Whale",
    "ledger",
    "lifetime",
    "margin",
    "returning",
    "standard",
    "tier",
    "tiers",
    "whale",
]
