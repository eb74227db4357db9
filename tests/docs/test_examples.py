"""Every example of the documentation does what the page says, in the order of the page.

The reader starts in an empty folder. Output shown after a command is compared, with ``...`` for anything and runs of
blanks taken as one; a command without output shown must succeed, unless the page says ``$ command || true``.

`promesa` is started anew for each command of one page, as a reader does; on the other pages its commands run in this
process, which saves the time of starting. Where a page analyses the shop of `promesa new` as it is, the shop that the
session has analysed by the same commands is taken.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from promesa.cli.app import app
from tests.docs.pages import Example, agrees, examples

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    page
    for page in sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("README*.md")])
    if any(example.kind in {"command", "python"} for example in examples(page.read_text(encoding="utf-8")))
]
LASTING = ("cd ", "export ")
ANALYSED = ["promesa new shop", "cd shop", "promesa load", "promesa analyse"]  # as the fixture `analysed_shop`
# Nothing that a shell would have to understand, but for a file that takes the output and for a command that may fail.
PLAIN = re.compile(r"(promesa [^|&;<>$`*?(){}~\\]*?)(?: > ([\w.-]+)| (\|\|) true)?")
SAME = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Reader:
    """Someone who follows a page in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.starts_anew = False
        self.done: list[str] = []
        self.analysed_shop: Callable[[], Path] | None = None
        self.before: list[str] = []
        self.names: dict[str, object] = {"__name__": "__main__"}
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PROMESA", "PYTEST"))},
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "NO_COLOR": "1",
            "COLUMNS": "160",
            "LC_ALL": "C.UTF-8",
        }

    def follow(self, example: Example) -> str | None:
        """Do what the page says and return what went wrong, or None."""
        if self.is_analysed_already(example):
            return None
        if example.kind in {"file", "addition"}:
            return self.write(example)
        return self.type(example) if example.kind == "command" else self.run_python(example)

    def here(self) -> Path:
        """Return the folder that the `cd` commands so far lead to."""
        return Path(self.shell("pwd").stdout.strip())

    def shell(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command after the `cd` and `export` commands that the page gave before."""
        script = "\n".join(["set -e", *self.before, command])
        return subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def write(self, example: Example) -> None:
        """Write the file that the page shows, or add to it."""
        target = self.here() / example.target
        target.parent.mkdir(parents=True, exist_ok=True)
        before = target.read_text(encoding="utf-8") if example.kind == "addition" else ""
        target.write_text(f"{before.rstrip()}\n\n{example.text}" if before else example.text, encoding="utf-8")

    def run_here(self, command: str, into: str | None) -> subprocess.CompletedProcess[str]:
        """Run a command of promesa in this process, after the `cd` and `export` commands that the page gave before."""
        folder, *variables = self.shell('printf "%s\\0" "$PWD"; env -0').stdout.split("\0")
        environment = dict(variable.split("=", 1) for variable in variables if variable)
        printed, code = io.StringIO(), 0
        written = io.StringIO() if into else printed
        with (
            contextlib.chdir(folder),
            mock.patch.dict(os.environ, environment, clear=True),
            mock.patch.object(sys, "stdin", io.StringIO()),
            contextlib.redirect_stdout(written),
            contextlib.redirect_stderr(printed),
        ):
            try:
                app(shlex.split(command)[1:], prog_name="promesa")
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
        if into:
            Path(folder, into).write_text(written.getvalue(), encoding="utf-8")
        return subprocess.CompletedProcess(command, code, stdout=printed.getvalue())

    def is_analysed_already(self, example: Example) -> bool:
        """Take the shop that was analysed by the commands typed so far, where there is nothing to compare."""
        self.done.append(example.text if example.kind == "command" else "")
        if self.analysed_shop is None or self.done != ANALYSED or example.output.strip() not in {"", "..."}:
            return False
        here = self.here()
        shutil.rmtree(here)
        shutil.copytree(self.analysed_shop(), here)
        return True

    def type(self, example: Example) -> str | None:
        """Type a command and compare what it prints."""
        plain = None if self.starts_anew else PLAIN.fullmatch(example.text)
        done = self.run_here(plain[1], plain[2]) if plain else self.shell(example.text)
        if done.returncode != 0 and not (plain and plain[3]):
            return f"exit code {done.returncode}\n{done.stdout}"
        if example.text.startswith(LASTING):
            self.before.append(example.text)
        wanted = example.output
        if wanted.strip() and not agrees(wanted, done.stdout):
            return f"the page shows\n{wanted}\nand it printed\n{done.stdout}"
        return None

    def run_python(self, example: Example) -> str | None:
        """Run a block of Python where the page left off; one with `>>>` is compared."""
        with contextlib.chdir(self.here()):
            if not example.text.lstrip().startswith(">>>"):
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(compile(example.text, f"page, line {example.line}", "exec"), self.names)
                return None
            test = doctest.DocTestParser().get_doctest(example.text, self.names, "page", "page", example.line)
            said = io.StringIO()
            failed = doctest.DocTestRunner(optionflags=SAME, verbose=False).run(test, out=said.write, clear_globs=False)
            self.names |= test.globs
            return said.getvalue() if failed.failed else None


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    """Return a reader in an empty folder."""
    someone = Reader(tmp_path)
    (tmp_path / "home").mkdir()
    someone.environment["HOME"] = str(tmp_path / "home")
    work = tmp_path / "work"
    work.mkdir()
    someone.folder = work
    return someone


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_does_what_it_says(
    page: Path, reader: Reader, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = page.read_text(encoding="utf-8")
    reader.starts_anew = page.stem == "invoices"
    if "OLIST_DATA" in text:
        reader.environment["OLIST_DATA"] = str(request.getfixturevalue("real_data")("olist"))
        monkeypatch.setenv("OLIST_DATA", reader.environment["OLIST_DATA"])  # Python blocks run in this process
    reader.analysed_shop = lambda: request.getfixturevalue("analysed_shop")
    for example in examples(text):
        fault = reader.follow(example)
        assert fault is None, f"{page.relative_to(ROOT)}, line {example.line}: {example.text}\n{fault}"


PAGE = """
```toml title="a.toml"
x = 1
```

```toml
not = "written"
```

```toml title="add to a.toml"
y = 2
```

```console
$ cat a.toml
x = 1
...
$ cd ..
$ false || true
```

```python
>>> 1 + 1
2
```
"""


def test_a_page_is_taken_apart_in_order() -> None:
    found = examples(PAGE)
    assert [e.kind for e in found] == ["file", "addition", "command", "command", "command", "python"]
    assert [e.target for e in found][:2] == ["a.toml", "a.toml"]
    assert found[2].output == "x = 1\n...\n"


def test_a_reader_notices_what_the_page_has_wrong(reader: Reader) -> None:
    faults = [
        reader.follow(Example(kind="command", line=1, text="echo yes", output="no\n")),
        reader.follow(Example(kind="command", line=2, text="exit 3")),
        reader.follow(Example(kind="python", line=3, text=">>> 1 + 1\n3\n")),
    ]
    assert all(faults)


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a ... c", "a  b\n c", True),
        ("...\nend", "\nend", True),
        ("...\nend", "much\nend", True),
        ("start\n...", "start", True),
        ("a ... c", "a b d", False),
        ("a", "a b", False),
        ("1.5 %", "1x5 %", False),
    ],
)
def test_what_is_shown_is_compared(shown: str, printed: str, same: bool) -> None:
    assert agrees(shown, printed) is same
