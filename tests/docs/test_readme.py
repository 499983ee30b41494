"""Every command and every code block of the README runs, as it stands there."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bulkjobs import budget
from bulkjobs.sandbox.sample import generate

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def environment(tmp_path: Path) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "BULKJOBS_HOME": str(tmp_path / "home"), "PATH": path}


# A cell may await at its top, and draws its forms on a running loop; a script does neither. This runs both.
RUNNER = """
import ast, asyncio, inspect, sys
code = compile(sys.argv[1], "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
async def cell():
    result = eval(code, {})
    if inspect.iscoroutine(result):
        await result
if code.co_flags & inspect.CO_COROUTINE or "_widgets" in sys.argv[1]:
    asyncio.run(cell())
else:
    exec(code, {})
"""


@pytest.mark.parametrize("code", blocks("python"))
def test_python_block(code: str, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", RUNNER, code]
    for run in range(2):  # a script is run again tomorrow
        done = subprocess.run(
            command, env=environment(tmp_path), cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        if "first(1)" in code and run == 0:
            assert "windows of created_at: 2" in done.stdout
            assert re.search(r"\d+ owned, [1-9]\d+ credits for the rest", done.stdout)
    if "balance" in code:
        assert "cost               0 credits" in done.stdout
        assert done.stdout.endswith("True 50000\n")
    elif "first(1)" in code:
        assert re.search(r"\d+ owned, 0 credits for the rest", done.stdout)
        assert done.stdout.endswith("True\n")
    elif "report.labour_market" in code:
        assert "matches its data" in done.stdout
        assert done.stdout.count("the same") == 3  # postings, figures, page
    elif "library" in code:
        assert "Load report" in done.stdout
        assert "table version" in done.stdout
    elif "Collector" in code:
        assert done.stdout == ""  # nothing is asked, and nothing sent, by drawing a form
    else:
        assert "records  10" in done.stdout


def test_the_pictures_are_there() -> None:
    pictures = re.findall(r"!\[.+\]\((.+)\)", README)
    assert len(pictures) == 4
    for picture in pictures:
        assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")
        assert (ROOT / picture).stat().st_size < 250_000


def test_the_budget_file_is_one(tmp_path: Path) -> None:
    (block,) = blocks("toml")
    (tmp_path / "bulkjobs.toml").write_text(block)
    found = budget.find({}, tmp_path)
    assert (found.name, found.project) == ("data-jobs", {"call": 20_000, "day": 50_000, "month": 400_000})


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    made, *_ = blocks("console")
    commands = [line.split("#")[0].split() for line in made.splitlines()]
    assert commands == [["make", "demo"], ["make", "test"]]
    for word in [*re.findall(r"`make (\w+)`", README), "demo", "test"]:
        assert re.search(rf"^{word}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_command_line_block(tmp_path: Path) -> None:
    """The lines as they stand, in one shell; only the wait for the server, its end, and a free port are added."""
    _, block = blocks("console")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    (export,) = re.findall(r"\S+\.ndjson\.gz", block)
    (tmp_path / export).write_bytes(gzip.compress("\n".join(map(json.dumps, generate(20))).encode()))
    assert "8765" in block
    block = block.replace("8765", port)
    served, *lines = block.splitlines()
    assert served.endswith(" &")
    wait = f"until (: > /dev/tcp/127.0.0.1/{port}) 2> /dev/null; do sleep 0.1; done"
    script = "\n".join(["set -e", served, "trap 'kill $!; wait' EXIT", wait, *lines])
    process = subprocess.Popen(
        ["bash", "-c", script],
        env=environment(tmp_path),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, said = process.communicate(timeout=240)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, said
    assert (tmp_path / "jobs.parquet").exists()
    assert "50 credits at most" in out
    assert "Nothing is unfinished." in out
    bought = json.loads((tmp_path / "plan.json").read_text("utf-8"))["requests"][0]["records"]
    assert bought > 1_000
    assert re.search(r"files added +1\n", out)
    followed = re.search(r"Run of nurses\n +since +the beginning\n +new +([1-9]\d*)\n", out)
    assert followed
    rows = bought + 70 + int(followed[1])
    assert re.search(rf"versions of them +{rows:,} from 4 data requests and files", out)
    assert re.search(r"All that we own: matches its data\n", out)
    key = re.search(r"CORESIGNAL_API_KEY=(\w+)", out)
    assert key
    assert key[1] in block  # the key in the README is the one that the sandbox prints
