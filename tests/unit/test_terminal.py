"""What is printed where nobody looks."""

from __future__ import annotations

import io

import pytest

from bulkjobs.terminal import console


@pytest.mark.parametrize("variable", ["FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE"])
def test_a_pipe_gets_no_codes_for_a_screen(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "1")  # as the kernel of a notebook does
    stream = io.StringIO()
    console(stream).print("[red]word[/red]", "x" * 200)
    assert stream.getvalue() == f"word {'x' * 200}\n"
