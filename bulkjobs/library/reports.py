"""What a library tells of itself, and of an import."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from yarl import URL

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


@dataclass(frozen=True, slots=True)
class LibrarySnapshot:
    """What one version of a library consists of.

    Attributes
    ----------
    version : int
        Of the table.
    at : str
        When it was made (UTC).
    files, rows, size, sources : int
        Its Parquet files, the rows and bytes in them, and the data requests and imported files that they came with.
    sha256 : str
        Of the list of its files, with the bytes and rows of each: no other version has it.
    """

    version: int
    at: str
    files: int
    rows: int
    size: int
    sources: int
    sha256: str

    def lines(self) -> list[tuple[str, str]]:
        """Return it as labelled lines."""
        return [
            ("table version", f"{self.version} of {self.at}"),
            ("rows", f"{self.rows:,} from {self.sources:,} data requests and files"),
            ("on disk", f"{self.size / 1e6:,.1f} MB in {self.files:,} files"),
            ("SHA-256", self.sha256),
        ]

    def __repr__(self) -> str:
        return as_text("Snapshot", self.lines())

    def _repr_html_(self) -> str:
        return as_html("Snapshot", self.lines())


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a library: in which file or source, and what."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a look at every file of a library has found.

    Attributes
    ----------
    version : int or None
        Of the table; None where nothing was ever added.
    files, rows, sources : int
        Files that the log lists; rows and sources in those that can be read.
    faults : tuple of Fault
        What is wrong; empty for a table that is whole.
    """

    version: int | None
    files: int
    rows: int
    sources: int
    faults: tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def lines(self) -> list[tuple[str, str]]:
        """Return it as labelled lines."""
        whole = "every file is there, and every row once" if self.sound else f"{len(self.faults):,} faults"
        return [
            ("table version", "none yet" if self.version is None else str(self.version)),
            ("read", f"{self.rows:,} rows of {self.sources:,} sources in {self.files:,} files"),
            ("found", whole),
            *((fault.where or "-", fault.what) for fault in self.faults),
        ]

    def __repr__(self) -> str:
        return as_text("Verification", self.lines())

    def _repr_html_(self) -> str:
        return as_html("Verification", self.lines())


@dataclass
class ImportReport:
    """What an import did.

    Attributes
    ----------
    added, known : list of Path or yarl.URL
        Files that were added, and those whose content was there already.
    failed : dict of Path or yarl.URL to BulkJobsError
        Files that can't be read; nothing of them was added.
    skipped : list of Path or yarl.URL
        Files in folders that were not looked into: by their names they are no result files.
    report : LoadReport
        What was noticed in those added.
    """

    added: list[Path | URL] = field(default_factory=list)
    known: list[Path | URL] = field(default_factory=list)
    failed: dict[Path | URL, BulkJobsError] = field(default_factory=dict)
    skipped: list[Path | URL] = field(default_factory=list)
    report: LoadReport = field(default_factory=LoadReport)

    def lines(self) -> list[tuple[str, str]]:
        """Return it as labelled lines."""
        return [
            ("files added", f"{len(self.added):,}"),
            ("known already", f"{len(self.known):,}"),
            *([("left out, by name", f"{len(self.skipped):,}")] if self.skipped else []),
            *((f"failed: {path.name}", error.message) for path, error in self.failed.items()),
            *self.report.rows(),
        ]

    def __repr__(self) -> str:
        return as_text("Import", self.lines())

    def _repr_html_(self) -> str:
        return as_html("Import", self.lines())
