"""The table of experience: what was lived in each journey, and what came of it."""

from promesa.experience.asking import journeys_of, outcomes_asked, sign_of, unit_of
from promesa.experience.confounders import Confounder
from promesa.experience.features import Feature, in_order
from promesa.experience.leaks import Refusal
from promesa.experience.lived import Lived, lived

__all__ = [
    "Confounder",
    "Feature",
    "Lived",
    "Refusal",
    "in_order",
    "journeys_of",
    "lived",
    "outcomes_asked",
    "sign_of",
    "unit_of",
]
