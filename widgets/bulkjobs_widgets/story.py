"""`Story`: what the events of a run say, folded into what a card shows. No widget, no loop, no clock of its own."""

from __future__ import annotations

from bulkjobs import events
from bulkjobs.display import counted
from bulkjobs.events import Event, Progress

MOST = 100  # lines of history that are kept
FIGURES = ("requests", "sent", "ready", "loaded", "files", "records", "expected", "credits")


class Story:
    """What happened to one collection, in this run and before.

    Attributes
    ----------
    collection_id : str
        The collection, as soon as an event tells it.
    state : str
        Where it stands, in words.
    figures : dict of str to int
        The counts of `bulkjobs.events.Progress`.
    history : list of dict
        When (``at``, in seconds since the epoch) which state was first reached, and what else is worth knowing.
    """

    def __init__(self) -> None:
        self.collection_id = ""
        self.state = ""
        self.figures: dict[str, int] = {}
        self.history: list[dict[str, object]] = []
        self._seen: set[str] = set()
        self._polls: dict[int, float] = {}  # when each data request is polled next
        self._bytes: dict[str, tuple[int, int | None]] = {}  # of files on their way

    def begin(self, at: float, words: str) -> None:
        """Begin a run: its states count as new again."""
        self._seen, self._polls, self._bytes = set(), {}, {}
        self.reach(at, words)

    def reach(self, at: float, words: str) -> None:
        """Reach a state; where several data requests go to and fro, only its first time is in the history."""
        self.state = words
        if words not in self._seen:
            self.note(at, words)

    def note(self, at: float, words: str) -> None:
        """Add a line to the history, unless this run has it already."""
        if words not in self._seen:
            self._seen.add(words)
            self.history = [*self.history, {"at": at, "text": words}][-MOST:]

    def count(self, progress: Progress) -> None:
        """Take over counts."""
        self.figures = {name: getattr(progress, name) for name in FIGURES}

    @property
    def next_poll(self) -> float:
        """When the service is asked next, in seconds since the epoch; 0 where nothing is waited for."""
        return min(self._polls.values(), default=0.0)

    @property
    def bar(self) -> dict[str, int]:
        """How much has come, as ``value`` of ``max``; empty while nothing has, or while it can't be told."""
        if self.figures.get("records") and self.figures["expected"]:
            return {"value": self.figures["records"], "max": self.figures["expected"]}
        received, size = self._under_way
        return {"value": received, "max": size} if size else {}

    @property
    def detail(self) -> str:
        """What is being fetched."""
        received, size = self._under_way
        files = counted(len(self._bytes), "file")
        return f"{files} on the way: {_megabytes(received)} of {_megabytes(size)} MB" if size else ""

    @property
    def _under_way(self) -> tuple[int, int]:
        """Bytes received, and in all, of the files that are on their way; no bytes where a size is not known."""
        sizes = [size for _, size in self._bytes.values()]
        if not sizes or None in sizes:
            return 0, 0
        return sum(received for received, _ in self._bytes.values()), sum(size or 0 for size in sizes)

    def hear(self, at: float, event: Event) -> None:
        """Fold an event in."""
        self.collection_id = event.collection_id
        match event:
            case events.Progress():
                self.count(event)
            case events.Attached(records=records):
                self.note(at, f"attached to what was bought before: {records:,} records, none is bought twice")
            case events.Held():
                self.reach(at, "waiting for another task or process that is at it")
            case events.Waiting(other=other):
                self.reach(at, f"waiting for collection {other}, which may bring the same postings")
            case events.Submitting():
                self.reach(at, "sending")
            case events.Submitted():
                self.reach(at, "waiting for the service")
            case events.Polled(data_request=number, next_poll=pause, trouble=trouble):
                self._polls[number] = at + pause
                if not self._bytes:
                    self.reach(at, "waiting for the service")
                if trouble:
                    self.note(at, f"a poll got no answer ({trouble}); it goes on")
            case events.Ready(data_request=number):
                self._polls.pop(number, None)
                self.reach(at, "files are ready")
            case events.Fetching(file=file, received=received, size=size):
                self._bytes[file] = (received, size)
                self.reach(at, "fetching files")
            case events.FetchRetried(file=file, trouble=trouble):
                self._bytes.pop(file, None)
                self.note(at, f"a download is tried again ({trouble})")
            case events.Fetched(file=file):
                self._bytes.pop(file, None)
                self.reach(at, "adding to the library")
            case events.Loaded():
                self.reach(at, "settling the books")
            case _:
                pass


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f}"
