"""The broker port: what the engine asks of a venue and what it is told.

Rules every adapter keeps (tests/contract):
- One asyncio loop. `BrokerEvents` methods are called on it, synchronously, in the order things happened.
- `place`, `modify` and `cancel` are synchronous: when they return, the bytes were handed to the socket; when they
  raise `NotSent`, nothing was written. There is no await between the engine's last check and the send (D4). A cancel
  is never refused for the rate: it may return queued before every other message of the link.
- Queries return `Known` books, or `Unknown` with a reason. A row that cannot be decoded, a time-out and a lost link
  are `Unknown`, never a shorter or an empty book (R01, R03). Every query has a deadline of its own (R14).
- Nothing of the broker library crosses this port: prices are Decimal, unset is None, times are aware UTC, codes live
  only in `VenueMessage` (D31).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from qe_dashboard.model.connection import BrokerHealth, ConnectionTarget
from qe_dashboard.model.enums import DataTier, SecType
from qe_dashboard.model.identifiers import AccountId, InstrumentId, IntentId, OrderKey
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.known import Maybe
from qe_dashboard.model.ladder import Ladder, PortScan
from qe_dashboard.model.market_data import Bar, Quote
from qe_dashboard.model.order import Fill, OrderSpec
from qe_dashboard.model.reports import (
    AccountState,
    CommissionReport,
    Identity,
    LinkStatus,
    OrderReport,
    Position,
    UpstreamStatus,
    VenueMessage,
)


class BrokerError(Exception):
    """Base of what an adapter raises; the text is for people."""


class NotSent(BrokerError):
    """Nothing was written to the wire: link down, budget used up, or the request cannot be expressed."""


class RequestFailed(BrokerError):
    """A data request was refused or timed out; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class InstrumentQuery:
    """What to look up. `expiry` is YYYYMM or YYYYMMDD for futures, empty for "whichever there are"."""

    symbol: str
    sec_type: SecType
    currency: str = "USD"
    expiry: str = ""


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """One order on its way to the wire. `order_ref` carries the intent id (S13); `account` is always explicit (S03)."""

    key: OrderKey
    intent_id: IntentId
    order_ref: str
    account: AccountId
    instrument: Instrument
    spec: OrderSpec


@dataclass(frozen=True, slots=True)
class BrokerCapabilities:
    """What differs between venues and matters above the port."""

    name: str
    is_simulated: bool
    price_tier: DataTier
    """The tier its quotes have when all is well."""


class BrokerEvents(Protocol):
    """What the engine hears. Implementations return quickly and never raise into the adapter."""

    def on_link(self, status: LinkStatus) -> None:
        """Report a change of one link's state, reason, epoch or retry time."""

    def on_upstream(self, status: UpstreamStatus) -> None:
        """Report the gateway's own connection to the venue."""

    def on_identity(self, identity: Identity) -> None:
        """Report the account this session belongs to, after the identity rules accepted it (D18)."""

    def on_identity_refused(self, reason: str, accounts: tuple[AccountId, ...]) -> None:
        """Report that the session was dropped because of the account found; no retry follows by itself."""

    def on_order(self, report: OrderReport) -> None:
        """Report an order's state from the venue's own status stream."""

    def on_fill(self, fill: Fill) -> None:
        """Report an execution; repeats are possible (deduplicate by exec id)."""

    def on_commission(self, report: CommissionReport) -> None:
        """Report the commission of an execution already or soon to be reported."""

    def on_message(self, message: VenueMessage) -> None:
        """Report the venue's words about a request, an order or the connection."""

    def on_positions(self, book: Maybe[tuple[Position, ...]]) -> None:
        """Report the whole position book whenever it changed or became unknown."""

    def on_account(self, state: Maybe[AccountState]) -> None:
        """Report account values whenever they changed or became unknown."""

    def on_quote(self, quote: Quote) -> None:
        """Report the new state of a wanted quote line."""

    def on_bar(self, bar: Bar) -> None:
        """Report the running or just closed bar of a wanted bar line."""


class Broker(Protocol):
    """A venue. Constructed idle; `start` begins connecting and returns at once."""

    @property
    def capabilities(self) -> BrokerCapabilities: ...

    def start(self, events: BrokerEvents) -> None:
        """Begin connecting in the background and keep reconnecting; report everything to `events`."""

    async def close(self) -> None:
        """Stop connecting, disconnect, and emit nothing afterwards. Bounded in time."""

    async def reconnect(self) -> None:
        """Drop both links and try again now, without waiting for the back-off."""

    def authorise_orders(self, account: AccountId) -> None:
        """Open the order link of a live session after the person typed this account id (D19)."""

    async def reconfigure(self, target: ConnectionTarget) -> None:
        """Connect elsewhere, or with other client ids, from now on: both links end first (design section 8).

        What was typed or bound for the old address counts no more (D19). Raises BrokerError where there is none to set.
        """

    def links(self) -> tuple[LinkStatus, ...]:
        """Return the present state of each link."""

    def health(self) -> BrokerHealth:
        """Return how the connection fares beside the links' states; built now, a millisecond at most."""

    # orders ---------------------------------------------------------------------------------------

    def reserve_key(self, *, above: int) -> OrderKey:
        """Take the next order id: greater than the venue's next valid id and than `above`. Raises NotSent when down."""

    def place(self, order: PlaceOrder) -> None:
        """Send a new order. Raises NotSent when nothing was written."""

    def modify(self, order: PlaceOrder) -> None:
        """Send new terms under the same key. Raises NotSent when nothing was written."""

    def cancel(self, key: OrderKey) -> None:
        """Ask to cancel one of the order link's own orders.

        When it returns, the cancel was handed to the wire or queued before every other message of the link, where it
        leaves within the wire rate; one that could not leave after all is reported through `on_message` with the
        order's key. Raises NotSent when the link is down or the order is not its own: then nothing was written.
        """

    # books ----------------------------------------------------------------------------------------

    async def positions(self) -> Maybe[tuple[Position, ...]]:
        """Read the position book afresh."""

    async def open_orders(self) -> Maybe[tuple[OrderReport, ...]]:
        """Read open orders of all clients of the account (R07)."""

    async def executions(self, *, since: datetime | None = None) -> Maybe[tuple[Fill, ...]]:
        """Read executions of the account the venue still knows (for IBKR: since midnight), all clients."""

    # data -----------------------------------------------------------------------------------------

    def instrument(self, instrument_id: InstrumentId) -> Instrument | None:
        """Return a contract this session has met: looked up, held, ordered or traded."""

    async def find_instruments(self, query: InstrumentQuery) -> tuple[Instrument, ...]:
        """Look up contracts; empty when there is none. Raises RequestFailed when the answer is not known."""

    def want_quotes(self, instrument: Instrument) -> None:
        """Keep a quote line open for an instrument, across reconnects, until released."""

    def release_quotes(self, instrument: Instrument) -> None:
        """Close a quote line; unknown ones are ignored."""

    async def history(self, instrument: Instrument, *, bar_seconds: int, count: int) -> tuple[Bar, ...]:
        """Read the latest `count` closed and running bars, oldest first. Raises RequestFailed."""

    def want_bars(self, instrument: Instrument, *, bar_seconds: int) -> None:
        """Keep a live bar line open (running bar through `on_bar`), across reconnects, until released."""

    def release_bars(self, instrument: Instrument, *, bar_seconds: int) -> None:
        """Close a live bar line; unknown ones are ignored."""


class ConnectionProber(Protocol):
    """Looks at an address from outside the running session, with client ids of its own (D27), and changes nothing."""

    async def check(self, target: ConnectionTarget) -> Ladder:
        """Climb the ladder as far as it goes; bounded in time, never raises for what it finds."""

    async def scan(self, host: str) -> PortScan:
        """Ask the four standard ports which of them answers, and with what kind of account."""
