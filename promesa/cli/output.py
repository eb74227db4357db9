"""What goes to the terminal: answers on stdout, everything else on stderr, one exit code."""

from __future__ import annotations

import functools
import json
import os
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import typer

from promesa.cli.tongue import tongue_of
from promesa.errors import InputError, PromesaError
from promesa.words import error_block, error_document, labelled, say

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

P = ParamSpec("P")
T = TypeVar("T")
FAILED, WRONG_INPUT, INTERRUPTED = 1, 2, 130


def utc_now() -> datetime:
    """Return this instant as the store keeps times: naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


def reported(command: Callable[P, T]) -> Callable[P, T]:
    """Let a command end with a message and an exit code, never with a traceback."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        as_json = bool(kwargs.get("as_json"))
        try:
            return command(*args, **kwargs)
        except PromesaError as error:
            tongue = tongue_of(kwargs)
            _say_error(error_document(error, tongue), error_block(error, tongue), as_json=as_json)
            raise typer.Exit(WRONG_INPUT if isinstance(error, InputError) else FAILED) from error
        except KeyboardInterrupt as error:
            print(say("cli.error.stopped", tongue_of(kwargs)), file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from error
        except BrokenPipeError as error:
            # The reader (head, less) has what it wanted.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from error
        except typer.Exit:
            raise
        except Exception as error:
            if os.environ.get("PROMESA_DEBUG"):
                raise
            _say_unforeseen(error, command.__name__, tongue_of(kwargs), as_json=as_json)
            raise typer.Exit(FAILED) from error

    return run


def _say_unforeseen(error: Exception, command: str, tongue: str, *, as_json: bool) -> None:
    facts = {
        "what": say("cli.error.unforeseen", tongue),
        "got": say("cli.error.unforeseen_got", tongue, kind=type(error).__name__, command=command),
        "fix": say("cli.error.unforeseen_fix", tongue),
    }
    text = "\n".join([facts["what"], *labelled(facts, tongue)])
    _say_error({"code": "unexpected", **facts}, text, as_json=as_json)


def _say_error(document: dict[str, object], text: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"error": document})
    print(text, file=sys.stderr)


def print_json(document: object) -> None:
    """Print one document on stdout; what JSON cannot say (NaN) is null."""
    from promesa.snapshot import finite

    print(json.dumps(finite(document), ensure_ascii=False, allow_nan=False))


def print_csv(rows: list[dict[str, Any]]) -> None:
    """Print rows as CSV with one header, every key that any row has."""
    import csv

    keys = list(dict.fromkeys(key for row in rows for key in row))
    writer = csv.DictWriter(sys.stdout, fieldnames=keys, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def print_table(title: str | None, columns: list[str], rows: list[list[str]], *, right: set[int] | None = None) -> None:
    """Print a table; on a terminal with lines, in a pipe as plain columns that are not cut."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    # No markup: brackets in a name or in what is to be pasted are brackets.
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False)
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if right and number in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


@contextmanager
def progress_of(what: str) -> Generator[Callable[[str, float | None], None]]:
    """Show progress on a terminal, on stderr; show none in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _step, _share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as shown:
        task = shown.add_task(what, total=1.0)

        def step(sentence: str, share: float | None) -> None:
            shown.update(
                task,
                description=f"{what}: {sentence}"[:100],
                total=None if share is None else 1.0,
                completed=share or 0.0,
            )

        yield step
