"""Profit and loss lines, of the account and of single positions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from qe_dashboard.gateway_sim import encode_account as encode
from qe_dashboard.gateway_sim import requests as rq
from qe_dashboard.gateway_sim.account_desk import Slot, check_account
from qe_dashboard.gateway_sim.hub import Client, Hub


@dataclass(slots=True)
class _Pnl:
    """A profit and loss line; `con_id` None is the whole account."""

    con_id: int | None = None
    sent: bytes = b""


class PnlDesk:
    """Answers reqPnL and reqPnLSingle, and keeps their subscribers up to date."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._pnl: dict[Slot, _Pnl] = {}

    def pnl(self, client: Client, request: rq.ByAccount) -> None:
        """Answer reqPnL and keep reporting it while it changes."""
        if check_account(self._hub, client, request.account, request.req_id):
            self._pnl[client, request.req_id] = _Pnl()
            self._send_pnl(client, request.req_id)

    def pnl_single(self, client: Client, request: rq.PnlSingle) -> None:
        """Answer reqPnLSingle and keep reporting it while it changes."""
        if check_account(self._hub, client, request.account, request.req_id):
            self._pnl[client, request.req_id] = _Pnl(con_id=request.con_id)
            self._send_pnl(client, request.req_id)

    def cancel_pnl(self, client: Client, request: rq.ById) -> None:
        """Handle cancelPnL and cancelPnLSingle."""
        self._pnl.pop((client, request.req_id), None)

    def send_changes(self) -> None:
        """Report the profit and loss lines that changed."""
        for client, req_id in self._pnl:
            self._send_pnl(client, req_id)

    def forget(self, client: Client) -> None:
        """Drop the lines of a session that ended."""
        for slot in [slot for slot in self._pnl if slot[0] is client]:
            del self._pnl[slot]

    def _send_pnl(self, client: Client, req_id: int) -> None:
        line = self._pnl[client, req_id]
        data = self._account_pnl(req_id) if line.con_id is None else self._single_pnl(req_id, line.con_id)
        if data != line.sent:
            line.sent = data
            client.send(data)

    def _account_pnl(self, req_id: int) -> bytes:
        values = self._hub.venue.account_values()
        daily = values.realized_pnl + values.unrealized_pnl
        return encode.pnl(req_id, daily=daily, unrealized=values.unrealized_pnl, realized=values.realized_pnl)

    def _single_pnl(self, req_id: int, con_id: int) -> bytes:
        for position in self._hub.venue.positions():
            if position.instrument.con_id == con_id:
                return encode.pnl_single(
                    req_id,
                    quantity=position.quantity,
                    daily=position.realized_pnl + position.unrealized_pnl,
                    unrealized=position.unrealized_pnl,
                    value=position.market_value,
                )
        return encode.pnl_single(req_id, quantity=Decimal(0), daily=None, unrealized=None, value=None)
