"""Which request goes where: message id to layout and handler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from qe_dashboard.gateway_sim import encode_session, refusals
from qe_dashboard.gateway_sim import requests as rq
from qe_dashboard.gateway_sim.account_desk import AccountDesk
from qe_dashboard.gateway_sim.contract_desk import ContractDesk
from qe_dashboard.gateway_sim.decode_order import read_place_order
from qe_dashboard.gateway_sim.decoder import (
    Layout,
    plain,
    read_historical_data,
    read_market_data,
    versioned,
)
from qe_dashboard.gateway_sim.depth_desk import DepthDesk
from qe_dashboard.gateway_sim.execution_desk import ExecutionDesk
from qe_dashboard.gateway_sim.history_desk import HistoryDesk
from qe_dashboard.gateway_sim.hub import Client, Hub
from qe_dashboard.gateway_sim.order_desk import OrderDesk
from qe_dashboard.gateway_sim.pnl_desk import PnlDesk
from qe_dashboard.gateway_sim.quote_desk import QuoteDesk
from qe_dashboard.gateway_sim.reader import FieldReader
from qe_dashboard.gateway_sim.tick_desk import TickDesk

R = TypeVar("R")
Route = Callable[[Client, FieldReader], None]

START_API = 71

# Requests of the protocol that this gateway knows and does not serve; where their request id stands, if they have one.
UNSERVED: Mapping[int, int | None] = {
    12: None,
    13: None,
    18: None,
    21: 1,
    22: 0,
    24: None,
    52: 1,
    55: 1,
    79: 0,
    80: None,
    83: 0,
    84: 0,
    85: None,
    86: 0,
    100: 0,
    102: 0,
    104: 0,
}


def route(layout: Layout[R], handle: Callable[[Client, R], None]) -> Route:
    """Join a layout and its handler: read everything, check that nothing is left, then act."""

    def run(client: Client, reader: FieldReader) -> None:
        request = layout(reader)
        reader.finish()
        handle(client, request)

    return run


@dataclass(frozen=True, slots=True)
class Desks:
    """Who serves what."""

    contracts: ContractDesk
    orders: OrderDesk
    executions: ExecutionDesk
    account: AccountDesk
    pnl: PnlDesk
    quotes: QuoteDesk
    history: HistoryDesk
    depth: DepthDesk
    ticks: TickDesk


def build_routes(hub: Hub, desks: Desks) -> dict[int, Route]:
    """Return the handler of every request that is served once startApi was answered."""

    def current_time(client: Client, _: rq.Nothing) -> None:
        client.send(encode_session.current_time(hub.now()))

    served = {
        9: route(versioned(rq.ContractDetails), desks.contracts.contract_details),
        14: route(versioned(rq.ServerLogLevel), _ignore),
        49: route(versioned(rq.Nothing), current_time),
        78: route(plain(rq.OptionParameters), desks.contracts.option_parameters),
        81: route(plain(rq.MatchingSymbols), desks.contracts.matching_symbols),
        82: route(plain(rq.Nothing), desks.contracts.depth_exchanges),
        91: route(plain(rq.MarketRule), desks.contracts.market_rule),
    }
    unserved = {number: _unserved(number, place) for number, place in UNSERVED.items()}
    return served | _trading(desks) | _accounting(desks) | _market_data(desks) | unserved


def _trading(desks: Desks) -> dict[int, Route]:
    return {
        3: route(read_place_order, desks.orders.place),
        4: route(versioned(rq.CancelOrder), desks.orders.cancel),
        5: route(versioned(rq.Nothing), desks.orders.open_orders),
        8: route(versioned(rq.NextIds), desks.orders.request_ids),
        15: route(versioned(rq.AutoOpenOrders), desks.orders.auto_open_orders),
        16: route(versioned(rq.Nothing), desks.orders.all_open_orders),
        58: route(versioned(rq.Nothing), desks.orders.cancel_all),
        99: route(plain(rq.CompletedOrders), desks.orders.completed_orders),
    }


def _accounting(desks: Desks) -> dict[int, Route]:
    return {
        6: route(versioned(rq.AccountUpdates), desks.account.account_updates),
        7: route(versioned(rq.Executions), desks.executions.executions),
        17: route(versioned(rq.Nothing), desks.account.managed_accounts),
        61: route(versioned(rq.Nothing), desks.account.subscribe_positions),
        62: route(versioned(rq.AccountSummary), desks.account.summary),
        63: route(versioned(rq.ById), desks.account.cancel_summary),
        64: route(versioned(rq.Nothing), desks.account.cancel_positions),
        74: route(versioned(rq.ByAccount), desks.account.positions_multi),
        75: route(versioned(rq.ById), desks.account.cancel_positions_multi),
        76: route(versioned(rq.AccountUpdatesMulti), desks.account.account_updates_multi),
        77: route(versioned(rq.ById), desks.account.cancel_updates_multi),
        92: route(plain(rq.ByAccount), desks.pnl.pnl),
        93: route(plain(rq.ById), desks.pnl.cancel_pnl),
        94: route(plain(rq.PnlSingle), desks.pnl.pnl_single),
        95: route(plain(rq.ById), desks.pnl.cancel_pnl),
    }


def _market_data(desks: Desks) -> dict[int, Route]:
    return {
        1: route(read_market_data, desks.quotes.subscribe),
        2: route(versioned(rq.ById), desks.quotes.cancel),
        10: route(versioned(rq.MarketDepth), desks.depth.subscribe),
        11: route(versioned(rq.CancelDepth), desks.depth.cancel),
        20: route(read_historical_data, desks.history.historical_data),
        25: route(versioned(rq.ById), desks.history.cancel_historical_data),
        50: route(versioned(rq.RealTimeBars), desks.history.real_time_bars),
        51: route(versioned(rq.ById), desks.history.cancel_real_time_bars),
        59: route(versioned(rq.MarketDataType), desks.quotes.set_data_type),
        87: route(plain(rq.HeadTimestamp), desks.history.head_timestamp),
        88: route(plain(rq.Histogram), desks.ticks.histogram),
        89: route(plain(rq.ById), _ignore),
        90: route(plain(rq.ById), _ignore),
        96: route(plain(rq.HistoricalTicks), desks.ticks.historical_ticks),
        97: route(plain(rq.TickByTick), desks.ticks.subscribe),
        98: route(plain(rq.ById), desks.ticks.cancel),
    }


def _ignore(client: Client, _: object) -> None:
    """Take a request that asks for nothing, such as a log level."""


def _unserved(number: int, id_place: int | None) -> Route:
    """Answer a known request that this gateway does not serve: with error 321, so that nobody waits."""

    def refuse(client: Client, reader: FieldReader) -> None:
        about = refusals.NO_REQUEST
        if id_place is not None:
            for _ in range(id_place):
                reader.text("version")
            about = reader.integer("reqId")
        text = refusals.invalid(f"Request {number} is not simulated by this gateway")
        client.error(refusals.INVALID_REQUEST, text, about=about)

    return refuse
