"""Every analysis at one `as_of` on one store version, kept as documents that can be read without an engine."""

from promesa.snapshot.analyses import ANALYSES, SHOWN, compute, document_key
from promesa.snapshot.documents import finite
from promesa.snapshot.keeping import Snapshot, analyse, latest

__all__ = ["ANALYSES", "SHOWN", "Snapshot", "analyse", "compute", "document_key", "finite", "latest"]
