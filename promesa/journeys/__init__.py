"""Journeys: moments put in order, the map as it is lived, and what repeats, turns back or breaks off in it."""

from promesa.journeys.assembling import Steps, steps_of
from promesa.journeys.changes import Changes, changes
from promesa.journeys.conformance import Conformance, conformance
from promesa.journeys.endings import Endings, endings
from promesa.journeys.exporting import Exported, export
from promesa.journeys.overview import Journeys, journeys
from promesa.journeys.transitions import Transitions, transitions
from promesa.journeys.variants import way_of

__all__ = [
    "Changes",
    "Conformance",
    "Endings",
    "Exported",
    "Journeys",
    "Steps",
    "Transitions",
    "changes",
    "conformance",
    "endings",
    "export",
    "journeys",
    "steps_of",
    "transitions",
    "way_of",
]
