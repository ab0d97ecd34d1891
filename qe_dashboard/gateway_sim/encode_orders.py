"""Messages about orders: openOrder, orderStatus, completedOrder (reference 4.5)."""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.gateway_sim.encode_contracts import contract_fields
from qe_dashboard.gateway_sim.order_request import Combo, Conditions, PlaceOrder
from qe_dashboard.gateway_sim.order_view import Completion, OrderState, OrderView
from qe_dashboard.gateway_sim.wire import (
    UNSET_DOUBLE,
    UNSET_LONG,
    Field,
    double_or_unset,
    escaped,
    integer_or_unset,
    message,
    price,
    size,
)
from qe_dashboard.model.enums import SecType

# What TWS sends for a delta-neutral order type that was never set (recorded sessions).
NO_ORDER_TYPE = "None"
NO_HEDGE: list[Field] = [0, "", "", "", "?", 0, 0, ""]
NO_HEDGE_COMPLETED: list[Field] = [0, 0, 0, ""]


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
        *contract_fields(view.instrument, exchange=view.exchange, right=_right(view)),
        *_head(view, main.total_quantity),
        view.client_id,
        view.perm_id,
        main.outside_rth,
        main.hidden,
        price(terms.allocation.discretionary_amount),
        terms.allocation.good_after_time,
        f"{view.perm_id}.0/{view.account}/{size(main.total_quantity)}",
        *_advisor(version, terms),
        extended.auction_strategy,
        *_stock_range(terms),
        integer_or_unset(main.display_size),
        main.block_order,
        main.sweep_to_fill,
        extended.all_or_none,
        integer_or_unset(extended.min_quantity),
        _oca_type(terms),
        extended.e_trade_only,
        extended.firm_quote_only,
        price(extended.nbbo_price_cap),
        main.parent_id,
        main.trigger_method,
        *_volatility(terms),
        *_delta_neutral_order(terms),
        *_trailing(terms),
        "",
        "",
        *_combo(terms.combo),
        *_scale_and_hedge(terms),
        terms.clearing.opt_out_smart_routing,
        *_clearing_and_algo(terms),
        terms.routing.solicited,
        terms.routing.what_if,
        *_state(view.state),
        terms.routing.randomize_size,
        terms.routing.randomize_price,
        *_pegged(terms),
        *_conditions(terms.conditions),
        *_adjusted(version, terms),
        *_peg(version, terms),
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
        *contract_fields(view.instrument, exchange=view.exchange, right=_right(view)),
        *_head(view, total),
        view.perm_id,
        main.outside_rth,
        main.hidden,
        price(terms.allocation.discretionary_amount),
        terms.allocation.good_after_time,
        *_advisor(version, terms),
        *_stock_range(terms),
        integer_or_unset(main.display_size),
        main.sweep_to_fill,
        extended.all_or_none,
        integer_or_unset(extended.min_quantity),
        _oca_type(terms),
        main.trigger_method,
        *_volatility(terms),
        *_delta_neutral_completed(terms),
        *_trailing(terms),
        *_combo(terms.combo),
        *_scale_and_hedge(terms),
        *_clearing_and_algo(terms),
        terms.routing.solicited,
        view.state.status,
        terms.routing.randomize_size,
        terms.routing.randomize_price,
        *_pegged(terms),
        *_conditions(terms.conditions),
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
        *_peg(version, terms),
    ]
    return message(*fields)


def completed_orders_end() -> bytes:
    """Encode completedOrdersEnd, which has no version field."""
    return message(102)


def _right(view: OrderView) -> str:
    return "?" if view.instrument.sec_type is SecType.STOCK else ""


def _head(view: OrderView, total_quantity: Decimal) -> list[Field]:
    """Action to orderRef. Prices that a type does not have are 0.0."""
    main = view.terms.main
    return [
        main.action,
        size(total_quantity),
        main.order_type,
        price(main.limit_price or Decimal(0)),
        price(main.aux_price or Decimal(0)),
        main.tif,
        main.oca_group,
        view.account,
        main.open_close,
        main.origin,
        main.order_ref,
    ]


def _advisor(version: int, terms: PlaceOrder) -> list[Field]:
    """faGroup to exemptCode."""
    allocation, extended = terms.allocation, terms.extended
    fields: list[Field] = [allocation.fa_group, allocation.fa_method, allocation.fa_percentage]
    if version < 177:
        fields.append(allocation.fa_profile)
    fields += [
        extended.model_code,
        allocation.good_till_date,
        extended.rule_80a,
        price(extended.percent_offset),
        extended.settling_firm,
        extended.short_sale_slot,
        extended.designated_location,
        extended.exempt_code,
    ]
    return fields


def _stock_range(terms: PlaceOrder) -> list[Field]:
    """Starting price to stock range upper."""
    extended = terms.extended
    return [
        price(extended.starting_price),
        price(extended.stock_ref_price),
        price(extended.delta),
        price(extended.stock_range_lower),
        price(extended.stock_range_upper),
    ]


def _oca_type(terms: PlaceOrder) -> int:
    # TWS reports 3 for orders that are in no group.
    return terms.extended.oca_type or 3


def _volatility(terms: PlaceOrder) -> list[Field]:
    extended = terms.extended
    return [
        price(extended.volatility),
        extended.volatility_type or 0,
        extended.delta_neutral_order_type or NO_ORDER_TYPE,
        price(extended.delta_neutral_aux_price),
    ]


def _delta_neutral_order(terms: PlaceOrder) -> list[Field]:
    hedge = terms.delta_neutral_order
    if hedge is None:
        return NO_HEDGE
    return [
        hedge.con_id,
        hedge.settling_firm,
        hedge.clearing_account,
        hedge.clearing_intent,
        hedge.open_close,
        hedge.short_sale,
        hedge.short_sale_slot,
        hedge.designated_location,
    ]


def _delta_neutral_completed(terms: PlaceOrder) -> list[Field]:
    hedge = terms.delta_neutral_order
    if hedge is None:
        return NO_HEDGE_COMPLETED
    return [hedge.con_id, hedge.short_sale, hedge.short_sale_slot, hedge.designated_location]


def _trailing(terms: PlaceOrder) -> list[Field]:
    trailing = terms.trailing
    return [
        trailing.continuous_update,
        trailing.reference_price_type or 0,
        price(trailing.trail_stop_price),
        price(trailing.trailing_percent),
    ]


def _combo(combo: Combo) -> list[Field]:
    """Legs in words (empty), legs, leg prices, routing parameters."""
    fields: list[Field] = ["", len(combo.legs)]
    for leg in combo.legs:
        fields += [leg.con_id, leg.ratio, leg.action, leg.exchange]
        fields += [leg.open_close, leg.short_sale_slot, leg.designated_location, leg.exempt_code]
    fields.append(len(combo.leg_prices))
    fields += [price(value) for value in combo.leg_prices]
    fields.append(len(combo.routing))
    for item in combo.routing:
        fields += [item.tag, item.value]
    return fields


def _scale_and_hedge(terms: PlaceOrder) -> list[Field]:
    trailing, scale = terms.trailing, terms.scale
    fields: list[Field] = [
        integer_or_unset(trailing.scale_init_level_size),
        integer_or_unset(trailing.scale_subs_level_size),
        price(trailing.scale_price_increment),
    ]
    if scale is not None:
        fields += [
            price(scale.price_adjust_value),
            integer_or_unset(scale.price_adjust_interval),
            price(scale.profit_offset),
            scale.auto_reset,
            integer_or_unset(scale.init_position),
            integer_or_unset(scale.init_fill_quantity),
            scale.random_percent,
        ]
    fields.append(terms.timing.hedge_type)
    if terms.timing.hedge_type:
        fields.append(terms.hedge_param)
    return fields


def _clearing_and_algo(terms: PlaceOrder) -> list[Field]:
    clearing, hedge = terms.clearing, terms.delta_neutral_contract
    fields: list[Field] = [clearing.clearing_account, clearing.clearing_intent or "IB", clearing.not_held]
    if hedge is None:
        fields.append(False)
    else:
        fields += [True, hedge.con_id, price(hedge.delta), price(hedge.price)]
    fields.append(terms.algo_strategy)
    if terms.algo_strategy:
        fields.append(len(terms.algo_params))
        for item in terms.algo_params:
            fields += [item.tag, item.value]
    return fields


def _state(state: OrderState) -> list[Field]:
    """Status to warning text. Margins and commissions that are not known are the largest double."""
    margins: list[Field] = [UNSET_DOUBLE] * 9
    if state.margins is not None:
        groups = (state.margins.before, state.margins.change, state.margins.after)
        margins = [price(value) for group in groups for value in group]
    commission = double_or_unset(state.commission)
    unset = UNSET_DOUBLE
    return [
        state.status,
        *margins,
        commission,
        unset,
        unset,
        state.commission_currency,
        escaped(state.warning),
    ]


def _pegged(terms: PlaceOrder) -> list[Field]:
    pegged = terms.pegged
    if pegged is None:
        return []
    return [
        pegged.reference_contract_id,
        pegged.is_pegged_change_decrease,
        price(pegged.pegged_change_amount),
        price(pegged.reference_change_amount),
        pegged.reference_exchange,
    ]


def _conditions(conditions: Conditions) -> list[Field]:
    fields: list[Field] = [len(conditions.items)]
    for item in conditions.items:
        fields += [item.kind, *item.payload]
    if conditions.items:
        fields += [conditions.ignore_rth, conditions.cancel_order]
    return fields


def _adjusted(version: int, terms: PlaceOrder) -> list[Field]:
    """Adjusted order type to autoCancelParent."""
    adjusted = terms.adjusted
    fields: list[Field] = [
        adjusted.adjusted_order_type or NO_ORDER_TYPE,
        double_or_unset(adjusted.trigger_price),
        double_or_unset(terms.trailing.trail_stop_price),
        double_or_unset(adjusted.limit_price_offset),
        double_or_unset(adjusted.adjusted_stop_price),
        double_or_unset(adjusted.adjusted_stop_limit_price),
        double_or_unset(adjusted.adjusted_trailing_amount),
        adjusted.adjustable_trailing_unit,
        adjusted.soft_dollar_name,
        adjusted.soft_dollar_value,
        "",
        double_or_unset(adjusted.cash_quantity),
        True,
        adjusted.is_oms_container,
        adjusted.discretionary_up_to_limit_price,
        adjusted.use_price_management_algo or 0,
    ]
    if version >= 158:
        fields.append(integer_or_unset(adjusted.duration))
    if version >= 160:
        fields.append(integer_or_unset(adjusted.post_to_ats))
    if version >= 162:
        fields.append(adjusted.auto_cancel_parent)
    return fields


def _peg(version: int, terms: PlaceOrder) -> list[Field]:
    if version < 170:
        return []
    peg = terms.peg
    return [
        integer_or_unset(peg.min_trade_quantity),
        integer_or_unset(peg.min_compete_size),
        double_or_unset(peg.compete_offset),
        double_or_unset(peg.mid_offset_at_whole),
        double_or_unset(peg.mid_offset_at_half),
    ]
