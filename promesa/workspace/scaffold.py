"""Makes a new workspace: a small shop that runs at once, or a copy of an example."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from promesa.errors import InputError, UnknownName

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

EXAMPLES = ("demo", "olist")
# Where a template may stand: in the installed package, or in the repository.
_PLACES = {
    "shop": ("workspace/templates/shop",),
    "demo": ("simulate/workspace",),
    "olist": ("workspace/templates/olist", "../examples/olist"),
}
_LEFT_OUT = (".promesa", "__pycache__", "__init__.py")
# A folder may have these of its own already; they stay as they are.
_KEPT = ("README.md", ".gitignore")
_IGNORED = "# What promesa loaded and computed: personal data, and made again by `promesa load`.\n.promesa/\n"


def new(folder: str | Path, *, example: str | None = None) -> tuple[Path, ...]:
    """Write a new workspace and return the files written.

    Parameters
    ----------
    folder : str or Path
        Made if it is not there. Nothing in it is overwritten.
    example : {"demo", "olist"}, optional
        Copy this example instead of the small shop; the data of either are made or fetched apart.

    Raises
    ------
    UnknownName
        If there is no such example.
    InputError
        If the folder holds a workspace already, or cannot be written.
    """
    if example is not None and example not in EXAMPLES:
        raise UnknownName(example, kind="example", known=EXAMPLES)
    target = Path(folder).expanduser()
    contents = {name: _named(data, target) for name, data in _contents(_template(example or "shop"))}
    contents.setdefault(".gitignore", _IGNORED.encode())
    _refuse_to_overwrite(target, contents)
    try:
        return tuple(_write(target / name, data) for name, data in contents.items() if not (target / name).exists())
    except OSError as error:
        raise InputError(
            what=f"The folder {target} cannot be written.",
            got=error.strerror or type(error).__name__,
            expected="a folder that can be made, on a disk with room",
            fix="name another folder, or change its permissions",
        ) from error


def _template(name: str) -> Traversable:
    package = files("promesa")
    for place in _PLACES[name]:
        found = package.joinpath(place)
        if found.joinpath("promesa.toml").is_file():
            return found
    raise InputError(
        what=f"The example {name!r} is not in this installation.",
        got="no files",
        expected=f"a workspace in {' or '.join(_PLACES[name])}",
        fix="install promesa again",
    )


def _contents(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.name in _LEFT_OUT:
            continue
        if item.is_dir():
            yield from _contents(item, f"{prefix}{item.name}/")
        else:
            # A file called .gitignore inside the package would steer the build of the package.
            yield prefix + (".gitignore" if item.name == "gitignore" else item.name), item.read_bytes()


def _named(data: bytes, target: Path) -> bytes:
    words = re.sub(r"[-_\s]+", " ", target.resolve().name).strip() or "empresa"
    # The name goes into a quoted TOML text.
    company = re.sub(r'["\\]', "", words[0].upper() + words[1:])
    return data.replace(b"{{company}}", company.encode())


def _refuse_to_overwrite(target: Path, contents: dict[str, bytes]) -> None:
    there = [name for name in contents if name not in _KEPT and (target / name).exists()]
    if target.is_file() or there:
        raise InputError(
            what=f"{target} is a file." if target.is_file() else f"The folder {target} holds a workspace already.",
            got=", ".join(there[:5]) or "a file",
            expected="a new or empty folder: nothing is overwritten",
            fix="name another folder, or move those files away",
        )


def _write(file: Path, data: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file
