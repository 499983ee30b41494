"""The command line: the same verbs. Results go to standard output, all else to standard error."""

from . import buying, keeping, looking, reporting, serving  # noqa: F401 - they add their commands to the group
from .options import main

__all__ = ["main"]
