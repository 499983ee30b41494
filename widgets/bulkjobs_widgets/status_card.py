"""`StatusCard`: a collection on its way, from the POST to the library, with what the ledger says at its end."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import traitlets

import bulkjobs as bj
from bulkjobs.clock import as_datetime
from bulkjobs.display import Rows, counted
from bulkjobs.errors import BudgetExceeded, BulkJobsError, InvalidQuery
from bulkjobs.events import Event
from bulkjobs.rows import is_coming

from .credit_preview import THRESHOLD
from .desk import AnyClient, AnyCollection, Desk, settled
from .story import Story
from .truth import Truth
from .view import View, dearer, front

AT_MOST = 0.1  # seconds between two messages to the browser, however many events come
CHECKING = "checking the plan"


class StatusCard(View):
    """A card for one collection: runs a plan, or shows what became of one.

    What it shows while it runs is told by events; what it shows at the end is read from the ledger. To stop waiting
    is safe at any time, and so is a restart of the kernel: another card on the same collection goes on.

    Parameters
    ----------
    client : Client, sync.Client or Desk, optional
        Whose verbs it calls; see `Desk`.
    collection : Collection or str, optional
        What to show, or its id; see `attach`.
    max_credits : int, optional
        The most credits that a click on a button of the card may spend.
    threshold : int
        Credits above which such a button asks again.
    on_done : callable, optional
        Called with the collection when all of it is here; may be a coroutine function.

    Examples
    --------
    >>> card = StatusCard(client)
    >>> card.run(plan, 500)
    >>> card
    """

    _esm, _css = front("status_card")

    name = traitlets.Unicode().tag(sync=True)  # of the collection
    asked = traitlets.Unicode().tag(sync=True)
    running = traitlets.Bool(default_value=False).tag(sync=True)
    state = traitlets.Unicode("nothing to show yet").tag(sync=True)
    mood = traitlets.Unicode("idle").tag(sync=True)  # idle, running, good, bad or open
    figures = traitlets.Dict().tag(sync=True)
    bar = traitlets.Dict().tag(sync=True)  # value and max; empty where it can't be told
    detail = traitlets.Unicode().tag(sync=True)
    times = traitlets.Dict().tag(sync=True)  # since, until, next_poll: seconds since the epoch; the browser counts
    now = traitlets.Float().tag(sync=True)  # the kernel's time, when the browser asks: its clock may be another one
    history: Any = traitlets.List().tag(sync=True)
    remarks: Any = traitlets.List().tag(sync=True)  # labelled lines, such as what expires
    stop_button = traitlets.Unicode().tag(sync=True)  # words of the buttons; without any, there is none
    resume_button = traitlets.Dict().tag(sync=True)
    retry_button = traitlets.Dict().tag(sync=True)
    threshold = traitlets.Int(THRESHOLD).tag(sync=True)

    def __init__(
        self,
        client: AnyClient | Desk | None = None,
        collection: AnyCollection | str | None = None,
        *,
        max_credits: int | None = None,
        threshold: int = THRESHOLD,
        on_done: Callable[[AnyCollection], object] | None = None,
        **traits: Any,
    ) -> None:
        self._on_done, self.max_credits = on_done, max_credits
        self._found: bj.Collection | None = None
        self._story = Story()
        self._lock = threading.Lock()
        self._events: list[tuple[float, Event]] = []
        self._due, self._sent_at = False, 0.0
        self._task: asyncio.Task[Any] | None = None
        self._stopping = False
        self._over = asyncio.Event()
        self._over.set()
        traits.setdefault("title", "Collection")
        super().__init__(client, threshold=threshold, **traits)
        self._client = self.desk.client
        if collection is not None:
            self.attach(collection)

    # --- verbs --------------------------------------------------------------------------------------------

    @property
    def collection(self) -> AnyCollection | None:
        """The collection, once it is known; of the same kind as the client."""
        return None if self._found is None else self.desk.handed(self._found)

    def run(self, plan: bj.Plan, max_credits: int | None) -> None:
        """Collect a plan, and show how it goes. Spends credits.

        Parameters
        ----------
        plan : Plan
            What to buy.
        max_credits : int or None
            The most credits to spend.

        Raises
        ------
        BulkJobsError
            Something runs here already; nothing was sent.
        """
        self._take()
        self._found, self._story = None, Story()
        began, client = time.time(), self._client

        async def collect() -> bj.Collection:
            return await client.collect(plan, max_credits=max_credits, on_event=self._told)

        def made() -> bj.Collection | None:
            """Find what was written down, where it ended before any event told."""
            row = client.ledger.current(client.service, plan.key)
            return None if row is None or (plan.is_new and row.made_at < began - 1) else client.attach(row.id)

        self._clear(asked=repr(plan.query))
        self.state, self.mood = CHECKING, "running"
        self.desk.start(self, lambda: self._carry(collect, CHECKING, made))

    def attach(self, collection: AnyCollection | str, *, receive: bool = True) -> None:
        """Show what the ledger knows of a collection, and receive what of it is paid. Sends nothing, costs nothing.

        Parameters
        ----------
        collection : Collection or str
            What to show, or its id, or the beginning of it.
        receive : bool
            Whether to go on polling, fetching and loading where data requests are on their way.

        Raises
        ------
        BulkJobsError
            Something runs here already.
        """
        self._take()
        self._story = Story()
        try:
            name = collection if isinstance(collection, str) else collection.id
            self._found = found = self._client.attach(name)
            self._clear()
            for at, words in Truth.of(found).moments:
                self._story.note(at, words)
            self._show_truth()
        except BulkJobsError as error:
            self._give_back()
            self.fail(error)
            return
        self._give_back()
        if receive and self.resume_button and is_coming(found.requests):
            self._receive(found, "receiving what was bought, at no cost")
        else:
            self.desk.start(self, lambda: self._ended(found))

    async def over(self) -> None:
        """Return when nothing runs here any more."""
        await self._over.wait()

    # --- buttons ------------------------------------------------------------------------------------------

    def do_time(self, _content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Tell the browser what time it is here; that is also how it knows that there is a kernel."""
        self.now = time.time()

    def do_stop(self, _content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Stop waiting. A POST that is on its way is written down first."""
        if self._task is None or self._stopping:
            return
        self._stopping = True
        self.say("Stopping; what is on its way is written down first.")
        self._task.cancel()

    async def do_resume(self, content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Do what is left of the collection that the button was drawn for, for no more credits than it said."""
        found, said = self._found, content.get("credits")
        if found is None or content.get("id") != found.id or self._is_foreign(found):
            return
        cost = await asyncio.to_thread(lambda: found.credits_to_spend)
        if found is not self._found:
            return  # another one is shown by now
        if not cost:
            self._receive(found, "resumed: receiving what was bought, at no cost")
            return
        if again := dearer(cost, said):
            self._show_truth()
            self.say(again)
            return
        if self.max_credits is not None and cost > self.max_credits:
            raise BudgetExceeded(
                f"This would cost {counted(cost, 'credit')}, more than the {self.max_credits:,} allowed.",
                next_step=f"client.resume({found.id!r}, max_credits={cost})",
            )
        if cost > self.threshold and content.get("confirmed") is not True:
            raise InvalidQuery("This was not confirmed.", next_step="press the button that names the credits")
        self._take()
        client = self._client

        async def resume() -> object:
            return await client.resume(found.id, max_credits=said, on_event=self._told)

        await self._carry(resume, f"resumed: sending what is left, {counted(cost, 'credit')}")

    def _receive(self, found: bj.Collection, words: str) -> None:
        self._take()

        async def receive() -> object:
            return await found.finish(send=False, on_event=self._told)

        self.desk.start(self, lambda: self._carry(receive, words))

    # --- a run --------------------------------------------------------------------------------------------

    def _take(self) -> None:
        """Begin with the client that is there now, unless something runs already: callbacks come from any thread."""
        with self._lock:
            if self.running:
                raise BulkJobsError(
                    "It is running already: nothing was started, and nothing sent a second time.",
                    next_step="wait for it, or stop waiting",
                )
            self.running = True
        self._over.clear()
        self._client = self.desk.client

    def _give_back(self) -> None:
        self.running = False
        self._over.set()

    async def _carry(
        self,
        work: Callable[[], Coroutine[Any, Any, object]],
        words: str,
        made: Callable[[], bj.Collection | None] | None = None,
    ) -> None:
        """Do something that tells of itself by events, and show the truth at its end, whatever that is."""
        self._task, self._stopping, self.notice = asyncio.current_task(), False, {}
        began = time.time()
        self._story.begin(began, words)
        self._show(since=began)
        try:
            await self._until_stopped(work)
        finally:
            stopped, self._stopping, self._task = self._stopping, False, None
            try:
                self._flush()
                if self._found is None and made is not None:
                    self._found = await asyncio.to_thread(made)
                if stopped:
                    self._story.note(time.time(), "stopped waiting")
                self._show_truth(since=began, until=time.time(), note=True)
            finally:
                self._give_back()
        if stopped:
            self._say_stopped()
        if self._found is not None:
            await self._ended(self._found)

    async def _until_stopped(self, work: Callable[[], Coroutine[Any, Any, object]]) -> None:
        try:
            await self.desk.ask(work())
        except asyncio.CancelledError:
            if not self._stopping:
                raise
        except Exception as error:
            self.failure = error  # for who waits until it is over
            raise

    async def _ended(self, found: bj.Collection) -> None:
        """Tell what it ended with: the error that the ledger keeps, or that all is here."""
        if self._is_foreign(found):
            self.say(f"It was bought from {found.service}: use a client of that service to go on with it.")
        elif (error := found.error) is not None:
            self.fail(error)
        if found.state == "loaded" and self._on_done is not None:
            await settled(self._on_done(self.desk.handed(found)))

    def _say_stopped(self) -> None:
        name = f"client.resume({self.name!r})" if self.name else ""
        self.say(f"Stopped waiting. Later: {name}" if name else "Stopped: nothing was sent.")
        if self.resume_button:
            self.focus_on("resume")

    # --- what is told meanwhile ---------------------------------------------------------------------------

    def _told(self, event: Event) -> None:
        """Hear an event, on whatever thread; many of them make one message."""
        with self._lock:
            self._events.append((time.time(), event))
            due, self._due = self._due, True
        if not due:
            self.desk.start(self, self._soon)

    async def _soon(self) -> None:
        await asyncio.sleep(max(0.0, self._sent_at + AT_MOST - time.monotonic()))
        self._flush()

    def _flush(self) -> None:
        with self._lock:
            told, self._events, self._due = self._events, [], False
        if not told or not self.running:
            return
        for at, event in told:
            self._story.hear(at, event)
        if self._found is None and self._story.collection_id:
            self._found = self._client.attach(self._story.collection_id)
        self._show()
        self._sent_at = time.monotonic()

    def _clear(self, asked: str = "") -> None:
        with self.hold_sync():
            self.name, self.asked, self.figures, self.times, self.remarks = "", asked, {}, {}, []
            self.history, self.bar, self.detail, self.notice = [], {}, "", {}
            self.resume_button, self.retry_button = {}, {}

    def _show(self, **times: float) -> None:
        """Show what was told."""
        story = self._story
        with self.hold_sync():
            if self._found is not None and self.name != self._found.id:
                self.name, self.asked = self._found.id, self._found.asked
            self.state, self.mood, self.figures, self.history = story.state, "running", story.figures, story.history
            self.bar, self.detail = story.bar, story.detail
            self.remarks, self.resume_button, self.retry_button = [], {}, {}
            self.times = {"since": self.times.get("since", 0.0), "until": 0.0, "next_poll": story.next_poll, **times}
            goes_on = f"the request goes on at the service; resume with client.resume({self.name!r})"
            self.stop_button = f"Stop waiting: {goes_on}" if self.name else "Stop"

    def _show_truth(self, *, note: bool = False, **times: float) -> None:
        """Show what the ledger says."""
        found, story = self._found, self._story
        if found is None:
            with self.hold_sync():
                story.reach(time.time(), "nothing was sent")
                self.state, self.mood, self.history, self.stop_button = story.state, "bad", story.history, ""
                self.times = {**times, "next_poll": 0.0}
            return
        truth, foreign = Truth.of(found), self._is_foreign(found)
        story.count(found.progress)
        if note:
            story.reach(time.time(), truth.words)
        with self.hold_sync():
            self.name, self.asked, self.stop_button, self.detail = found.id, found.asked, "", ""
            self.state, self.mood = truth.words, truth.mood
            self.figures, self.history = story.figures, story.history
            self.bar = {"value": story.figures["records"], "max": max(1, story.figures["expected"])}
            self.times = {**truth.times, **times, "next_poll": 0.0}
            self.remarks = truth.remarks(time.time())
            self.resume_button = {} if foreign else truth.resume
            self.retry_button = truth.retry(foreign=foreign)

    def _is_foreign(self, found: bj.Collection) -> bool:
        return found.service != self.desk.client.service

    # --- where no browser is ------------------------------------------------------------------------------

    def rows(self) -> Rows:
        """Return it as labelled lines, its history last."""
        rows = [("state", self.state)]
        if self.name:
            rows.append(("collection", self.name))
        if self.asked:
            rows.append(("query", self.asked))
        if self.figures:
            rows += list(_lines(self.figures))
        rows += [(label, text) for label, text in self.remarks]
        return [*rows, *((f"{as_datetime(line['at']):%Y-%m-%d %H:%M:%S} UTC", line["text"]) for line in self.history)]


def _lines(figures: Mapping[str, int]) -> Rows:
    done = ", ".join(f"{figures[name]:,} {name}" for name in ("sent", "ready", "loaded"))
    return [
        ("data requests", f"{done} of {figures['requests']:,}"),
        ("files", f"{figures['files']:,}"),
        ("records", f"{figures['records']:,} of {figures['expected']:,}"),
        ("credits", f"{figures['credits']:,}"),
    ]
