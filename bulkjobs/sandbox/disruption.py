"""How a fault goes wrong over HTTP: refused, reset, late, cut, altered. What is to go wrong is in `faults`."""

import asyncio
import gzip
import socket
import struct
from collections.abc import Awaitable, Callable

from aiohttp import web

from .faults import Fault, Kind
from .replies import PENDING_MESSAGE, json_reply

Handle = Callable[[], Awaitable[web.Response]]
_Disruption = Callable[[Fault, web.Request, Handle], Awaitable[web.StreamResponse]]

_GZIP_TRAILER_BYTES = 8
_DROPPED_HEADERS = {"content-length", "transfer-encoding", "connection"}


async def disrupt(fault: Fault | None, request: web.Request, handle: Handle) -> web.StreamResponse:
    """Answer a request that `fault` befalls.

    Parameters
    ----------
    fault
        What goes wrong; None is nothing.
    request
        The request.
    handle
        Does what was asked, and returns the right reply. Some faults come before it and never call it.

    Returns
    -------
    web.StreamResponse
        The reply to send. If the connection is closed already, as after a reset, it goes nowhere.
    """
    if fault is None:
        return await handle()
    return await _DISRUPTIONS[fault.kind](fault, request, handle)


async def _status(fault: Fault, _request: web.Request, _handle: Handle) -> web.StreamResponse:
    return web.Response(status=fault.status or 503, text=fault.body, headers=_headers(fault))


async def _redirect(fault: Fault, _request: web.Request, _handle: Handle) -> web.StreamResponse:
    headers = {**_headers(fault), "Location": fault.location}
    return web.Response(status=fault.status or 302, text=fault.body, headers=headers)


async def _reset_before(_fault: Fault, request: web.Request, _handle: Handle) -> web.StreamResponse:
    _reset(request)
    return web.Response()


async def _reset_after(_fault: Fault, request: web.Request, handle: Handle) -> web.StreamResponse:
    await handle()
    _reset(request)
    return web.Response()


async def _delay(fault: Fault, _request: web.Request, handle: Handle) -> web.StreamResponse:
    await asyncio.sleep(fault.seconds)
    return await handle()


async def _late_reply(fault: Fault, _request: web.Request, handle: Handle) -> web.StreamResponse:
    reply = await handle()
    await asyncio.sleep(fault.seconds)
    return reply


async def _status_after(fault: Fault, request: web.Request, handle: Handle) -> web.StreamResponse:
    await handle()
    return await _status(fault, request, handle)


async def _no_body(_fault: Fault, _request: web.Request, handle: Handle) -> web.StreamResponse:
    return _with_body(await handle(), b"")


async def _bad_json(_fault: Fault, _request: web.Request, handle: Handle) -> web.StreamResponse:
    return _with_body(await handle(), b'{"request_id": "')


async def _empty_list(_fault: Fault, _request: web.Request, handle: Handle) -> web.StreamResponse:
    return _as_pending(await handle(), json_reply({"data_request_files": []}))


async def _pending_202(_fault: Fault, _request: web.Request, handle: Handle) -> web.StreamResponse:
    return _as_pending(await handle(), json_reply({"message": PENDING_MESSAGE}, 202))


async def _pending_202_no_body(_fault: Fault, _request: web.Request, handle: Handle) -> web.StreamResponse:
    return _as_pending(await handle(), web.Response(status=202))


async def _cut_length(fault: Fault, request: web.Request, handle: Handle) -> web.StreamResponse:
    reply = await handle()
    body = _body(reply)
    _send_and_close(request, _head(reply, f"Content-Length: {len(body)}"), _kept(body, fault))
    return reply


async def _cut_chunked(fault: Fault, request: web.Request, handle: Handle) -> web.StreamResponse:
    reply = await handle()
    kept = _kept(_body(reply), fault)
    # One whole chunk, and no last chunk after it.
    chunk = b"%x\r\n%b\r\n" % (len(kept), kept) if kept else b""
    _send_and_close(request, _head(reply, "Transfer-Encoding: chunked"), chunk)
    return reply


async def _cut_close(fault: Fault, request: web.Request, handle: Handle) -> web.StreamResponse:
    reply = await handle()
    _send_and_close(request, _head(reply, "Connection: close"), _kept(_body(reply), fault))
    return reply


async def _gzip_truncated(fault: Fault, _request: web.Request, handle: Handle) -> web.StreamResponse:
    reply = await handle()
    return _with_body(reply, _kept(_body(reply), fault)) if reply.status == 200 else reply


async def _gzip_corrupt(_fault: Fault, _request: web.Request, handle: Handle) -> web.StreamResponse:
    reply = await handle()
    return _with_body(reply, _altered(_body(reply))) if reply.status == 200 else reply


async def _not_gzip(_fault: Fault, _request: web.Request, handle: Handle) -> web.StreamResponse:
    reply = await handle()
    page = b"<html><body>Service temporarily unavailable</body></html>"
    return _with_body(reply, page) if reply.status == 200 else reply


async def _slow(fault: Fault, request: web.Request, handle: Handle) -> web.StreamResponse:
    reply = await handle()
    body = _body(reply)
    dripping = web.StreamResponse(status=reply.status, headers=reply.headers)
    dripping.content_length = len(body)
    await dripping.prepare(request)
    for start in range(0, len(body), fault.chunk):
        await asyncio.sleep(fault.seconds)
        await dripping.write(body[start : start + fault.chunk])
    return dripping


_DISRUPTIONS: dict[Kind, _Disruption] = {
    "status": _status,
    "reset_before": _reset_before,
    "redirect": _redirect,
    "delay": _delay,
    "reset_after": _reset_after,
    "status_after": _status_after,
    "late_reply": _late_reply,
    "no_body": _no_body,
    "bad_json": _bad_json,
    "empty_list": _empty_list,
    "pending_202": _pending_202,
    "pending_202_no_body": _pending_202_no_body,
    "cut_length": _cut_length,
    "cut_chunked": _cut_chunked,
    "cut_close": _cut_close,
    "gzip_truncated": _gzip_truncated,
    "gzip_corrupt": _gzip_corrupt,
    "not_gzip": _not_gzip,
    "slow": _slow,
}


def _headers(fault: Fault) -> dict[str, str]:
    return {"Content-Type": "text/html", **fault.headers}


def _with_body(reply: web.Response, body: bytes) -> web.Response:
    return web.Response(status=reply.status, headers=reply.headers, body=body)


def _as_pending(reply: web.Response, pending: web.Response) -> web.Response:
    """Put `pending` in place of a poll's reply, unless that is a failure."""
    if reply.status >= 400:
        return reply
    for name, value in reply.headers.items():
        if name.lower().startswith(("x-", "ratelimit-")):
            pending.headers[name] = value
    return pending


def _body(reply: web.Response) -> bytes:
    return reply.body if isinstance(reply.body, bytes) else b""


def _kept(body: bytes, fault: Fault) -> bytes:
    return body[: int(len(body) * fault.keep)]


def _altered(packed: bytes) -> bytes:
    """Change one byte of the content and keep the old checksum: it unpacks well, and only the CRC tells."""
    content = bytearray(gzip.decompress(packed))
    if content:
        content[len(content) // 2] ^= 1
    return gzip.compress(bytes(content), mtime=0)[:-_GZIP_TRAILER_BYTES] + packed[-_GZIP_TRAILER_BYTES:]


def _head(reply: web.Response, framing: str) -> bytes:
    """Write a status line and headers by hand: aiohttp frames every body rightly, which is no use here."""
    kept = [f"{name}: {value}" for name, value in reply.headers.items() if name.lower() not in _DROPPED_HEADERS]
    return "\r\n".join([f"HTTP/1.1 {reply.status} {reply.reason}", *kept, framing, "", ""]).encode()


def _send_and_close(request: web.Request, head: bytes, body: bytes) -> None:
    transport = request.transport
    if transport is not None:
        transport.write(head + body)
        transport.close()


def _reset(request: web.Request) -> None:
    """Close the connection with a reset (RST) rather than in good order (FIN)."""
    transport = request.transport
    if transport is None:
        return
    linger_zero = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_zero)
    transport.abort()
