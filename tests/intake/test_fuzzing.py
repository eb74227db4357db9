"""Small changes of sound requests never make the intake fail; `make fuzz` looks for more."""

from __future__ import annotations

from random import Random

import pytest

from promesa.intake.problems import STATUS
from tests.intake.fuzzing import SOUND, WAYS, play

BITS = (
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b"\\",
    b"\\ud800",
    b"null",
    b"-0",
    b"1e999",
    b"9" * 30,
    b"\x00",
    b"\xff",
    b":",
    b",",
)


def changed(random: Random, body: bytes) -> bytes:
    """Return a body with one to four places cut, doubled, or replaced."""
    for _ in range(random.randint(1, 4)):
        start = random.randrange(len(body) + 1)
        end = min(len(body), start + random.choice((0, 1, 1, 2, 8, 40)))
        middle = random.choice((b"", random.choice(BITS), random.randbytes(2), body[start:end] * random.randint(2, 50)))
        body = body[:start] + middle + body[end:]
    return body


@pytest.mark.parametrize(("way", "body"), SOUND, ids=[way for way, _ in SOUND])
def test_it_is_taken_in_or_refused(way: str, body: bytes) -> None:
    random, first = Random(way), bytes([WAYS.index(way)])
    assert play(first + body) == "taken in"
    told = {play(first + changed(random, body)) for _ in range(150)}
    assert told <= {*STATUS, "taken in"} - {"failed"}


@pytest.mark.parametrize("length", [b"\xb2", b"9" * 5_000, b"-1", b"", b"1_0"])
def test_a_length_that_is_none_is_no_mistake(length: bytes) -> None:
    assert play(bytes([WAYS.index("headers")]) + b"Basic x\nidentity\n" + length) in ("taken in", "too-large")


def test_any_way_takes_any_bytes() -> None:
    random = Random(5)
    for way in range(len(WAYS)):
        for size in (0, 1, 2, 7, 64, 500):
            assert play(bytes([way]) + random.randbytes(size))
    assert play(b"") == "empty"
