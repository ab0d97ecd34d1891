"""Letting real client libraries, each in a process and an environment of its own, visit the gallery."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GOLDEN = HERE / "golden"
# A client that misunderstood gives up after this; nothing waits this long when all is well.
DEADLINE_S = 10.0
# What a mutated visit may take: clients that lose track wait for what never comes.
MUTANT_DEADLINE_S = 3.0
PLAIN_VISIT = 51

Events = list[list[Any]]

ORDER_DIFFERENCES: dict[str, dict[str, Any]] = {
    # It sends a volatility with orders of type VOL only (reference 4.4).
    "ib_async": {"extended.volatility": None},
    # It speaks version 157, and two obsolete flags are set in it by default.
    "ibapi": {
        "extended.e_trade_only": True,
        "extended.firm_quote_only": True,
        "adjusted.use_price_management_algo": None,
        "adjusted.duration": None,
        "adjusted.post_to_ats": None,
        "adjusted.auto_cancel_parent": False,
        "adjusted.advanced_error_override": "",
        "adjusted.manual_order_time": "",
    },
    "nautilus_ibapi": {"adjusted.use_price_management_algo": None},
    "stoqey": {"adjusted.use_price_management_algo": None, "contract.primary_exchange": ""},
}


@dataclass(frozen=True, slots=True)
class Client:
    """A client library: the command that starts its driver, and the name of what it should see."""

    name: str
    golden: str
    command: tuple[str, ...]
    live: tuple[str, ...]
    library: str = "-"
    environment: dict[str, str] = field(default_factory=dict)

    def visit(self, port: int, visits: Sequence[int], *, deadline_s: float = DEADLINE_S) -> Iterator[Events]:
        """Yield what it makes of the gallery, visit by visit."""
        numbers = ",".join(map(str, visits))
        process = subprocess.Popen(
            [*self.command, self.library, str(port), numbers, str(deadline_s)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **self.environment},
        )
        assert process.stdout is not None
        with process, process.stdout:
            for line in process.stdout:
                yield json.loads(line)

    def trade(self, host: str, port: int) -> dict[str, Any]:
        """Return what came back of a session with the gateway itself: an order placed and cancelled."""
        arguments = [*self.live, self.library, host, str(port), str(DEADLINE_S), json.dumps(live_wish())]
        environment = {**os.environ, **self.environment}
        done = subprocess.run(
            arguments, capture_output=True, text=True, env=environment, timeout=3 * DEADLINE_S, check=False
        )
        seen: dict[str, Any] = json.loads(done.stdout) if done.stdout else {"failed": done.stderr[-1000:]}
        return seen

    def wanted(self) -> Events:
        """Return what it should see."""
        events: Events = json.loads((GOLDEN / f"{self.golden}.json").read_text(encoding="utf-8"))
        return events


@dataclass(frozen=True, slots=True)
class Gallery:
    """A running gallery and what it says about the orders that it reads."""

    port: int
    output: IO[str]

    def order_read(self) -> Any:
        """Return the next order that arrived, decoded."""
        return json.loads(self.output.readline())


@contextmanager
def open_gallery() -> Iterator[Gallery]:
    """Run a gallery for a block."""
    paths = os.pathsep.join([str(ROOT), str(HERE.parent)])
    process = subprocess.Popen(
        [sys.executable, str(HERE / "gallery.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        try:
            yield Gallery(int(process.stdout.readline()), process.stdout)
        finally:
            process.kill()


def library_client(name: str, python: str) -> Client:
    """Return ib_insync or ib_async in some interpreter's environment."""
    driver, live = (str(HERE / "drivers" / file) for file in ("ib_library.py", "live_ib_library.py"))
    return Client(f"{name} ({python})", name, (python, driver), (python, live), library=name)


def ibapi_client(name: str, python: str) -> Client:
    """Return one of the ibapi packages in an environment of its own."""
    driver, live = (str(HERE / "drivers" / file) for file in ("ibapi_client.py", "live_ibapi.py"))
    return Client(name, name, (python, driver), (python, live))


def stoqey_client(node: str, package: Path) -> Client:
    """Return @stoqey/ib, installed as `package`."""
    driver, live = (str(HERE / "drivers" / file) for file in ("stoqey.js", "live_stoqey.js"))
    places = {"STOQEY_IB": str(package)}
    return Client("@stoqey/ib", "stoqey", (node, driver), (node, live), environment=places)


def order_wanted(golden: str) -> Any:
    """Return how the gateway should have read the test order of a client.

    The clients differ in a few fields: old ones do not know the newest, some refuse to send what is obsolete.
    """
    order = json.loads((GOLDEN / "order_read.json").read_text(encoding="utf-8"))
    for place, value in ORDER_DIFFERENCES.get(golden, {}).items():
        *groups, name = place.split(".")
        target = order
        for group in groups:
            target = target[group]
        target[name] = value
    return order


# Terms that the venue behind the gateway does not know, or that another order type has.
_NOT_SERVED = (
    *(
        "auxPrice",
        "parentId",
        "goodAfterTime",
        "goodTillDate",
        "allOrNone",
        "minQty",
        "cashQty",
        "algoStrategy",
    ),
    *("algoId", "adjustedOrderType", "hedgeType", "hedgeParam", "scalePriceIncrement"),
    # Known in some of the clients only, so that each sends it or not.
    *("duration", "postToAts", "autoCancelParent", "advancedErrorOverride", "manualOrderTime", "volatility"),
)
_NOT_SERVED_GROUPS = ("deltaNeutral", "scale")
# What openOrder does not carry back.
NOT_SENT_BACK = {
    *(
        "overridePercentageConstraints",
        "scaleTable",
        "activeStartTime",
        "activeStopTime",
        "algoId",
        "extOperator",
    ),
    *("mifid2DecisionMaker", "mifid2DecisionAlgo", "mifid2ExecutionTrader", "mifid2ExecutionAlgo"),
    *("advancedErrorOverride", "manualOrderTime"),
}


def live_wish() -> dict[str, Any]:
    """Return the order for the gateway itself: everything of the test order that its venue can honour."""
    wish: dict[str, Any] = json.loads((HERE / "order.json").read_text(encoding="utf-8"))
    order = {
        name: value
        for name, value in wish["order"].items()
        if name not in _NOT_SERVED and not name.startswith(_NOT_SERVED_GROUPS)
    }
    # Far below the market, so that it rests.
    return {"contract": wish["contract"], "order": order | {"action": "BUY", "tif": "GTC"}}


def check_live(client: Client, host: str, port: int) -> str:
    """Let a client trade with the gateway itself; say what is wrong, empty when nothing is."""
    seen = client.trade(host, port)
    if seen.get("statuses") != ["PreSubmitted", "Submitted", "Cancelled"] or 202 not in seen["errors"]:
        return f"the session went wrong: {json.dumps(seen)[:1500]}"
    wished = live_wish()["order"]
    shared = [name for name in wished if name in seen["order"] and name not in NOT_SENT_BACK]
    wrong = {
        name: (wished[name], seen["order"][name])
        for name in shared
        if not same(wished[name], seen["order"][name])
    }
    if wrong or len(shared) < 40:
        return f"of {len(shared)} fields came back changed: {wrong}"
    return ""


def same(wanted: object, seen: object) -> bool:
    """Compare a value with what a client made of it: libraries differ in types, not in values."""
    if isinstance(wanted, bool):
        return bool(seen) == wanted
    if isinstance(wanted, int | float) and isinstance(seen, str | int | float):
        return float(seen) == float(wanted)
    return wanted == seen


def check(client: Client, gallery: Gallery) -> str:
    """Let a client visit once; say what is wrong, empty when nothing is."""
    visits = list(client.visit(gallery.port, [PLAIN_VISIT]))
    if len(visits) != 1:
        return "its driver ended without an answer"
    wrong = difference(client.wanted(), visits[0])
    if wrong:
        return wrong
    read = gallery.order_read()
    return "" if read == order_wanted(client.golden) else f"its order arrived as {json.dumps(read)[:2000]}"


def difference(wanted: Events, seen: Events) -> str:
    """Say where two lists of events part; empty when they do not."""
    for number in range(max(len(wanted), len(seen))):
        left = wanted[number] if number < len(wanted) else None
        right = seen[number] if number < len(seen) else None
        if left != right:
            return f"event {number}: wanted {json.dumps(left)[:400]}, saw {json.dumps(right)[:400]}"
    return ""
