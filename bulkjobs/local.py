"""A client with a sandbox of its own: what demos, lessons and tests use."""

from __future__ import annotations

import os
from typing import Any, Self

from . import config
from .client import Client
from .config import ApiKey
from .errors import ConfigError
from .sandbox import Sandbox

JOURNAL = "sandbox-requests.ndjson"  # what the sandbox accepted, in the home of its client


async def started_sandbox(**options: Any) -> Sandbox:
    """Start a sandbox.

    Raises
    ------
    ConfigError
        A port that is taken, a dataset that can't be read, an option that makes no sense.
    """
    try:
        server = Sandbox(**options)
        await server.start()
    except (OSError, ValueError, OverflowError) as error:
        raise ConfigError(f"The sandbox can't be started ({error}).", next_step="correct its options") from error
    return server


class SandboxClient(Client):
    """A `Client` that starts a `bulkjobs.Sandbox` when it is entered, and stops it when it is left.

    Its sandbox writes what it accepts to a journal in the home folder, unless ``journal`` says otherwise: what was
    bought before a restart can still be polled and downloaded, as at the real service.

    Attributes
    ----------
    server : Sandbox
        The sandbox, once it is started.
    """

    def __init__(self, home: str | os.PathLike[str] | None, options: dict[str, Any]) -> None:
        self._home = home if home is not None else config.home() / "sandbox"
        self._options = options

    def __repr__(self) -> str:
        return super().__repr__() if "server" in self.__dict__ else "<SandboxClient, not started>"

    def __getattr__(self, name: str) -> Any:
        if name in {"home", "ledger", "library", "server", "_find_key", "_shop", "_transport", "_url"}:
            raise ConfigError("The sandbox is not running yet.", next_step="client.start(), or use it in a with block")
        raise AttributeError(name)  # displays and copies ask for much that is not there

    def with_key(self, api_key: str | ApiKey | None) -> Client:
        """Make a client of the service itself: a sandbox has the key that it was started with."""
        return Client(api_key)

    @property
    def has_key(self) -> bool:
        """A sandbox brings its own key along."""
        return True

    async def start(self) -> Self:
        """Start the sandbox, then the client."""
        journal = config.home(self._home) / JOURNAL
        self.server = await started_sandbox(**{"journal": journal, **self._options})
        try:
            super().__init__(
                self.server.api_key,
                base_url=self.server.url,
                home=self._home,
                ledger="sqlite",  # a sandbox of its own shares nothing with other machines
                api_version="v2",
                rate=self._options.get("rate") or 100.0,
                service=f"sandbox:{self.server.dataset[:16]}",  # the same data has the same name after a restart
            )
        except BaseException:
            await self.server.stop()
            raise
        return self

    async def close(self) -> None:
        """Close the session, then the sandbox."""
        if "server" not in self.__dict__:
            return
        try:
            await super().close()
        finally:
            await self.server.stop()
