"""Days and instants that a page marks as such."""

from __future__ import annotations

from typing import Self


class Dated(str):
    """A day or an instant as the reader writes it; `iso` is the same for programs.

    Parameters
    ----------
    text : str
        What is read.
    iso : str
        By ISO 8601: a day, or a local time with its offset.
    """

    __slots__ = ("iso",)
    iso: str

    def __new__(cls, text: str, iso: str = "") -> Self:
        """Return the text, with what it stands for."""
        made = super().__new__(cls, text)
        made.iso = iso
        return made
