"""Journeys: moments put in order, the map as it is lived, what repeats, turns back or breaks off in it; its memory."""

from promesa.journeys.assembling import Steps, steps_of
from promesa.journeys.changes import Changes, changes
from promesa.journeys.coherence import Coherence, coherence
from promesa.journeys.conformance import Conformance, conformance
from promesa.journeys.endings import Endings, endings
from promesa.journeys.exporting import Exported, export
from promesa.journeys.feedback import Feedback, feedback
from promesa.journeys.handovers import Handovers, handovers
from promesa.journeys.memory import Memory, memory
from promesa.journeys.needs import Needs, needs
from promesa.journeys.opening import with_open_wait
from promesa.journeys.overview import Journeys, journeys
from promesa.journeys.transitions import Transitions, transitions
from promesa.journeys.variants import way_of

__all__ = [
    "Changes",
    "Coherence",
    "Conformance",
    "Endings",
    "Exported",
    "Feedback",
    "Handovers",
    "Journeys",
    "Memory",
    "Needs",
    "Steps",
    "Transitions",
    "changes",
    "coherence",
    "conformance",
    "endings",
    "export",
    "feedback",
    "handovers",
    "journeys",
    "memory",
    "needs",
    "steps_of",
    "transitions",
    "way_of",
    "with_open_wait",
]
