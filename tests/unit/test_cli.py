"""The command line, as a person and as a program call it."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

import bulkjobs as bj
from bulkjobs import events, terminal
from bulkjobs.cli import main
from bulkjobs.sandbox import Fault
from bulkjobs.sandbox.catalog import Catalog
from tests.support import in_parts, leave_intent

WHAT = ["--country", "United States", "--application-active"]


class Shop:
    """A sandbox on a loop of its own, and the command line pointed at it."""

    def __init__(self, catalog: Catalog, home: Path, **settings: Any) -> None:
        self.home = home
        self.sandbox = bj.Sandbox(catalog, **settings)
        bj.sync._LOOP.run(self.sandbox.start())
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("BULKJOBS", "CORESIGNAL"))},
            "BULKJOBS_HOME": str(home),
            "BULKJOBS_BASE_URL": self.sandbox.url,
            "BULKJOBS_RATE": "1000",
            "CORESIGNAL_API_KEY": self.sandbox.api_key,
        }

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(main, words, env=self.environment)

    def json(self, *words: str) -> Any:
        done = self.run(*words, "--json")
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)

    def posts(self) -> int:
        return int(self.sandbox.stats()["posts"])


@pytest.fixture
def shop(catalog: Catalog, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(catalog, tmp_path / "home")
    yield made
    bj.sync._LOOP.run(made.sandbox.stop())


def test_count_and_plan_are_free(shop: Shop) -> None:
    counted = shop.run("count", *WHAT)
    assert (counted.exit_code, counted.stderr) == (0, "")
    matched = int(counted.stdout)
    assert shop.json("count", *WHAT)["matched"] == matched > 100
    plan = shop.json("plan", *WHAT, "--limit", "25")
    assert (plan["records"], plan["credits"], plan["balance"], plan["data_requests"]) == (25, 25, 50_000, 1)
    assert len(plan["sample"]) == 5
    shown = shop.run("plan", *WHAT, "--limit", "25").stdout
    assert "25 credits at most" in shown
    assert shop.posts() == 0


def test_collect_show_export(shop: Shop, tmp_path: Path) -> None:
    out = tmp_path / "jobs.parquet"
    done = shop.run("collect", *WHAT, "--limit", "25", "--max-credits", "25", "--out", str(out))
    assert (done.exit_code, done.stderr) == (0, "")
    frame = pl.read_parquet(out)
    assert len(frame) == 25
    again = shop.json("collect", *WHAT, "--limit", "25")  # owned: nothing to confirm
    assert (again["state"], again["credits"]) == ("loaded", 25)
    assert shop.posts() == 1

    (listed,) = shop.json("collections")
    assert {**listed, "attached": True} == again
    assert again["id"] in shop.run("collections").stdout
    shown = shop.run("show", again["id"][:12], "--rows", "3").stdout
    assert again["request_ids"][0] in shown
    assert str(frame["title"][0])[:20] in shown

    for name in ("jobs.csv", "jobs.ndjson"):
        assert shop.run("export", again["id"], str(tmp_path / name)).exit_code == 0
    from_csv = pl.read_csv(tmp_path / "jobs.csv", try_parse_dates=True)
    assert from_csv["id"].to_list() == frame["id"].to_list()
    assert from_csv["description"].to_list() == frame["description"].to_list()
    assert [json.loads(text) if text else None for text in from_csv["industries"]] == frame["industries"].to_list()
    assert from_csv["created"].to_list() == frame["created"].to_list()
    assert pl.read_ndjson(tmp_path / "jobs.ndjson")["functions"].to_list() == frame["functions"].to_list()
    refused = shop.run("export", again["id"], str(out))
    assert (refused.exit_code, "there already" in refused.stderr) == (2, True)
    assert "--overwrite" in refused.stderr
    assert shop.run("export", again["id"], str(out), "--overwrite").exit_code == 0
    collect = ("collect", *WHAT, "--limit", "25", "--out", str(out))
    assert [shop.run(*collect).exit_code, shop.run(*collect, "--overwrite").exit_code] == [2, 0]
    assert shop.run("export", again["id"], str(tmp_path / "no" / "x.csv")).exit_code == 2


def test_collect_ids(shop: Shop, tmp_path: Path) -> None:
    ids = [shop.json("plan", *WHAT)["sample"][n]["id"] for n in range(3)]
    good, bad = tmp_path / "ids.csv", tmp_path / "bad.csv"
    good.write_text("\n".join(map(str, ids)))
    bad.write_text("id\n" + good.read_text())
    assert shop.json("plan", "--ids", str(good))["records"] == 3
    refused = shop.run("collect-ids", str(bad), "--max-credits", "9")
    assert (refused.exit_code, "line 1: 'id'" in refused.stderr) == (2, True)
    assert shop.json("collect-ids", str(good), "--max-credits", "3")["records"] == 3


def test_a_spend_is_confirmed_or_given(shop: Shop) -> None:
    silent = shop.run("collect", *WHAT, "--limit", "25")
    assert (silent.exit_code, "--max-credits 25" in silent.stderr) == (5, True)
    over = shop.run("collect", *WHAT, "--limit", "25", "--max-credits", "24")
    assert (over.exit_code, "more than the 24" in over.stderr) == (5, True)
    assert shop.posts() == 0


@pytest.mark.parametrize(("answer", "code", "posts"), [("y\n", 0, 1), ("n\n", 5, 0), ("\n", 5, 0), ("\x03", 5, 0)])
def test_a_person_is_asked_on_a_terminal(answer: str, code: int, posts: int, shop: Shop) -> None:
    import pty

    ours, theirs = pty.openpty()
    # A terminal of its own, so that ^C is an interrupt. Taken after the fork: this process has threads.
    login = "import os, sys; os.login_tty(0); os.execv(sys.executable, sys.argv[1:])"
    command = [sys.executable, "-c", login, sys.executable, "-m", "bulkjobs", "collect", *WHAT, "--limit", "25"]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=shop.environment)
    os.close(theirs)
    seen = b""
    while b"[y/N]" not in seen:
        seen += os.read(ours, 1024)
    os.write(ours, answer.encode())
    while True:
        if not select.select([ours], [], [], 5.0)[0]:  # a ^C between the question and the read is not heard
            os.write(ours, answer.encode())
            continue
        try:
            seen += os.read(ours, 65_536)
        except OSError:  # the other side is closed
            break
    assert process.wait(30) == code
    assert b"25 credits at most" in seen
    assert shop.posts() == posts


def test_bad_input_is_exit_code_2_and_sends_nothing(shop: Shop, tmp_path: Path) -> None:
    for words, said in (
        (["count"], "empty"),
        (["count", "--title", "(x"], "title has an unclosed parenthesis"),
        (["count", "--titel", "x"], "titel"),
        (["count", "--created-at-gte", "soon"], "created_at_gte must be a date"),
        (["collect", *WHAT, "--limit", "0", "--max-credits", "1"], "limit must be"),
        (["collect", *WHAT, "--out", "jobs.xlsx", "--max-credits", "1"], "does not end with"),
        (["show", "nothing"], "No collection is called"),
        (["resume", "--request-id", "x"], "need the collection's id"),
        (["resume", "--never-arrived"], "need the collection's id"),
        (["resume", "x", "--number", "1"], "--number goes with"),
        (["plan", "--ids", __file__, "--title", "x"], "can't be planned together"),
        (["count", *WHAT, "--base-url", "http://elsewhere.example/"], "https"),
        (["count", *WHAT, "--base-url", "https://["], "no http(s) URL"),
        (["count", *WHAT, "--home", "~nosuchuser/x"], "can't be made"),
    ):
        done = shop.run(*words)
        assert (done.exit_code, done.stdout) == (2, ""), done
        assert said in done.stderr
    assert shop.sandbox.stats()["searches"] == 0


def test_the_service_s_refusal_is_exit_code_3(shop: Shop) -> None:
    shop.environment["CORESIGNAL_API_KEY"] = "0" * 32
    done = shop.run("count", *WHAT, "--json")
    assert (done.exit_code, done.stdout) == (3, "")
    assert json.loads(done.stderr)["error"]["type"] == "Unauthorized"


def test_an_unknown_outcome_is_exit_code_4_until_it_is_settled(shop: Shop) -> None:
    shop.sandbox.faults.add(Fault("bulk_filter", "reset_after"))
    for _ in range(2):
        done = shop.run("collect", *WHAT, "--limit", "25", "--max-credits", "25")
        assert (done.exit_code, "--request-id" in done.stderr) == (4, True)
    resumed = shop.run("resume")
    assert (resumed.exit_code, "unknown" in resumed.stdout) == (4, True)
    (collection,), (request_id,) = shop.json("collections"), shop.sandbox.stats()["requests"]
    (settled,) = shop.json("resume", collection["id"], "--request-id", request_id)
    assert (settled["state"], settled["records"], shop.posts()) == ("loaded", 25, 1)
    assert "Nothing is unfinished" in shop.run("resume").stdout


def test_posts_in_question_are_settled_one_by_one(shop: Shop) -> None:
    home = shop.home / "sandbox"
    with bj.sync.Client(shop.sandbox.api_key, base_url=shop.sandbox.url, home=home, rate=1e6) as client:
        plan = bj.sync._LOOP.run(in_parts(client._client, 30, 10))
        shop.sandbox.faults.add(Fault("bulk_id_file", "reset_before", times=2))
        with pytest.raises(bj.errors.OutcomeUnknown):
            client.collect(plan)
    (collection,) = shop.json("collections")
    refused = shop.run("resume", collection["id"], "--never-arrived")
    assert (refused.exit_code, "--number" in refused.stderr) == (2, True)
    first = shop.run("resume", collection["id"])
    (one,) = re.findall(r"--never-arrived --number (\d)", first.stderr)
    assert f"resume {collection['id']} --request-id ... --number {one}" in first.stderr
    assert shop.run("resume", collection["id"], "--never-arrived", "--number", one).exit_code == 4
    (settled,) = shop.json("resume", collection["id"], "--never-arrived")
    assert (settled["state"], settled["error"], shop.posts()) == ("planned", None, 1)
    (done,) = shop.json("resume", collection["id"])
    assert (done["state"], done["credits"], shop.posts()) == ("loaded", 30, 3)
    assert "30 credits, 0 more in question" in shop.run("ledger").stdout


def test_files_that_will_expire_are_shown(shop: Shop) -> None:
    home = shop.home / "sandbox"
    with bj.sync.Client(shop.sandbox.api_key, base_url=shop.sandbox.url, home=home, rate=1e6) as client:
        collection = client.submit(bj.JobFilter(country="Germany"), limit=5)
    assert "expire in 29 days" in shop.run("collections").stdout
    assert "1 data request, 5 records: files expire in 29 days" in shop.run("show", collection.id).stdout
    (told,) = shop.json("collections")
    assert told["expires_at"] == collection.requests[0].accepted_at + 30 * 86_400
    shop.run("resume")
    assert "expire" not in shop.run("collections").stdout


def test_interrupt_and_resume(catalog: Catalog, tmp_path: Path) -> None:
    shop = Shop(catalog, tmp_path / "home", latency=1.5)
    command = [sys.executable, "-m", "bulkjobs", "collect", *WHAT, "--limit", "25", "--max-credits", "25"]
    process = subprocess.Popen(command, env=shop.environment, stderr=subprocess.PIPE, text=True)

    async def polled() -> None:
        while not shop.sandbox.stats()["polls"]:
            assert process.poll() is None
            await asyncio.sleep(0.01)

    bj.sync._LOOP.run(polled())
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, "bulkjobs resume" in said) == (130, True)
    (resumed,) = shop.json("resume")
    assert (resumed["state"], shop.posts()) == ("loaded", 1)
    bj.sync._LOOP.run(shop.sandbox.stop())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_sandbox_command_serves_until_it_is_told_to_stop(how: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bulkjobs", "sandbox", "--postings", "50", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    with bj.sync.Client(told["api_key"], base_url=told["url"], home=tmp_path) as client:
        assert client.count(bj.JobFilter(deleted=False)) > 10
    process.send_signal(how)
    assert process.wait(30) == 0
    process.stdout.close()
    assert process.stderr is not None
    process.stderr.close()


def test_a_sandbox_that_cannot_start_says_why(shop: Shop, tmp_path: Path) -> None:
    port = shop.sandbox.url.split(":")[2].split("/")[0]
    (tmp_path / "bad.ndjson").write_text("hello\nworld\n")
    for words, said in (
        (["sandbox", "--postings", "5", "--port", port], "address already in use"),
        (["sandbox", "--data", str(tmp_path / "bad.ndjson")], "line 1"),
        (["sandbox", "--rate", "-1"], "rate"),
        (["demo", "--data", str(tmp_path / "bad.ndjson")], "line 1"),
    ):
        done = shop.run(*words)
        assert (done.exit_code, said in done.stderr) == (2, True), done.output


def test_demo_on_any_dataset(shop: Shop, tmp_path: Path) -> None:
    data = tmp_path / "mine.ndjson"
    data.write_text("\n".join(json.dumps({"id": n, "title": f"Mine {n}", "deleted": 0}) for n in range(1, 40)))
    done = shop.run("demo", "--data", str(data))
    assert done.exit_code == 0, done.stderr
    assert "Mine 1" in done.stdout
    assert "0 POSTs sent, 0 credits spent, the same frame" in done.stdout
    chosen = shop.run("demo", "--data", str(data), "--title", "mine")
    assert "JobFilter(title='mine')" in chosen.stdout


def test_help_names_every_filter_and_exit_code(shop: Shop) -> None:
    text = re.sub(r"\s+", " ", shop.run("collect", "--help").stdout)
    for name in bj.query.FIELDS:
        assert f"--{name.replace('_', '-')}" in text
    assert all(
        f"{code} {words[:20]}" in re.sub(r"\s+", " ", shop.run("--help").stdout)
        for code, words in terminal.EXIT_CODES.items()
    )


def test_progress_is_drawn_on_a_terminal_and_nowhere_else() -> None:
    told: list[events.Event] = [
        events.Submitting("c", 0, 1_200),
        events.Submitted("c", 0, "uuid"),
        events.Held("c"),
        events.Polled("c", 0, 3.0, 4.0, "the service is in trouble"),
        events.Ready("c", 0, 2),
        events.Fetching("c", "json/part-0.json.gz", 512, 1024),
        events.Fetching("c", "json/part-0.json.gz", 1024, 1024),
        events.FetchRetried("c", "json/part-0.json.gz", "it broke off"),
        events.Fetched("c", "json/part-0.json.gz", 1024, 10),
        events.Loaded("c", 1_200),
        events.Attached("c", 1_200),
    ]
    screen = io.StringIO()
    with terminal.progress(Console(file=screen, force_terminal=True, width=120), wanted=True) as listener:
        assert isinstance(listener, terminal.ProgressView)
        seen = ""
        for event in told:
            listener(event)
            listener._progress.refresh()
        seen = screen.getvalue()
    for words in ("buying 1,200 records", "accepted as uuid", "in trouble", "part-0.json.gz", "already bought"):
        assert words in seen
    for console, wanted in ((Console(file=io.StringIO()), True), (Console(force_terminal=True), False)):
        with terminal.progress(console, wanted=wanted) as listener:
            assert listener is None


def test_text_of_a_posting_cannot_steer_the_terminal(tmp_path: Path) -> None:
    data = tmp_path / "hostile.ndjson"
    data.write_text(json.dumps({"id": 1, "title": "\x1b[2Jgone \x9b1m", "company_name": "[red]x[/red]", "deleted": 0}))
    with bj.sync.Client.sandbox(home=tmp_path / "home", data=str(data)) as client:
        collection = client.collect(bj.JobFilter(deleted=False), limit=1)
        assert "\x1b" not in repr(client.plan(bj.JobFilter(deleted=False), limit=2))
    shown = CliRunner().invoke(main, ["show", collection.id, "--home", str(tmp_path / "home")]).output
    assert "gone" in shown
    assert "\x1b" not in shown
    assert "\x9b" not in shown
    assert "[red]x[/red]" in shown


def test_a_left_over_intent_is_confirmed_before_it_is_sent(shop: Shop) -> None:
    home = shop.home / "sandbox"
    with bj.sync.Client(shop.sandbox.api_key, base_url=shop.sandbox.url, home=home, rate=1e6) as client:
        query = bj.JobFilter(country="United States", application_active=True)
        bj.sync._LOOP.run(leave_intent(client._client, query, 25))
    assert shop.json("plan", *WHAT, "--limit", "25")["credits"] == 25
    assert shop.run("collect", *WHAT, "--limit", "25").exit_code == 5
    assert shop.posts() == 0
    assert shop.json("collect", *WHAT, "--limit", "25", "--max-credits", "25")["credits"] == 25
    assert shop.posts() == 1


def test_import_library_and_drift(shop: Shop, tmp_path: Path) -> None:
    bought = shop.json("collect", *WHAT, "--limit", "30", "--max-credits", "30")
    old = tmp_path / "old.ndjson"
    old.write_text("\n".join(json.dumps({"id": n, "title": "old", "pay": n}) for n in range(1, 6)))
    done = shop.json("import", str(old))
    assert (done["added"], done["records"], done["unknown_fields"]) == ([str(old)], 5, {"pay": 5})
    assert shop.json("import", str(old))["known"] == [str(old)]
    stats = shop.json("library", "--compact", "--vacuum")
    assert (stats["postings"], stats["rows"], stats["sources"], stats["files"], stats["removed"]) == (35, 35, 2, 1, 0)
    assert "35 from 2" in shop.run("library").stdout
    found = shop.json("drift", bought["id"], bought["id"])
    assert (found["records_before"], found["new_fields"]) == (30, {})
    assert "the documentation" in shop.run("drift", bought["id"]).stdout


def test_an_import_that_fails_is_exit_code_2_and_says_which_file(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "good.ndjson").write_text('{"id": 1}')
    (tmp_path / "cut.gz").write_bytes(b"\x1f\x8b\x08")
    done = shop.run("import", str(tmp_path / "cut.gz"), str(tmp_path / "good.ndjson"))
    assert done.exit_code == 2
    assert "cut.gz" in done.stderr
    assert shop.json("library")["postings"] == 1  # the other one is in
    assert shop.run("library", "--vacuum", "--keep-days", "1").exit_code == 2
