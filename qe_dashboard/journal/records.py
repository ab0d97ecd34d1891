"""Journal records: typed rows for what must be queried, plain events for the rest. All frozen, all with an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from qe_dashboard.model.enums import OrderClass, Origin, TradingState
from qe_dashboard.model.identifiers import AccountId, IntentId, OrderKey, OrderNumber
from qe_dashboard.model.order import OrderSpec
from qe_dashboard.model.order_status import OrderStatus

Json: TypeAlias = bool | int | str | list["Json"] | dict[str, "Json"] | None
"""What a payload may hold: no floats, so that money stays exact (Decimals are written as text)."""


class EventKind(StrEnum):
    """Kinds of journal events (design section 9)."""

    SESSION = "session"
    VERDICTS = "verdicts"
    INTENT = "intent"
    ORDER = "order"
    EXECUTION = "execution"
    COMMISSION = "commission"
    MESSAGE = "message"
    CONNECTION = "connection"
    TRADING_STATE = "trading_state"
    RECONCILE = "reconcile"
    SETTINGS = "settings"
    COMMAND = "command"


class IntentAction(StrEnum):
    """What an intent asks the venue to do."""

    PLACE = "place"
    MODIFY = "modify"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class IntentRecord:
    """An order as asked for, committed before its bytes are sent (D4, S13, R13)."""

    intent_id: IntentId
    action: IntentAction
    number: OrderNumber
    key: OrderKey
    account: AccountId
    spec: OrderSpec
    order_class: OrderClass
    origin: Origin
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """The state of an order after a change: a new row for each change, the newest one wins."""

    number: OrderNumber
    intent_id: IntentId | None
    key: OrderKey | None
    perm_id: int | None
    account: AccountId
    status: OrderStatus
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TradingStateRecord:
    """A change of the trading state; the newest row per account is what a restart comes up with (R60)."""

    account: AccountId
    state: TradingState
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class JournalEvent:
    """Anything else worth keeping. `payload` is plain JSON, read on the journal's thread: nobody changes it after."""

    kind: EventKind
    account: AccountId
    at: datetime
    payload: Mapping[str, Json]
    intent_id: IntentId | None = None


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A journal row as read back: its place in the chain, its time, kind and payload."""

    seq: int
    at: datetime
    kind: EventKind
    account: AccountId
    intent_id: IntentId | None
    payload: Mapping[str, Json]
