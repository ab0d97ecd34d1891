"""The status view: what the chrome says, from the desk alone. Healthy means an empty banner (R59)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from qe_dashboard.core.words import count
from qe_dashboard.engine.alarms import Alarms, wanted_links
from qe_dashboard.engine.builders import STOPS, is_exit, link_view
from qe_dashboard.engine.connectivity import ConnectionWords
from qe_dashboard.engine.session_clock import SessionWord
from qe_dashboard.engine.views import BannerLine, Lamp, RateView, StatusView
from qe_dashboard.execution.desk import Desk
from qe_dashboard.model.enums import DataTier, LinkName, LinkState, Severity, TradingState
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.known import Unknown
from qe_dashboard.model.order_status import OrderStatus


class WorkingCounts(NamedTuple):
    """Working orders by what they can do: a stop on the other side of a position protects it, other exits do not."""

    entries: int
    exits: int
    protective: int


def working_counts(desk: Desk) -> WorkingCounts | None:
    """Count working orders; None when open orders or positions are not known."""
    if isinstance(desk.positions, Unknown) or isinstance(desk.open_orders, Unknown):
        return None
    held: dict[InstrumentId, Decimal] = {}
    for position in desk.positions.value:
        held[position.instrument.id] = held.get(position.instrument.id, Decimal(0)) + position.quantity
    working = desk.cache.open_orders()
    leaving = [order for order in working if is_exit(order, held)]
    protective = sum(order.spec.order_type in STOPS for order in leaving)
    return WorkingCounts(len(working) - len(leaving), len(leaving) - protective, protective)


def working_words(desk: Desk) -> str:
    """Say what still works at the venue (D6)."""
    counts = working_counts(desk)
    if counts is None:
        return "working orders UNKNOWN"
    entries = "1 entry" if counts.entries == 1 else f"{counts.entries} entries"
    exits = f", {count(counts.exits, 'exit')}" if counts.exits else ""
    return f"{count(sum(counts), 'order')} still working: {entries}{exits}, {counts.protective} protective"


def lamp_of(desk: Desk) -> Lamp:
    """One word for the links a session is to have."""
    wanted = wanted_links(desk)
    states = [desk.links[name].state for name in wanted if name in desk.links]
    if len(states) == len(wanted) and all(s is LinkState.READY for s in states):
        return Lamp.CONNECTED
    busy = (LinkState.CONNECTING, LinkState.HANDSHAKE, LinkState.SYNCING)
    if any(s in busy for s in states):
        return Lamp.CONNECTING
    return Lamp.DISCONNECTED


def build_status(
    desk: Desk,
    *,
    session: SessionWord,
    reconcile_words: str,
    reconciled_at: datetime | None,
    journal_error: str | None,
    alarms: Alarms,
    naked: tuple[str, ...],
    connection: ConnectionWords,
    refused: Collection[str],
    version: str,
) -> StatusView:
    """Build the view; every number in it is measured or None. `refused` are ids of instruments without a line."""
    counts, identity = working_counts(desk), desk.identity
    reason = cannot_trade_because(desk, journal_error, expected=connection.expected)
    uncertain = _count_uncertain(desk)
    return StatusView(
        profile=desk.profile,
        account_kind=None if identity is None else identity.kind,
        account=None if identity is None else identity.account,
        lamp=lamp_of(desk),
        offline_since=alarms.offline_since,
        trading_state=desk.latch.state,
        trading_reason=desk.latch.reason,
        trading_since=desk.latch.since,
        can_trade=reason is None,
        cannot_trade_because=reason or "",
        links=tuple(link_view(desk.links[name]) for name in LinkName if name in desk.links),
        upstream_up=desk.upstream.up,
        upstream_reason=desk.upstream.reason,
        data_tier=DataTier.UNKNOWN if connection.is_data_taken else _tier(desk, refused=refused),
        reconciled_at=reconciled_at,
        reconcile_words=reconcile_words,
        working_entries=None if counts is None else counts.entries,
        working_protective=None if counts is None else counts.protective,
        uncertain=uncertain,
        journal_error=journal_error,
        needs_account_typed=desk.is_locked,
        banner=_banner(
            desk,
            journal_error=journal_error,
            uncertain=uncertain,
            expected=connection.expected,
            naked=naked,
            alarms=alarms.lines(session.time_zone, expected=connection.expected),
            notes=connection.lines,
        ),
        rates=(_order_rate(desk),),
        venue_time=desk.clock.now(),
        session_word=session.word,
        session_ends_at=session.ends_at,
        time_zone=session.time_zone,
        engine_version=version,
        newest_quote_at=max((q.as_of for q in desk.quotes.values()), default=None),
        working_exits=None if counts is None else counts.exits,
        checklist=connection.checklist,
        notice=connection.notice,
        expected_outage=connection.expected,
    )


def cannot_trade_because(desk: Desk, journal_error: str | None, *, expected: str = "") -> str | None:
    """Say why an order that adds would not pass now (R16); None when nothing stands in its way."""
    if desk.latch.state is not TradingState.ACTIVE:
        return f"{desk.latch.state}: {desk.latch.reason}"
    down = desk.link_words()
    if down is not None and expected:
        return f"{down}. Expected: {expected}"
    return down or desk.not_ready_because() or journal_error


def _order_rate(desk: Desk) -> RateView:
    use = desk.reservations.order_rate(desk.clock.monotonic())
    free_at = desk.clock.now() + timedelta(seconds=use.next_free_in) if use.next_free_in > 0 else None
    return RateView("orders per minute", use.used, desk.limits.max_orders_per_minute, 60, free_at)


def _tier(desk: Desk, *, refused: Collection[str]) -> DataTier:
    """Return the best quality of the lines that still bring prices; what was refused brings none (10197)."""
    order = (DataTier.UNKNOWN, DataTier.FROZEN, DataTier.DELAYED, DataTier.LIVE, DataTier.SIMULATED)
    quotes = desk.quotes.values()
    tiers = {quote.tier for quote in quotes if quote.proven and quote.instrument_id not in refused}
    return next((tier for tier in order if tier in tiers), DataTier.UNKNOWN)


def _count_uncertain(desk: Desk) -> int:
    doubtful = (OrderStatus.UNCERTAIN, OrderStatus.CONFLICT)
    return sum(order.status in doubtful for order in desk.cache.orders.values())


def _banner(
    desk: Desk,
    *,
    journal_error: str | None,
    uncertain: int,
    expected: str,
    naked: tuple[str, ...],
    alarms: list[BannerLine],
    notes: tuple[BannerLine, ...],
) -> tuple[BannerLine, ...]:
    lines: list[BannerLine] = []
    if desk.latch.state is not TradingState.ACTIVE:
        lines.append(
            BannerLine(
                Severity.CRITICAL,
                f"{desk.latch.state}: {desk.latch.reason} - {working_words(desk)} - `resume` releases it",
            )
        )
    if desk.identity_problem is not None:
        lines.append(BannerLine(Severity.CRITICAL, desk.identity_problem))
    lines += [*(BannerLine(Severity.CRITICAL, words) for words in naked), *alarms]
    if journal_error is not None:
        lines.append(BannerLine(Severity.CRITICAL, journal_error))
    if desk.upstream.up is False:
        due = f", expected: {expected}" if expected else ""
        reason = desk.upstream.reason.rstrip(". ")
        lines.append(
            BannerLine(
                Severity.WARNING if expected else Severity.CRITICAL,
                f"The gateway lost IBKR ({reason}){due}. Orders already there still work; new ones wait.",
            )
        )
    if uncertain:
        lines.append(
            BannerLine(
                Severity.ERROR,
                f"{count(uncertain, 'order')} UNCERTAIN: not resent, being asked about. See F10 ORDERS.",
            )
        )
    return (*lines, *notes)
