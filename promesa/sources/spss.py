"""SPSS files: values as they are, and beside a column with value labels another with the labels."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from promesa.engine import literal
from promesa.sources.encodings import unopened
from promesa.sources.files import refuse_empty
from promesa.sources.raw import Raw
from promesa.sources.shapes import SourceColumn
from promesa.sources.textual import cell_text, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from promesa.sources.files import Found
    from promesa.workspace import Source

_serial = count()
_CHUNK = 50_000  # cases held at a time


def open_spss(source: Source, found: Found, *, folder: Path) -> Raw:
    """Return an SPSS file as the engine reads it, from a copy of its cells as text.

    Raises
    ------
    SourceUnreadable
        If it is not an SPSS file, or not whole.
    """
    import pyreadstat

    refuse_empty(source, found)
    copy = folder / f"{found.path.name}.{next(_serial)}.cells.parquet"
    try:
        _, facts = pyreadstat.read_sav(found.path, metadataonly=True)
        labels = _labels(facts)
        columns = [*facts.column_names, *labels]
        write_rows(_cases(found, facts.column_names, labels), columns, to=copy)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
        raise unopened(source, found.shown, reason="not an SPSS file, or not whole") from error
    texts = [name for name, kind in facts.original_variable_types.items() if str(kind).startswith("A")]
    return Raw(
        shown=found.shown,
        fingerprint=found.fingerprint,
        relation=f"read_parquet({literal(copy)})",
        columns=tuple(columns),
        hinted={name: SourceColumn(name=name, kind="text", how="file") for name in (*texts, *labels)},
        numbered=True,
    )


def _labels(facts: Any) -> dict[str, tuple[int, dict[object, str]]]:
    """Return for each column of labels the place of the values and what each of them means."""
    taken = {name.casefold() for name in facts.column_names}
    labels: dict[str, tuple[int, dict[object, str]]] = {}
    for place, name in enumerate(facts.column_names):
        meanings = facts.variable_value_labels.get(name)
        if meanings and f"{name}_label".casefold() not in taken:
            labels[f"{name}_label"] = (place, meanings)
    return labels


def _cases(
    found: Found, columns: Sequence[str], labels: dict[str, tuple[int, dict[object, str]]]
) -> Iterator[tuple[int, list[str | None]]]:
    import pyreadstat

    number = 0
    chunks: Any = pyreadstat.read_file_in_chunks(pyreadstat.read_sav, str(found.path), chunksize=_CHUNK)
    for frame, _ in chunks:
        for values in zip(*(frame[column].tolist() for column in columns), strict=True):
            meanings = [meaning.get(values[place]) for place, meaning in labels.values()]
            yield number, [*map(cell_text, values), *meanings]
            number += 1
