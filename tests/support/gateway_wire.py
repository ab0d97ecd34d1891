"""A gateway in this process and clients that speak to it in raw fields: no socket, no real time.

The layouts here are written down from the protocol reference, not taken from the code under test.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from qe_dashboard.core.clock import ManualClock
from qe_dashboard.gateway_sim.faults import Faults
from qe_dashboard.gateway_sim.gateway import Gateway
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.sim_venue.venue import Venue, VenueConfig

ACCOUNT = "DU1234567"
# A Wednesday, ten in the morning in New York.
MORNING = datetime(2026, 3, 11, 14, 0, tzinfo=UTC)
LATENCY_S = 0.03

AAPL = ["0", "AAPL", "STK", "", "0.0", "", "", "SMART", "", "USD", "", ""]
MNQ = ["0", "MNQ", "FUT", "202603", "0.0", "", "", "CME", "", "USD", "", ""]


def words(text: str) -> list[str]:
    """Split a line of names or values, which reads better than a list of strings."""
    return text.split()


def frame(fields: Iterable[object]) -> bytes:
    """Frame fields as a client does."""
    payload = "".join(f"{field}\0" for field in fields).encode()
    return len(payload).to_bytes(4, "big") + payload


def greeting(version: int) -> bytes:
    """Return a client's first bytes."""
    versions = f"v100..{version}".encode()
    return b"API\0" + len(versions).to_bytes(4, "big") + versions


def unframe(data: bytes) -> list[list[str]]:
    """Split what a server wrote into messages of fields."""
    messages = []
    while data:
        length = int.from_bytes(data[:4], "big")
        payload, data = data[4 : 4 + length], data[4 + length :]
        assert len(payload) == length, "the server wrote half a frame"
        assert payload.endswith(b"\0"), "every field ends with NUL"
        messages.append(payload.decode("ascii").split("\0")[:-1])
    return messages


class MemoryTransport(asyncio.Transport):
    """A socket that keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("memory", 0)})
        self.written = b""
        self.writes = 0
        self.closed = False
        self.half_closed = False

    def write_eof(self) -> None:
        self.half_closed = True

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        self.written += bytes(data)
        self.writes += 1

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True


class GatewayWorld:
    """A gateway on a manual clock. Time passes only through `pass_time`."""

    def __init__(self, *, venue: Venue | None = None, start: datetime = MORNING) -> None:
        self.clock = ManualClock(start)
        config = VenueConfig(latency=timedelta(seconds=LATENCY_S))
        self.venue = venue or Venue.create(
            seed=7, account=AccountId(ACCOUNT), now=start, starting_cash=Decimal(1_000_000), config=config
        )
        self.saves = 0
        self.orders_read = 0
        self.gateway = Gateway(
            venue=self.venue,
            clock=self.clock,
            faults=Faults(),
            save=self._save,
            on_order_read=self._order_read,
            latency=config.latency,
        )
        self.gateway.start()

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, everything due happens."""
        await self.clock.advance_async(seconds)

    async def client(self, client_id: int = 1, *, version: int = 176) -> WireClient:
        """Connect a client and take what the start of a session sends."""
        client = WireClient(self, version)
        client.receive(greeting(version))
        client.request(71, 2, client_id, "")
        self.start_messages = await client.take()
        return client

    def _save(self, venue: Venue) -> None:
        self.saves += 1

    def _order_read(self) -> None:
        self.orders_read += 1


class WireClient:
    """A client of a `GatewayWorld`."""

    def __init__(self, world: GatewayWorld, version: int) -> None:
        self.world = world
        self.version = version
        self.transport = MemoryTransport()
        self.session = world.gateway.new_session()
        self.session.connection_made(self.transport)

    def receive(self, data: bytes) -> None:
        """Let bytes arrive at the server."""
        self.session.data_received(data)

    def request(self, *fields: object) -> None:
        """Send one request."""
        self.receive(frame(fields))

    async def take(self) -> list[list[str]]:
        """Return the messages written since the last call."""
        await asyncio.sleep(0)
        data, self.transport.written = self.transport.written, b""
        return unframe(data)

    async def ask(self, *fields: object) -> list[list[str]]:
        """Send a request and return what is answered at once."""
        await self.take()
        self.request(*fields)
        return await self.take()

    async def order(self, **terms: object) -> list[list[str]]:
        """Send a placeOrder, let the venue's latency pass, and return what came."""
        await self.take()
        self.request(*place_order(self.version, **terms))
        await self.world.pass_time(2 * LATENCY_S)
        return await self.take()

    def hang_up(self) -> None:
        """Close the client's end."""
        self.session.connection_lost(None)


_HEAD = "orderId"
_CONTRACT = (
    "conId symbol secType lastTradeDate strike right multiplier exchange primaryExchange currency localSymbol "
    "tradingClass secIdType secId"
)
_MAIN = (
    "action totalQuantity orderType lmtPrice auxPrice tif ocaGroup account openClose origin orderRef transmit "
    "parentId blockOrder sweepToFill displaySize triggerMethod outsideRth hidden"
)
_MIDDLE = (
    "sharesAllocation discretionaryAmt goodAfterTime goodTillDate faGroup faMethod faPercentage faProfile modelCode "
    "shortSaleSlot designatedLocation exemptCode ocaType rule80A settlingFirm allOrNone minQty percentOffset "
    "eTradeOnly firmQuoteOnly nbboPriceCap auctionStrategy startingPrice stockRefPrice delta stockRangeLower "
    "stockRangeUpper overridePercentageConstraints volatility volatilityType deltaNeutralOrderType "
    "deltaNeutralAuxPrice"
)
_TAIL = (
    "continuousUpdate referencePriceType trailStopPrice trailingPercent scaleInitLevelSize scaleSubsLevelSize "
    "scalePriceIncrement scaleTable activeStartTime activeStopTime hedgeType optOutSmartRouting clearingAccount "
    "clearingIntent notHeld hasDeltaNeutral algoStrategy algoId whatIf orderMiscOptions solicited randomizeSize "
    "randomizePrice nConditions adjustedOrderType triggerPrice lmtPriceOffset adjustedStopPrice "
    "adjustedStopLimitPrice adjustedTrailingAmount adjustableTrailingUnit extOperator softTierName softTierValue "
    "cashQty mifid2DecisionMaker mifid2DecisionAlgo mifid2ExecutionTrader mifid2ExecutionAlgo "
    "dontUseAutoPriceForHedge isOmsContainer discretionaryUpToLimitPrice usePriceMgmtAlgo"
)
_LATER = {
    "duration": 158,
    "postToAts": 160,
    "autoCancelParent": 162,
    "advancedErrorOverride": 166,
    "manualOrderTime": 169,
}
_TEXTS = {
    "orderId": "1",
    "symbol": "AAPL",
    "secType": "STK",
    "strike": "0.0",
    "exchange": "SMART",
    "currency": "USD",
    "action": "BUY",
    "totalQuantity": "10",
    "orderType": "LMT",
    "transmit": "1",
    "tif": "DAY",
    "exemptCode": "-1",
    "discretionaryAmt": "0.0",
}
_ZEROES = words(
    "conId origin parentId blockOrder sweepToFill displaySize triggerMethod outsideRth hidden shortSaleSlot ocaType "
    "allOrNone eTradeOnly firmQuoteOnly auctionStrategy overridePercentageConstraints continuousUpdate "
    "optOutSmartRouting notHeld hasDeltaNeutral whatIf solicited randomizeSize randomizePrice nConditions "
    "adjustableTrailingUnit dontUseAutoPriceForHedge isOmsContainer discretionaryUpToLimitPrice usePriceMgmtAlgo "
    "autoCancelParent"
)


def order_field_names(version: int) -> list[str]:
    """Return the names of placeOrder's fields after the message id, plain stock order (reference 4.4)."""
    names = " ".join((_HEAD, _CONTRACT, _MAIN, _MIDDLE, _TAIL)).split()
    if version >= 177:
        names.remove("faProfile")
    return names + [name for name, since in _LATER.items() if version >= since]


def place_order(version: int, **terms: object) -> list[str]:
    """Build a placeOrder as ib_insync would, with some terms of its own."""
    names = order_field_names(version)
    unknown = terms.keys() - set(names) - set(_LATER) - {"faProfile"}
    assert not unknown, f"no such order field: {unknown}"
    values = {name: _TEXTS.get(name, "0" if name in _ZEROES else "") for name in names}
    return ["3", *(str(terms.get(name, values[name])) for name in names)]
