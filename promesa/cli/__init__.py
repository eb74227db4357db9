"""The command `promesa`: the same functions, from a terminal."""

from promesa.cli.app import main

__all__ = ["main"]
