"""From a request to a held preview: the sentence, every gate's verdict, and what it takes to say yes (D9, D11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal, InvalidOperation

from qe_dashboard.core.words import count
from qe_dashboard.data.futures import near_expiry_words
from qe_dashboard.engine.builders import STOPS, verdict_view
from qe_dashboard.engine.drafts import (
    LIFE_S,
    Act,
    CancelAct,
    Draft,
    Drafts,
    FlattenAct,
    ModifyAct,
    SubmitAct,
    fingerprint,
)
from qe_dashboard.engine.exit_size import share_of
from qe_dashboard.engine.facade import CloseRequest, CommandRefused, ModifyRequest, OrderRequest
from qe_dashboard.engine.parts import Parts
from qe_dashboard.engine.sentences import contract, effect_of, modify_sentence, number, order_sentence, price
from qe_dashboard.engine.views import ConfirmTier, PreviewView
from qe_dashboard.model.enums import AccountKind, OrderClass, OrderSide, OrderType, Origin, Outcome
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.known import Unknown, UnknownValueError
from qe_dashboard.model.market_data import Quote
from qe_dashboard.model.order import Order, OrderSpec
from qe_dashboard.risk.context import Proposal
from qe_dashboard.risk.verdict import Assessment, Verdict

QUOTE_WAIT_S = 1.5
"""How long a preview waits for the first tick of a line nobody watched before; gates judge what is there then."""

FRESH_S = 4.0
"""A position read older than this is read again before an exit is sized (D1: Known within 5 s)."""

_HALF = Decimal("0.5")
_SIZED = frozenset({"quantity", "notional"})


class Previews:
    """Makes drafts and holds them; sends nothing."""

    def __init__(self, parts: Parts, drafts: Drafts) -> None:
        self._parts = parts
        self._drafts = drafts

    async def order(self, request: OrderRequest) -> PreviewView:
        """Preview a new order."""
        account = self._account()
        instrument = await self._parts.symbols.for_entry(request.symbol)
        await self._ready(instrument)
        spec = _spec(request, instrument)
        proposal = Proposal(
            account=account,
            instrument=instrument,
            spec=spec,
            origin=Origin.MANUAL,
            opens_short=request.opens_short,
        )
        return self.hold(SubmitAct(proposal))

    async def modify(self, request: ModifyRequest) -> PreviewView:
        """Preview new terms for a working order."""
        order = self._parts.cache.by_number(request.number)
        if order is None:
            raise CommandRefused(f"there is no order {request.number}. F10 ORDERS lists the numbers.")
        if not order.is_own:
            raise CommandRefused(
                f"order {order.number} was placed by {order.owner}: change it where it was placed. Nothing was sent."
            )
        if not order.is_open:
            raise CommandRefused(f"order {order.number} is {order.status}: there is nothing left to change.")
        if not order.spec.can_be_sent:
            raise CommandRefused(
                f"order {order.number} now has terms this version cannot send; change it in TWS, or "
                f"`cancel {order.number}` and place a new one."
            )
        instrument = self._parts.symbols.named(order.spec.instrument_id)
        if instrument is None:
            raise CommandRefused(f"the contract of order {order.number} is not known in this session yet.")
        await self._ready(instrument)
        spec = _changed(order, request)
        proposal = Proposal(
            account=order.account,
            instrument=instrument,
            spec=spec,
            origin=Origin.MANUAL,
            replaces=order,
        )
        return self.hold(ModifyAct(proposal))

    async def close(self, request: CloseRequest) -> PreviewView:
        """Preview closing a position, or flattening a symbol (D8)."""
        account = self._account()
        book = await self._parts.books.refresh_positions()
        if isinstance(book, Unknown):
            raise CommandRefused(
                f"positions are UNKNOWN ({book.reason}): an exit cannot be sized. Nothing was sent."
            )
        held = [p.instrument for p in book.value if p.account == account and p.quantity != 0]
        instrument = await self._parts.symbols.for_held(request.symbol, held)
        await self._ready(instrument)
        if request.flatten:
            return self.hold(FlattenAct(instrument, account))
        held_now = self._parts.desk.reducible(instrument.id)
        if isinstance(held_now, Unknown):
            raise CommandRefused(f"the position in {instrument.label} is not known: {held_now.reason}.")
        quantity = held_now.value
        if quantity == 0:
            raise CommandRefused(f"no position in {instrument.label} is held, so there is nothing to close.")
        spec = OrderSpec(
            instrument_id=instrument.id,
            side=OrderSide.SELL if quantity > 0 else OrderSide.BUY,
            quantity=share_of(request, abs(quantity), instrument),
            order_type=OrderType.MARKET,
        )
        return self.hold(SubmitAct(Proposal(account, instrument, spec, Origin.MANUAL)))

    def cancel(self, orders: tuple[Order, ...], *, title: str, skipped: int) -> PreviewView:
        """Preview a cancel of these own orders."""
        return self.hold(CancelAct(orders, skipped, self._account()), title=title)

    async def freshen(self, act: Act) -> None:
        """Read the position again when an exit would be sized from a read older than 4 s."""
        match act:
            case SubmitAct(proposal) | ModifyAct(proposal):
                await self._fresh_position(proposal.instrument)
            case FlattenAct(instrument):
                await self._fresh_position(instrument)
            case CancelAct():
                pass

    def hold(self, act: Act, *, title: str = "") -> PreviewView:
        """Build the preview of an act as the world is now, and hold it."""
        match act:
            case SubmitAct(proposal):
                return self._hold_order(act, proposal, title=_title(proposal))
            case ModifyAct(proposal):
                return self._hold_order(act, proposal, title=_title(proposal))
            case FlattenAct():
                return self._hold_flatten(act)
            case CancelAct():
                return self._hold_cancel(act, title or "CANCEL ORDERS")

    # orders

    def _hold_order(self, act: Act, proposal: Proposal, *, title: str) -> PreviewView:
        assessment = self._parts.orders.assess(proposal)
        if assessment.outcome is Outcome.DENY:
            # It ends here, without a yes: this is where its denial is kept (S40).
            self._parts.orders.note_denial(proposal, assessment)
        held = self._parts.desk.position_of(proposal.instrument.id)
        if proposal.replaces is None:
            effect = effect_of(proposal.spec, held)
            sentence = order_sentence(proposal.spec, proposal.instrument, proposal.account, effect)
        else:
            sentence = modify_sentence(proposal.replaces, proposal.spec, proposal.instrument)
        preview = self._view(
            title=title,
            sentence=sentence,
            details=self._order_details(proposal, assessment),
            side=proposal.spec.side,
            assessment=assessment,
            tier=self._tier(proposal, assessment),
        )
        return self._store(act, preview, proposal.instrument)

    def _order_details(self, proposal: Proposal, assessment: Assessment) -> tuple[str, ...]:
        instrument = proposal.instrument
        lines = [f"{assessment.order_class}: {assessment.class_words}".rstrip(": ")]
        quote = self._parts.desk.quotes.get(instrument.id)
        if quote is None or quote.bid is None or quote.ask is None:
            lines.append(f"{instrument.label}: no two-sided quote")
        else:
            age = max(0, int((self._parts.clock.now() - quote.as_of).total_seconds()))
            bid, ask = price(quote.bid, instrument), price(quote.ask, instrument)
            proven = "" if quote.proven else ", NOT PROVEN since the last gap"
            lines.append(f"{instrument.label} {bid} x {ask} {quote.tier}, {age} s old{proven}")
        cash = _cash(proposal, quote)
        if cash is not None:
            lines.append(f"notional {number(cash)} {instrument.currency}")
        warning = near_expiry_words(instrument, today=self._parts.clock.now().date())
        return (*lines, warning) if warning is not None else tuple(lines)

    def _tier(self, proposal: Proposal, assessment: Assessment) -> ConfirmTier:
        if assessment.order_class is not OrderClass.ADD:
            return ConfirmTier.KEY
        market_on_live = proposal.spec.order_type is OrderType.MARKET and self._kind() is AccountKind.LIVE
        if market_on_live or any(_above_half(v) for v in assessment.verdicts):
            return ConfirmTier.PRESS_TWICE
        return ConfirmTier.KEY

    # flatten and cancel

    def _hold_flatten(self, act: FlattenAct) -> PreviewView:
        instrument = act.instrument
        held = self._parts.desk.reducible(instrument.id)
        working = self._parts.cache.open_in(instrument.id)
        own = [o for o in working if o.is_own]
        foreign = len(working) - len(own)
        amount = "UNKNOWN" if isinstance(held, Unknown) else number(held.value)
        details = [f"cancels order {o.number} {self._order_words(o)}" for o in own]
        details.append("then sends one reduce-only limit through the touch and re-prices it, at most 1 %")
        if foreign:
            details.append(f"does NOT touch {count(foreign, 'order')} placed elsewhere")
        drift = self._parts.desk.watch.drift_words(instrument.id)
        if drift:
            details.append(f"DRIFT: {drift}; no more than what both hold is closed")
        sentence = f"FLATTEN {contract(instrument)} in {act.account}: position {amount} to 0"
        nothing = not own and not isinstance(held, Unknown) and held.value == 0
        preview = self._view(
            title="FLATTEN",
            sentence=f"{sentence} - already flat, nothing to do" if nothing else sentence,
            details=tuple(details) if not nothing else (),
            side=None,
            assessment=None,
            tier=ConfirmTier.KEY,
        )
        return self._store(act, replace(preview, can_send=not nothing), instrument)

    def _hold_cancel(self, act: CancelAct, title: str) -> PreviewView:
        orders = [o for n in act.orders if (o := self._parts.cache.by_number(n.number)) is not None]
        protective = [o for o in orders if self.protects(o)]
        act = replace(act, orders=tuple(orders), protective=frozenset(o.number for o in protective))
        details = [f"order {o.number} {self._order_words(o)}" for o in orders]
        details += [f"{self._order_words(o)} protects a position: it is left WITHOUT it" for o in protective]
        if act.skipped:
            details.append(
                f"not touched: {count(act.skipped, 'order')} placed elsewhere, to be cancelled there"
            )
        tier = ConfirmTier.PRESS_TWICE if protective else ConfirmTier.KEY
        if len(orders) == 1 and not protective and orders[0].order_class is OrderClass.ADD:
            tier = ConfirmTier.NONE
        preview = self._view(
            title=title,
            sentence=f"{title} in {act.account}: {count(len(orders), 'order')}",
            details=tuple(details),
            side=None,
            assessment=None,
            tier=tier,
        )
        return self._store(act, preview, None)

    # shared

    def protects(self, order: Order) -> bool:
        """Whether a stop guards what is held; while that is not known, whether it was sent to."""
        if order.spec.order_type not in STOPS:
            return False
        held = self._parts.desk.position_of(order.spec.instrument_id)
        if isinstance(held, Unknown):
            return order.order_class is not OrderClass.ADD
        return held.value * order.spec.side.sign < 0

    def _order_words(self, order: Order) -> str:
        label = self._parts.symbols.label_of(order.spec.instrument_id)
        return f"{order.spec.side} {number(order.remaining)} {label} {order.spec.price_words}"

    def _view(
        self,
        *,
        title: str,
        sentence: str,
        details: tuple[str, ...],
        side: OrderSide | None,
        assessment: Assessment | None,
        tier: ConfirmTier,
    ) -> PreviewView:
        now = self._parts.clock.now()
        outcome = Outcome.ALLOW if assessment is None else assessment.outcome
        return PreviewView(
            token=self._drafts.new_token(),
            title=title,
            sentence=sentence,
            details=details,
            side=side,
            verdicts=() if assessment is None else tuple(verdict_view(v) for v in assessment.verdicts),
            outcome=outcome,
            can_send=outcome is not Outcome.DENY,
            asks=() if assessment is None else assessment.asks,
            tier=tier,
            typed_word="",
            created_at=now,
            expires_at=now + timedelta(seconds=LIFE_S),
            account_kind=self._kind(),
        )

    def _store(self, act: Act, preview: PreviewView, instrument: Instrument | None) -> PreviewView:
        mark = fingerprint(self._parts.desk, instrument)
        return self._drafts.hold(Draft(act, preview, mark, self._parts.clock.monotonic()))

    def _kind(self) -> AccountKind | None:
        identity = self._parts.desk.identity
        return None if identity is None else identity.kind

    def _account(self) -> AccountId:
        try:
            return self._parts.desk.account_id()
        except UnknownValueError as error:
            raise CommandRefused(
                f"{error}. Nothing was sent. `reconnect` tries again; F6 TRADE shows the links."
            ) from error

    async def _ready(self, instrument: Instrument) -> None:
        """Have a quote line and a fresh position read before gates judge."""
        self._parts.broker.want_quotes(instrument)
        deadline = self._parts.clock.monotonic() + QUOTE_WAIT_S
        while instrument.id not in self._parts.desk.quotes and self._parts.clock.monotonic() < deadline:
            await self._parts.clock.sleep(0.05)
        await self._fresh_position(instrument)

    async def _fresh_position(self, instrument: Instrument) -> None:
        held = self._parts.desk.position_of(instrument.id)
        now = self._parts.clock.now()
        if isinstance(held, Unknown) or (held.value != 0 and (now - held.as_of).total_seconds() > FRESH_S):
            await self._parts.books.refresh_positions()


def _spec(request: OrderRequest, instrument: Instrument) -> OrderSpec:
    try:
        return OrderSpec(
            instrument_id=instrument.id,
            side=request.side,
            quantity=request.quantity,
            order_type=request.order_type,
            limit_price=request.limit_price,
            stop_price=request.stop_price,
            time_in_force=request.time_in_force,
            outside_rth=request.outside_rth,
        )
    except ValueError as error:
        raise CommandRefused(f"{error}. Nothing was sent.") from error


def _changed(order: Order, request: ModifyRequest) -> OrderSpec:
    old = order.spec
    try:
        spec = replace(
            old,
            quantity=old.quantity if request.quantity is None else request.quantity,
            limit_price=old.limit_price if request.limit_price is None else request.limit_price,
            stop_price=old.stop_price if request.stop_price is None else request.stop_price,
        )
    except ValueError as error:
        raise CommandRefused(f"{error}. Order {order.number} is unchanged.") from error
    if spec == old:
        raise CommandRefused(f"order {order.number} already has these terms; nothing was sent.")
    if spec.quantity <= order.filled:
        raise CommandRefused(
            f"order {order.number} filled {order.filled} already; `cancel {order.number}` the rest."
        )
    return spec


def _above_half(verdict: Verdict) -> bool:
    """Whether a size is above half of its limit (D11 T1)."""
    if verdict.gate not in _SIZED:
        return False
    try:
        return Decimal(verdict.measured) > _HALF * Decimal(verdict.limit)
    except InvalidOperation:
        # "off" and "unknown" are no sizes: without a limit there is no half of it.
        return False


def _cash(proposal: Proposal, quote: Quote | None) -> Decimal | None:
    """Estimate the cash of an order: its own price, else the touch it would take; None without either."""
    spec = proposal.spec
    unit = spec.limit_price if spec.limit_price is not None else spec.stop_price
    if unit is None and quote is not None:
        unit = quote.ask if spec.side is OrderSide.BUY else quote.bid
    return None if unit is None else unit * spec.quantity * proposal.instrument.multiplier


def _title(proposal: Proposal) -> str:
    """Say the act in a few words: what the send control will do."""
    if proposal.replaces is not None:
        return f"CHANGE ORDER {proposal.replaces.number}"
    spec = proposal.spec
    return f"{spec.side} {number(spec.quantity)} {proposal.instrument.label}"
