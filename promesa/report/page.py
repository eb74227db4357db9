"""The page: sections in their order, written as one file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from markupsafe import Markup

from promesa import charts
from promesa.errors import InputError, StoreNotWritable
from promesa.report import priorities, promises
from promesa.report.content import read, unbroken
from promesa.report.drawing import environment, render
from promesa.report.sections import section_html, sections_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.report.content import Content

FEW_PROMISES = 3
"""Up to as many, the page opens with a sentence on each; past that, with their number."""


def write_report(snapshot: Mapping[str, object], target: Path, *, locale: str) -> Path:
    """Write a snapshot as one HTML file.

    Parameters
    ----------
    snapshot : mapping
        Company, instant, labels, model and ``documents``: what `promesa analyse` keeps.
    target : Path
        File to write, in a folder that is there. A reader never sees half a file.
    locale : str
        Language and number signs: ``es``, ``en``, ``es_CO``...

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueOutOfRange
        If the snapshot holds no documents.
    InputError
        If there is no such folder.
    StoreNotWritable
        If the file cannot be written.
    """
    return write_file(html_of(read(snapshot, locale=locale)).encode(), target)


def require_folder(target: Path) -> None:
    """Stop where a file would need a folder that is not there: a slip of the pen makes no folders.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    if not target.parent.exists():
        raise InputError(
            what="The report would lie in a folder that is not there.",
            got=str(target),
            expected="a file in a folder that is there",
            fix=f"check the path, or make the folder first: mkdir -p {target.parent}",
        )


def write_file(body: bytes, target: Path) -> Path:
    """Write a report that is made; a reader never sees half a file.

    Raises
    ------
    InputError
        If there is no such folder.
    StoreNotWritable
        If the file cannot be written.
    """
    require_folder(target)
    try:
        _replace(target, body)
    except OSError as error:
        raise StoreNotWritable(
            what="The report cannot be written.",
            got=f"{target}: {error.strerror or type(error).__name__}",
            expected="a folder that can be written to, on a disk with room",
            fix="choose another file name, or free the disk and write the report again",
        ) from error
    return target


def _replace(target: Path, body: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=target.suffix)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def html_of(content: Content) -> str:
    """Return the whole page."""
    sections = sections_of(content)
    return render(
        "page.html",
        c=content,
        say=content.say,
        language=content.locale.replace("_", "-"),
        style=style(),
        sections=sections,
        headlines=headlines_of(content),
        drawn=[section_html(name, content) for name in sections],
    )


def headlines_of(content: Content) -> list[str]:
    """Return the sentences that the page opens with: the promises, the costliest of them, the money."""
    register = promises.promises_of(content)
    if not register:
        return [begin] if (begin := priorities.headline(content)) else []
    below = sum(promise.below_target is True for promise in register)
    said = [content.say("headline.promises", total=len(register), below=below)]
    if len(register) <= FEW_PROMISES:
        said = [content.summary("promises")]
    worst, by_cost = promises.costliest(register)
    if by_cost and not promises.cost_holds_zero(worst[0]):
        cost = worst[0].cost
        evidence = content.say(f"evidence.{cost.evidence}.word")
        values = {
            "statement": worst[0].statement,
            "owner": worst[0].owner,
            "cost": cost.text,
            "interval": cost.interval,
        }
        said.append(content.say("headline.costliest", evidence=evidence, **values))
    said += [priorities.headline(content), content.summary("value")]
    if content.since:
        said.append(content.say("headline.period", since=content.since, day=content.day(content.as_of_day)))
    return [unbroken(sentence) for sentence in said if sentence]


def style(theme: Literal["auto", "light", "dark"] = "auto") -> Markup:
    """Return the style sheet, with the colours of the charts for dark pages; ``auto`` is as the reader's system."""
    template = environment().get_template("report.css")
    filled = template.render(colours=list(charts.COLOURS.values()), theme=theme)
    return Markup(filled)  # noqa: S704 - no text of a company in it
