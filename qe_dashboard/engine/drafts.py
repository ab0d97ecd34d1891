"""Held previews: what a confirm step may carry out, and what must still be so when it does (D11)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from qe_dashboard.core.clock import Clock
from qe_dashboard.engine.views import PreviewView
from qe_dashboard.execution.desk import Desk
from qe_dashboard.model.enums import OrderSide
from qe_dashboard.model.identifiers import AccountId, OrderNumber
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.known import Unknown
from qe_dashboard.model.order import Order, OrderSpec
from qe_dashboard.risk.context import Proposal

LIFE_S = 30.0
"""A confirmation lives 30 seconds (D11, R58)."""

MOVE_TICKS = 5
MOVE_FRACTION = Decimal("0.002")
"""The touch an order would trade at may move 5 ticks or 0.2 % before the person must look again (D11).

An order that waits further than that from the touch, before and after, has its price in its own terms: for those the
rule sent 3 of 8 resting orders back in a quiet market, and told the trader nothing."""


@dataclass(frozen=True, slots=True)
class SubmitAct:
    """Send this order."""

    proposal: Proposal


@dataclass(frozen=True, slots=True)
class ModifyAct:
    """Send these terms."""

    proposal: Proposal


@dataclass(frozen=True, slots=True)
class FlattenAct:
    """Flatten this instrument in this account (D8)."""

    instrument: Instrument
    account: AccountId


@dataclass(frozen=True, slots=True)
class CancelAct:
    """Cancel these orders, as they are when shown; `skipped` are rows of the scope only their placer can cancel."""

    orders: tuple[Order, ...]
    skipped: int
    account: AccountId
    protective: frozenset[OrderNumber] = frozenset()
    """Those that guarded a position when this was shown."""


Act: TypeAlias = SubmitAct | ModifyAct | FlattenAct | CancelAct


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The world a preview was made in, as far as it matters to that preview."""

    epoch: int
    account: AccountId | None
    position: Decimal | None
    bid: Decimal | None
    ask: Decimal | None
    tick: Decimal | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A preview with the act behind it. `made_at` is monotonic seconds."""

    act: Act
    preview: PreviewView
    fingerprint: Fingerprint
    made_at: float


class Drafts:
    """Previews waiting for a yes, by token; each is used once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[str, Draft] = {}
        self._tokens = itertools.count(1)

    def new_token(self) -> str:
        return f"p{next(self._tokens)}"

    def hold(self, draft: Draft) -> PreviewView:
        """Keep a draft; ones past their life are dropped."""
        now = self._clock.monotonic()
        self._held = {token: d for token, d in self._held.items() if now - d.made_at <= LIFE_S}
        self._held[draft.preview.token] = draft
        return draft.preview

    def take(self, token: str) -> Draft | None:
        """Use up a draft; None when it is unknown, used or older than its life."""
        draft = self._held.pop(token, None)
        if draft is None or self._clock.monotonic() - draft.made_at > LIFE_S:
            return None
        return draft

    def drop(self, token: str) -> None:
        self._held.pop(token, None)


def account_of(act: Act) -> AccountId:
    """Return the account an act was asked for."""
    match act:
        case SubmitAct(proposal) | ModifyAct(proposal):
            return proposal.account
        case FlattenAct() | CancelAct():
            return act.account


def fingerprint(desk: Desk, instrument: Instrument | None) -> Fingerprint:
    """Take the world's fingerprint for one instrument."""
    account = None if desk.identity is None else desk.identity.account
    if instrument is None:
        return Fingerprint(desk.epoch, account, None, None, None, None)
    held = desk.reducible(instrument.id)
    quote = desk.quotes.get(instrument.id)
    bid = None if quote is None else quote.bid
    ask = None if quote is None else quote.ask
    price = bid if bid is not None else ask
    tick = instrument.tick_at(price) if instrument.tick_rules and price is not None else None
    position = None if isinstance(held, Unknown) else held.value
    return Fingerprint(desk.epoch, account, position, bid, ask, tick)


def what_changed(before: Fingerprint, after: Fingerprint, spec: OrderSpec | None) -> str | None:
    """Say what makes the preview of an order, or of a flatten (no terms), stale; None when it still stands."""
    if before.account != after.account:
        return "the account changed"
    if before.epoch != after.epoch:
        return "the trading state, a link, the account or a limit changed"
    if before.position != after.position:
        return "the position changed"
    if spec is None:
        return None
    is_buy = spec.side is OrderSide.BUY
    word, old, new = ("ask", before.ask, after.ask) if is_buy else ("bid", before.bid, after.bid)
    if _waits(spec, old, before.tick) and _waits(spec, new, before.tick):
        return None
    return f"the {word} moved from {old} to {new}" if _moved(old, new, before.tick) else None


def _waits(spec: OrderSpec, touch: Decimal | None, tick: Decimal | None) -> bool:
    """Whether the order stays away from the touch by more than the touch may move."""
    if touch is None or tick is None:
        return False
    if spec.stop_price is not None:
        distance = (spec.stop_price - touch) * spec.side.sign
    elif spec.limit_price is not None:
        distance = (touch - spec.limit_price) * spec.side.sign
    else:
        return False
    return distance > MOVE_TICKS * tick


def _moved(old: Decimal | None, new: Decimal | None, tick: Decimal | None) -> bool:
    if old is None or new is None:
        return (old is None) != (new is None)
    distance = abs(new - old)
    in_ticks = tick is not None and distance > MOVE_TICKS * tick
    return in_ticks or distance > abs(old) * MOVE_FRACTION
