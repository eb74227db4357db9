"""The colours of every chart, by role.

Each differs from white by at least 4.5 to 1, and the series from each other in lightness as well as
in hue, so that they stay apart for colour-blind readers and in grey print. A page in dark mode finds
a role by its hex value and gives it the dark value beside it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Colour:
    """One role: its colour on white paper and on a dark page."""

    light: str
    dark: str


COLOURS: dict[str, Colour] = {
    "paper": Colour(light="#ffffff", dark="#16212b"),
    "ink": Colour(light="#17212b", dark="#e8eef3"),
    "muted": Colour(light="#52606d", dark="#a9b8c5"),
    "grid": Colour(light="#e1e7ec", dark="#2c3a47"),
    "axis": Colour(light="#8795a1", dark="#738596"),
    "first": Colour(light="#0a5a8c", dark="#6cb8ec"),
    "second": Colour(light="#b84a00", dark="#ff9d5c"),
    "third": Colour(light="#00735c", dark="#4fd1ae"),
    "fourth": Colour(light="#8a3f86", dark="#e29bdd"),
    "fifth": Colour(light="#6b5900", dark="#dcc457"),
    "sixth": Colour(light="#3d4a57", dark="#c3d0db"),
}
"""Colours by role, each with its value on a dark page."""

SERIES = ("first", "second", "third", "fourth", "fifth", "sixth")
"""Roles of the series of a chart, in order."""

DASHES = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3))
"""Dashes that tell apart series of which the colours have been used up or cannot be seen."""


def light(role: str) -> str:
    """Return the colour of a role on white paper."""
    return COLOURS[role].light
