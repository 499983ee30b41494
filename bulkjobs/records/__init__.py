"""Result files to typed polars frames: every spelling of the schema, and nothing lost in silence."""

from .drift import DriftReport, drift
from .lines import split_records
from .loading import AT_ONCE, concatenated, duplicates, load, load_file, read
from .report import BadLine, LoadReport
from .schema import COLUMNS, POSTING_SCHEMA, SCHEMA_VERSION, Column, data_dictionary
from .values import normalise

__all__ = [
    "AT_ONCE",
    "COLUMNS",
    "POSTING_SCHEMA",
    "SCHEMA_VERSION",
    "BadLine",
    "Column",
    "DriftReport",
    "LoadReport",
    "concatenated",
    "data_dictionary",
    "drift",
    "duplicates",
    "load",
    "load_file",
    "normalise",
    "read",
    "split_records",
]
