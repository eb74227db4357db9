"""Folders that many tests begin with: made once a run, by whichever process asks first, and copied for each test."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
VARIABLE = "PROMESA_TESTS_BEGUN"  # the folder of this run; tests/conftest.py makes it and takes it away


def begun(root: Path, what: object, make: Callable[[], T]) -> T:
    """Return what `make` returns, with its files in `root`; they are copied where `what` was made before.

    Parameters
    ----------
    root : Path
        Where `make` writes. Each test has its own and may change it.
    what : object
        Everything that the files follow from, but for their place; told apart by its `repr`.
    make : callable
        Writes into `root` and nowhere else; returns something that can be pickled.
    """
    kept = Path(os.environ[VARIABLE]) / hashlib.sha256(repr(what).encode()).hexdigest()[:24]
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            made = make()
            unfinished = kept.with_suffix(".unfinished")
            shutil.copytree(root, unfinished / "files")
            (unfinished / "made.pickle").write_bytes(pickle.dumps(made))
            unfinished.rename(kept)
            return made
    shutil.copytree(kept / "files", root, dirs_exist_ok=True)
    return pickle.loads((kept / "made.pickle").read_bytes())
