"""Every message of the gateway once, each field with a value of its own, for real clients to read back.

Run as a process: `python gallery.py` listens on a free port, prints it, and shows every client that connects the whole
gallery. What it sends is wrong on purpose for client ids that name a mutation (see `mutations.py`).
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from clients.mutations import Mutation, mutated
from qe_dashboard.gateway_sim import encode_account as account
from qe_dashboard.gateway_sim import encode_contracts as contracts
from qe_dashboard.gateway_sim import encode_data as data
from qe_dashboard.gateway_sim import encode_executions as executions
from qe_dashboard.gateway_sim import encode_orders as orders
from qe_dashboard.gateway_sim import encode_session as session
from qe_dashboard.gateway_sim import encode_ticks as ticks
from qe_dashboard.gateway_sim.decode_order import read_place_order
from qe_dashboard.gateway_sim.framing import FrameReader
from qe_dashboard.gateway_sim.handshake import PREFIX, negotiate
from qe_dashboard.gateway_sim.order_request import PlaceOrder
from qe_dashboard.gateway_sim.order_view import Completion, Margins, OrderState, OrderView
from qe_dashboard.gateway_sim.reader import FieldReader
from qe_dashboard.model.enums import OrderSide, SecType
from qe_dashboard.model.identifiers import AccountId, ExecId, OrderKey
from qe_dashboard.model.instrument import Instrument, Session, TickRule, instrument_id
from qe_dashboard.model.money import Money
from qe_dashboard.model.order import Fill

D = Decimal
# The client id in messages about orders; the visitor's own may name a mutation.
PRETENDED_CLIENT = 51
ACCOUNT = "DU1234567"
AT = datetime(2026, 3, 11, 14, 30, 5, tzinfo=UTC)
DAY = (datetime(2026, 3, 11, 13, 30, tzinfo=UTC), datetime(2026, 3, 11, 20, 0, tzinfo=UTC))
LONG_DAY = (datetime(2026, 3, 11, 8, 0, tzinfo=UTC), datetime(2026, 3, 12, 0, 0, tzinfo=UTC))
EPOCH = int(AT.timestamp())


def future() -> Instrument:
    """Return a contract in which hardly two terms are the same."""
    return Instrument(
        id=instrument_id(symbol="MNQ", sec_type=SecType.FUTURE, currency="USD", expiry=date(2026, 6, 19)),
        symbol="MNQ",
        sec_type=SecType.FUTURE,
        exchange="CME",
        currency="USD",
        multiplier=D(2),
        tick_rules=(TickRule(D(0), D("0.25")), TickRule(D(100), D("0.5"))),
        primary_exchange="CME",
        local_symbol="MNQM6",
        trading_class="MNQX",
        name="Micro Né \\ 100",
        con_id=770202606,
        expiry=date(2026, 6, 19),
        time_zone="America/Chicago",
        trading_hours=(Session(*LONG_DAY),),
        liquid_hours=(Session(*DAY),),
        min_size=D(3),
        size_increment=D(4),
    )


def pictures(version: int) -> Iterator[bytes]:
    """Yield the gallery's messages but those about the client's own order."""
    yield from _session(version)
    yield from _market_data()
    yield from _single_ticks()
    yield from _account()
    yield from _contracts(version)
    yield from _executions(version)


def _session(version: int) -> Iterator[bytes]:
    yield session.error(version, about=11, code=399, text="Order Message: \\ été")


def _market_data() -> Iterator[bytes]:
    yield data.tick_request_parameters(12, D("0.05"), "bbo-exchange")
    yield data.market_data_type(12, 3)
    yield data.tick_price(12, 1, D("101.5"), D(102), mask=1)
    yield data.tick_size(12, 5, D(103))
    yield data.tick_generic(12, 49, D(1))
    yield data.tick_string(12, 45, "1773239405")
    yield data.tick_snapshot_end(13)
    bar = data.BarRow("1773239400", D(10), D(15), D(5), D(12), D(1000), D("11.5"), 77)
    yield data.historical_data(
        14, "20260311 14:00:00", "20260311 14:30:00", [bar, dataclasses.replace(bar, count=78)]
    )
    yield data.historical_data_update(15, bar)
    yield data.real_time_bar(16, bar)
    yield data.head_timestamp(17, "1773239401")


def _single_ticks() -> Iterator[bytes]:
    trade = ticks.TradeTick(EPOCH, D("201.5"), D(202), "ISLAND")
    quote = ticks.QuoteTick(EPOCH + 1, D("203.5"), D("204.5"), D(205), D(206))
    row = ticks.DepthRow(D("207.5"), D(208), "ARCA")
    yield ticks.market_depth(21, 2, operation=ticks.UPDATE, side=ticks.ASK_SIDE, row=row)
    yield ticks.market_depth_l2(22, 3, operation=ticks.UPDATE, side=ticks.ASK_SIDE, row=row, is_smart=True)
    yield ticks.tick_by_tick_trade(23, ticks.TickKind.ALL_LAST, trade)
    yield ticks.tick_by_tick_quote(24, quote)
    yield ticks.tick_by_tick_middle(25, quote)
    yield ticks.historical_middles(26, [quote], done=True)
    yield ticks.historical_quotes(27, [quote], done=True)
    yield ticks.historical_trades(28, [trade], done=True)
    yield ticks.histogram(29, [(D("209.5"), D(210)), (D("211.5"), D(212))])


def _account() -> Iterator[bytes]:
    value = account.AccountValue("NetLiquidation", "1000301.00", "USD")
    row = account.PositionRow(future(), D(7), D(42000), D("21001.25"), D("294017.5"), D("17.5"), D("-3.25"))
    yield account.account_value(value, account=ACCOUNT)
    yield account.portfolio(row, account=ACCOUNT)
    yield account.account_time(datetime(2026, 3, 11, 9, 31, tzinfo=UTC))
    yield account.account_download_end(ACCOUNT)
    yield account.position(row, account=ACCOUNT)
    yield account.position_end()
    yield account.account_summary(31, value, account=ACCOUNT)
    yield account.account_summary_end(31)
    yield account.position_multi(32, row, account=ACCOUNT, model="model-a")
    yield account.position_multi_end(32)
    yield account.account_update_multi(33, value, account=ACCOUNT, model="model-b")
    yield account.account_update_multi_end(33)
    yield account.pnl(34, daily=D("1.5"), unrealized=D("2.5"), realized=D("3.5"))
    yield account.pnl_single(35, quantity=D(8), daily=D("4.5"), unrealized=D("5.5"), value=D("6.5"))


def _contracts(version: int) -> Iterator[bytes]:
    yield contracts.contract_details(version, 41, future(), rule_id=239, today=AT)
    yield contracts.contract_details_end(41)
    yield contracts.symbol_samples(version, 42, [future()])
    yield contracts.market_rule(43, future().tick_rules)
    yield contracts.depth_exchanges()
    yield contracts.option_parameters_end(44)


def _executions(version: int) -> Iterator[bytes]:
    fill = Fill(
        exec_id=ExecId("0000e0d5.67fe667b.01.01"),
        key=OrderKey(51, 52),
        perm_id=1053,
        order_ref="fill-ref",
        account=AccountId(ACCOUNT),
        instrument_id=future().id,
        side=OrderSide.SELL,
        quantity=D(54),
        price=D("55.25"),
        currency="USD",
        at=AT,
    )
    row = executions.ExecutionRow(fill, future(), ACCOUNT, D(56), D("57.25"))
    yield executions.execution_details(version, 58, row)
    yield executions.execution_details_end(58)
    commission = Money(D("1.24"), "USD")
    yield executions.commission_report(
        str(fill.exec_id), commission=commission, realized=Money(D("9.5"), "USD")
    )


def about_order(version: int, client_id: int, sent: PlaceOrder) -> Iterator[bytes]:
    """Yield what a gateway says about an order, with margins as in a what-if."""
    sides = (
        (D("501.5"), D("502.5"), D("503.5")),
        (D("504.5"), D("505.5"), D("506.5")),
        (D("507.5"), D("508.5"), D("509.5")),
    )
    state = OrderState("Submitted", Margins(*sides), D("1.75"), "USD", "warning text")
    view = OrderView(sent.order_id, client_id, 1061, ACCOUNT, future(), "EXCH", sent, state)
    yield orders.open_order(version, view)
    yield orders.open_order_end()
    yield orders.order_status(
        view,
        filled=D(62),
        remaining=D(63),
        average_price=D("64.25"),
        last_price=D("65.25"),
        why_held="child,trigger",
    )
    done = Completion("20260311 10:30:06 US/Eastern", "Filled Size: 66", D(66))
    yield orders.completed_order(version, view, done)
    yield orders.completed_orders_end()


class Visitor(asyncio.Protocol):
    """One client: the handshake, the gallery, and its own order back."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._frames = FrameReader()
        self._start = b""
        self._version = 0
        self._client_id = 0

    def data_received(self, received: bytes) -> None:
        if len(self._start) < len(PREFIX):
            taken = received[: len(PREFIX) - len(self._start)]
            self._start += taken
            received = received[len(taken) :]
        for payload in self._frames.feed(received):
            self._receive(payload)

    def _receive(self, payload: bytes) -> None:
        if not self._version:
            self._version = negotiate(payload)
            self._transport.write(session.version_choice(self._version, AT))
            return
        fields = payload.decode().split("\0")[:-1]
        if fields[0] == "71":
            self._client_id = int(fields[2])
            self._transport.write(session.managed_accounts([ACCOUNT]) + session.next_valid_id(7001))
        elif fields[0] == "49":
            self._show(pictures(self._version))
            self._transport.write(session.current_time(AT))
        elif fields[0] == "3":
            reader = FieldReader(fields[1:], version=self._version)
            sent = read_place_order(reader)
            reader.finish()
            self._show(about_order(self._version, PRETENDED_CLIENT, sent))
            # Nobody reads what mutated visits brought; the pipe would fill.
            if Mutation.named(self._client_id) is None:
                sys.stdout.write(json.dumps(plain(sent), sort_keys=True) + "\n")
                sys.stdout.flush()
            self._transport.write(session.current_time(AT))

    def _show(self, messages: Iterator[bytes]) -> None:
        for message in messages:
            self._transport.write(mutated(message, self._client_id))


def plain(value: Any) -> Any:
    """Return a decoded order as JSON has it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return str(value.normalize()) if isinstance(value, Decimal) else value


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Visitor, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    # The end of the input is the end of the gallery, so that none outlives whoever started it.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
