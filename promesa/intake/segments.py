"""Segments: the files in which what arrives is kept, frame by frame, until the store has it.

A folder a writer, named after it, in ``.promesa/intake``. In it ``alive``, a file that the writer holds a lock on for
as long as it lives, and its segments: ``00000001.open`` while it is written to, ``00000001.log`` once it is sealed. A
frame is its length, its checksum and its bytes; what a kill or a full disk left unfinished at the end is not read.
"""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

OPEN, SEALED, ALIVE = ".open", ".log", "alive"
LONGEST = 64 << 20  # bytes of a frame; more is no frame
_HEAD = struct.Struct(">II")  # length and CRC-32 of what follows
_META = struct.Struct(">I")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One request as it was accepted.

    Attributes
    ----------
    kind : str
        ``segment/<call>``, ``cloudevents/<mode>`` or ``facts/<table>``.
    key, source : str
        Name of the write key, and the source that it writes to.
    received : int
        Microseconds since 1970, UTC.
    body : bytes
        As it was sent, unzipped.
    headers : mapping of str to str
        Attributes that a binary CloudEvent has beside its body.
    """

    kind: str
    key: str
    source: str
    received: int
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One sealed segment, or the last one of a writer that is dead."""

    writer: str
    number: int
    path: Path


def encode(frame: Frame) -> bytes:
    """Return the bytes of a frame."""
    about = [frame.kind, frame.key, frame.source, frame.received, *([frame.headers] if frame.headers else [])]
    meta = json.dumps(about, separators=(",", ":")).encode()
    payload = b"".join((_META.pack(len(meta)), meta, frame.body))
    return b"".join((_HEAD.pack(len(payload), zlib.crc32(payload)), payload))


def frames_of(path: Path) -> Iterator[Frame]:
    """Yield the whole frames of a segment, in their order, up to the first that is not whole."""
    with path.open("rb") as file:
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            length, checksum = _HEAD.unpack(head)
            if length > LONGEST:
                return
            payload = file.read(length)
            if len(payload) < length or zlib.crc32(payload) != checksum:
                return
            yield _decode(payload)


def _decode(payload: bytes) -> Frame:
    (size,) = _META.unpack_from(payload)
    kind, key, source, received, *more = json.loads(payload[_META.size : _META.size + size])
    body = payload[_META.size + size :]
    return Frame(kind=kind, key=key, source=source, received=received, body=body, headers=more[0] if more else {})


def ready_segments(folder: Path) -> list[Segment]:
    """Return the segments that nobody writes to any more, in the order of each writer.

    A writer whose lock can be taken is dead: its open segment will not grow. Its folder goes once it is empty.
    """
    found: list[Segment] = []
    for writer in sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []:
        dead = is_dead(writer)
        every = sorted(file for file in writer.iterdir() if file.suffix in (OPEN, SEALED))
        growing = [] if dead else [int(file.stem) for file in every if file.suffix == OPEN]
        # Nothing past a segment that is still open: how far a log is in the store is told by its last segment.
        files = [file for file in every if not growing or int(file.stem) < min(growing)]
        found += [Segment(writer=writer.name, number=int(file.stem), path=file) for file in files]
        if dead and not files:
            (writer / ALIVE).unlink(missing_ok=True)
            writer.rmdir()
    return sorted(found, key=lambda segment: (segment.writer, segment.number))


def waiting_segments(folder: Path) -> list[Path]:
    """Return every segment that is not in the store yet, those being written included."""
    return sorted(path for path in folder.glob("*/*") if path.suffix in (OPEN, SEALED))


def is_dead(writer: Path) -> bool:
    """Tell whether the process that wrote to a folder has ended, however it ended."""
    lock = FileLock(writer / ALIVE)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    lock.release()
    return True
