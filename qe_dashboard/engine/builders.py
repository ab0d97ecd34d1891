"""From model and desk to views. Pure functions: what is not known stays None or carries its reason (R50)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from qe_dashboard.engine.session_clock import EXCHANGE_ZONE
from qe_dashboard.engine.views import (
    AccountView,
    FillView,
    LinkView,
    OrderView,
    PositionView,
    QuoteView,
    VerdictView,
)
from qe_dashboard.model.enums import DataTier, OrderType
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.market_data import Quote
from qe_dashboard.model.money import Money
from qe_dashboard.model.order import Fill, Order
from qe_dashboard.model.reports import AccountState, LinkStatus, Position
from qe_dashboard.risk.verdict import Verdict

STOPS = (OrderType.STOP, OrderType.STOP_LIMIT)

WIDE_SPREAD = Decimal("0.02")
"""Above 2 % of the mid a quote's middle is no valuation; the last trade is used instead (D16 "sane spread")."""


def mark_of(quote: Quote | None) -> Decimal | None:
    """Valuation price: mid while the spread is sane, else last, else None (D16)."""
    if quote is None or not quote.proven:
        return None
    if quote.bid is None or quote.ask is None or quote.mid is None or quote.mid <= 0:
        return quote.last
    return quote.mid if (quote.ask - quote.bid) / quote.mid <= WIDE_SPREAD else quote.last


def quote_view(instrument: Instrument, quote: Quote | None, problem: str) -> QuoteView:
    """Build a watchlist row; without a quote every price is None."""
    row = _empty_row(instrument.id, instrument.symbol, problem)
    row = replace(
        row, label=instrument.label, currency=instrument.currency, decimals=instrument.price_decimals
    )
    if quote is None:
        return row
    return replace(
        row,
        tier=quote.tier,
        as_of=quote.as_of,
        proven=quote.proven,
        bid=quote.bid,
        ask=quote.ask,
        bid_size=quote.bid_size,
        ask_size=quote.ask_size,
        last=quote.last,
        open=quote.open,
        high=quote.high,
        low=quote.low,
        prev_close=quote.prev_close,
        volume=quote.volume,
    )


def unresolved_view(symbol: str, problem: str) -> QuoteView:
    """Build the row of a watched symbol whose contract is not known yet, with the reason."""
    return _empty_row(InstrumentId(symbol), symbol, problem)


def _empty_row(instrument_id: InstrumentId, symbol: str, problem: str) -> QuoteView:
    return QuoteView(
        instrument_id=instrument_id,
        symbol=symbol,
        label=symbol,
        currency="",
        decimals=2,
        tier=DataTier.UNKNOWN,
        as_of=None,
        proven=False,
        bid=None,
        ask=None,
        bid_size=None,
        ask_size=None,
        last=None,
        open=None,
        high=None,
        low=None,
        prev_close=None,
        volume=None,
        problem=problem,
    )


def position_view(position: Position, quote: Quote | None) -> PositionView:
    """Build a POSITIONS row; without a mark its value and P&L are None, with the reason."""
    instrument = position.instrument
    mark = mark_of(quote)
    value = pnl = None
    if mark is not None:
        size = position.quantity * instrument.multiplier
        value = Money(mark * size, instrument.currency)
        pnl = Money((mark - position.avg_price) * size, instrument.currency)
    return PositionView(
        instrument_id=instrument.id,
        symbol=instrument.symbol,
        label=instrument.label,
        currency=instrument.currency,
        decimals=_decimals(instrument, mark),
        unit=instrument.unit,
        quantity=position.quantity,
        avg_price=position.avg_price,
        mark=mark,
        market_value=value,
        open_pnl=pnl,
        problem="" if mark is not None else "no proven quote to value it with",
    )


def _decimals(instrument: Instrument, mark: Decimal | None) -> int:
    """Return digits that show the mark as it was reckoned with: a mid can lie on half a tick."""
    exponent = 0 if mark is None else mark.normalize().as_tuple().exponent
    own = -exponent if isinstance(exponent, int) else 0
    return min(max(instrument.price_decimals, own), instrument.price_decimals + 1)


def order_view(order: Order, instrument: Instrument | None, *, reading: str = "") -> OrderView:
    """Build an ORDERS row; an instrument this session has not met is shown by its id."""
    spec = order.spec
    name = spec.instrument_id.split(".")[0]
    return OrderView(
        number=order.number,
        instrument_id=spec.instrument_id,
        symbol=name if instrument is None else instrument.symbol,
        label=str(spec.instrument_id) if instrument is None else instrument.label,
        currency=spec.instrument_id.rsplit(".", 1)[-1] if instrument is None else instrument.currency,
        decimals=2 if instrument is None else instrument.price_decimals,
        side=spec.side,
        order_type=spec.order_type,
        quantity=spec.quantity,
        filled=order.filled,
        limit_price=spec.limit_price,
        stop_price=spec.stop_price,
        avg_fill_price=order.avg_fill_price,
        time_in_force=spec.time_in_force,
        outside_rth=spec.outside_rth,
        status=order.status,
        order_class=order.order_class,
        owner=order.owner,
        is_own=order.is_own,
        is_open=order.is_open,
        venue_id=_venue_id(order),
        created_at=order.created_at,
        updated_at=order.updated_at,
        why=_why(order, instrument),
        reading=reading,
    )


def _why(order: Order, instrument: Instrument | None) -> str:
    """Return an order's last words; one placed elsewhere is older than this program's first sight of it."""
    if order.is_own:
        return order.why
    zone = EXCHANGE_ZONE if instrument is None else instrument.time_zone or EXCHANGE_ZONE
    seen = f"first seen {order.created_at.astimezone(ZoneInfo(zone)):%H:%M:%S}"
    return f"{order.why}; {seen}" if order.why else seen


def _venue_id(order: Order) -> str:
    if order.perm_id is not None:
        return str(order.perm_id)
    return "" if order.key is None else str(order.key)


def fill_view(fill: Fill, order: Order | None, instrument: Instrument | None) -> FillView:
    """Build a TAPE row."""
    multiplier = Decimal(1) if instrument is None else instrument.multiplier
    return FillView(
        exec_id=fill.exec_id,
        at=fill.at,
        number=None if order is None else order.number,
        instrument_id=fill.instrument_id,
        symbol=fill.instrument_id.split(".")[0],
        label=str(fill.instrument_id) if instrument is None else instrument.label,
        currency=fill.currency,
        decimals=2 if instrument is None else instrument.price_decimals,
        side=fill.side,
        quantity=fill.quantity,
        price=fill.price,
        notional=Money(fill.quantity * fill.price * multiplier, fill.currency),
        commission=fill.commission,
        realized=fill.realized,
        owner=f"CLIENT {fill.key.client_id}" if order is None else order.owner,
    )


def account_view(state: AccountState) -> AccountView:
    """Build the ACCOUNT strip."""
    return AccountView(
        account=state.account,
        kind=state.kind,
        currency=state.currency,
        as_of=state.as_of,
        net_liquidation=state.net_liquidation,
        total_cash=state.total_cash,
        buying_power=state.buying_power,
        excess_liquidity=state.excess_liquidity,
        init_margin=state.init_margin,
        maint_margin=state.maint_margin,
        unrealized_pnl=state.unrealized_pnl,
        realized_pnl=state.realized_pnl,
    )


def link_view(status: LinkStatus) -> LinkView:
    """Build a link row."""
    return LinkView(
        name=status.name,
        state=status.state,
        reason=status.reason,
        since=status.since,
        host=status.host,
        port=status.port,
        client_id=status.client_id,
        retry_at=status.retry_at,
        last_reply_at=status.last_reply_at,
    )


def verdict_view(verdict: Verdict) -> VerdictView:
    """Build one line of the confirm step."""
    return VerdictView(
        gate=verdict.gate,
        code=verdict.code,
        outcome=verdict.outcome,
        text=verdict.text,
        measured=verdict.measured,
        limit=verdict.limit,
        unit=verdict.unit,
        scope=verdict.scope,
        source=verdict.source,
    )


def is_exit(order: Order, held: dict[InstrumentId, Decimal]) -> bool:
    """Whether a working order can only shrink what is held: opposite side and no larger."""
    quantity = held.get(order.spec.instrument_id, Decimal(0))
    signed = order.remaining * order.spec.side.sign
    return quantity * signed < 0 and abs(signed) <= abs(quantity)
