"""`Truth`: what the ledger says of a collection, in the words and with the buttons of a card. No widget, no loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bulkjobs as bj
from bulkjobs import expiry
from bulkjobs.display import counted
from bulkjobs.rows import DataRequestRow, State, is_coming, overall, to_spend, waiting

WORDS: dict[State, str] = {
    "planned": "not sent yet",
    "sending": "a POST was on its way when its process ended",
    "accepted": "the service is at work, and nobody waits for it here",
    "ready": "ready at the service, not fetched yet",
    "fetched": "files are here, not in the library yet",
    "loaded": "done: all of it is here",
    "refused": "refused",
    "failed": "failed",
    "unknown": "in question: what became of a POST is not known",
}
_ENDED = frozenset({"failed", "refused", "unknown"})
_MOMENTS = (("sent_at", "sent"), ("accepted_at", "accepted"), ("ready_at", "files are ready"))


@dataclass(frozen=True, slots=True)
class Truth:
    """A collection as it stood when its data requests were read.

    Attributes
    ----------
    found : Collection
        What it is of.
    requests : sequence of DataRequestRow
        Its data requests: all that is said of it is said of these.
    """

    found: bj.Collection
    requests: Sequence[DataRequestRow]

    @classmethod
    def of(cls, found: bj.Collection) -> Truth:
        """Read the ledger."""
        return cls(found, found.requests)

    @property
    def state(self) -> State:
        """Where it stands."""
        return overall(self.requests)

    @property
    def words(self) -> str:
        """The same for people."""
        return WORDS[self.state]

    @property
    def mood(self) -> str:
        """How that is: good, bad or open."""
        return "good" if self.state == "loaded" else "bad" if self.state in _ENDED else "open"

    @property
    def cost(self) -> int:
        """Credits that finishing it will spend, at the most."""
        return to_spend(self.requests)

    @property
    def times(self) -> dict[str, float]:
        """How long it took, where it is done; of what is not, nobody knows how long it was worked on."""
        sent = [request.sent_at for request in self.requests if request.sent_at is not None]
        return {"since": min(sent), "until": self._loaded_at} if sent and self._loaded_at is not None else {}

    @property
    def moments(self) -> list[tuple[float, str]]:
        """What happened when, the oldest first."""
        told = [(self.found.made_at, "written down")]
        for name, words in _MOMENTS:
            told += [(at, words) for request in self.requests if (at := getattr(request, name)) is not None]
        if self._loaded_at is not None:
            told.append((self._loaded_at, WORDS["loaded"]))
        return sorted(told, key=lambda moment: moment[0])

    @property
    def _loaded_at(self) -> float | None:
        loaded = [request.loaded_at for request in self.requests if request.loaded_at is not None]
        return max(loaded) if loaded and self.state == "loaded" else None

    def remarks(self, now: float) -> list[list[str]]:
        """Return labelled lines on what differs from what was promised, and on files that expire.

        Parameters
        ----------
        now : float
            The time, in seconds since the epoch.
        """
        differences = (self.found.reconciliation or {}).get("differences", [])
        left = expiry.lines(self.found.id, self.requests, now)
        return [*(["difference", one] for one in differences), *(list(line) for line in left)]

    @property
    def resume(self) -> dict[str, object]:
        """What the button that resumes says; empty where there is nothing to do, or where it is a retry."""
        if any(request.state != "planned" for request in waiting(self.requests)):
            return {}
        if self.cost:
            return {"label": f"Resume: sends the rest, {counted(self.cost, 'credit')}", "credits": self.cost}
        if is_coming(self.requests) or any(request.state == "sending" for request in self.requests):
            return {"label": "Resume: receives what was bought, at no cost", "credits": 0}
        return {}

    def retry(self, *, foreign: bool) -> dict[str, object]:
        """Say what sending what failed again does, and whether that is safe; nothing where nothing failed."""
        if not any(request.state in _ENDED for request in self.requests):
            return {}
        again = waiting(self.requests)
        if foreign or all(request.state == "planned" for request in again):
            return {"label": "Retry", "credits": 0, "enabled": False, "why": "It can't be sent again by itself."}
        rest = " and the rest" if any(request.state == "planned" for request in again) else ""
        label = f"Retry: sends what failed{rest}, {counted(self.cost, 'credit')}"
        return {"label": label, "credits": self.cost, "enabled": True, "why": ""}
