"""What arrives over HTTP: checked, durable before it is answered, and taken into the store exactly once."""

from promesa.intake.compaction import Compaction, compact, keep_compacting, take_arrivals
from promesa.intake.keys import Key, KeyOf
from promesa.intake.limits import Limits
from promesa.intake.serving import application

__all__ = [
    "Compaction",
    "Key",
    "KeyOf",
    "Limits",
    "application",
    "compact",
    "keep_compacting",
    "take_arrivals",
]
