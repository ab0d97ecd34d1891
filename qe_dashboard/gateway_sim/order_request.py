"""placeOrder as a value: its fields in groups, each group one unbroken run of fields on the wire (reference 4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from qe_dashboard.gateway_sim.reader import gated
from qe_dashboard.gateway_sim.requests import ContractSpec, DeltaNeutralContract


@dataclass(frozen=True, slots=True)
class MainTerms:
    action: str
    total_quantity: Decimal
    order_type: str
    limit_price: Decimal | None
    aux_price: Decimal | None
    tif: str
    oca_group: str
    account: str
    open_close: str
    origin: int
    order_ref: str
    transmit: bool
    parent_id: int
    block_order: bool
    sweep_to_fill: bool
    display_size: int | None
    trigger_method: int
    outside_rth: bool
    hidden: bool


@dataclass(frozen=True, slots=True)
class ComboLeg:
    con_id: int
    ratio: int
    action: str
    exchange: str
    open_close: int
    short_sale_slot: int
    designated_location: str
    exempt_code: int


@dataclass(frozen=True, slots=True)
class TagValue:
    tag: str
    value: str


@dataclass(frozen=True, slots=True)
class Combo:
    """What a combination (BAG) order carries in addition."""

    legs: tuple[ComboLeg, ...] = ()
    leg_prices: tuple[Decimal | None, ...] = ()
    routing: tuple[TagValue, ...] = ()


@dataclass(frozen=True, slots=True)
class AllocationTerms:
    shares_allocation: str
    discretionary_amount: Decimal
    good_after_time: str
    good_till_date: str
    fa_group: str
    fa_method: str
    fa_percentage: str
    fa_profile: str = gated("", until=177)


@dataclass(frozen=True, slots=True)
class ExtendedTerms:
    model_code: str
    short_sale_slot: int
    designated_location: str
    exempt_code: int
    oca_type: int
    rule_80a: str
    settling_firm: str
    all_or_none: bool
    min_quantity: int | None
    percent_offset: Decimal | None
    e_trade_only: bool
    firm_quote_only: bool
    nbbo_price_cap: Decimal | None
    auction_strategy: int | None
    starting_price: Decimal | None
    stock_ref_price: Decimal | None
    delta: Decimal | None
    stock_range_lower: Decimal | None
    stock_range_upper: Decimal | None
    override_percentage_constraints: bool
    volatility: Decimal | None
    volatility_type: int | None
    delta_neutral_order_type: str
    delta_neutral_aux_price: Decimal | None


@dataclass(frozen=True, slots=True)
class DeltaNeutralOrder:
    con_id: int
    settling_firm: str
    clearing_account: str
    clearing_intent: str
    open_close: str
    short_sale: bool
    short_sale_slot: int
    designated_location: str


@dataclass(frozen=True, slots=True)
class TrailingTerms:
    continuous_update: bool
    reference_price_type: int | None
    trail_stop_price: Decimal | None
    trailing_percent: Decimal | None
    scale_init_level_size: int | None
    scale_subs_level_size: int | None
    scale_price_increment: Decimal | None


@dataclass(frozen=True, slots=True)
class ScaleTerms:
    price_adjust_value: Decimal | None
    price_adjust_interval: int | None
    profit_offset: Decimal | None
    auto_reset: bool
    init_position: int | None
    init_fill_quantity: int | None
    random_percent: bool


@dataclass(frozen=True, slots=True)
class TimingTerms:
    scale_table: str
    active_start_time: str
    active_stop_time: str
    hedge_type: str


@dataclass(frozen=True, slots=True)
class ClearingTerms:
    opt_out_smart_routing: bool
    clearing_account: str
    clearing_intent: str
    not_held: bool


@dataclass(frozen=True, slots=True)
class RoutingTerms:
    algo_id: str
    what_if: bool
    order_misc_options: str
    solicited: bool
    randomize_size: bool
    randomize_price: bool


@dataclass(frozen=True, slots=True)
class PeggedToBenchmark:
    reference_contract_id: int
    is_pegged_change_decrease: bool
    pegged_change_amount: Decimal | None
    reference_change_amount: Decimal | None
    reference_exchange: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition's type and its payload as sent: how many fields follow depends on the type."""

    kind: int
    payload: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conditions:
    items: tuple[Condition, ...] = ()
    ignore_rth: bool = False
    cancel_order: bool = False


@dataclass(frozen=True, slots=True)
class AdjustedTerms:
    adjusted_order_type: str
    trigger_price: Decimal | None
    limit_price_offset: Decimal | None
    adjusted_stop_price: Decimal | None
    adjusted_stop_limit_price: Decimal | None
    adjusted_trailing_amount: Decimal | None
    adjustable_trailing_unit: int
    ext_operator: str
    soft_dollar_name: str
    soft_dollar_value: str
    cash_quantity: Decimal | None
    mifid2_decision_maker: str
    mifid2_decision_algo: str
    mifid2_execution_trader: str
    mifid2_execution_algo: str
    dont_use_auto_price_for_hedge: bool
    is_oms_container: bool
    discretionary_up_to_limit_price: bool
    use_price_management_algo: int | None
    duration: int | None = gated(None, since=158)
    post_to_ats: int | None = gated(None, since=160)
    auto_cancel_parent: bool = gated(False, since=162)
    advanced_error_override: str = gated("", since=166)
    manual_order_time: str = gated("", since=169)


@dataclass(frozen=True, slots=True)
class PegTerms:
    """Terms of IBKRATS, PEG BEST and PEG MID orders, on the wire only for those."""

    min_trade_quantity: int | None = None
    min_compete_size: int | None = None
    compete_offset: Decimal | None = None
    mid_offset_at_whole: Decimal | None = None
    mid_offset_at_half: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    order_id: int
    contract: ContractSpec
    sec_id_type: str
    sec_id: str
    main: MainTerms
    combo: Combo
    allocation: AllocationTerms
    extended: ExtendedTerms
    delta_neutral_order: DeltaNeutralOrder | None
    trailing: TrailingTerms
    scale: ScaleTerms | None
    timing: TimingTerms
    hedge_param: str
    clearing: ClearingTerms
    delta_neutral_contract: DeltaNeutralContract | None
    algo_strategy: str
    algo_params: tuple[TagValue, ...]
    routing: RoutingTerms
    pegged: PeggedToBenchmark | None
    conditions: Conditions
    adjusted: AdjustedTerms
    peg: PegTerms
