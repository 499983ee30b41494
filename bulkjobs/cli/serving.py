"""Commands that stay: the sandbox, the listener; and the demo."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from typing import Any

import click

from ..events import Event, Loaded
from ..query import FIELDS, JobFilter
from .options import Run, common, filters, main, sandbox_options


@main.command()
@click.option("--port", default=0, type=click.IntRange(0, 65_535), help="Where to listen; any free port unless told.")
@click.option("--rate", type=float, help="Requests a second that it allows.")
@sandbox_options
@common
async def sandbox(run: Run, **options: Any) -> None:
    """Serve the service's HTTP contract on this machine, until interrupted."""
    from ..local import started_sandbox

    server = await started_sandbox(**options)
    try:
        lines = (
            f"export BULKJOBS_BASE_URL={server.url}",
            f"export CORESIGNAL_API_KEY={server.api_key}    # of the sandbox; spends nothing",
            f"# what was bought: {server.url.removesuffix('/cdapi')}/_sandbox/stats",
            f"# faults, to try: {server.url.removesuffix('/cdapi')}/_sandbox/faults",
        )
        run.show("\n".join(lines), {"url": server.url, "api_key": server.api_key, "jwt": server.jwt})
        sys.stdout.flush()
        await _until_told_to_stop()
    finally:
        await server.stop()


async def _until_told_to_stop() -> None:
    """Return at Ctrl-C or a polite kill: the end of a server is no failure."""
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: there Ctrl-C interrupts
            asyncio.get_running_loop().add_signal_handler(number, told.set)
    await told.wait()


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=0, type=click.IntRange(0, 65_535), help="Where to listen; any free port unless told.")
@click.option("--public-url", help="Where a tunnel or reverse proxy takes calls for it.")
@common
async def listen(run: Run, **options: Any) -> None:
    """Receive what was bought as soon as the service calls, until interrupted. Spends nothing.

    Calls may get lost, so it also looks by itself now and then.
    """

    def told(event: Event) -> None:
        if isinstance(event, Loaded):
            run.err.print(f"collection {event.collection_id}: {event.records:,} postings are here", markup=False)

    async with run.client() as client, client.listen(**options, on_event=told) as listening:
        lines = (
            f"export BULKJOBS_WEBHOOK_URL={listening.url}",
            "# for all that buy; who knows this address can call it, so it is a secret, and shown this once",
        )
        run.show("\n".join(lines), {"webhook_url": listening.url})
        sys.stdout.flush()
        await _until_told_to_stop()


@main.command()
@sandbox_options
@filters
@common
async def demo(run: Run, **options: Any) -> None:
    """Show the main job on a sandbox: no key, no network, no real credits."""
    fields = {name: value for name in FIELDS if (value := options.pop(name)) is not None}
    from .. import demo as demonstration

    await demonstration.run(run.out, JobFilter(**fields) if fields else None, run.home, options)
