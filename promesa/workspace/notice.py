"""One warning about a workspace, told in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from promesa.words import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One warning.

    Attributes
    ----------
    code : str
        What kind of warning it is: ``source-unread``, ``promise-without-target``...
    name : str
        The touchpoint, promise, source or load file that it is about; empty for the whole workspace.
    detail : str
        What a sentence about it needs besides the name.
    """

    code: str
    name: str = ""
    detail: str = ""

    def in_locale(self, locale: str) -> str:
        """Return the warning as a sentence."""
        return say(f"workspace.notice.{self.code}", locale, name=self.name, detail=self.detail)
