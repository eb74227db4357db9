"""The examples of a documentation page, taken out in order: files to write, commands to type, Python to run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)(?P<info>[^\n]*)\n(?P<body>.*?)^(?P=indent)```", re.MULTILINE | re.DOTALL
)
TITLE = re.compile(r'title="([^"]+)"')
WRITTEN = {"toml", "sql", "csv", "json", "xml"}
ADD_TO = "add to "

Kind = Literal["file", "addition", "command", "python"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One thing that a reader of the page does.

    Attributes
    ----------
    kind : Kind
        A file to write, text to add to a file, a command to type, or Python to run.
    line : int
        Where it stands on the page.
    text : str
        What is written, typed or run.
    target : str
        The file written, relative to the reader's folder; empty for commands and Python.
    output : str
        What the page shows after a command; empty when it shows nothing.
    """

    kind: Kind
    line: int
    text: str
    target: str = ""
    output: str = ""


def examples(page: str) -> list[Example]:
    """Return the examples of a page in order.

    A ``toml``, ``sql``, ``csv``, ``json`` or ``xml`` block counts when it has a title: the file that the reader writes,
    or ``add to FILE``. A ``console`` block holds commands after ``$ `` and what they print; a ``python`` block is run.
    """
    found: list[Example] = []
    for match in FENCE.finditer(page):
        line = page[: match.start()].count("\n") + 1
        indent = match["indent"]
        body = "".join(text.removeprefix(indent) for text in match["body"].splitlines(keepends=True))
        title = TITLE.search(match["info"])
        if match["language"] == "console":
            found += _commands(body, line=line)
        elif match["language"] == "python":
            found.append(Example(kind="python", line=line, text=body))
        elif match["language"] in WRITTEN and title:
            kind: Kind = "addition" if title[1].startswith(ADD_TO) else "file"
            found.append(Example(kind=kind, line=line, text=body, target=title[1].removeprefix(ADD_TO)))
    return found


def _commands(body: str, *, line: int) -> list[Example]:
    found: list[Example] = []
    for number, text in enumerate(body.splitlines(), start=line + 1):
        if text.startswith("$ "):
            found.append(Example(kind="command", line=number, text=text.removeprefix("$ ")))
        elif found and found[-1].text.endswith("\\"):
            found[-1] = Example(kind="command", line=found[-1].line, text=f"{found[-1].text}\n{text}")
        elif found:
            last = found[-1]
            found[-1] = Example(kind="command", line=last.line, text=last.text, output=f"{last.output}{text}\n")
    return found


def agrees(shown: str, printed: str) -> bool:
    """Tell whether a command printed what the page shows: ``...`` is anything, runs of blanks are one blank."""
    parts = [re.escape(" ".join(part.split())) for part in shown.split("...")]
    return re.fullmatch(r"\s*.*?\s*".join(parts), " ".join(printed.split()), re.DOTALL) is not None
