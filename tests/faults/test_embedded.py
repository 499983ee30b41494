"""`kill -9` of a kernel whose client has a sandbox of its own: the next one goes on, as at the real service."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

from bulkjobs.ledger import Ledger
from bulkjobs.local import JOURNAL
from bulkjobs.sandbox.catalog import Catalog
from bulkjobs.sandbox.sample import generate
from tests.faults.embedded import LIMIT, POSTINGS, QUERY

SCRIPT = Path(__file__).with_name("embedded.py")


async def run(home: Path, verb: str) -> tuple[int | None, bytes]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SCRIPT), str(home), verb, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return process.returncode, output


async def test_a_new_process_with_a_sandbox_of_its_own_brings_all_with_one_post(tmp_path: Path) -> None:
    code, _ = await run(tmp_path, "collect")
    assert code == -signal.SIGKILL
    code, output = await run(tmp_path, "resume")
    assert code == 0
    catalog = Catalog.build(generate(POSTINGS))
    expected = list(catalog.ids(QUERY.filters, LIMIT))
    catalog.close()
    assert json.loads(output) == {"posts": 0, "ids": expected}
    assert len((tmp_path / JOURNAL).read_text().strip().splitlines()) == 1  # one POST was accepted, by either
    assert Ledger(tmp_path / "ledger.sqlite3").frame()["state"].to_list() == ["loaded"]
