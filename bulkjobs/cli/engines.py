"""`--engine`: where commands work on many postings: in this process, or on a Dask cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeVar

import click

from ..engine import Workers
from ..errors import ConfigError
from ..events import Event, ImportStarted, Worked
from ..terminal import ProgressView
from .options import Run

Command = TypeVar("Command", bound=Callable[..., object])


def engine_options(command: Command) -> Command:
    """Give a command the options that `chosen` takes."""
    for option in (
        click.option("--scheduler", help="With dask: address of the cluster that is there: tcp://host:8786."),
        click.option("--workers", type=click.IntRange(min=1), help="With dask: processes on this machine."),
        click.option(
            "--engine", type=click.Choice(["local", "dask"]), default="local", show_default=True, help="Who works."
        ),
    ):
        command = option(command)
    return command


@contextlib.contextmanager
def chosen(engine: str, workers: int | None, scheduler: str | None) -> Iterator[Workers]:
    """Give what works: this process, or a cluster, which is started unless its scheduler is named."""
    if engine == "local" and (workers or scheduler):
        raise click.UsageError("--workers and --scheduler go with --engine dask.")
    if workers and scheduler:
        raise click.UsageError("Either --workers or --scheduler, not both.")
    if engine == "local":
        yield "local"
        return
    try:
        from dask.distributed import Client as Cluster
    except ImportError as error:
        raise ConfigError("Dask is not installed.", next_step="pip install 'bulkjobs[cluster]'") from error
    where = {"address": scheduler} if scheduler else {"n_workers": workers, "threads_per_worker": 1}
    try:
        cluster = Cluster(**where)
    except (OSError, ValueError) as error:
        raise ConfigError(f"No cluster could be reached ({error}).", next_step="check --scheduler") from error
    with cluster:
        yield cluster


@contextlib.contextmanager
def progress(run: Run) -> Iterator[Callable[[Event], None]]:
    """Give a listener that draws how far the work is, and says once where a cluster can be watched."""
    said: set[str] = set()
    with ProgressView(run.err, "reading what is here") as view:

        def listen(event: Event) -> None:
            where = event.dashboard if isinstance(event, ImportStarted | Worked) else None
            if where and where not in said:
                said.add(where)
                run.err.print(f"The cluster's dashboard: {where}")
            view(event)

        yield listen
