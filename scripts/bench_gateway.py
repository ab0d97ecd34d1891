"""Measure the gateway simulator as clients see it: a flood of ticks, many clients, a large account (issue 3, proof 4).

Run it alone with `python -m scripts.bench_gateway`; each `measure_` function is also a part for `make bench`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from qe_dashboard.core.clock import SystemClock
from qe_dashboard.model.enums import OrderSide
from qe_dashboard.model.identifiers import AccountId, InstrumentId, OrderKey
from qe_dashboard.sim_venue.events import NewOrder
from qe_dashboard.sim_venue.terms import VenueOrderType, VenueTerms, VenueTif
from qe_dashboard.sim_venue.venue import Venue, VenueConfig
from support.gateway_process import GatewayProcess, running_gateway
from support.gateway_wire import AAPL, frame, greeting

ACCOUNT = "DU1234567"
TICKS_PER_S = 50_000
FLOOD_S = 5.0
CLIENTS = 32
PINGS = 100
POSITIONS = 1000
ORDERS = 2000
SYNCS = 5
_CURRENT_TIME = b"49\0"


class RawClient:
    """A client that only cuts frames, so that it is never what limits."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._buffer = bytearray()
        self.messages = 0

    @classmethod
    async def connect(cls, gateway: GatewayProcess, client_id: int) -> RawClient:
        """Shake hands and start the session."""
        client = cls(*await asyncio.open_connection(gateway.host, gateway.port, limit=1 << 20))
        client._writer.write(greeting(176))
        await client.read()
        client.send(71, 2, client_id, "")
        await client.ping()
        return client

    def send(self, *fields: object) -> None:
        """Send a request."""
        self._writer.write(frame(fields))

    async def read(self) -> bool:
        """Take what arrived and count it; tell whether a currentTime was in it."""
        self._buffer += await self._reader.read(1 << 20)
        start, found = 0, False
        while len(self._buffer) - start >= 4:
            end = start + 4 + int.from_bytes(self._buffer[start : start + 4], "big")
            if end > len(self._buffer):
                break
            found = found or self._buffer.startswith(_CURRENT_TIME, start + 4)
            self.messages += 1
            start = end
        del self._buffer[:start]
        return found

    async def ping(self) -> float:
        """Return the seconds until reqCurrentTime was answered."""
        began = time.perf_counter()
        self.send(49, 1)
        while not await self.read():
            pass
        return time.perf_counter() - began

    def close(self) -> None:
        self._writer.close()


async def measure_flood() -> float:
    """Return the ticks a second that one client got while 50,000 were to be sent."""
    with running_gateway() as gateway:
        client = await RawClient.connect(gateway, 1)
        client.send(1, 11, 17, *AAPL, 0, "", 0, 0, "")
        await client.ping()
        gateway.control(f"flood {TICKS_PER_S}")
        await client.ping()
        client.messages, began = 0, time.perf_counter()
        while time.perf_counter() - began < FLOOD_S:
            await client.read()
        return client.messages / (time.perf_counter() - began)


async def measure_many() -> list[float]:
    """Return answer times in seconds of a gateway with 32 clients, each with three data lines."""
    with running_gateway() as gateway:
        clients = [await RawClient.connect(gateway, number) for number in range(CLIENTS)]
        for client in clients:
            for line in range(3):
                client.send(1, 11, line, *AAPL, 0, "", 0, 0, "")
        times = []
        for number in range(PINGS):
            times.append(await clients[number % CLIENTS].ping())
            await SystemClock().sleep(0.01)
        for client in clients:
            client.close()
        return times


async def measure_sync() -> list[float]:
    """Return the seconds ib_insync takes to connect to 1,000 positions and 2,000 open orders."""
    import ib_insync

    logging.getLogger("ib_insync").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "venue.json"
        state.write_text(json.dumps(large_account().snapshot()), encoding="utf-8")
        times = []
        with running_gateway("--extra-stocks", str(POSITIONS), state=state) as gateway:
            for _ in range(SYNCS):
                ib = ib_insync.IB()
                began = time.perf_counter()
                await ib.connectAsync(gateway.host, gateway.port, clientId=1, timeout=30)
                times.append(time.perf_counter() - began)
                found = len(ib.positions()), len(ib.openTrades())
                ib.disconnect()
                if found != (POSITIONS, ORDERS):
                    raise RuntimeError(f"synced {found} positions and orders")
        return times


def large_account() -> Venue:
    """Return a venue whose account holds 1,000 positions and has 2,000 orders open."""
    now = datetime.now(UTC)
    # Bought days ago: neither the fills nor the completed orders of that day are part of a start any more.
    bought = now - timedelta(days=4)
    config = VenueConfig(latency=timedelta(0), synthetic_stocks=POSITIONS)
    venue = Venue.create(
        seed=7, account=AccountId(ACCOUNT), now=bought, starting_cash=Decimal(10) ** 9, config=config
    )
    stocks = [one.id for one in venue.instruments if one.symbol.startswith("QE")]
    for number, stock in enumerate(stocks, start=1):
        venue.place(_order(number, stock, VenueOrderType.MARKET, None))
    venue.advance(now)
    for number in range(ORDERS):
        stock = stocks[number % POSITIONS]
        venue.place(_order(POSITIONS + 1 + number, stock, VenueOrderType.LIMIT, Decimal(1)))
    return venue


def _order(number: int, stock: InstrumentId, kind: VenueOrderType, limit: Decimal | None) -> NewOrder:
    terms = VenueTerms(
        instrument_id=stock,
        side=OrderSide.BUY,
        quantity=Decimal(1),
        order_type=kind,
        limit_price=limit,
        time_in_force=VenueTif.GTC,
    )
    return NewOrder(key=OrderKey(1, number), account=AccountId(ACCOUNT), order_ref="", terms=terms)


def measure() -> None:
    """Print the three measures beside their goals."""
    rate = asyncio.run(measure_flood())
    # Two in a hundred are the beats at either end of the measured time.
    verdict = "met" if rate >= 0.98 * TICKS_PER_S else "MISSED"
    print(f"  ticks to one client: {rate:,.0f} a second   goal >= {TICKS_PER_S:,}   {verdict}")
    answers = sorted(asyncio.run(measure_many()))
    middle, worst = answers[len(answers) // 2] * 1000, answers[-1] * 1000
    print(f"  {CLIENTS} clients: an answer takes {middle:.1f} ms, worst {worst:.1f} ms")
    syncs = asyncio.run(measure_sync())
    verdict = "met" if max(syncs) < 1 else "MISSED"
    shown = ", ".join(f"{seconds * 1000:.0f}" for seconds in syncs)
    print(f"  {POSITIONS:,} positions, {ORDERS:,} orders to ib_insync: {shown} ms   goal < 1000   {verdict}")


if __name__ == "__main__":
    measure()
