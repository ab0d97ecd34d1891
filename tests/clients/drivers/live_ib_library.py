"""A session with the gateway itself over ib_insync or ib_async: place an order, cancel it, print what came back."""

import asyncio
import importlib
import json
import logging
import sys
from typing import Any

LIBRARY, HOST, PORT, DEADLINE_S = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
WISH = json.loads(sys.argv[5])


async def session(lib: Any) -> dict[str, Any]:
    ib = lib.IB()
    await ib.connectAsync(HOST, PORT, clientId=5, timeout=DEADLINE_S)
    positions = len(ib.positions())
    opened: list[dict[str, Any]] = []
    statuses: list[str] = []
    errors: list[int] = []
    news = asyncio.Event()

    def on_open(_: Any, contract: Any, order: Any, state: Any) -> None:
        opened.append({name: getattr(order, name) for name in WISH["order"] if hasattr(order, name)})

    def on_status(_: Any, status: str, *rest: Any) -> None:
        statuses.append(status)
        news.set()

    def on_error(_: int, code: int, *rest: Any) -> None:
        errors.append(code)
        news.set()

    for name, hook in (("openOrder", on_open), ("orderStatus", on_status)):
        setattr(ib.wrapper, name, hook)
    ib.errorEvent.connect(on_error, keep_ref=True)
    order_id = ib.client.getReqId()
    ib.client.placeOrder(order_id, lib.Contract(**WISH["contract"]), lib.Order(**WISH["order"]))
    async with asyncio.timeout(DEADLINE_S):
        while "Submitted" not in statuses:
            news.clear()
            await news.wait()
        (ib.client.cancelOrder)(order_id, "") if ib.client.serverVersion() >= 169 else ib.client.cancelOrder(
            order_id
        )
        while "Cancelled" not in statuses or 202 not in errors:
            news.clear()
            await news.wait()
    ib.disconnect()
    return {"order": opened[-1], "statuses": statuses, "errors": errors, "positions": positions}


async def main() -> None:
    lib = importlib.import_module(LIBRARY)
    sys.stdout.write(json.dumps(await session(lib)) + "\n")


logging.disable(logging.CRITICAL)
asyncio.run(main())
