"""`View`: what all forms have in common. Each is one widget that draws real HTML elements, and text only as text."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets

from bulkjobs.display import Rows, as_html, as_text, counted
from bulkjobs.errors import BulkJobsError

from .desk import AnyClient, Desk

FRONT = Path(__file__).with_name("front")


def front(name: str) -> tuple[str, str]:
    """Return the JavaScript module and the style sheet of a form: what all share, and its own."""
    own = f"{name}.css"
    style = _text("theme.css") + (_text(own) if (FRONT / own).exists() else "")
    return f"{_text('dom.js')}\n{_text(f'{name}.js')}", style


@functools.cache  # every form has the shared parts
def _text(name: str) -> str:
    return (FRONT / name).read_text("utf-8")


class View(anywidget.AnyWidget):
    """A form on a desk.

    The browser sends an ``action`` with what belongs to it; the method ``do_<action>`` answers. What it raises is
    shown in the form.

    Parameters
    ----------
    client : Client, sync.Client or Desk, optional
        Whose verbs it calls; see `Desk`.
    offers : bool
        Whether it offers the sandbox where there is no key; of forms that stand together, one does.

    Attributes
    ----------
    needs_client : bool
        Of the class: whether it asks the service anything. One that does not offers no sandbox, and makes no client.
    """

    needs_client: ClassVar[bool] = True

    title = traitlets.Unicode().tag(sync=True)
    offer = traitlets.Unicode().tag(sync=True)  # why the service can't be asked; with a button for the sandbox
    notice = traitlets.Dict().tag(sync=True)  # what was last said: kind ("status" or "alert"), text, next
    busy = traitlets.Bool(default_value=False).tag(sync=True)

    def __init__(self, client: AnyClient | Desk | None = None, *, offers: bool = True, **traits: Any) -> None:
        self.desk = Desk.of(client)
        self._offers = offers
        self.at_work = 0  # how many things it does
        self.failure: BaseException | None = None  # what was shown last
        super().__init__(**traits)
        self.on_msg(self._heard)
        self.desk.on_change(self._look)
        self._look()

    def _look(self) -> None:
        wanting = self._offers and self.needs_client and not self.desk.ready
        self.offer = "No API key is set." if wanting else ""

    def close(self) -> None:
        """Take it off the page, and hear of no other client any longer."""
        if hasattr(self, "desk"):  # one that could not be made is closed, too
            self.desk.forget(self._look)
        super().close()

    # --- from the browser ---------------------------------------------------------------------------------

    def _heard(self, _: object, content: object, buffers: Sequence[memoryview]) -> None:
        if not isinstance(content, Mapping):
            return
        act = getattr(self, f"do_{content.get('action')}", None)
        if act is not None:
            # Messages overtake changes of traits, which wait while the kernel is busy: so what counts comes along.
            self.set_state(content.get("state", {}))
            self.desk.start(self, lambda: act(content, buffers))

    async def do_sandbox(self, _content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Use a sandbox, as was offered; the second click of two finds that it is being started, or is there."""
        if self.busy or self.desk.ready:
            return
        with self.working():
            self.say("Starting the sandbox: made-up postings, no real credits.")
            await self.desk.use_sandbox()
            self.say("This is the sandbox: made-up postings, no real credits.")

    # --- to the browser -----------------------------------------------------------------------------------

    def working(self) -> _Working:
        """Show, for ``with``, that the form is at work."""
        return _Working(self)

    def say(self, text: str) -> None:
        """Say something that is no error; a screen reader reads it when there is a pause."""
        self.notice = {"kind": "status", "text": text}

    def fail(self, error: BaseException) -> None:
        """Show an error: what happened, whether it was charged, and what to do."""
        self.failure = error
        self.notice = alert(error)

    def focus_on(self, name: str) -> None:
        """Move the keyboard's focus to a control of the form."""
        self.send({"focus": name})

    # --- where no browser is ------------------------------------------------------------------------------

    def rows(self) -> Rows:
        """Return what it shows as labelled lines, for exports and terminals."""
        raise NotImplementedError

    def _static(self) -> list[tuple[str, str]]:
        said = self.notice.get("text", "")
        return [*self.rows(), *([("note", said)] if said else [])]

    def static_html(self) -> str:
        """Return what is left of it in an exported notebook, and where no widgets are drawn; everything is escaped."""
        return as_html(self.title, self._static())

    def __repr__(self) -> str:
        return as_text(self.title, self._static())

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle: tuple[dict[str, Any], dict[str, Any]] | None = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            bundle[0]["text/html"] = self.static_html()
        return bundle


class _Working:
    def __init__(self, view: View) -> None:
        self._view = view

    def __enter__(self) -> None:
        self._view.at_work += 1
        self._view.busy = True

    def __exit__(self, *_: object) -> None:
        self._view.at_work -= 1
        self._view.busy = self._view.at_work > 0


def alert(error: BaseException) -> dict[str, str]:
    """Return an error as a notice."""
    if not isinstance(error, BulkJobsError):
        return {"kind": "alert", "text": f"{type(error).__name__}: {error}", "next": "", "charged": ""}
    return {"kind": "alert", "text": error.message, "next": error.next_step, "charged": error.charged.sentence}


def dearer(cost: int, said: object) -> str:
    """Return what to say where finishing costs more credits than a button said; nothing where its word holds."""
    if not cost or (isinstance(said, int) and cost <= said):
        return ""
    return f"It would cost {counted(cost, 'credit')} by now. Press it again, if you mean it."
