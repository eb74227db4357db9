"""Value: what customers bring in, what serving them costs, what is left, and what is still to come."""

from promesa.value.lifetime import Lifetime, lifetime
from promesa.value.margin import Margin, margin
from promesa.value.returning import Returning, returning

__all__ = ["Lifetime", "Margin", "Returning", "lifetime", "margin", "returning"]
