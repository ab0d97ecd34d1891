"""What allowed orders take up before the venue has shown them: book and rates (D4, D12)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from qe_dashboard.core.throttle import Reservation, SlidingWindow
from qe_dashboard.model.enums import OrderClass
from qe_dashboard.model.identifiers import InstrumentId, IntentId, OrderNumber
from qe_dashboard.model.known import Maybe, map_known
from qe_dashboard.model.order import Order
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.risk.context import PastSubmit, Proposal, RateUse
from qe_dashboard.risk.gates.rates import MODIFIES_PER_MINUTE
from qe_dashboard.risk.limits import RiskLimits

MINUTE_S = 60.0
SYMBOL_S = 10.0
# A window needs some limit to count at all; with the limit off the gate does not look at the count.
UNLIMITED = 1_000_000


@dataclass(frozen=True, slots=True)
class _Held:
    """One reservation: the order as it would stand, and the rate tokens to give back."""

    order: Order
    replaced: OrderNumber | None
    tokens: tuple[tuple[SlidingWindow, Reservation], ...]
    past: PastSubmit | None


class Reservations:
    """Reserved orders and the rates they use. Times are monotonic seconds unless a parameter says otherwise."""

    def __init__(self, limits: RiskLimits) -> None:
        self._held: dict[IntentId, _Held] = {}
        self._recent: list[PastSubmit] = []
        self._modifies = SlidingWindow(MODIFIES_PER_MINUTE, MINUTE_S)
        self._minute = SlidingWindow(UNLIMITED, MINUTE_S)
        self._symbols: dict[InstrumentId, SlidingWindow] = {}
        self.set_limits(limits)

    def set_limits(self, limits: RiskLimits) -> None:
        """Apply changed limits to what is already counted (D17: tightening is immediate)."""
        self._symbol_limit = _window_limit(limits.max_orders_per_symbol_10s)
        self._recent_s = MINUTE_S if limits.duplicate_window_s is None else float(limits.duplicate_window_s)
        self._minute.limit = _window_limit(limits.max_orders_per_minute)
        for window in self._symbols.values():
            window.limit = self._symbol_limit

    def reserve(
        self,
        intent_id: IntentId,
        proposal: Proposal,
        *,
        order_class: OrderClass,
        number: OrderNumber,
        at: datetime,
        now: float,
    ) -> None:
        """Take the book and the rates for an allowed order, before the first await. `at` is wall time.

        Raises ValueError when the intent holds a reservation already: a key is sent once (S13).
        """
        if intent_id in self._held:
            raise ValueError(f"intent {intent_id} is reserved already")
        past = None
        if proposal.replaces is None:
            past = _past_submit(proposal, now)
            self._recent.append(past)
        self._held[intent_id] = _Held(
            order=_order_of(intent_id, proposal, order_class=order_class, number=number, at=at),
            replaced=None if proposal.replaces is None else proposal.replaces.number,
            tokens=self._take_rates(proposal, order_class, now),
            past=past,
        )

    def release(self, intent_id: IntentId) -> None:
        """Give everything back: nothing was sent. Without effect for an intent that holds nothing."""
        held = self._held.pop(intent_id, None)
        if held is None:
            return
        for window, token in held.tokens:
            window.release(token)
        if held.past is not None:
            self._recent = [past for past in self._recent if past is not held.past]

    def settle(self, intent_id: IntentId) -> None:
        """End the claim on the book: the order book shows the order now. What was sent stays counted."""
        self._held.pop(intent_id, None)

    def count_reject(self, now: float) -> None:
        """Count a broker's reject against the minute (D12)."""
        self._minute.record(now)

    def project(self, orders: Maybe[tuple[Order, ...]]) -> Maybe[tuple[Order, ...]]:
        """Return the order book with everything reserved in it; an Unknown book stays Unknown."""
        return map_known(orders, self._with_reserved) if self._held else orders

    def recent(self, now: float) -> tuple[PastSubmit, ...]:
        """Return the orders sent within the duplicate window, oldest first."""
        # Oldest first: when that one is still inside the window, all are.
        if self._recent and now - self._recent[0].at > self._recent_s:
            self._recent = [past for past in self._recent if now - past.at <= self._recent_s]
        return tuple(self._recent)

    def minute_use(self, proposal: Proposal, now: float) -> RateUse:
        """Return the use of the window the proposal counts in: new orders, or changes of orders (D12)."""
        return _use(self._minute if proposal.replaces is None else self._modifies, now)

    def order_rate(self, now: float) -> RateUse:
        """Return the use of the minute by new orders, for screens."""
        return _use(self._minute, now)

    def symbol_use(self, instrument_id: InstrumentId, now: float) -> RateUse:
        """Return the use of one symbol's window."""
        window = self._symbols.get(instrument_id)
        return RateUse(0, 0.0) if window is None else _use(window, now)

    def _take_rates(
        self, proposal: Proposal, order_class: OrderClass, now: float
    ) -> tuple[tuple[SlidingWindow, Reservation], ...]:
        # D2: what lowers risk has a lane of its own and takes nothing from the adding orders.
        if order_class is not OrderClass.ADD:
            return ()
        if proposal.replaces is not None:
            return ((self._modifies, self._modifies.record(now)),)
        self._symbols = {key: each for key, each in self._symbols.items() if each.used(now) > 0}
        window = self._symbols.setdefault(proposal.instrument.id, SlidingWindow(self._symbol_limit, SYMBOL_S))
        return (self._minute, self._minute.record(now)), (window, window.record(now))

    def _with_reserved(self, orders: tuple[Order, ...]) -> tuple[Order, ...]:
        shown = {order.intent_id for order in orders if order.intent_id is not None}
        by_number = {order.number: order for order in orders}
        for intent_id, held in self._held.items():
            if held.replaced is None:
                if intent_id not in shown:
                    by_number[held.order.number] = held.order
            elif held.replaced in by_number:
                by_number[held.replaced] = _larger(by_number[held.replaced], held.order)
        return tuple(by_number.values())


def _larger(old: Order, changed: Order) -> Order:
    """Return the order at the larger of its quantities: until acknowledged, either terms may be in force."""
    quantity = max(old.spec.quantity, changed.spec.quantity)
    return replace(old, spec=replace(old.spec, quantity=quantity))


def _window_limit(limit: int | None) -> int:
    return UNLIMITED if limit is None else limit


def _use(window: SlidingWindow, now: float) -> RateUse:
    used = window.used(now)
    return RateUse(used, 0.0 if used < window.limit else max(window.next_free_at(now) - now, 0.0))


def _past_submit(proposal: Proposal, now: float) -> PastSubmit:
    spec = proposal.spec
    return PastSubmit(
        at=now,
        account=proposal.account,
        instrument_id=proposal.instrument.id,
        side=spec.side,
        quantity=spec.quantity,
        order_type=spec.order_type,
        limit_price=spec.limit_price,
        stop_price=spec.stop_price,
        origin=proposal.origin,
    )


def _order_of(
    intent_id: IntentId, proposal: Proposal, *, order_class: OrderClass, number: OrderNumber, at: datetime
) -> Order:
    if proposal.replaces is not None:
        return replace(proposal.replaces, spec=proposal.spec, updated_at=at)
    return Order(
        number=number,
        intent_id=intent_id,
        key=None,
        perm_id=None,
        account=proposal.account,
        spec=proposal.spec,
        status=OrderStatus.PENDING,
        created_at=at,
        updated_at=at,
        origin=proposal.origin,
        order_class=order_class,
    )
