"""A process that imports what is in a folder, and says each file that is done. Arguments: library, folder."""

from __future__ import annotations

import sys

from bulkjobs.events import Event, FileImported
from bulkjobs.library import Library


def say(event: Event) -> None:
    if isinstance(event, FileImported):
        print(event.outcome, flush=True)


if __name__ == "__main__":
    Library(sys.argv[1]).add(sys.argv[2], on_event=say)
