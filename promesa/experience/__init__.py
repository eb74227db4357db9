"""The table of experience: what was lived in each journey, and what came of it."""

from promesa.experience.asking import journeys_of, outcomes_asked, sign_of, unit_of
from promesa.experience.columns import coded, numbers
from promesa.experience.confounders import Confounder
from promesa.experience.features import Feature, in_order
from promesa.experience.leaks import Refusal
from promesa.experience.lived import Lived, lived
from promesa.experience.outcomes import answer_value, days_of

__all__ = [
    "Confounder",
    "Feature",
    "Lived",
    "Refusal",
    "answer_value",
    "coded",
    "days_of",
    "in_order",
    "journeys_of",
    "lived",
    "numbers",
    "outcomes_asked",
    "sign_of",
    "unit_of",
]
