"""Executions and commissions: live to the client that traded, all of the day on request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from qe_dashboard.gateway_sim import encode_executions as encode
from qe_dashboard.gateway_sim import refusals
from qe_dashboard.gateway_sim import requests as rq
from qe_dashboard.gateway_sim.encode_contracts import home_exchange
from qe_dashboard.gateway_sim.encode_executions import EXECUTION_ZONE, ExecutionRow
from qe_dashboard.gateway_sim.hub import Client, Hub
from qe_dashboard.gateway_sim.timestamps import parse_client_time
from qe_dashboard.model.enums import OrderSide
from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.model.order import Fill
from qe_dashboard.model.reports import CommissionReport
from qe_dashboard.sim_venue.events import Executed

_SIDES = {"": None, "BUY": OrderSide.BUY, "BOT": OrderSide.BUY, "SELL": OrderSide.SELL, "SLD": OrderSide.SELL}


class ExecutionDesk:
    """Reports what traded."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def executions(self, client: Client, request: rq.Executions) -> None:
        """Answer reqExecutions with the day's executions that fit the filter, each followed by its commission."""
        try:
            since = parse_client_time(request.time, zone=EXECUTION_ZONE) if request.time else None
        except ValueError as error:
            client.error(refusals.INVALID_REQUEST, refusals.invalid(str(error)), about=request.req_id)
            return
        for row in self._rows(since=max(since or self._midnight(), self._midnight())):
            if self._fits(row, request):
                client.send(encode.execution_details(client.version, request.req_id, row))
                fill = row.fill
                if fill.commission is not None:
                    client.send(
                        encode.commission_report(
                            fill.exec_id, commission=fill.commission, realized=fill.realized
                        )
                    )
        client.send(encode.execution_details_end(request.req_id))

    def on_executed(self, event: Executed) -> None:
        """Report an execution to those who watch its order."""
        fill = replace(event.fill, key=self._hub.wire_key(event.fill.key))
        row = ExecutionRow(fill, event.instrument, self._hub.account, event.cum_quantity, event.avg_price)
        for client in self._hub.watchers(event.fill.key):
            client.send(encode.execution_details(client.version, encode.LIVE, row))

    def on_commissions(self, key: OrderKey, reports: Sequence[CommissionReport]) -> None:
        """Report the commissions of executions to those who watch their order."""
        for client in self._hub.watchers(key):
            for report in reports:
                client.send(
                    encode.commission_report(
                        report.exec_id, commission=report.commission, realized=report.realized
                    )
                )

    def _rows(self, *, since: datetime) -> Iterator[ExecutionRow]:
        """Yield executions from a time on, with the running totals of their orders."""
        filled: dict[OrderKey, tuple[Decimal, Decimal]] = {}
        for fill in self._hub.venue.executions():
            quantity, cost = filled.get(fill.key, (Decimal(0), Decimal(0)))
            quantity, cost = quantity + fill.quantity, cost + fill.quantity * fill.price
            filled[fill.key] = (quantity, cost)
            instrument = self._hub.venue.instrument(fill.instrument_id)
            if fill.at >= since and instrument is not None:
                shown = replace(fill, key=self._hub.wire_key(fill.key))
                yield ExecutionRow(shown, instrument, self._hub.account, quantity, cost / quantity)

    def _fits(self, row: ExecutionRow, request: rq.Executions) -> bool:
        """Apply the filter; its empty fields and client 0 match everything."""
        fill: Fill = row.fill
        return (
            request.client_id in (0, fill.key.client_id)
            and (request.account == "" or self._hub.is_own_account(request.account))
            and request.symbol.upper() in ("", row.instrument.symbol)
            and request.sec_type.upper() in ("", row.instrument.sec_type.value)
            and request.exchange.upper() in ("", row.instrument.exchange, home_exchange(row.instrument))
            and _SIDES.get(request.side.upper(), fill.side) in (None, fill.side)
        )

    def _midnight(self) -> datetime:
        """TWS knows executions since midnight of its own zone."""
        local = self._hub.venue.now.astimezone(ZoneInfo(EXECUTION_ZONE))
        return local.replace(hour=0, minute=0, second=0, microsecond=0)
