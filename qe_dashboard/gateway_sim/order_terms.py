"""Between the API's many order fields and the venue's few: what can be served, and what an order looks like again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
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
from qe_dashboard.gateway_sim.timestamps import parse_client_time
from qe_dashboard.model.enums import OrderSide
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.sim_venue.events import OrderSnapshot
from qe_dashboard.sim_venue.terms import ON_CLOSE, OcaType, VenueOrderType, VenueTerms, VenueTif

E = TypeVar("E", bound=StrEnum)

# Clients write some types in more than one way.
_SPELLINGS = {"STPLMT": "STP LMT", "STOP": "STP", "STOP LIMIT": "STP LMT", "LIMIT": "LMT", "MARKET": "MKT"}
_REGULAR_HOURS_ONLY = ON_CLOSE | {VenueOrderType.MARKET}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer to an order that never reaches the venue."""

    code: int
    text: str


def order_terms(request: PlaceOrder, instrument: Instrument) -> VenueTerms | Refusal:
    """Translate an order for the venue; a term that it could not honour is a refusal, never ignored."""
    main = request.main
    if main.total_quantity <= 0 or not main.total_quantity.is_finite():
        return Refusal(refusals.ZERO_SIZE, "The order size cannot be zero.")
    order_type = _member(VenueOrderType, _SPELLINGS.get(main.order_type, main.order_type))
    if order_type is None:
        return Refusal(refusals.ORDER_TYPE, "Unsupported order type for this exchange and security type.")
    side = _member(OrderSide, main.action)
    if side is None:
        return Refusal(refusals.INVALID_REQUEST, refusals.invalid(f"Invalid side: {main.action}"))
    time_in_force = _member(VenueTif, main.tif or VenueTif.DAY)
    if time_in_force is None:
        return Refusal(refusals.TIME_IN_FORCE, f"The time-in-force is invalid for this order: {main.tif}")
    if order_type in ON_CLOSE and time_in_force is not VenueTif.DAY:
        return Refusal(refusals.CLOSE_IS_DAY, "Time in Force must be DAY for MOC and LOC orders.")
    unserved = _unserved_term(request)
    if unserved:
        return Refusal(refusals.REJECTED, f"Order rejected - reason:{unserved} is not simulated")
    try:
        return _venue_terms(request, instrument, (order_type, side, time_in_force))
    except _BadTimeError as error:
        return Refusal(refusals.BAD_GOOD_TILL, str(error))
    except ValueError as error:
        return Refusal(refusals.INCOMPLETE, f"Cannot transmit incomplete order. {error}")


def ignores_outside_rth(terms: VenueTerms) -> bool:
    """Tell whether an order asks for trading outside regular hours although its type never does that (2109)."""
    return terms.outside_rth and terms.order_type in _REGULAR_HOURS_ONLY


class _BadTimeError(ValueError):
    """A time of an order that cannot be read."""


def _venue_terms(
    request: PlaceOrder, instrument: Instrument, words: tuple[VenueOrderType, OrderSide, VenueTif]
) -> VenueTerms:
    order_type, side, time_in_force = words
    main, trailing = request.main, request.trailing
    trails = order_type is VenueOrderType.TRAIL
    percent = trailing.trailing_percent if trails else None
    has_limit = order_type in (
        VenueOrderType.LIMIT,
        VenueOrderType.STOP_LIMIT,
        VenueOrderType.LIMIT_ON_CLOSE,
    )
    has_stop = order_type in (VenueOrderType.STOP, VenueOrderType.STOP_LIMIT, VenueOrderType.IF_TOUCHED)
    stop = main.aux_price if has_stop else trailing.trail_stop_price if trails else None
    # TWS takes a trailing amount of 0 for none when a percentage is given.
    amount = (main.aux_price or None) if trails and percent is None else None
    till = request.allocation.good_till_date
    after = request.allocation.good_after_time
    return VenueTerms(
        instrument_id=instrument.id,
        side=side,
        quantity=main.total_quantity,
        order_type=order_type,
        limit_price=main.limit_price if has_limit else None,
        stop_price=stop,
        trail_amount=amount,
        trail_percent=percent,
        time_in_force=time_in_force,
        good_till=_time(till, instrument) if time_in_force is VenueTif.GTD and till else None,
        good_after=_time(after, instrument) if after else None,
        outside_rth=main.outside_rth,
        parent_id=main.parent_id or None,
        transmit=main.transmit,
        oca_group=main.oca_group,
        oca_type=OcaType(request.extended.oca_type or OcaType.REDUCE),
    )


def _time(text: str, instrument: Instrument) -> datetime:
    """Read a time; a date alone is its last second in the contract's zone."""
    try:
        return parse_client_time(text if len(text) > 8 else f"{text} 23:59:59", zone=instrument.time_zone)
    except ValueError as error:
        raise _BadTimeError(f"The time of the order is invalid. {error}") from error


def _member(words: type[E], text: str) -> E | None:
    return next((word for word in words if word.value == text), None)


def _unserved_term(request: PlaceOrder) -> str:
    """Name a term that changes when or how the order trades and that the venue does not know."""
    terms = {
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


def terms_in_force(sent: PlaceOrder, snapshot: OrderSnapshot) -> PlaceOrder:
    """Put what the venue has now - size, prices, time in force, stop of a trail - into what a client once sent."""
    terms = snapshot.terms
    trails = terms.order_type is VenueOrderType.TRAIL
    # Children of a bracket are shown as a group named after their parent's permId (reference 4.7).
    family = str(snapshot.parent_perm_id) if snapshot.parent_perm_id else ""
    main = replace(
        sent.main,
        total_quantity=terms.quantity,
        order_type=terms.order_type.value,
        limit_price=terms.limit_price,
        aux_price=terms.trail_amount if trails else terms.stop_price,
        tif=terms.time_in_force.value,
        oca_group=terms.oca_group or family,
        outside_rth=terms.outside_rth,
        order_ref=snapshot.order_ref,
        parent_id=terms.parent_id or 0,
    )
    if not trails:
        return replace(sent, main=main)
    stop, percent = snapshot.trail_stop, terms.trail_percent
    trailing = replace(sent.trailing, trail_stop_price=stop, trailing_percent=percent)
    return replace(sent, main=main, trailing=trailing)


def plain_terms(snapshot: OrderSnapshot) -> PlaceOrder:
    """Build the terms of an order whose request is gone (placed before a restart): every extra at its default."""
    instrument, terms = snapshot.instrument, snapshot.terms
    return PlaceOrder(
        order_id=snapshot.key.order_id,
        contract=_contract_spec(instrument),
        sec_id_type="",
        sec_id="",
        main=MainTerms(
            action=terms.side.value,
            total_quantity=terms.quantity,
            order_type=terms.order_type.value,
            limit_price=terms.limit_price,
            aux_price=terms.stop_price,
            tif=terms.time_in_force.value,
            oca_group=terms.oca_group,
            account=snapshot.account,
            open_close="",
            origin=0,
            order_ref=snapshot.order_ref,
            transmit=True,
            parent_id=terms.parent_id or 0,
            block_order=False,
            sweep_to_fill=False,
            display_size=None,
            trigger_method=0,
            outside_rth=terms.outside_rth,
            hidden=False,
        ),
        combo=Combo(),
        allocation=AllocationTerms(
            "", Decimal(0), _written(terms.good_after), _written(terms.good_till), "", "", ""
        ),
        extended=replace(_PLAIN_EXTENDED, oca_type=terms.oca_type.value),
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


def _written(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(UTC):%Y%m%d-%H:%M:%S}"


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
