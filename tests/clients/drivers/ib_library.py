"""Visit the gallery with ib_insync or ib_async: print what its decoder made of it, one JSON line per visit."""

import asyncio
import dataclasses
import importlib
import json
import logging
import sys
from datetime import UTC
from pathlib import Path
from typing import Any

LIBRARY = sys.argv[1]
PORT = int(sys.argv[2])
VISITS = [int(text) for text in sys.argv[3].split(",")]
DEADLINE_S = float(sys.argv[4])
WISH = json.loads((Path(__file__).parent.parent / "order.json").read_text())


class Recorder:
    """A wrapper that writes down every call of the decoder."""

    # ib_async's decoder asks the wrapper for it.
    defaultTimezone = UTC  # noqa: N815 - the library's own name

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.times = 0
        self.timed = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)

        def record(*args: Any) -> None:
            if name == "currentTime":
                self.times += 1
                self.timed.set()
            elif not name.startswith(("tcp", "connect")):
                self.events.append([name, *map(plain, args)])

        return record


def plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = (field.name for field in dataclasses.fields(value))
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


async def visit(lib: Any, client_id: int) -> list[Any]:
    recorder = Recorder()
    client = lib.client.Client(recorder)
    try:
        async with asyncio.timeout(DEADLINE_S):
            await client.connectAsync("127.0.0.1", PORT, client_id)
            client.reqCurrentTime()
            await recorder.timed.wait()
            recorder.timed.clear()
            client.placeOrder(7001, lib.Contract(**WISH["contract"]), order(lib))
            await recorder.timed.wait()
    except (TimeoutError, ConnectionError) as error:
        recorder.events.append(["gave up", type(error).__name__])
    client.disconnect()
    return recorder.events


def order(lib: Any) -> Any:
    wished = lib.Order(**WISH["order"])
    wished.algoParams = [lib.TagValue(*pair) for pair in WISH["algoParams"]]
    return wished


async def main() -> None:
    lib = importlib.import_module(LIBRARY)
    importlib.import_module(f"{LIBRARY}.client")
    for client_id in VISITS:
        sys.stdout.write(json.dumps(await visit(lib, client_id)) + "\n")
        sys.stdout.flush()


# A message that it cannot read is missing from the events; its complaint is not needed beside that.
logging.disable(logging.CRITICAL)
asyncio.run(main())
