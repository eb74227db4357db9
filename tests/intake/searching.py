"""Search for a request that the intake fails on, by the flags of libFuzzer: ``-max_total_time=300``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path


def main() -> None:
    """Begin with sound requests; a mistake is shown with the bytes that make it."""
    import atheris  # pyright: ignore[reportMissingImports] (`make fuzz` installs it)

    with atheris.instrument_imports(include=["promesa.intake"]):
        from tests.intake.fuzzing import SOUND, WAYS, play

    with tempfile.TemporaryDirectory() as folder:
        for place, (way, body) in enumerate(SOUND):
            Path(folder, str(place)).write_bytes(bytes([WAYS.index(way)]) + body)
        atheris.Setup([*sys.argv, "-max_len=8192", folder], lambda data: play(data) and None)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
