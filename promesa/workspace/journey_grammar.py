"""What [journeys] of model.toml may hold."""

from __future__ import annotations

from promesa.workspace.values import Field

JOURNEYS = (
    Field(
        name="gap_days",
        kind="whole",
        default=30,
        at_least=1,
        help="a moment that names no journey joins one of its customer that is no further away",
    ),
    Field(
        name="across_channels",
        kind="yes_no",
        default=True,
        help="false: a moment that names no journey joins only one of its own channel",
    ),
    Field(name="closes_at", kind="texts", refers="touchpoint", default=(), help="touchpoints that end a journey"),
    Field(
        name="open_days",
        kind="whole",
        default=30,
        at_least=0,
        help="a journey that has not ended is open until nothing has happened for so long",
    ),
    Field(name="remembered", kind="text", refers="concept", help="what is asked later about a journey as a whole"),
    Field(name="asked_again", kind="text", refers="element", help="element above 0 where customers had to repeat"),
    Field(
        name="expected",
        kind="texts",
        refers="touchpoint",
        default=(),
        help="touchpoints that a journey should meet, in this order; without it only the order of stages is checked",
    ),
    Field(
        name="optional",
        kind="texts",
        refers="touchpoint",
        help="touchpoints that a journey may meet beside them; where given, every other one is unexpected",
    ),
    Field(
        name="passages",
        kind="lists",
        default={},
        help="touchpoint = those that may come right after it; where given, every other one after it is unexpected",
    ),
    Field(
        name="contacts",
        kind="texts",
        refers="touchpoint",
        default=(),
        help="touchpoints at which customers ask for help; those of outcomes of kind complaint when left out",
    ),
    Field(name="solved_by", kind="text", refers="element", help="element above 0.5 where a contact solved the need"),
    Field(
        name="compare_days",
        kind="whole",
        default=91,
        at_least=14,
        help="changes of the map: so many days are held against as many before them",
    ),
)
