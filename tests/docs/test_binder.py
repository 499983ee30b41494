"""What Binder is given is pinned and whole, and its settings reach the server, there and under `make lab`.

That all of it builds, in a fresh environment, is what `make binder` checks.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from binder import pin, visit

ROOT = Path(__file__).resolve().parents[2]
BINDER = ROOT / "binder"
LANDING = "notebooks/01-collector.ipynb"
PINS = [line for line in pin.REQUIREMENTS.read_text("utf-8").splitlines() if not line.startswith("#")]
NAMES = {canonicalize_name(line.split("==")[0]) for line in PINS}


# What is installed


def test_requirements_are_those_of_the_extra_at_the_pins_of_constraints() -> None:
    assert pin.REQUIREMENTS.read_text("utf-8") == pin.requirements(), "run `make pins`"
    assert set(PINS) <= set((ROOT / "constraints.txt").read_text("utf-8").splitlines())
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in PINS)


def test_all_that_is_asked_for_is_pinned_to_the_end() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *extras["widgets"], *extras["charts"], "jupyterlab"]
    asked += [each for name in NAMES for each in metadata.requires(name) or () if ";" not in each]
    assert {canonicalize_name(Requirement(each).name) for each in asked} - {"bulkjobs"} <= NAMES
    assert not NAMES & {"pytest", "playwright", "voila", "duckdb", "keyring", "mypy", "ruff", "pandas", "pyarrow"}


def test_the_python_is_one_that_we_support() -> None:
    release = (BINDER / "runtime.txt").read_text("utf-8").strip().removeprefix("python-")
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["classifiers"]
    assert f"Programming Language :: Python :: {release}" in classifiers


@pytest.mark.parametrize("script", ["postBuild", "check"])
def test_scripts_can_be_run(script: str) -> None:
    assert os.access(BINDER / script, os.X_OK)
    said = subprocess.run(["bash", "-n", BINDER / script], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")


def test_post_build_adds_the_project_and_the_settings(tmp_path: Path) -> None:
    """With stand-ins for the programs of the image, which write down how they were called."""
    (tmp_path / "bin").mkdir()
    for name in ("python", "bulkjobs"):
        (tmp_path / "bin" / name).write_text(f'#!/bin/sh\necho {name} "$@" >> "$NB_PYTHON_PREFIX/calls"\n')
        (tmp_path / "bin" / name).chmod(0o755)
    there = tmp_path / "etc/jupyter/labconfig/page_config.json"  # of some other package
    there.parent.mkdir(parents=True)
    there.write_text("{}")
    subprocess.run([BINDER / "postBuild"], cwd=ROOT, env={**os.environ, "NB_PYTHON_PREFIX": str(tmp_path)}, check=True)
    installed, imported, demo = (tmp_path / "calls").read_text().splitlines()
    assert installed.startswith("python -m pip install ")
    assert installed.endswith(" --no-deps .")
    assert "bulkjobs_widgets" in imported
    assert demo == "bulkjobs demo"
    assert there.exists()
    settings = [path.relative_to(BINDER / "jupyter") for path in (BINDER / "jupyter").rglob("*.json")]
    assert len(settings) == 2
    for path in settings:
        assert (tmp_path / "etc/jupyter" / path).read_text() == (BINDER / "jupyter" / path).read_text()


# How the server is set


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be at home in, and to serve, with no settings of anybody."""
    for name in [name for name in os.environ if name.startswith(("JUPYTER", "IPYTHON"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def notebook(home: Path, *cells: str) -> str:
    written = [{"cell_type": "code", "source": [code], "metadata": {"tags": tags(code)}} for code in cells]
    (home / "a.ipynb").write_text(json.dumps({"cells": written}))
    return "a.ipynb"


def tags(code: str) -> list[str]:
    return ["raises-exception"] if code.startswith("# raises") else []


async def test_the_server_takes_the_settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(BINDER / "jupyter"))
    own = home / ".jupyter/lab/user-settings/@jupyterlab/apputils-extension/themes.jupyterlab-settings"
    own.parent.mkdir(parents=True)
    own.write_text('{"theme": "JupyterLab Dark"}')
    with visit.started() as server:
        assert visit.landing(server) == LANDING
        themes = json.loads(server.get("/lab/api/settings/@jupyterlab/apputils-extension:themes")[1])
        assert themes["settings"] == {"theme": "JupyterLab Dark"}
        await visit.run(server, notebook(home, "import asyncio\nawait asyncio.sleep(0)", "# raises\n1 / 0"))
        with pytest.raises(visit.Failed, match=r"(?s)Cell 2 of a\.ipynb.*ZeroDivisionError"):
            await visit.run(server, notebook(home, "# raises\n1 / 0", "1 / 0"))


async def test_a_server_without_the_settings_does_not_pass(home: Path) -> None:
    with visit.started() as server:
        with pytest.raises(visit.Failed, match="no notebook"):
            visit.landing(server)
        with pytest.raises(visit.Failed, match=r"closed the connection on a message of 12,582,\d+"):
            await visit.run(server, notebook(home, "0"))


def test_lab_is_opened_with_the_settings(home: Path) -> None:
    tools = Path(sys.executable).parent
    # The tests may be run by make themselves: what that says of itself must not stand in the command.
    alone = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    made = subprocess.run(
        ["make", "-n", "--no-print-directory", "lab", f"BIN={tools}"],
        cwd=ROOT, env=alone, capture_output=True, text=True, check=True,
    )  # fmt: skip
    command = made.stdout[made.stdout.index("JUPYTER_CONFIG_PATH=") :].rstrip()
    assert command.splitlines()[-1].split()[:2] == [f"{tools}/jupyter", "lab"]
    done = subprocess.run(
        ["bash", "-c", f"{command} --show-config-json"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    config = json.loads(done.stdout)
    assert config["LabApp"]["default_url"] == f"/lab/tree/{LANDING}"
    assert config["LabApp"]["check_for_updates_class"] == "jupyterlab.NeverCheckForUpdate"
    assert config["ServerApp"]["tornado_settings"]["websocket_max_message_size"] == 200 * 1024 * 1024


def test_the_landing_notebook_is_there() -> None:
    assert (ROOT / LANDING).is_file()
