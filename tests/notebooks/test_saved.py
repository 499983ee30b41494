"""The lessons as they are saved: with real outputs, checked ones among them, and with no secrets."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from bulkjobs import errors

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
LESSONS = sorted(FOLDER.glob("*.ipynb"))
MOST_BYTES = 150_000
SECRETS = {
    "key": r"SandboxKey[0-9A-Za-z]+",
    "token": r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.",
    "home folder": r"/home/\w|/Users/\w|/root\b|[A-Z]:\\\\+Users",
    "temporary folder": r"/tmp/|/var/folders/",
    "place of an installation": r"site-packages|/work/|\.pyenv",
}
FAMILIES = {"BulkJobsError", "ServiceError", "DataRequestFailed"}  # what is raised is one of their kinds


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def code_cells(path: Path) -> list[Any]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def tags(cell: Any) -> list[str]:
    return list(cell.metadata.get("tags", []))


def shown(cell: Any) -> str:
    """All text of a cell's outputs."""
    parts = []
    for output in cell.outputs:
        parts += [output.get("text", ""), *output.get("data", {}).values(), *output.get("traceback", [])]
    return "\n".join(map(str, parts))


def test_there_are_lessons() -> None:
    assert {path.name[:2] for path in LESSONS} >= {"01", "02", "03", "04", "05", "06"}


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_saved_as_it_ran(path: Path) -> None:
    assert path.stat().st_size < MOST_BYTES
    notebook = read(path)
    nbformat.validate(notebook)
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}  # no state of widgets
    assert [cell.id for cell in notebook.cells] == [f"cell-{number:02}" for number in range(len(notebook.cells))]
    cells = code_cells(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        assert set(cell.metadata) <= {"tags"}
        failed = [output for output in cell.outputs if output.output_type == "error"]
        assert not failed or "raises-exception" in tags(cell)
        assert not [output for output in cell.outputs if output.get("name") == "stderr"]
        # A form without its kernel is drawn as an error; what is left of it as text and HTML is not.
        assert not [
            output for output in cell.outputs if "application/vnd.jupyter.widget-view+json" in output.get("data", {})
        ]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_has_outputs_to_check_and_something_to_look_at(path: Path) -> None:
    cells = code_cells(path)
    checked = [cell for cell in cells if "nbval-check-output" in tags(cell)]
    assert len(checked) >= 4
    assert all(shown(cell).strip() for cell in checked)
    for cell in cells:
        if re.search(r"^(print\(|display\(|charts\.|figure$)", cell.source, re.MULTILINE):
            assert shown(cell).strip()
    assert re.search(r"<svg |<table>", "".join(map(shown, cells[-4:])))
    assert "spent by the second run: 0" in "".join(map(shown, cells[-4:]))


@pytest.mark.parametrize("what", SECRETS)
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_tells_no_secrets(path: Path, what: str) -> None:
    assert not re.findall(SECRETS[what], path.read_text("utf-8"))


def test_every_error_is_shown_with_its_cure() -> None:
    kinds = [value for value in vars(errors).values() if inspect.isclass(value)]
    names = {kind.__name__ for kind in kinds if issubclass(kind, errors.BulkJobsError)}
    assert names > FAMILIES
    (lesson,) = (path for path in LESSONS if path.stem == "04-what-can-go-wrong")
    (table,) = (shown(cell) for cell in code_cells(lesson) if "What went wrong, and its cure" in shown(cell))
    met = set(re.findall(r"^([A-Z]\w+) +(?:no|yes|unknown) +\d+ +\w", table, re.MULTILINE))
    assert met == names - FAMILIES
    text = "".join(cell.source for cell in read(lesson).cells)
    assert all(name in text for name in FAMILIES)
