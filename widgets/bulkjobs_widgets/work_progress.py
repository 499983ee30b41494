"""`WorkProgress`: how far a long work on many postings is."""

from __future__ import annotations

from typing import Any, ClassVar

import traitlets

from bulkjobs.display import Rows, counted
from bulkjobs.events import Event, FileImported, ImportStarted, Worked

from .view import View, front

_STEPS = {
    "import": "Reading files",
    "enrich": "Enriching",
    "reposts": "Looking for what was put up again",
}


class WorkProgress(View):
    """Draws how far a work is that takes long: a listener, to be given as ``on_event``. It goes on while the cell runs.

    `bulkjobs.analysis.prepare`, `bulkjobs.report.labour_market` and `bulkjobs.library.Library.add` tell it; where a
    cluster works, it links to that one's dashboard.

    Parameters
    ----------
    title : str, optional
        What it is called.

    Examples
    --------
    >>> progress = WorkProgress()
    >>> display(progress)
    >>> postings = analysis.prepare(library, "enriched", engine=client, on_event=progress)
    """

    needs_client: ClassVar[bool] = False
    _esm, _css = front("work_progress")

    steps: Any = traitlets.List().tag(sync=True)  # of the work: name, how many files are done, and of how many
    dashboard = traitlets.Unicode().tag(sync=True)  # where the cluster can be watched

    def __init__(self, **traits: Any) -> None:
        traits.setdefault("title", "Progress")
        super().__init__(None, **traits)

    def __call__(self, event: Event) -> None:
        """Show what happened."""
        if isinstance(event, Worked | ImportStarted) and event.dashboard:
            self.dashboard = event.dashboard
        if isinstance(event, Worked):
            self._reach(event.step, event.done, event.of)
        elif isinstance(event, FileImported):
            self._reach("import", event.done, event.files)
        elif isinstance(event, ImportStarted):
            self._reach("import", 0, event.files)

    def _reach(self, step: str, done: int, of: int) -> None:
        name = _STEPS.get(step, step)
        last = self.steps[-1] if self.steps else None
        if last is not None and last[0] == name and done >= last[1]:
            self.steps = [*self.steps[:-1], [name, done, of]]
        elif any(name == known for known, *_ in self.steps):  # another work has begun
            self.steps = [[name, done, of]]
        else:
            self.steps = [*self.steps, [name, done, of]]

    def rows(self) -> Rows:
        """Return what it shows as labelled lines, for exports and terminals."""
        if not self.steps:
            return [("state", "not begun; it is drawn while the work goes on")]
        told = [(name, f"{done:,} of {counted(of, 'file')}") for name, done, of in self.steps]
        return [*told, *([("dashboard", self.dashboard)] if self.dashboard else [])]
