"""What a browser does to a form, without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bulkjobs_widgets.view import View


async def act(view: View, action: str, *, buffers: Sequence[bytes] = (), **content: object) -> None:
    """Send what the browser would, and wait until it is dealt with."""
    await act_at_once(view, {"action": action, "buffers": buffers, **content})


async def act_at_once(view: View, *messages: Mapping[str, Any]) -> None:
    """Send several messages as fast clicks do, none waiting for the one before it, and wait until all are dealt with.

    Each is what `act` takes: ``{"action": ..., "buffers": [...], ...}``, the buffers only where there are some.
    """
    for message in messages:
        content = {name: value for name, value in message.items() if name != "buffers"}
        view._handle_custom_msg(content, [memoryview(buffer) for buffer in message.get("buffers", ())])
    await view.desk.idle()
