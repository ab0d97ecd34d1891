"""Messages about orders: openOrder, orderStatus, completedOrder (reference 4.5)."""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.gateway_sim import encode_order_groups as groups
from qe_dashboard.gateway_sim.encode_contracts import contract_fields
from qe_dashboard.gateway_sim.order_view import Completion, OrderView
from qe_dashboard.gateway_sim.wire import (
    UNSET_LONG,
    Field,
    double_or_unset,
    integer_or_unset,
    message,
    price,
    size,
)


def order_status(
    view: OrderView,
    *,
    filled: Decimal,
    remaining: Decimal,
    average_price: Decimal | None,
    last_price: Decimal | None,
    why_held: str,
) -> bytes:
    """Encode orderStatus."""
    return message(
        3,
        view.order_id,
        view.state.status,
        size(filled),
        size(remaining),
        price(average_price or Decimal(0)),
        view.perm_id,
        view.terms.main.parent_id,
        price(last_price or Decimal(0)),
        view.client_id,
        why_held,
        "0.0",
    )


def open_order(version: int, view: OrderView) -> bytes:
    """Encode openOrder."""
    terms = view.terms
    main, extended = terms.main, terms.extended
    return message(
        5,
        view.order_id,
        *contract_fields(view.instrument, exchange=view.exchange, right=groups.right_of(view)),
        *groups.head(view, main.total_quantity),
        view.client_id,
        view.perm_id,
        main.outside_rth,
        main.hidden,
        price(terms.allocation.discretionary_amount),
        terms.allocation.good_after_time,
        f"{view.perm_id}.0/{view.account}/{size(main.total_quantity)}",
        *groups.advisor(version, terms),
        extended.auction_strategy,
        *groups.stock_range(terms),
        integer_or_unset(main.display_size),
        main.block_order,
        main.sweep_to_fill,
        extended.all_or_none,
        integer_or_unset(extended.min_quantity),
        groups.oca_type(terms),
        extended.e_trade_only,
        extended.firm_quote_only,
        price(extended.nbbo_price_cap),
        main.parent_id,
        main.trigger_method,
        *groups.volatility(terms),
        *groups.delta_neutral_order(terms),
        *groups.trailing_fields(terms),
        "",
        "",
        *groups.combo_fields(terms.combo),
        *groups.scale_and_hedge(terms),
        terms.clearing.opt_out_smart_routing,
        *groups.clearing_and_algo(terms),
        terms.routing.solicited,
        terms.routing.what_if,
        *groups.state_fields(view.state),
        terms.routing.randomize_size,
        terms.routing.randomize_price,
        *groups.pegged_fields(terms),
        *groups.condition_fields(terms.conditions),
        *groups.adjusted_fields(version, terms),
        *groups.peg_fields(version, terms),
    )


def open_order_end() -> bytes:
    """Encode openOrderEnd."""
    return message(53, 1)


def completed_order(version: int, view: OrderView, completion: Completion) -> bytes:
    """Encode completedOrder. Its total quantity is 0 once the order was filled."""
    terms = view.terms
    main, extended, adjusted = terms.main, terms.extended, terms.adjusted
    total = Decimal(0) if completion.filled == main.total_quantity else main.total_quantity
    fields: list[Field] = [
        101,
        *contract_fields(view.instrument, exchange=view.exchange, right=groups.right_of(view)),
        *groups.head(view, total),
        view.perm_id,
        main.outside_rth,
        main.hidden,
        price(terms.allocation.discretionary_amount),
        terms.allocation.good_after_time,
        *groups.advisor(version, terms),
        *groups.stock_range(terms),
        integer_or_unset(main.display_size),
        main.sweep_to_fill,
        extended.all_or_none,
        integer_or_unset(extended.min_quantity),
        groups.oca_type(terms),
        main.trigger_method,
        *groups.volatility(terms),
        *groups.delta_neutral_completed(terms),
        *groups.trailing_fields(terms),
        *groups.combo_fields(terms.combo),
        *groups.scale_and_hedge(terms),
        *groups.clearing_and_algo(terms),
        terms.routing.solicited,
        view.state.status,
        terms.routing.randomize_size,
        terms.routing.randomize_price,
        *groups.pegged_fields(terms),
        *groups.condition_fields(terms.conditions),
        price(terms.trailing.trail_stop_price),
        double_or_unset(adjusted.limit_price_offset),
        double_or_unset(adjusted.cash_quantity),
        True,
        adjusted.is_oms_container,
        "",
        size(completion.filled),
        0,
        adjusted.auto_cancel_parent,
        "",
        False,
        False,
        UNSET_LONG,
        completion.time,
        completion.status,
        *groups.peg_fields(version, terms),
    ]
    return message(*fields)


def completed_orders_end() -> bytes:
    """Encode completedOrdersEnd, which has no version field."""
    return message(102)
