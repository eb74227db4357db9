"""Hands blocks to Typst and takes the PDF back: two files of ours and one of data, all in memory, nothing fetched."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from promesa import report
from promesa.errors import PaperNotSet, ServiceMissing
from promesa.paper.drawings import colours_of

if TYPE_CHECKING:
    from collections.abc import Mapping

FILES = ("paper.typ", "parts.typ")
STANDARD = "ua-1"
"""PDF/UA-1: tags, language, title and a text beside each picture, checked by the typesetter itself."""
DOTS = 100.0


def set_pdf(data: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """Return a document as PDF; the same data and instant give the same bytes.

    Parameters
    ----------
    made_at : datetime
        What the PDF says of when it was made; naive UTC.

    Raises
    ------
    PaperNotSet
        If the typesetter refuses; nothing of the document is in the message.
    ServiceMissing
        If the typesetter is not installed.
    """
    return _compile(data, made_at=made_at, kind="pdf")


def set_pictures(data: Mapping[str, Any], *, made_at: datetime) -> list[bytes]:
    """Return each page of a document as PNG, to be looked at."""
    found: Any = _compile(data, made_at=made_at, kind="png")
    return found if isinstance(found, list) else [found]


def _compile(data: Mapping[str, Any], *, made_at: datetime, kind: Literal["pdf", "png"]) -> Any:
    try:
        import typst
    except ModuleNotFoundError as error:
        raise ServiceMissing(
            what="The typesetter of PDF is not installed.",
            got="no package typst",
            expected="promesa with its extra `service`",
            fix='pip install "promesa[service]"',
        ) from error
    given = {**data, "colours": colours_of(str(report.style("light")))}
    # The stub of the package does not know that files may be handed over in memory.
    sources: Any = {**templates(), "data.json": json.dumps(given, ensure_ascii=False, allow_nan=False).encode()}
    stamp = made_at.replace(tzinfo=UTC, microsecond=0)
    options: dict[str, Any] = {"format": kind, "timestamp": stamp}
    options |= {"ppi": DOTS} if kind == "png" else {"pdf_standards": STANDARD}
    try:
        return typst.Compiler(sources, ignore_system_fonts=True).compile(**options)
    except typst.TypstError:
        # A letter that the fonts of Typst lack: those of the machine may have it. A letter that nobody has is a box,
        # which PDF/UA does not allow; the document is worth more than the mark.
        options.pop("pdf_standards", None)
    try:
        return typst.Compiler(sources).compile(**options)
    except typst.TypstError as error:
        raise PaperNotSet(
            what="The PDF cannot be set.",
            got=type(error).__name__,
            expected="a document that the typesetter takes",
            fix="write the report as HTML, and report this with `promesa --version`",
        ) from error


@cache
def templates() -> dict[str, bytes]:
    """Return the files of ours: the document, which Typst calls main, and its parts."""
    folder = files("promesa.paper").joinpath("templates")
    return {("main.typ" if name == "paper.typ" else name): folder.joinpath(name).read_bytes() for name in FILES}
