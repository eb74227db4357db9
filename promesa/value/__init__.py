"""Value: what customers bring in, what serving them costs, who stays, and what is still to come."""

from promesa.value.at_risk import TOP, AtRisk, at_risk
from promesa.value.balance import Balance, balance
from promesa.value.dropout import Dropout, dropout
from promesa.value.ledger import Ledger, ledger
from promesa.value.lifetime import Lifetime, lifetime
from promesa.value.margin import Margin, margin
from promesa.value.promoters import Promoters, promoters
from promesa.value.retention import Retention, retention
from promesa.value.returning import Returning, returning
from promesa.value.standard import StandardAnswer, standard
from promesa.value.tiering import TierReview, tier
from promesa.value.tiers import TiersAnswer, tiers
from promesa.value.whale import Whale, whale

__all__ = [
    "TOP",
    "AtRisk",
    "Balance",
    "Dropout",
    "Ledger",
    "Lifetime",
    "Margin",
    "Promoters",
    "Retention",
    "Returning",
    "StandardAnswer",
    "TierReview",
    "TiersAnswer",
    "Whale",
    "at_risk",
    "balance",
    "dropout",
    "ledger",
    "lifetime",
    "margin",
    "promoters",
    "retention",
    "returning",
    "standard",
    "tier",
    "tiers",
    "whale",
]
