"""Reading placeOrder: the groups of `order_request` and the conditional parts between them (reference 4.4)."""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.gateway_sim.order_request import (
    AdjustedTerms,
    AllocationTerms,
    ClearingTerms,
    Combo,
    ComboLeg,
    Condition,
    Conditions,
    DeltaNeutralOrder,
    ExtendedTerms,
    MainTerms,
    PeggedToBenchmark,
    PegTerms,
    PlaceOrder,
    RoutingTerms,
    ScaleTerms,
    TagValue,
    TimingTerms,
    TrailingTerms,
)
from qe_dashboard.gateway_sim.reader import DecodeError, FieldReader
from qe_dashboard.gateway_sim.requests import ContractSpec, DeltaNeutralContract

COMBO = "BAG"

# Fields after the type: price, time, margin, execution, volume, percent change.
CONDITION_FIELDS = {1: 6, 3: 3, 4: 3, 5: 4, 6: 5, 7: 5}


def read_place_order(reader: FieldReader) -> PlaceOrder:
    """Read everything after the message id."""
    order_id = reader.integer("orderId")
    contract = reader.record(ContractSpec)
    sec_id_type, sec_id = reader.text("secIdType"), reader.text("secId")
    main = reader.record(MainTerms)
    combo = _read_combo(reader) if contract.sec_type == COMBO else Combo()
    allocation = reader.record(AllocationTerms)
    extended = reader.record(ExtendedTerms)
    delta_neutral_order = reader.record(DeltaNeutralOrder) if extended.delta_neutral_order_type else None
    trailing = reader.record(TrailingTerms)
    increment = trailing.scale_price_increment
    scale = reader.record(ScaleTerms) if increment is not None and increment > 0 else None
    timing = reader.record(TimingTerms)
    hedge_param = reader.text("hedgeParam") if timing.hedge_type else ""
    clearing = reader.record(ClearingTerms)
    delta_neutral = reader.record(DeltaNeutralContract) if reader.flag("hasDeltaNeutral") else None
    algo_strategy = reader.text("algoStrategy")
    algo_params = _read_tag_values(reader, "algoParams") if algo_strategy else ()
    routing = reader.record(RoutingTerms)
    pegged = reader.record(PeggedToBenchmark) if main.order_type == "PEG BENCH" else None
    return PlaceOrder(
        order_id=order_id,
        contract=contract,
        sec_id_type=sec_id_type,
        sec_id=sec_id,
        main=main,
        combo=combo,
        allocation=allocation,
        extended=extended,
        delta_neutral_order=delta_neutral_order,
        trailing=trailing,
        scale=scale,
        timing=timing,
        hedge_param=hedge_param,
        clearing=clearing,
        delta_neutral_contract=delta_neutral,
        algo_strategy=algo_strategy,
        algo_params=algo_params,
        routing=routing,
        pegged=pegged,
        conditions=_read_conditions(reader),
        adjusted=reader.record(AdjustedTerms),
        peg=_read_peg(reader, exchange=contract.exchange, order_type=main.order_type),
    )


def _read_combo(reader: FieldReader) -> Combo:
    legs = tuple(reader.record(ComboLeg) for _ in range(reader.count("comboLegs")))
    prices = tuple(reader.optional_real("legPrice") for _ in range(reader.count("legPrices")))
    return Combo(legs, prices, _read_tag_values(reader, "smartComboRoutingParams"))


def _read_tag_values(reader: FieldReader, name: str) -> tuple[TagValue, ...]:
    return tuple(reader.record(TagValue) for _ in range(reader.count(name)))


def _read_conditions(reader: FieldReader) -> Conditions:
    count = reader.count("conditions")
    if count == 0:
        return Conditions()
    items = []
    for _ in range(count):
        kind = reader.integer("conditionType")
        if kind not in CONDITION_FIELDS:
            raise DecodeError(f"condition type {kind} is not known")
        items.append(Condition(kind, tuple(reader.text("condition") for _ in range(CONDITION_FIELDS[kind]))))
    return Conditions(tuple(items), reader.flag("conditionsIgnoreRth"), reader.flag("conditionsCancelOrder"))


def _read_peg(reader: FieldReader, *, exchange: str, order_type: str) -> PegTerms:
    if reader.version < 170:
        return PegTerms()
    min_trade = reader.optional_integer("minTradeQty") if exchange == "IBKRATS" else None
    min_compete, compete_offset = None, None
    at_whole, at_half = None, None
    if order_type == "PEG BEST":
        min_compete = reader.optional_integer("minCompeteSize")
        compete_offset = reader.optional_real("competeAgainstBestOffset")
    # An offset of infinity stands for "up to the midpoint", which then has its own two offsets.
    if order_type == "PEG MID" or compete_offset == Decimal("Infinity"):
        at_whole = reader.optional_real("midOffsetAtWhole")
        at_half = reader.optional_real("midOffsetAtHalf")
    return PegTerms(min_trade, min_compete, compete_offset, at_whole, at_half)
