"""Visit the gallery with IBKR's own ibapi, 9.81 or the repackaged 10.46: print what it made of it, a line per visit."""

import json
import logging
import sys
import threading
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from ibapi.client import EClient  # type: ignore[import-not-found]
from ibapi.contract import Contract  # type: ignore[import-not-found]
from ibapi.order import Order  # type: ignore[import-not-found]
from ibapi.tag_value import TagValue  # type: ignore[import-not-found]
from ibapi.wrapper import EWrapper  # type: ignore[import-not-found]

PORT = int(sys.argv[2])
VISITS = [int(text) for text in sys.argv[3].split(",")]
DEADLINE_S = float(sys.argv[4])
WISH = json.loads((Path(__file__).parent.parent / "order.json").read_text())
# Its own ideas about the connection, not messages.
LOCAL = ("connectAck", "connectionClosed", "logAnswer")


class Recorder(EWrapper):  # type: ignore[misc]
    """A wrapper that writes down every call of the decoder."""

    def __init__(self) -> None:
        super().__init__()
        object.__setattr__(self, "events", [])
        object.__setattr__(self, "timed", threading.Event())
        object.__setattr__(self, "ready", threading.Event())

    def __getattribute__(self, name: str) -> Any:
        own = object.__getattribute__(self, "__dict__")
        if name.startswith("_") or name in own or not hasattr(EWrapper, name) or name in LOCAL:
            return object.__getattribute__(self, name)

        def record(*args: Any, **named: Any) -> None:
            if name == "currentTime":
                own["timed"].set()
            elif name == "nextValidId":
                own["ready"].set()
                own["events"].append([name, *map(plain, args)])
            else:
                own["events"].append([name, *map(plain, args), *map(plain, named.values())])

        return record


def plain(value: Any) -> Any:
    if isinstance(value, Decimal | Enum):
        return str(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return {name: plain(item) for name, item in sorted(vars(value).items())}


def visit(client_id: int) -> list[Any]:
    recorder = Recorder()
    client = EClient(recorder)
    client.connect("127.0.0.1", PORT, client_id)
    thread = threading.Thread(target=run, args=(client, recorder), daemon=True)
    thread.start()
    if recorder.ready.wait(DEADLINE_S):
        client.reqCurrentTime()
        if wait(recorder, thread):
            recorder.timed.clear()
            client.placeOrder(7001, contract(), order())
            wait(recorder, thread)
    client.disconnect()
    thread.join(DEADLINE_S)
    events: list[Any] = recorder.events
    return events


def run(client: EClient, recorder: Recorder) -> None:
    try:
        client.run()
    except Exception as error:  # whatever ends its loop is what this is to find out
        recorder.events.append(["its loop ended", type(error).__name__])
        recorder.timed.set()


def wait(recorder: Recorder, thread: threading.Thread) -> bool:
    for _ in range(int(DEADLINE_S * 20)):
        if recorder.timed.wait(0.05):
            return True
        if not thread.is_alive():
            break
    recorder.events.append(["gave up"])
    return False


def contract() -> Contract:
    wished = Contract()
    vars(wished).update(WISH["contract"])
    return wished


def order() -> Order:
    wished = Order()
    known = {name: value for name, value in WISH["order"].items() if name in vars(wished)}
    vars(wished).update(known, totalQuantity=Decimal(WISH["order"]["totalQuantity"]))
    wished.algoParams = [TagValue(*pair) for pair in WISH["algoParams"]]
    return wished


logging.disable(logging.CRITICAL)
for number in VISITS:
    sys.stdout.write(json.dumps(visit(number)) + "\n")
    sys.stdout.flush()
