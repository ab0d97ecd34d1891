"""A scripted gateway in a thread of its own, for what runs an event loop itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from support.scripted_gateway import ScriptedGateway


@contextmanager
def serving(gateway: ScriptedGateway) -> Iterator[None]:
    """Serve for a block; the port is known inside it."""
    started, end = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def main() -> None:
        loops.append(asyncio.get_running_loop())
        await gateway.start()
        started.set()
        await end.wait()
        await gateway.stop()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    assert started.wait(10)
    try:
        yield
    finally:
        loops[0].call_soon_threadsafe(end.set)
        thread.join(10)
