"""Between the API's many order fields and the venue's few: what can be served, and what an order looks like again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from qe_dashboard.gateway_sim import refusals
from qe_dashboard.gateway_sim.encode_contracts import expiry_text, multiplier_text
from qe_dashboard.gateway_sim.order_request import (
    AdjustedTerms,
    AllocationTerms,
    ClearingTerms,
    Combo,
    Conditions,
    ExtendedTerms,
    MainTerms,
    PegTerms,
    PlaceOrder,
    RoutingTerms,
    TimingTerms,
    TrailingTerms,
)
from qe_dashboard.gateway_sim.requests import ContractSpec
from qe_dashboard.model.enums import OrderSide, OrderType, TimeInForce
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.order import OrderSpec
from qe_dashboard.sim_venue.events import OrderSnapshot

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer to an order that never reaches the venue."""

    code: int
    text: str


def order_spec(request: PlaceOrder, instrument: Instrument) -> OrderSpec | Refusal:
    """Translate an order for the venue; a term that it could not honour is a refusal, never ignored."""
    main = request.main
    if main.total_quantity <= 0 or not main.total_quantity.is_finite():
        return Refusal(refusals.ZERO_SIZE, "The order size cannot be zero.")
    order_type = _member(OrderType, main.order_type)
    if order_type is None:
        return Refusal(refusals.ORDER_TYPE, "Unsupported order type for this exchange and security type.")
    side = _member(OrderSide, main.action)
    if side is None:
        return Refusal(refusals.INVALID_REQUEST, refusals.invalid(f"Invalid side: {main.action}"))
    time_in_force = _member(TimeInForce, main.tif or TimeInForce.DAY)
    if time_in_force is None:
        return Refusal(refusals.TIME_IN_FORCE, f"The time-in-force is invalid for this order: {main.tif}")
    unserved = _unserved_term(request)
    if unserved:
        return Refusal(refusals.REJECTED, f"Order rejected - reason:{unserved} is not simulated")
    try:
        return OrderSpec(
            instrument_id=instrument.id,
            side=side,
            quantity=main.total_quantity,
            order_type=order_type,
            limit_price=main.limit_price if order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT) else None,
            stop_price=main.aux_price if order_type in (OrderType.STOP, OrderType.STOP_LIMIT) else None,
            time_in_force=time_in_force,
            outside_rth=main.outside_rth,
        )
    except ValueError as error:
        return Refusal(refusals.INCOMPLETE, f"Cannot transmit incomplete order. {error}")


def _member(words: type[E], text: str) -> E | None:
    return next((word for word in words if word.value == text), None)


def _unserved_term(request: PlaceOrder) -> str:
    """Name a term that changes when or how the order trades and that the venue does not know."""
    main = request.main
    terms = {
        "an attached order (parentId)": main.parent_id != 0,
        "an OCA group": main.oca_group != "",
        "goodAfterTime": request.allocation.good_after_time != "",
        "allOrNone": request.extended.all_or_none,
        "minQty": bool(request.extended.min_quantity),
        "a delta-neutral order": request.delta_neutral_order is not None,
        "a scale order": request.scale is not None,
        "a hedge order": request.timing.hedge_type != "",
        "an algo": request.algo_strategy != "",
        "a condition": bool(request.conditions.items),
        "an adjusted order": request.adjusted.adjusted_order_type not in ("", "None"),
        "a cash quantity": bool(request.adjusted.cash_quantity),
    }
    return next((name for name, present in terms.items() if present), "")


def terms_in_force(terms: PlaceOrder, snapshot: OrderSnapshot) -> PlaceOrder:
    """Put quantity, prices and time in force as the venue has them into the terms a client once sent."""
    spec = snapshot.spec
    main = replace(
        terms.main,
        total_quantity=spec.quantity,
        limit_price=spec.limit_price,
        aux_price=spec.stop_price,
        tif=spec.time_in_force.value,
        outside_rth=spec.outside_rth,
        order_ref=snapshot.order_ref,
    )
    return replace(terms, main=main)


def plain_terms(snapshot: OrderSnapshot) -> PlaceOrder:
    """Build the terms of an order whose request is gone (placed before a restart): every extra at its default."""
    instrument, spec = snapshot.instrument, snapshot.spec
    return PlaceOrder(
        order_id=snapshot.key.order_id,
        contract=_contract_spec(instrument),
        sec_id_type="",
        sec_id="",
        main=MainTerms(
            action=spec.side.value,
            total_quantity=spec.quantity,
            order_type=spec.order_type.value,
            limit_price=spec.limit_price,
            aux_price=spec.stop_price,
            tif=spec.time_in_force.value,
            oca_group="",
            account=snapshot.account,
            open_close="",
            origin=0,
            order_ref=snapshot.order_ref,
            transmit=True,
            parent_id=0,
            block_order=False,
            sweep_to_fill=False,
            display_size=None,
            trigger_method=0,
            outside_rth=spec.outside_rth,
            hidden=False,
        ),
        combo=Combo(),
        allocation=AllocationTerms("", Decimal(0), "", "", "", "", ""),
        extended=_PLAIN_EXTENDED,
        delta_neutral_order=None,
        trailing=TrailingTerms(False, None, None, None, None, None, None),
        scale=None,
        timing=TimingTerms("", "", "", ""),
        hedge_param="",
        clearing=ClearingTerms(False, "", "", False),
        delta_neutral_contract=None,
        algo_strategy="",
        algo_params=(),
        routing=RoutingTerms("", False, "", False, False, False),
        pegged=None,
        conditions=Conditions(),
        adjusted=_PLAIN_ADJUSTED,
        peg=PegTerms(),
    )


def _contract_spec(instrument: Instrument) -> ContractSpec:
    return ContractSpec(
        con_id=instrument.con_id or 0,
        symbol=instrument.symbol,
        sec_type=instrument.sec_type.value,
        last_trade_date=expiry_text(instrument),
        strike=Decimal(0),
        right="",
        multiplier=multiplier_text(instrument),
        exchange=instrument.exchange,
        primary_exchange=instrument.primary_exchange,
        currency=instrument.currency,
        local_symbol=instrument.local_symbol,
        trading_class=instrument.trading_class,
    )


_PLAIN_EXTENDED = ExtendedTerms(
    model_code="",
    short_sale_slot=0,
    designated_location="",
    exempt_code=-1,
    oca_type=0,
    rule_80a="",
    settling_firm="",
    all_or_none=False,
    min_quantity=None,
    percent_offset=None,
    e_trade_only=False,
    firm_quote_only=False,
    nbbo_price_cap=None,
    auction_strategy=0,
    starting_price=None,
    stock_ref_price=None,
    delta=None,
    stock_range_lower=None,
    stock_range_upper=None,
    override_percentage_constraints=False,
    volatility=None,
    volatility_type=None,
    delta_neutral_order_type="",
    delta_neutral_aux_price=None,
)

_PLAIN_ADJUSTED = AdjustedTerms(
    adjusted_order_type="",
    trigger_price=None,
    limit_price_offset=None,
    adjusted_stop_price=None,
    adjusted_stop_limit_price=None,
    adjusted_trailing_amount=None,
    adjustable_trailing_unit=0,
    ext_operator="",
    soft_dollar_name="",
    soft_dollar_value="",
    cash_quantity=None,
    mifid2_decision_maker="",
    mifid2_decision_algo="",
    mifid2_execution_trader="",
    mifid2_execution_algo="",
    dont_use_auto_price_for_hedge=False,
    is_oms_container=False,
    discretionary_up_to_limit_price=False,
    use_price_management_algo=None,
)
