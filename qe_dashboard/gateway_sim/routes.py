"""Which request goes where: message id to layout and handler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from qe_dashboard.gateway_sim import encode_session, refusals
from qe_dashboard.gateway_sim import requests as rq
from qe_dashboard.gateway_sim.account_desk import AccountDesk
from qe_dashboard.gateway_sim.contract_desk import ContractDesk
from qe_dashboard.gateway_sim.decode_order import read_place_order
from qe_dashboard.gateway_sim.decoder import Layout, plain, read_historical_data, read_market_data, versioned
from qe_dashboard.gateway_sim.execution_desk import ExecutionDesk
from qe_dashboard.gateway_sim.history_desk import HistoryDesk
from qe_dashboard.gateway_sim.hub import Client, Hub
from qe_dashboard.gateway_sim.order_desk import OrderDesk
from qe_dashboard.gateway_sim.quote_desk import QuoteDesk
from qe_dashboard.gateway_sim.reader import FieldReader

R = TypeVar("R")
Route = Callable[[Client, FieldReader], None]

START_API = 71

# Requests of the protocol that this gateway knows and does not serve; where their request id stands, if they have one.
UNSERVED: Mapping[int, int | None] = {
    10: 1,
    11: 1,
    12: None,
    13: None,
    18: None,
    21: 1,
    22: 0,
    24: None,
    52: 1,
    54: 1,
    55: 1,
    79: 0,
    80: None,
    83: 0,
    84: 0,
    85: None,
    86: 0,
    88: 0,
    96: 0,
    97: 0,
    98: 0,
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


def build_routes(
    *,
    hub: Hub,
    contracts: ContractDesk,
    orders: OrderDesk,
    executions: ExecutionDesk,
    account: AccountDesk,
    quotes: QuoteDesk,
    history: HistoryDesk,
) -> dict[int, Route]:
    """Return the handler of every request that is served once startApi was answered."""

    def current_time(client: Client, _: rq.Nothing) -> None:
        client.send(encode_session.current_time(hub.now()))

    def ignore(client: Client, _: object) -> None:
        """Take a request that asks for nothing, such as a log level."""

    served = {
        1: route(read_market_data, quotes.subscribe),
        2: route(versioned(rq.ById), quotes.cancel),
        3: route(read_place_order, orders.place),
        4: route(versioned(rq.CancelOrder), orders.cancel),
        5: route(versioned(rq.Nothing), orders.open_orders),
        6: route(versioned(rq.AccountUpdates), account.account_updates),
        7: route(versioned(rq.Executions), executions.executions),
        8: route(versioned(rq.NextIds), orders.request_ids),
        9: route(versioned(rq.ContractDetails), contracts.contract_details),
        14: route(versioned(rq.ServerLogLevel), ignore),
        15: route(versioned(rq.AutoOpenOrders), orders.auto_open_orders),
        16: route(versioned(rq.Nothing), orders.all_open_orders),
        17: route(versioned(rq.Nothing), account.managed_accounts),
        20: route(read_historical_data, history.historical_data),
        25: route(versioned(rq.ById), history.cancel_historical_data),
        49: route(versioned(rq.Nothing), current_time),
        50: route(versioned(rq.RealTimeBars), history.real_time_bars),
        51: route(versioned(rq.ById), history.cancel_real_time_bars),
        58: route(versioned(rq.Nothing), orders.cancel_all),
        59: route(versioned(rq.MarketDataType), quotes.set_data_type),
        61: route(versioned(rq.Nothing), account.subscribe_positions),
        62: route(versioned(rq.AccountSummary), account.summary),
        63: route(versioned(rq.ById), account.cancel_summary),
        64: route(versioned(rq.Nothing), account.cancel_positions),
        74: route(versioned(rq.ByAccount), account.positions_multi),
        75: route(versioned(rq.ById), ignore),
        76: route(versioned(rq.AccountUpdatesMulti), account.account_updates_multi),
        77: route(versioned(rq.ById), account.cancel_updates_multi),
        78: route(plain(rq.OptionParameters), contracts.option_parameters),
        81: route(plain(rq.MatchingSymbols), contracts.matching_symbols),
        82: route(plain(rq.Nothing), contracts.depth_exchanges),
        87: route(plain(rq.HeadTimestamp), history.head_timestamp),
        90: route(plain(rq.ById), ignore),
        91: route(plain(rq.MarketRule), contracts.market_rule),
        92: route(plain(rq.ByAccount), account.pnl),
        93: route(plain(rq.ById), account.cancel_pnl),
        94: route(plain(rq.PnlSingle), account.pnl_single),
        95: route(plain(rq.ById), account.cancel_pnl),
        99: route(plain(rq.CompletedOrders), orders.completed_orders),
    }
    return served | {number: _unserved(number, place) for number, place in UNSERVED.items()}


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
