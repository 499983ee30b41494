"""A process that adds files to a library, a source each. Arguments: library, folder of files, first, last."""

from __future__ import annotations

import sys
from pathlib import Path

from bulkjobs.library import Library
from bulkjobs.records import load


def main(library: str, folder: str, first: str, last: str) -> None:
    shelf = Library(Path(library))
    for number in range(int(first), int(last)):
        frame, _ = load(Path(folder, f"{number}.json"))
        shelf.append(f"request:made/{number:05d}", frame.iter_slices(20), bought_at=1.8e9)
        print(number, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
