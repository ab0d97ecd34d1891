"""Runs of order fields that openOrder and completedOrder share, or that would not fit beside them."""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.gateway_sim.order_request import Combo, Conditions, PlaceOrder
from qe_dashboard.gateway_sim.order_view import OrderState, OrderView
from qe_dashboard.gateway_sim.wire import (
    UNSET_DOUBLE,
    Field,
    double_or_unset,
    escaped,
    integer_or_unset,
    price,
    size,
)
from qe_dashboard.model.enums import SecType

# What TWS sends for a delta-neutral order type that was never set (recorded sessions).
NO_ORDER_TYPE = "None"
NO_HEDGE: list[Field] = [0, "", "", "", "?", 0, 0, ""]
NO_HEDGE_COMPLETED: list[Field] = [0, 0, 0, ""]


def right_of(view: OrderView) -> str:
    return "?" if view.instrument.sec_type is SecType.STOCK else ""


def head(view: OrderView, total_quantity: Decimal) -> list[Field]:
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


def advisor(version: int, terms: PlaceOrder) -> list[Field]:
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


def stock_range(terms: PlaceOrder) -> list[Field]:
    """Starting price to stock range upper."""
    extended = terms.extended
    return [
        price(extended.starting_price),
        price(extended.stock_ref_price),
        price(extended.delta),
        price(extended.stock_range_lower),
        price(extended.stock_range_upper),
    ]


def oca_type(terms: PlaceOrder) -> int:
    # TWS reports 3 for orders that are in no group.
    return terms.extended.oca_type or 3


def volatility(terms: PlaceOrder) -> list[Field]:
    extended = terms.extended
    return [
        price(extended.volatility),
        extended.volatility_type or 0,
        extended.delta_neutral_order_type or NO_ORDER_TYPE,
        price(extended.delta_neutral_aux_price),
    ]


def delta_neutral_order(terms: PlaceOrder) -> list[Field]:
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


def delta_neutral_completed(terms: PlaceOrder) -> list[Field]:
    hedge = terms.delta_neutral_order
    if hedge is None:
        return NO_HEDGE_COMPLETED
    return [hedge.con_id, hedge.short_sale, hedge.short_sale_slot, hedge.designated_location]


def trailing_fields(terms: PlaceOrder) -> list[Field]:
    trailing = terms.trailing
    return [
        trailing.continuous_update,
        trailing.reference_price_type or 0,
        price(trailing.trail_stop_price),
        price(trailing.trailing_percent),
    ]


def combo_fields(combo: Combo) -> list[Field]:
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


def scale_and_hedge(terms: PlaceOrder) -> list[Field]:
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


def clearing_and_algo(terms: PlaceOrder) -> list[Field]:
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


def state_fields(state: OrderState) -> list[Field]:
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


def pegged_fields(terms: PlaceOrder) -> list[Field]:
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


def condition_fields(conditions: Conditions) -> list[Field]:
    fields: list[Field] = [len(conditions.items)]
    for item in conditions.items:
        fields += [item.kind, *item.payload]
    if conditions.items:
        fields += [conditions.ignore_rth, conditions.cancel_order]
    return fields


def adjusted_fields(version: int, terms: PlaceOrder) -> list[Field]:
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


def peg_fields(version: int, terms: PlaceOrder) -> list[Field]:
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
