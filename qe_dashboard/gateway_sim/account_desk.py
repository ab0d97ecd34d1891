"""The account: values, portfolio, positions, profit and loss, to whoever asked for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from qe_dashboard.gateway_sim import encode_account as encode
from qe_dashboard.gateway_sim import refusals
from qe_dashboard.gateway_sim import requests as rq
from qe_dashboard.gateway_sim.account_values import account_rows, changed, position_row, summary_rows
from qe_dashboard.gateway_sim.encode_account import AccountValue
from qe_dashboard.gateway_sim.encode_session import managed_accounts
from qe_dashboard.gateway_sim.hub import Client, Hub
from qe_dashboard.sim_venue.events import VenuePosition

# TWS allows two summaries at a time (reference 2.3: after two it answers 322).
MAX_SUMMARIES = 2
Slot = tuple[Client, int]


@dataclass(slots=True)
class _Values:
    """A subscription to account values, and what it was told last. `tags` are those of a summary."""

    tags: str = ""
    model: str = ""
    sent: list[AccountValue] = field(default_factory=list)


def check_account(hub: Hub, client: Client, account: str, req_id: int) -> bool:
    """Tell whether an account is this login's, and the client if it is not."""
    if hub.is_own_account(account):
        return True
    text = refusals.invalid(f"Invalid account code '{account}'.")
    client.error(refusals.INVALID_REQUEST, text, about=req_id)
    return False


class AccountDesk:
    """Answers account requests and keeps their subscribers up to date."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._positions: set[Client] = set()
        self._updates: dict[Client, _Values] = {}
        self._positions_multi: dict[Slot, str] = {}
        self._multi: dict[Slot, _Values] = {}
        self._summaries: dict[Slot, _Values] = {}

    # requests -------------------------------------------------------------------------------------------------------

    def managed_accounts(self, client: Client, _: rq.Nothing) -> None:
        """Answer reqManagedAccts."""
        client.send(managed_accounts(self._hub.accounts))

    def subscribe_positions(self, client: Client, _: rq.Nothing) -> None:
        """Answer reqPositions and keep reporting changes."""
        self._positions.add(client)
        for position in self._hub.venue.positions():
            client.send(encode.position(position_row(position), account=self._hub.account))
        client.send(encode.position_end())

    def cancel_positions(self, client: Client, _: rq.Nothing) -> None:
        """Handle cancelPositions."""
        self._positions.discard(client)

    def positions_multi(self, client: Client, request: rq.ByAccount) -> None:
        """Answer reqPositionsMulti and keep reporting changes."""
        if not check_account(self._hub, client, request.account, request.req_id):
            return
        self._positions_multi[client, request.req_id] = request.model
        for position in self._hub.venue.positions():
            self._send_position_multi(client, request.req_id, position)
        client.send(encode.position_multi_end(request.req_id))

    def cancel_positions_multi(self, client: Client, request: rq.ById) -> None:
        """Handle cancelPositionsMulti."""
        self._positions_multi.pop((client, request.req_id), None)

    def account_updates(self, client: Client, request: rq.AccountUpdates) -> None:
        """Answer reqAccountUpdates: values, portfolio, time, end; then changes."""
        if not request.subscribe:
            self._updates.pop(client, None)
            return
        if not check_account(self._hub, client, request.account, refusals.NO_REQUEST):
            return
        self._updates[client] = _Values()
        self._send_updates(client, self._hub.venue.positions())
        client.send(encode.account_download_end(self._hub.account))

    def account_updates_multi(self, client: Client, request: rq.AccountUpdatesMulti) -> None:
        """Answer reqAccountUpdatesMulti."""
        if not check_account(self._hub, client, request.account, request.req_id):
            return
        self._multi[client, request.req_id] = _Values(model=request.model)
        self._send_multi(client, request.req_id)
        client.send(encode.account_update_multi_end(request.req_id))

    def cancel_updates_multi(self, client: Client, request: rq.ById) -> None:
        """Handle cancelAccountUpdatesMulti."""
        self._multi.pop((client, request.req_id), None)

    def summary(self, client: Client, request: rq.AccountSummary) -> None:
        """Answer reqAccountSummary; a third one at a time is refused with 322."""
        slot = (client, request.req_id)
        running = sum(owner is client for owner, _ in self._summaries)
        if slot not in self._summaries and running >= MAX_SUMMARIES:
            text = (
                "Error processing request.-'bS' : cause - Maximum number of account summary requests exceeded"
            )
            client.error(refusals.TOO_MANY_SUMMARIES, text, about=request.req_id)
            return
        self._summaries[slot] = _Values(tags=request.tags)
        self._send_summary(client, request.req_id)
        client.send(encode.account_summary_end(request.req_id))

    def cancel_summary(self, client: Client, request: rq.ById) -> None:
        """Handle cancelAccountSummary."""
        self._summaries.pop((client, request.req_id), None)

    # changes --------------------------------------------------------------------------------------------------------

    def on_books_changed(self, positions: Sequence[VenuePosition]) -> None:
        """Report moved positions and cash at once; between fills TWS sends values every three minutes only."""
        for position in positions:
            data = encode.position(position_row(position), account=self._hub.account)
            for client in self._positions:
                client.send(data)
            for client, req_id in self._positions_multi:
                self._send_position_multi(client, req_id, position)
        for client in self._updates:
            self._send_updates(client, positions)
        for client, req_id in self._multi:
            self._send_multi(client, req_id)

    def send_periodic(self) -> None:
        """Report what moved with prices alone."""
        for client in self._updates:
            self._send_updates(client, self._hub.venue.positions())
        for client, req_id in self._multi:
            self._send_multi(client, req_id)
        for client, req_id in self._summaries:
            self._send_summary(client, req_id)

    def forget(self, client: Client) -> None:
        """Drop the subscriptions of a session that ended."""
        self._positions.discard(client)
        self._updates.pop(client, None)
        for slots in (self._positions_multi, self._multi, self._summaries):
            for slot in [slot for slot in slots if slot[0] is client]:
                del slots[slot]

    # inside ---------------------------------------------------------------------------------------------------------

    def _send_position_multi(self, client: Client, req_id: int, position: VenuePosition) -> None:
        model, row = self._positions_multi[client, req_id], position_row(position)
        client.send(encode.position_multi(req_id, row, account=self._hub.account, model=model))

    def _send_updates(self, client: Client, positions: Sequence[VenuePosition]) -> None:
        account = self._hub.account
        rows = account_rows(self._hub.venue.account_values(), account)
        values = self._updates[client]
        for row in changed(values.sent, rows):
            client.send(encode.account_value(row, account=account))
        values.sent = rows
        for position in positions:
            client.send(encode.portfolio(position_row(position), account=account))
        client.send(encode.account_time(self._hub.now().astimezone()))

    def _send_multi(self, client: Client, req_id: int) -> None:
        account = self._hub.account
        rows = account_rows(self._hub.venue.account_values(), account)
        values = self._multi[client, req_id]
        for row in changed(values.sent, rows):
            client.send(encode.account_update_multi(req_id, row, account=account, model=values.model))
        values.sent = rows

    def _send_summary(self, client: Client, req_id: int) -> None:
        values = self._summaries[client, req_id]
        rows = summary_rows(self._hub.venue.account_values(), values.tags)
        for row in changed(values.sent, rows):
            client.send(encode.account_summary(req_id, row, account=self._hub.account))
        values.sent = rows
