"""What all commands share: the group they belong to, their options, and how their errors end."""

from __future__ import annotations

import asyncio
import functools
import io
import json
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from .. import terminal
from ..client import Client
from ..display import safe_text
from ..errors import BulkJobsError
from ..outcomes import saved
from ..query import FIELDS

F = TypeVar("F", bound=Callable[..., Any])


_EPILOG = (
    "The key is taken from CORESIGNAL_API_KEY, the home's config.toml, or the keyring.\n\n\b\nExit codes:\n"
    + "\n".join(f"  {code:>3}  {text}" for code, text in terminal.EXIT_CODES.items())
)
_KINDS: dict[str, Any] = {"integer": int}


class Run:
    """How this call was asked to behave: which service and home, for a person or for a machine."""

    def __init__(
        self,
        *,
        home: Path | None,
        base_url: str | None,
        api_version: str | None,
        as_json: bool,
        library: str | None = None,
    ) -> None:
        self.home = home
        self._library = library
        self._base_url = base_url
        self._api_version = api_version
        self.as_json = as_json
        self.out = terminal.console(sys.stdout)
        self.err = terminal.console(sys.stderr)

    def client(self) -> Client:
        """Make the client."""
        return Client(home=self.home, base_url=self._base_url, api_version=self._api_version, library=self._library)

    def show(self, text: object, data: object) -> None:
        """Print a result: rich text (or a plain string as it is) for a person, or one JSON document."""
        if self.as_json:
            click.echo(json.dumps(data, default=str))
        elif isinstance(text, str):
            click.echo(safe_text(text))
        else:
            self.out.print(text, soft_wrap=True)

    def say(self, error: BulkJobsError) -> None:
        """Print an error on standard error."""
        if self.as_json:
            click.echo(json.dumps({"error": saved(error)}), err=True)
        else:
            click.secho(f"Error: {terminal.said(error)}", err=True, fg="red")

    def fail(self, error: BulkJobsError) -> NoReturn:
        """End with the error's words and its exit code."""
        self.say(error)
        sys.exit(terminal.exit_code(error))


def common(command: F) -> F:
    """Give a command the options that all share; it gets a `Run`, and its errors end the process politely."""

    @click.option(
        "--home", type=click.Path(path_type=Path), help="Folder of the ledger and the files.  [env: BULKJOBS_HOME]"
    )
    @click.option("--library-at", help="Folder or s3://, gs:// or az:// URL of the library.  [env: BULKJOBS_LIBRARY]")
    @click.option("--base-url", help="Where the service is.  [env: BULKJOBS_BASE_URL]")
    @click.option("--api-version", type=click.Choice(["v1", "v2"]), help="Which tree of the service to speak to.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for machines.")
    @functools.wraps(command)
    def wrapped(
        *args: Any,
        home: Path | None,
        library_at: str | None,
        base_url: str | None,
        api_version: str | None,
        as_json: bool,
        **options: Any,
    ) -> Any:
        run = Run(home=home, base_url=base_url, api_version=api_version, as_json=as_json, library=library_at)
        try:
            result = command(run, *args, **options)
            if isinstance(result, Coroutine):
                asyncio.run(result)
        except BulkJobsError as error:
            run.fail(error)
        except ExceptionGroup as group:  # `resume` of several
            known, others = group.split(BulkJobsError)
            if known is None or others is not None:
                raise
            *first, last = (failure for failure in known.exceptions if isinstance(failure, BulkJobsError))
            for failure in first:
                run.say(failure)
            run.fail(last)
        except KeyboardInterrupt:
            run.err.print("Interrupted. What was sent goes on; `bulkjobs resume` finishes it. Nothing else is sent.")
            sys.exit(130)

    return wrapped  # type: ignore[return-value]


def filters(command: F) -> F:
    """Give a command an option for each of the 17 filter fields."""
    for field in reversed(FIELDS.values()):
        flag = f"--{field.name.replace('_', '-')}"
        if field.kind == "boolean":
            declared = click.option(f"{flag}/--no{flag[1:]}", field.name, default=None, help=field.help)
        else:
            declared = click.option(flag, field.name, type=_KINDS.get(field.kind, str), help=field.help)
        command = declared(command)
    return command


def _options(*declared: Callable[[F], F]) -> Callable[[F], F]:
    """Bundle options that several commands share."""

    def add(command: F) -> F:
        for option in declared:
            command = option(command)
        return command

    return add


buying = _options(
    click.option("--overwrite", is_flag=True, help="Replace the file of --out if it is there."),
    click.option("--out", type=click.Path(path_type=Path), help="Also write .parquet, .csv or .ndjson."),
    click.option("--max-credits", type=click.IntRange(min=0), help="Spend at most this, without asking."),
)
planning = _options(
    click.option("--limit", type=int, help="The most records wanted."),
    click.option("--fresh", is_flag=True, help="Buy, and pay, again what was bought before."),
    click.option(
        "--strategy",
        type=click.Choice(["auto", "windows", "ids"]),
        default="auto",
        show_default=True,
        help="How to split what one data request can't carry.",
    ),
    click.option("--refresh-after", help="Copies older than this do not count as owned: 30d, 12h, 2w."),
)
sandbox_options = _options(
    click.option("--data", type=click.Path(exists=True, dir_okay=False), help="NDJSON, JSON, CSV or Parquet."),
    click.option("--postings", default=25_000, show_default=True, help="How many to make up, without --data."),
    click.option("--seed", default=0, show_default=True, help="Same seed, same postings."),
    click.option(
        "--description",
        type=click.Choice(["full", "short"]),
        default="full",
        show_default=True,
        help="Length of the descriptions made up; short ones suit a million postings.",
    ),
    click.option("--credits", default=50_000, show_default=True, help="Balance at the start."),
    click.option("--latency", default=0.0, show_default=True, help="Seconds to prepare a data request."),
)


@click.group(epilog=_EPILOG, context_settings={"max_content_width": 110})
@click.version_option(package_name="bulkjobs")
def main() -> None:
    """Buy job postings in bulk, without ever paying twice."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a pipe of an old code page must not end a paid collection
            stream.reconfigure(errors="replace")
