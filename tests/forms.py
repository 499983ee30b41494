"""What a browser does to a form, without one."""

from __future__ import annotations

from collections.abc import Sequence

from bulkjobs_widgets.view import View


async def act(view: View, action: str, *, buffers: Sequence[bytes] = (), **content: object) -> None:
    """Send what the browser would, and wait until it is dealt with."""
    view._handle_custom_msg({"action": action, **content}, [memoryview(buffer) for buffer in buffers])
    await view.desk.idle()
