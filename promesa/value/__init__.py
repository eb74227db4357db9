"""Value: what customers bring in, what serving them costs, what is left."""

from promesa.value.margin import Margin, margin
from promesa.value.retention import Retention, returning

__all__ = ["Margin", "Retention", "margin", "returning"]
