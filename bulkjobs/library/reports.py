"""What a library tells of itself, and of an import."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..display import as_html, as_text
from ..errors import BulkJobsError
from ..records import LoadReport


@dataclass(frozen=True, slots=True)
class LibraryStats:
    """What a library holds.

    Attributes
    ----------
    postings, rows : int
        Different postings; and all versions of them, each purchase of each counted.
    sources : int
        Data requests and imported files.
    files, size : int
        Parquet files of the newest version of the table, and their bytes.
    version : int or None
        The table's version; None where nothing was ever added.
    """

    postings: int
    rows: int
    sources: int
    files: int
    size: int
    version: int | None

    def lines(self) -> list[tuple[str, str]]:
        """Return it as labelled lines."""
        return [
            ("postings", f"{self.postings:,}"),
            ("versions of them", f"{self.rows:,} from {self.sources:,} data requests and files"),
            ("on disk", f"{self.size / 1e6:,.1f} MB in {self.files:,} files"),
            ("table version", "none yet" if self.version is None else str(self.version)),
        ]

    def __repr__(self) -> str:
        return as_text("Library", self.lines())

    def _repr_html_(self) -> str:
        return as_html("Library", self.lines())


@dataclass
class ImportReport:
    """What an import did.

    Attributes
    ----------
    added, known : list of Path
        Files that were added, and those whose content was there already.
    failed : dict of Path to BulkJobsError
        Files that can't be read; nothing of them was added.
    report : LoadReport
        What was noticed in those added.
    """

    added: list[Path] = field(default_factory=list)
    known: list[Path] = field(default_factory=list)
    failed: dict[Path, BulkJobsError] = field(default_factory=dict)
    report: LoadReport = field(default_factory=LoadReport)

    def lines(self) -> list[tuple[str, str]]:
        """Return it as labelled lines."""
        return [
            ("files added", f"{len(self.added):,}"),
            ("known already", f"{len(self.known):,}"),
            *((f"failed: {path.name}", error.message) for path, error in self.failed.items()),
            *self.report.rows(),
        ]

    def __repr__(self) -> str:
        return as_text("Import", self.lines())

    def _repr_html_(self) -> str:
        return as_html("Import", self.lines())
