"""Every error of bulkjobs: one root, and each one knows whether money was spent and what to do next."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .records import LoadReport


class Charged(enum.StrEnum):
    """Whether the thing that failed cost credits."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"

    @property
    def sentence(self) -> str:
        """The same, to a person."""
        return {
            "no": "Nothing was charged.",
            "yes": "The credits for it were charged.",
            "unknown": "Whether it was charged is not known.",
        }[self]


class BulkJobsError(Exception):
    """Root of all errors raised by bulkjobs.

    Attributes
    ----------
    message : str
        What happened.
    charged : Charged
        Whether credits were spent: ``"no"``, ``"yes"`` or ``"unknown"``.
    retry_safe : bool
        Whether doing the same again can cost nothing twice.
    next_step : str
        What to do now, where possible as one line of code.
    """

    charged: Charged = Charged.NO
    retry_safe: bool = True
    next_step: str = ""

    def __init__(
        self,
        message: str,
        *,
        next_step: str | None = None,
        charged: Charged | None = None,
        retry_safe: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        if next_step is not None:
            self.next_step = next_step
        if charged is not None:
            self.charged = charged
        if retry_safe is not None:
            self.retry_safe = retry_safe

    def __str__(self) -> str:
        spent = self.charged.sentence
        return " ".join(part for part in (self.message, spent, self.next_step and f"Next: {self.next_step}") if part)


# --- before any request -----------------------------------------------------------------------------------


class InvalidQuery(BulkJobsError, ValueError):
    """What was asked for is not valid; refused before any request.

    Attributes
    ----------
    field : str or None
        The field at fault, such as ``"title"``.
    """

    def __init__(self, message: str, *, field: str | None = None, next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.field = field


class InvalidIds(InvalidQuery):
    """An ID file or list holds something that is not an ID.

    Attributes
    ----------
    bad_lines : sequence of (int, str)
        Line number (from 1) and content of the first 20 bad lines.
    bad_count : int
        How many lines are bad in all.
    summary : str
        The message without the lines, for who lists them.
    """

    def __init__(
        self, message: str, *, bad_lines: Sequence[tuple[int, str]] = (), bad_count: int = 0, summary: str = ""
    ) -> None:
        super().__init__(message, field="ids", next_step="correct or delete these lines and read the file again")
        self.bad_lines = tuple(bad_lines)
        self.bad_count = bad_count
        self.summary = summary or message


class ConfigError(BulkJobsError, ValueError):
    """A setting is missing or makes no sense (no key, plain http, a negative rate)."""


class PlanRefused(BulkJobsError):
    """The plan can't be carried out as it stands: it needs more than one data request can carry."""


class BudgetExceeded(BulkJobsError):
    """The plan costs more credits than were allowed; refused before the first POST."""


class UnknownCollection(BulkJobsError, LookupError):
    """The ledger holds no collection of that id."""


class LedgerError(BulkJobsError):
    """The ledger can't be read or written. Nothing is sent before the intent is in it."""


class LibraryError(BulkJobsError):
    """The library can't be read or written. What was bought is in the fetched files, and can be added again."""

    next_step = "free disk space or correct the permissions of that folder"


# --- what the service answered ----------------------------------------------------------------------------


class ServiceError(BulkJobsError):
    """The service answered with an error.

    Attributes
    ----------
    status : int or None
        HTTP status code.
    detail : str
        The service's own words, shortened.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        detail: str = "",
        next_step: str | None = None,
        charged: Charged | None = None,
        retry_safe: bool | None = None,
    ) -> None:
        super().__init__(message, next_step=next_step, charged=charged, retry_safe=retry_safe)
        self.status = status
        self.detail = detail


class Unauthorized(ServiceError):
    """401: the key or JWT was not accepted."""


class InsufficientCredits(ServiceError):
    """402: the account has too few credits (on POST, search, or at poll; contract section 5)."""


class NotFound(ServiceError):
    """404: no such route, posting or data request."""


class AlreadyRunning(ServiceError):
    """409: an identical data request is still running and this ledger does not know its id."""


class RequestRejected(ServiceError):
    """400 or 422: the service refused the request's content."""


class RateLimited(ServiceError):
    """429, still after waiting as long as was allowed."""


class ServiceUnavailable(ServiceError):
    """5xx, a time-out or a broken connection, still after retrying as long as was allowed."""


class ConnectionFailed(ServiceUnavailable):
    """No connection could be opened: the request provably never arrived."""


class ProtocolError(ServiceError):
    """The service answered something that the contract does not know."""


# --- money in the balance ---------------------------------------------------------------------------------


class OutcomeUnknown(BulkJobsError):
    """A spending POST was sent and no usable answer came back. It is recorded, and never sent again by itself.

    Attributes
    ----------
    collection_id : str
        The collection that it belongs to.
    """

    charged = Charged.UNKNOWN
    retry_safe = False

    def __init__(self, message: str, *, collection_id: str = "", next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.collection_id = collection_id


# --- after the purchase -----------------------------------------------------------------------------------


class DataRequestFailed(ServiceError):
    """An accepted data request ended without result files; kept in the ledger with the service's words."""

    charged = Charged.UNKNOWN
    retry_safe = False


class OutOfCredits(DataRequestFailed, InsufficientCredits):
    """402 at poll: the balance was too small when the data request was carried out (contract section 5)."""

    charged = Charged.NO


class TooManyMatches(DataRequestFailed):
    """422 at poll: the data request matched more than 10,000 records (contract section 5)."""

    charged = Charged.NO  # only successful requests debit (contract section 8)


class NothingMatched(DataRequestFailed):
    """404 or 422 at poll: no posting matched, or the service does not know the data request (section 11, row 4)."""


class DataRequestExpired(DataRequestFailed):
    """404 at poll or download, more than 30 days after the submission: the files are gone."""

    charged = Charged.YES


class StillRunning(BulkJobsError, TimeoutError):
    """The deadline for waiting passed; the data request goes on at the service, paid and resumable."""

    charged = Charged.YES


class FetchFailed(BulkJobsError):
    """A result file could not be brought here whole. It can be fetched again for 30 days, at no cost."""

    charged = Charged.YES


class CorruptFile(FetchFailed):
    """A result file arrived, but its gzip data is cut, corrupt, too large, or not gzip at all."""


class LoadFailed(BulkJobsError):
    """A result file on disk does not hold what was fetched, or what is documented; it is kept as it is.

    Attributes
    ----------
    report : bulkjobs.records.LoadReport or None
        What was noticed, when it was read to its end.
    """

    charged = Charged.YES

    def __init__(self, message: str, *, report: LoadReport | None = None, **more: Any) -> None:
        super().__init__(message, **more)
        self.report = report
