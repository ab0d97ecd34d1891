"""Closed vocabularies that several parts share. Values are the words shown on screen and in the journal."""

from __future__ import annotations

from enum import StrEnum


class Profile(StrEnum):
    """Which adapter, ports, client ids and data directory a session uses."""

    SIM = "sim"
    IBKR_PAPER = "ibkr-paper"
    IBKR_LIVE = "ibkr-live"


class AccountKind(StrEnum):
    """What the connected account *is*; limits and colours follow this, never the profile name (D18)."""

    SIM = "SIM"
    PAPER = "PAPER"
    LIVE = "LIVE"


class TradingState(StrEnum):
    """ACTIVE, REDUCING (only what shrinks a position) or HALTED (nothing that adds; latched, D6)."""

    ACTIVE = "ACTIVE"
    REDUCING = "REDUCING"
    HALTED = "HALTED"


class OrderSide(StrEnum):
    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """+1 for BUY, -1 for SELL."""
        return 1 if self is OrderSide.BUY else -1

    @property
    def opposite(self) -> OrderSide:
        return OrderSide.SELL if self is OrderSide.BUY else OrderSide.BUY


class OrderType(StrEnum):
    MARKET = "MKT"
    LIMIT = "LMT"
    STOP = "STP"
    STOP_LIMIT = "STP LMT"
    OTHER = "OTHER"
    """A kind this version does not offer, met in orders placed elsewhere: shown, never sent."""


class TimeInForce(StrEnum):
    DAY = "DAY"
    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    OTHER = "OTHER"
    """A time in force this version does not offer, met in orders placed elsewhere: shown, never sent."""


class OrderClass(StrEnum):
    """What an order can do to risk (D1); decided before any gate runs."""

    ADD = "ADD"
    REDUCE = "REDUCE"
    LOWER_RISK_MODIFY = "LOWER-RISK MODIFY"


class Outcome(StrEnum):
    """How bad a verdict is: ALLOW < WARN < ASK < DENY; the worst of all gates wins (D3)."""

    ALLOW = "ALLOW"
    WARN = "WARN"
    ASK = "ASK"
    DENY = "DENY"

    @property
    def rank(self) -> int:
        """Order of badness, ALLOW lowest."""
        return _OUTCOME_ORDER.index(self)


_OUTCOME_ORDER = (Outcome.ALLOW, Outcome.WARN, Outcome.ASK, Outcome.DENY)


class Origin(StrEnum):
    """Who asked for an order."""

    MANUAL = "MANUAL"
    FLATTEN = "FLATTEN"
    STRATEGY = "STRATEGY"


class DataTier(StrEnum):
    """Quality of a quote line. SIMULATED prices never meet a broker profile (S43)."""

    LIVE = "LIVE"
    DELAYED = "DELAYED"
    FROZEN = "FROZEN"
    SIMULATED = "SIM"
    UNKNOWN = "UNKNOWN"


class SecType(StrEnum):
    STOCK = "STK"
    FUTURE = "FUT"
    FOREX = "CASH"
    OPTION = "OPT"
    INDEX = "IND"
    OTHER = "OTHER"


class LinkName(StrEnum):
    """The two API sockets (D21)."""

    DATA = "data"
    ORDER = "order"


class LinkState(StrEnum):
    """Life of one API socket (design section 8)."""

    DISCONNECTED = "DISCONNECTED"
    CONNECTING = "CONNECTING"
    HANDSHAKE = "HANDSHAKE"
    SYNCING = "SYNCING"
    READY = "READY"
    SUSPECT = "SUSPECT"
    WAITING = "WAITING"


class MessageClass(StrEnum):
    """What a broker message is about; the only form in which a broker code leaves its adapter (D31)."""

    CONNECTION = "CONN"
    FARM = "FARM"
    DATA = "DATA"
    REQUEST = "REQ"
    ORDER_REJECTED = "ORD-REJ"
    ORDER_LIVE = "ORD-LIVE"
    ORDER_TERMINAL = "ORD-TERM"
    CONFIGURATION = "CFG"
    UNKNOWN = "UNKNOWN"


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"
