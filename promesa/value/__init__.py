"""Value: what customers bring in, what serving them costs, who stays and who matters, and what is still to come."""

from promesa.value.at_risk import TOP, AtRisk, at_risk
from promesa.value.dropout import Dropout, dropout
from promesa.value.lifetime import Lifetime, lifetime
from promesa.value.margin import Margin, margin
from promesa.value.retention import Retention, retention
from promesa.value.returning import Returning, returning
from promesa.value.standard import StandardAnswer, standard
from promesa.value.tiering import TierReview, tier
from promesa.value.tiers import TiersAnswer, tiers

__all__ = [
    "TOP",
    "AtRisk",
    "Dropout",
    "Lifetime",
    "Margin",
    "Retention",
    "Returning",
    "StandardAnswer",
    "TierReview",
    "TiersAnswer",
    "at_risk",
    "dropout",
    "lifetime",
    "margin",
    "retention",
    "returning",
    "standard",
    "tier",
    "tiers",
]
