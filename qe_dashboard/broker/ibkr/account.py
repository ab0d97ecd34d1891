"""Account values of the bound account: Unknown until the first download is whole, unset stays None (R50)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from qe_dashboard.broker.ibkr.asking import AnsweredWithError, Asker, NoAnswer, SingleFlight
from qe_dashboard.broker.ibkr.ib_lib import listen
from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.broker.ibkr.values import Undecodable, number
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.known import Known, Maybe, Unknown
from qe_dashboard.model.reports import AccountState, Identity

ACCOUNT_KINDS = frozenset({"6", "54", "updateAccountValue", "accountDownloadEnd"})
BASE = "BASE"
UNREADABLE = "an account value could not be read; reconnect to read them all again"
# Sessions are cut once a day at the latest, by the nightly restart.
AS_LONG_AS_THE_SESSION_S = 86_400.0
_NET_LIQUIDATION = "NetLiquidation"
_READY = "AccountReady"
_FIELDS = {
    "net_liquidation": _NET_LIQUIDATION,
    "total_cash": "TotalCashValue",
    "buying_power": "BuyingPower",
    "excess_liquidity": "ExcessLiquidity",
    "init_margin": "InitMarginReq",
    "maint_margin": "MaintMarginReq",
    "gross_position_value": "GrossPositionValue",
    "unrealized_pnl": "UnrealizedPnL",
    "realized_pnl": "RealizedPnL",
}


def account_state(values: dict[tuple[str, str], str], *, identity: Identity, now: Any) -> Maybe[AccountState]:
    """Build the state from (tag, currency) -> text. Unknown without net liquidation or while IBKR resets it."""
    if values.get((_READY, ""), "true") == "false":
        return Unknown("IBKR is resetting the account values; they follow within minutes")
    currency = next((code for tag, code in values if tag == _NET_LIQUIDATION and code != BASE), None)
    if currency is None:
        return Unknown("account values have not arrived")
    try:
        read = {field: _value(values, tag, currency) for field, tag in _FIELDS.items()}
    except Undecodable as error:
        return Unknown(f"an account value cannot be read: {error}")
    return Known(AccountState(identity.account, identity.kind, currency, now, **read), now)


def _value(values: dict[tuple[str, str], str], tag: str, currency: str) -> Decimal | None:
    # P&L comes once per currency and once as BASE, the sum in the account's own: the single currency is only a part.
    text = values.get((tag, BASE), values.get((tag, currency)))
    return None if text is None else number(text)


class AccountBook:
    """The account stream of reqAccountUpdates on the data link."""

    def __init__(self, *, clock: Clock, outlet: Outlet) -> None:
        self._clock = clock
        self._outlet = outlet
        self._identity: Identity | None = None
        self._asker: Asker | None = None
        self._values: dict[tuple[str, str], str] = {}
        self._fault = ""
        self._flight: SingleFlight[None] = SingleFlight()
        self._unreadable = False
        self._loading = False
        self._dirty = False

    def attach(self, asker: Asker, identity: Identity) -> None:
        """Listen to a new session."""
        self._asker, self._identity = asker, identity
        self._values, self._fault, self._loading, self._dirty = {}, "", True, False
        listen(asker.session.ib.accountValueEvent, self._on_value)
        listen(asker.session.ib.updateEvent, self._publish_changes)
        asker.session.decode_listeners.append(self._on_undecoded)

    def detach(self, reason: str) -> None:
        """Forget the session: nothing is known any more."""
        self._asker = None
        self._outlet.on_account(Unknown(f"the data link is down ({reason})"))

    async def subscribe(self) -> None:
        """Ask for the stream (again) and report the state once the first download is whole."""
        asker, identity = self._asker, self._identity
        if asker is None or identity is None:
            return
        self._fault, self._unreadable = "", False
        flight: SingleFlight[None] = SingleFlight()
        self._flight = flight
        try:
            await asker.patiently(
                flight.join(lambda: self._download(asker, identity, flight)), awaited="The account values"
            )
        except (NoAnswer, AnsweredWithError) as error:
            if asker is self._asker and flight is self._flight:
                self._fault, self._loading = str(error), False
                self._publish()

    async def _download(self, asker: Asker, identity: Identity, flight: SingleFlight[None]) -> None:
        """Wait for the end of the download; late is better than never, since the stream goes on by itself."""
        await asker.ask(
            lambda: asker.session.ib.reqAccountUpdatesAsync(identity.account),
            awaited="The account values",
            seconds=AS_LONG_AS_THE_SESSION_S,
        )
        if asker is self._asker and flight is self._flight:
            self._fault, self._loading = "", False
            self._publish()

    def _on_value(self, value: Any) -> None:
        if self._identity is None or value.account != self._identity.account or value.modelCode:
            return
        self._values[(value.tag, value.currency)] = value.value
        self._dirty = True

    def _on_undecoded(self, kind: str) -> None:
        if kind in ACCOUNT_KINDS:
            self._unreadable = self._dirty = True

    def _publish_changes(self) -> None:
        # Half a download is not an account.
        if self._dirty and not self._loading:
            self._publish()

    def _publish(self) -> None:
        self._dirty = False
        if self._identity is None:
            return
        fault = UNREADABLE if self._unreadable else self._fault
        state: Maybe[AccountState] = (
            Unknown(fault)
            if fault
            else account_state(self._values, identity=self._identity, now=self._clock.now())
        )
        self._outlet.on_account(state)
