"""The report's notebook, the command line and a bundle: three ways to the same figures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bulkjobs import report
from tests.notebooks.test_saved import FOLDER

NOTEBOOK = FOLDER / "10-labour-market-report.ipynb"
SCOPE = {"period": "2026", "country": "United States"}


def run(*command: str, environment: dict[str, str], folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_notebook_command_line_and_bundle_tell_the_same(tmp_path: Path) -> None:
    home = tmp_path / "home"
    here = {**os.environ, "BULKJOBS_HOME": str(home)}
    pages = {name: tmp_path / f"{name}.html" for name in ("notebook", "command", "bundle")}
    chosen = [part for name, value in {**SCOPE, "page": str(pages["notebook"])}.items() for part in ("-r", name, value)]
    run("papermill", "--no-progress-bar", str(NOTEBOOK), "out.ipynb", *chosen, environment=here, folder=tmp_path)
    told = report.read(pages["notebook"])
    assert told.settings["period"] == "2026"
    assert 100 < told.figures["facts"][0]["postings"] < 1_000

    scope = [part for name, value in SCOPE.items() for part in (f"--{name}", value)]
    collection = told.provenance.collection_id or ""
    lesson = ["--home", str(home / "lessons" / "10")]
    command = ["bulkjobs", "report", collection, *lesson, *scope, "--out", str(pages["command"])]
    run(*command, environment=here, folder=tmp_path)
    assert report.read(pages["command"]).figures == told.figures
    assert report.read(pages["command"]).provenance == told.provenance
    assert "matches its data" in run(
        "bulkjobs", "report", "--check", str(pages["notebook"]), *lesson, environment=here, folder=tmp_path
    )

    # A stranger: no key, no home, nothing but the bundle.
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    bare = {"PATH": os.environ["PATH"], "HOME": str(stranger)}
    run("bulkjobs", "report", "study.zip", *scope, "--out", str(pages["bundle"]), environment=bare, folder=tmp_path)
    again = report.read(pages["bundle"])
    assert again.figures == told.figures
    assert again.provenance.data_sha256 == told.provenance.data_sha256
    (left,) = (path for path in stranger.rglob("*") if path.is_file())  # of what was bought, nothing
    assert left.name.startswith("cities-")
