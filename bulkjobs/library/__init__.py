"""Every posting ever bought or imported: the library, its table, and what it tells of itself."""

from .library import Library
from .reports import Fault, ImportReport, LibrarySnapshot, LibraryStats, Verification
from .table import LIBRARY_SCHEMA, TableFile

__all__ = [
    "LIBRARY_SCHEMA",
    "Fault",
    "ImportReport",
    "Library",
    "LibrarySnapshot",
    "LibraryStats",
    "TableFile",
    "Verification",
]
