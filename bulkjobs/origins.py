"""The parts of a `bulkjobs.provenance.Provenance`: what was promised, bought, received, and read of a library."""

from __future__ import annotations

from dataclasses import dataclass

from .display import counted


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A file as the service gave it: its name there, size (bytes), SHA-256, and records."""

    name: str
    size: int
    sha256: str
    records: int


@dataclass(frozen=True, slots=True)
class Purchase:
    """A data request: its id at the service, when it went which way (UTC), what it brought and cost.

    Attributes
    ----------
    records, credits : int or None
        Received; None for credits where nobody knows whether they were charged.
    submitted, completed, imported : str or None
        When it was sent, when its files were ready, when they were read: ``2026-01-31T23:59:59Z``.
    """

    request_id: str | None
    records: int
    credits: int | None
    submitted: str | None
    completed: str | None
    imported: str | None
    files: tuple[ResultFile, ...]

    def __str__(self) -> str:
        return f"{self.request_id or '-'}  {self.records:,} records, submitted {self.submitted or '-'}"


@dataclass(frozen=True, slots=True)
class Promise:
    """What the plan said: postings that matched, to receive, of these owned before; credits and data requests."""

    matched: int | None
    records: int
    owned: int
    credits: int
    data_requests: int

    def __str__(self) -> str:
        matched = "" if self.matched is None else f"{self.matched:,} matched, "
        owned = f", {self.owned:,} of them owned" if self.owned else ""
        return (
            f"{matched}{self.records:,} records{owned}, {self.credits:,} credits, {self.data_requests:,} data requests"
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was read of a library.

    Attributes
    ----------
    version : int or None
        Of the Delta Lake table; None where `as_of` tells more: versions go when the table is vacuumed.
    at, as_of : str or None
        When that version was made; and up to when what had been added was read (UTC).
    where : str or None
        Which postings were chosen.
    collections, imported : tuple of str
        Ids of the collections that the rows came with, and the SHA-256 of files that were imported.
    """

    version: int | None
    at: str | None
    as_of: str | None = None
    where: str | None = None
    collections: tuple[str, ...] = ()
    imported: tuple[str, ...] = ()

    def __str__(self) -> str:
        told = [] if self.version is None else [f"version {self.version} of {self.at}"]
        told += [f"as of {self.as_of}"] if self.as_of else []
        told += [f"where {self.where}"] if self.where else []
        told += [counted(len(self.collections), "collection")] if self.collections else []
        told += [counted(len(self.imported), "imported file")] if self.imported else []
        return ", ".join(told) or "empty"
