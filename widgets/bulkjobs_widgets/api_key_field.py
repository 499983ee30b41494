"""`ApiKeyField`: a place to type the API key, which is never shown, saved in the notebook, or held by a trait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import traitlets

import bulkjobs as bj
from bulkjobs import config
from bulkjobs.config import ApiKey
from bulkjobs.display import Rows
from bulkjobs.errors import BulkJobsError, ConfigError, Unauthorized

from .desk import AnyClient, Desk
from .view import View, front


class ApiKeyField(View):
    """A field for the API key: all forms of its desk work with it from then on.

    The key is kept in the memory of this kernel. Only where the user asks for it, and where the system has a keyring,
    it is kept there too, for `bulkjobs.Client` to find it next time.

    Parameters
    ----------
    client : Client, sync.Client or Desk, optional
        Whose settings are used with the key; see `Desk`. The desk then has the client: ``field.desk.client``.

    Examples
    --------
    >>> desk = Desk()
    >>> ApiKeyField(desk)
    """

    _esm, _css = front("api_key_field")

    account = traitlets.Unicode().tag(sync=True)  # eight hex digits of a hash: they tell keys apart
    service = traitlets.Unicode().tag(sync=True)
    kept = traitlets.Unicode().tag(sync=True)  # where the key is
    can_remember = traitlets.Bool(default_value=False).tag(sync=True)
    can_forget = traitlets.Bool(default_value=False).tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)

    def __init__(self, client: AnyClient | Desk | None = None, **traits: Any) -> None:
        self._mine: AnyClient | None = None  # the client that was made with what was typed
        self._before: AnyClient | None = None  # the one that was used until then
        traits.setdefault("title", "API key")
        super().__init__(client, can_remember=config.can_remember(), **traits)

    @property
    def wanted(self) -> bool:
        """Whether a user needs it: there is no key, or one to forget or replace here, or it says something.

        It follows from `account`, `can_forget`, `error` and `notice`.
        """
        return not self.account or self.can_forget or bool(self.error or self.notice)

    def rows(self) -> Rows:
        """Return which account's key is used; never the key."""
        if not self.account:
            return [("API key", "none")]
        return [("account", self.account), ("service", self.service), ("kept", self.kept)]

    def _look(self) -> None:
        super()._look()
        client = self.desk.client
        if self._mine is not self.desk.given:  # somebody handed another one in: what was said is of no use to it
            self._mine = self._before = None
            self.error, self.notice = "", {}
        self.account = client.account or ""
        if not self.account:
            self.service, self.kept, self.can_forget = "", "", False
            return
        remembered = self._is_remembered()
        self.service = client.service
        if remembered:
            self.kept = "in the system's keyring"
        elif self._mine is not None:
            self.kept = "in the memory of this kernel, and nowhere else"
        else:
            self.kept = "where the client found it"
        self.can_forget = remembered or self._mine is not None

    def _is_remembered(self) -> bool:
        """Tell whether the key that is used is the one in the keyring."""
        try:
            kept = config.remembered(self.desk.client.host)
        except ConfigError:
            return False
        return kept is not None and kept.account == self.account

    # --- from the browser ---------------------------------------------------------------------------------

    async def do_use(self, content: Mapping[str, Any], buffers: Sequence[memoryview]) -> None:
        """Work with a key, unless the service refuses it. It comes as bytes, which no log of messages shows."""
        self.error, self.notice = "", {}
        with self.working():
            try:
                key = ApiKey(b"".join(buffers).decode("utf-8", "replace"))
            except ConfigError as error:
                self._refuse(error.message)
            else:
                await self._use(key, remember=content.get("remember") is True)

    def do_forget(self, _content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Work as before the key was typed, and take it out of the keyring."""
        self.error, self.notice = "", {}
        before = self._before if self._before is not None else self.desk.given
        try:
            if self._is_remembered():
                config.forget(self.desk.client.host)
        finally:  # a keyring that does not delete it is not asked for it again: this kernel uses it no longer
            self.desk.use(before)
        self.say("The key was forgotten." if not self.account else "It was forgotten; there is another one.")
        self.focus_on("key")

    # --- what is done with it -----------------------------------------------------------------------------

    async def _use(self, key: ApiKey, *, remember: bool) -> None:
        before = self._before if self._before is not None else self.desk.given
        client = before.with_key(key)
        self.say("Asking the service, for nothing ...")
        said = await self._checked(client)
        if said is None:
            self._refuse("The service did not accept this key.")
            return
        self._mine, self._before = client, before
        self.desk.use(client)
        self.say(said)
        if remember:
            try:
                config.remember(key, self.desk.client.host)
            except ConfigError as error:
                error.message = f"{said} {error.message}"  # both are shown in the same place
                raise
            finally:
                self._look()

    async def _checked(self, client: AnyClient) -> str | None:
        """Ask the service for the balance; None where it does not accept the key."""
        core = client.twin if isinstance(client, bj.sync.Client) else client
        try:
            balance = await self.desk.ask(core.balance())
        except Unauthorized:
            await self.desk.ask(core.close())
            return None
        except BulkJobsError as error:
            return f"The key is used, but could not be checked: {error.message}"
        return "The service accepted the key." + ("" if balance is None else f" {balance:,} credits are left.")

    def _refuse(self, message: str) -> None:
        self.error, self.notice = message, {}
        self.focus_on("key")
