"""`Desk`: the client that forms share, and the one way in which all that they start is run."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeVar

import bulkjobs as bj
from bulkjobs.errors import ConfigError

log = logging.getLogger("bulkjobs.widgets")

T = TypeVar("T")
Work = Callable[[], Awaitable[object] | None]
AnyClient = bj.Client | bj.sync.Client
AnyCollection = bj.Collection | bj.sync.Collection


class Shows(Protocol):
    """What shows its user what went wrong."""

    def fail(self, error: BaseException) -> None:
        """Show an error."""
        ...


class Desk:
    """One client for several forms, and the loop on which they work.

    Callbacks of widgets come from whatever thread the kernel chooses (ipykernel 7.0 to 7.3: another one, with another
    loop), and what fails in them is seen by nobody. So each goes through `start`: to the loop of the cell that made
    the desk, with a reference kept, and with its error shown in the form.

    Parameters
    ----------
    client : bulkjobs.Client, bulkjobs.sync.Client or Desk, optional
        Without one, a client with the settings of the environment, made when it is first asked for; where those hold
        no key, forms say so and offer the sandbox.

    Raises
    ------
    ConfigError
        Nothing runs a loop here: it is no notebook.
    """

    def __init__(self, client: AnyClient | None = None) -> None:
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            raise ConfigError("Forms work in a notebook only.", next_step="use bj.sync.Client in a script") from None
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed: list[Callable[[], object]] = []
        self._given = client

    @classmethod
    def of(cls, client: AnyClient | Desk | None) -> Desk:
        """Return the desk that is handed in, or make one for a client."""
        return client if isinstance(client, Desk) else cls(client)

    @property
    def client(self) -> bj.Client:
        """The client; without a key it still knows what was bought."""
        given = self.given
        return given.twin if isinstance(given, bj.sync.Client) else given

    @property
    def given(self) -> AnyClient:
        """The client as it was handed in: the blocking one, where that was it."""
        if self._given is None:  # forms that only show a frame need none
            self._given = bj.Client()
        return self._given

    @property
    def ready(self) -> bool:
        """Whether the service can be asked: the client has a key."""
        return self.client.has_key

    def on_change(self, callback: Callable[[], object]) -> None:
        """Call `callback` whenever another client is used."""
        self._changed.append(callback)

    def forget(self, callback: Callable[[], object]) -> None:
        """Call it no longer."""
        self._changed = [one for one in self._changed if one != callback]

    def use(self, client: AnyClient) -> None:
        """Work with another client from now on; what runs goes on with the one it began with."""
        self._given = client
        for callback in list(self._changed):
            try:
                callback()
            except Exception:  # one form that fails must not keep the others from hearing of it
                log.exception("a form could not take another client")

    async def use_sandbox(self) -> None:
        """Start a sandbox and work with it: no key, no internet, no real credits."""
        if isinstance(self._given, bj.sync.Client):
            self.use(await asyncio.to_thread(bj.sync.Client.sandbox().start))
        else:
            self.use(await bj.Client.sandbox().start())

    def handed(self, collection: bj.Collection) -> AnyCollection:
        """Return a collection as the user's own client would: with blocking verbs, if that has them."""
        return bj.sync.Collection(collection) if isinstance(self._given, bj.sync.Client) else collection

    # --- running ------------------------------------------------------------------------------------------

    def start(self, view: Shows, work: Work) -> None:
        """Run something on the loop, from any thread; what it raises is shown by the view."""
        self._loop.call_soon_threadsafe(self._begin, view, work)

    def _begin(self, view: Shows, work: Work) -> None:
        task = self._loop.create_task(self._guarded(view, work))
        self._tasks.add(task)  # the loop itself keeps only a weak reference
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, view: Shows, work: Work) -> None:
        try:
            await settled(work())
        except Exception as error:
            if not isinstance(error, bj.errors.BulkJobsError):
                log.exception("a form failed")
            view.fail(error)

    async def ask(self, work: Coroutine[Any, Any, T]) -> T:
        """Await a verb of the client on the client's own loop. A cancel is over when the verb itself has ended."""
        if not isinstance(self._given, bj.sync.Client):
            return await work
        task: asyncio.Task[Any] | None = None

        async def whole() -> T:
            nonlocal task
            task = asyncio.current_task()
            return await work

        future = asyncio.ensure_future(asyncio.wrap_future(bj.sync.submit(whole())))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            while not future.done():  # what is on its way is written down first
                if task is not None:
                    task.get_loop().call_soon_threadsafe(task.cancel)
                await asyncio.wait({future}, timeout=0.05 if task is None else None)
            raise

    async def idle(self) -> None:
        """Return when nothing that was started is running any more."""
        await asyncio.sleep(0)  # what was just handed over begins
        while self._tasks:
            await asyncio.wait(set(self._tasks))


async def settled(result: object) -> None:
    """Await what a callback returned, where that is to be awaited."""
    if inspect.isawaitable(result):
        await result
