"""Write binder/requirements.txt: what a visitor's notebooks need, to the last package, as constraints.txt pins it.

Run it where the extra `lab` is installed (`make pins`): what a package needs is read from the installed ones.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "binder" / "requirements.txt"
WANTED = ("bulkjobs[widgets,report]", "jupyterlab")  # not the extra `lab`: a visitor's image has no keyring to open


def pinned() -> dict[NormalizedName, str]:
    """Read constraints.txt: each line, by the name it pins."""
    lines = (line.strip() for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines())
    return {canonicalize_name(line.split("==")[0]): line for line in lines if line and not line.startswith("#")}


def needed() -> set[NormalizedName]:
    """Follow the requirements of what is wanted to their end, for the machine and the Python of Binder."""
    _, _, version = (ROOT / "binder" / "runtime.txt").read_text("utf-8").strip().partition("-")
    binder = {"python_version": version, "python_full_version": f"{version}.0", "sys_platform": "linux"}
    binder |= {"platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64"}
    binder |= {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    todo = [Requirement(text) for text in WANTED]
    done: set[tuple[NormalizedName, str]] = set()  # with one extra of it, or none
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras} - {extra for seen, extra in done if seen == name}:
            done.add((name, extra))
            asked = map(Requirement, _requires(name))
            todo += [each for each in asked if not each.marker or each.marker.evaluate(binder | {"extra": extra})]
    return {name for name, _ in done} - {canonicalize_name("bulkjobs")}  # which postBuild installs


def requirements() -> str:
    """Write the file's text."""
    pins = pinned()
    lines = [pins[name] for name in sorted(needed())]
    return "\n".join(["# Made by `make pins` from constraints.txt and pyproject.toml.", *lines, ""])


def _requires(name: NormalizedName) -> Iterable[str]:
    if name != canonicalize_name("bulkjobs"):
        return metadata.requires(name) or ()
    # Of ourselves the file: what is installed may be older.
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].items()
    return [*project["dependencies"], *(_only_with(extra, text) for extra, texts in extras for text in texts)]


def _only_with(extra: str, text: str) -> str:
    requirement, _, marker = text.partition(";")
    return f"{requirement}; extra == '{extra}'" + (f" and ({marker})" if marker else "")


if __name__ == "__main__":
    REQUIREMENTS.write_text(requirements(), "utf-8")
