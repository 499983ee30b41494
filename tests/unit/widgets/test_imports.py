"""What a cell that draws a form has to wait for."""

from __future__ import annotations

import subprocess
import sys


def test_what_only_charts_need_is_not_imported() -> None:
    code = "import sys, bulkjobs_widgets; print([name for name in ('altair', 'vl_convert') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
