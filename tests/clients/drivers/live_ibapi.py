"""A session with the gateway itself over IBKR's ibapi: place an order, cancel it, print what came back."""

import json
import logging
import sys
import threading
from decimal import Decimal
from typing import Any

from ibapi.client import EClient  # type: ignore[import-not-found]
from ibapi.contract import Contract  # type: ignore[import-not-found]
from ibapi.order import Order  # type: ignore[import-not-found]
from ibapi.wrapper import EWrapper  # type: ignore[import-not-found]

HOST, PORT, DEADLINE_S = sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
WISH = json.loads(sys.argv[5])


class Session(EWrapper, EClient):  # type: ignore[misc]
    """Goes on from one callback to the next."""

    def __init__(self) -> None:
        EWrapper.__init__(self)
        EClient.__init__(self, self)
        self.seen: dict[str, Any] = {"order": {}, "statuses": [], "errors": [], "positions": 0}
        self.done = threading.Event()
        self._order_id = 0

    def nextValidId(self, orderId: int) -> None:  # noqa: N802, N803 - the library's own names
        self._order_id = orderId
        self.reqPositions()

    def position(self, *args: Any) -> None:
        self.seen["positions"] += 1

    def positionEnd(self) -> None:  # noqa: N802
        contract, order = Contract(), Order()
        vars(contract).update(WISH["contract"])
        known = {name: value for name, value in WISH["order"].items() if name in vars(order)}
        vars(order).update(known, totalQuantity=Decimal(WISH["order"]["totalQuantity"]))
        # Obsolete, refused by newer gateways, and set by default in this library.
        order.eTradeOnly = order.firmQuoteOnly = False
        self.placeOrder(self._order_id, contract, order)

    def openOrder(self, _: int, contract: Any, order: Any, state: Any) -> None:  # noqa: N802
        values = {name: getattr(order, name) for name in WISH["order"] if hasattr(order, name)}
        self.seen["order"] = {
            name: float(value) if isinstance(value, Decimal) else value for name, value in values.items()
        }

    def orderStatus(self, _: int, status: str, *rest: Any) -> None:  # noqa: N802
        self.seen["statuses"].append(status)
        if status == "Submitted":
            cancel = (self._order_id,)
            try:
                self.cancelOrder(*cancel)
            except TypeError:
                # The newer one wants the circumstances of the cancel.
                from ibapi.order_cancel import OrderCancel  # type: ignore[import-not-found]

                self.cancelOrder(self._order_id, OrderCancel())

    def error(self, _: int, *rest: Any) -> None:
        # The newer one has a time before the code.
        code = next((value for value in rest if isinstance(value, int) and 0 < value < 100_000), 0)
        self.seen["errors"].append(code)
        if code == 202:
            self.done.set()


logging.disable(logging.CRITICAL)
session = Session()
session.connect(HOST, PORT, 5)
thread = threading.Thread(target=session.run, daemon=True)
thread.start()
session.done.wait(DEADLINE_S)
session.disconnect()
thread.join(DEADLINE_S)
sys.stdout.write(json.dumps(session.seen) + "\n")
