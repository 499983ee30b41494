"""Where work on many parts of postings is done, here or on a cluster, and sums that are taken part by part."""

from .engine import LOCAL, Engine, Workers, engine_of
from .rows import Large, Rows, Tally, collected, tally

__all__ = ["LOCAL", "Engine", "Large", "Rows", "Tally", "Workers", "collected", "engine_of", "tally"]
