"""placeOrder: every field lands where it belongs, in every version; a layout that is off by one is found."""

from dataclasses import fields, is_dataclass
from decimal import Decimal

import pytest

from qe_dashboard.gateway_sim.decode_order import read_place_order
from qe_dashboard.gateway_sim.order_request import (
    Combo,
    ComboLeg,
    Condition,
    Conditions,
    PlaceOrder,
    TagValue,
)
from qe_dashboard.gateway_sim.reader import DecodeError, FieldReader
from support.gateway_wire import order_field_names, place_order, words

VERSIONS = [157, 158, 160, 162, 163, 166, 169, 170, 176, 177, 178]

FLAGS = words(
    "transmit blockOrder sweepToFill outsideRth hidden allOrNone eTradeOnly firmQuoteOnly "
    "overridePercentageConstraints continuousUpdate optOutSmartRouting notHeld whatIf solicited randomizeSize "
    "randomizePrice dontUseAutoPriceForHedge isOmsContainer discretionaryUpToLimitPrice autoCancelParent"
)
INTEGERS = words(
    "orderId conId origin parentId displaySize triggerMethod shortSaleSlot exemptCode ocaType minQty auctionStrategy "
    "volatilityType referencePriceType scaleInitLevelSize scaleSubsLevelSize adjustableTrailingUnit usePriceMgmtAlgo "
    "duration postToAts"
)
NUMBERS = words(
    "strike totalQuantity lmtPrice auxPrice discretionaryAmt percentOffset nbboPriceCap startingPrice stockRefPrice "
    "delta stockRangeLower stockRangeUpper volatility deltaNeutralAuxPrice trailStopPrice trailingPercent "
    "triggerPrice lmtPriceOffset adjustedStopPrice adjustedStopLimitPrice adjustedTrailingAmount cashQty"
)
# They switch parts of the layout on, so they stay off here and have tests of their own.
SWITCHES = {
    "deltaNeutralOrderType": "",
    "scalePriceIncrement": "",
    "hedgeType": "",
    "hasDeltaNeutral": "0",
    "algoStrategy": "",
    "nConditions": "0",
}

# Where each field of the wire ends up in the value.
GROUP_NAMES = {
    "contract": "conId symbol secType lastTradeDate strike right multiplier exchange primaryExchange currency "
    "localSymbol tradingClass",
    "main": "action totalQuantity orderType lmtPrice auxPrice tif ocaGroup account openClose origin orderRef transmit "
    "parentId blockOrder sweepToFill displaySize triggerMethod outsideRth hidden",
    "allocation": "sharesAllocation discretionaryAmt goodAfterTime goodTillDate faGroup faMethod faPercentage "
    "faProfile",
    "extended": "modelCode shortSaleSlot designatedLocation exemptCode ocaType rule80A settlingFirm allOrNone minQty "
    "percentOffset eTradeOnly firmQuoteOnly nbboPriceCap auctionStrategy startingPrice stockRefPrice delta "
    "stockRangeLower stockRangeUpper overridePercentageConstraints volatility volatilityType deltaNeutralOrderType "
    "deltaNeutralAuxPrice",
    "trailing": "continuousUpdate referencePriceType trailStopPrice trailingPercent scaleInitLevelSize "
    "scaleSubsLevelSize scalePriceIncrement",
    "timing": "scaleTable activeStartTime activeStopTime hedgeType",
    "clearing": "optOutSmartRouting clearingAccount clearingIntent notHeld",
    "routing": "algoId whatIf orderMiscOptions solicited randomizeSize randomizePrice",
    "adjusted": "adjustedOrderType triggerPrice lmtPriceOffset adjustedStopPrice adjustedStopLimitPrice "
    "adjustedTrailingAmount adjustableTrailingUnit extOperator softTierName softTierValue cashQty mifid2DecisionMaker "
    "mifid2DecisionAlgo mifid2ExecutionTrader mifid2ExecutionAlgo dontUseAutoPriceForHedge isOmsContainer "
    "discretionaryUpToLimitPrice usePriceMgmtAlgo duration postToAts autoCancelParent advancedErrorOverride "
    "manualOrderTime",
}


def distinct_values(version: int) -> dict[str, str]:
    """Return a different value for every field, of the field's type. Flags differ by which one is on."""
    values = {}
    for place, name in enumerate(order_field_names(version), start=1000):
        if name in SWITCHES:
            values[name] = SWITCHES[name]
        elif name in FLAGS:
            values[name] = "0"
        elif name in INTEGERS:
            values[name] = str(place)
        elif name in NUMBERS:
            values[name] = f"{place}.25"
        else:
            values[name] = f"text {place}"
    return values


def read(texts: list[str], version: int) -> PlaceOrder:
    reader = FieldReader(texts[1:], version=version)
    order = read_place_order(reader)
    reader.finish()
    return order


def by_wire_name(order: PlaceOrder) -> dict[str, object]:
    """Return the values of the groups under the names of the wire."""
    found: dict[str, object] = {
        "orderId": order.order_id,
        "secIdType": order.sec_id_type,
        "secId": order.sec_id,
        "algoStrategy": order.algo_strategy,
    }
    for group, names in GROUP_NAMES.items():
        value = getattr(order, group)
        assert is_dataclass(value)
        members = [getattr(value, item.name) for item in fields(value)]
        found |= dict(zip(names.split(), members, strict=True))
    return found


def parsed(name: str, text: str) -> object:
    if name in FLAGS:
        return text == "1"
    if name in INTEGERS:
        return int(text)
    if name in NUMBERS:
        return Decimal(text)
    if name == "scalePriceIncrement":
        return None
    return text


@pytest.mark.parametrize("version", VERSIONS)
def test_every_field_keeps_its_own_value(version: int) -> None:
    sent = distinct_values(version)
    found = by_wire_name(read(place_order(version, **sent), version))
    del sent["hasDeltaNeutral"], sent["nConditions"]
    assert {name: found[name] for name in sent} == {name: parsed(name, text) for name, text in sent.items()}


@pytest.mark.parametrize("flag", FLAGS)
def test_each_flag_is_its_own(flag: str) -> None:
    found = by_wire_name(read(place_order(176, **distinct_values(176) | {flag: "1"}), 176))
    assert [name for name in FLAGS if found[name]] == [flag]


@pytest.mark.parametrize(("version", "count"), [(157, 110), (158, 111), (176, 115), (178, 114)])
def test_the_plain_order_has_the_documented_number_of_fields(version: int, count: int) -> None:
    texts = place_order(version)
    assert len(texts) == count
    read(texts, version)


@pytest.mark.parametrize("version", VERSIONS)
def test_one_field_too_many_or_too_few_is_found(version: int) -> None:
    texts = place_order(version, **distinct_values(version))
    with pytest.raises(DecodeError, match="1 unread"):
        read([*texts, ""], version)
    with pytest.raises(DecodeError, match="missing"):
        read(texts[:-1], version)


def test_the_layout_of_another_version_is_found() -> None:
    with pytest.raises(DecodeError):
        read(place_order(178, **distinct_values(178)), 176)
    with pytest.raises(DecodeError):
        read(place_order(157, **distinct_values(157)), 176)


def with_part(texts: list[str], *, after: str, part: list[str], version: int = 176) -> list[str]:
    place = 1 + order_field_names(version).index(after) + 1
    return [*texts[:place], *part, *texts[place:]]


def test_a_combination_carries_its_legs() -> None:
    texts = place_order(176, secType="BAG")
    legs = ["2", *words("11 1 BUY SMART 0 0 loc -1"), *words("12 3 SELL CME 1 2 here 5")]
    part = [*legs, "2", "1.5", "", "1", "NonGuaranteed", "1"]
    order = read(with_part(texts, after="hidden", part=part), 176)
    assert order.combo == Combo(
        legs=(
            ComboLeg(11, 1, "BUY", "SMART", 0, 0, "loc", -1),
            ComboLeg(12, 3, "SELL", "CME", 1, 2, "here", 5),
        ),
        leg_prices=(Decimal("1.5"), None),
        routing=(TagValue("NonGuaranteed", "1"),),
    )


def test_a_delta_neutral_order_type_brings_eight_fields() -> None:
    texts = place_order(176, deltaNeutralOrderType="MKT")
    part = words("7 firm account IB O 1 2 loc")
    hedge = read(with_part(texts, after="deltaNeutralAuxPrice", part=part), 176).delta_neutral_order
    assert hedge is not None
    assert [getattr(hedge, item.name) for item in fields(hedge)] == [
        7,
        "firm",
        "account",
        "IB",
        "O",
        True,
        2,
        "loc",
    ]


def test_a_scale_increment_brings_seven_fields() -> None:
    texts = place_order(176, scalePriceIncrement="0.5")
    part = words("0.1 60 0.2 1 3 4 0")
    scale = read(with_part(texts, after="scalePriceIncrement", part=part), 176).scale
    assert scale is not None
    expected = [Decimal("0.1"), 60, Decimal("0.2"), True, 3, 4, False]
    assert [getattr(scale, item.name) for item in fields(scale)] == expected


def test_a_hedge_type_brings_its_parameter() -> None:
    texts = with_part(place_order(176, hedgeType="P"), after="hedgeType", part=["0.7"])
    assert read(texts, 176).hedge_param == "0.7"


def test_a_delta_neutral_contract_brings_three_fields() -> None:
    texts = place_order(176, hasDeltaNeutral="1")
    order = read(with_part(texts, after="hasDeltaNeutral", part=["9", "0.5", "10.0"]), 176)
    assert order.delta_neutral_contract is not None
    assert order.delta_neutral_contract.con_id == 9
    assert order.delta_neutral_contract.price == 10


def test_an_algo_brings_its_parameters() -> None:
    texts = place_order(176, algoStrategy="Vwap")
    order = read(with_part(texts, after="algoStrategy", part=words("2 maxPctVol 0.1 noTakeLiq 1")), 176)
    assert order.algo_params == (TagValue("maxPctVol", "0.1"), TagValue("noTakeLiq", "1"))


def test_conditions_bring_payloads_of_their_type() -> None:
    payloads = {
        1: "a 1 100.0 265598 SMART 0",
        3: "a 1 20261120-12:00:00",
        4: "o 1 30",
        5: "a STK SMART AAPL",
        6: "a 1 1000 265598 SMART",
        7: "o 0 5.0 265598 SMART",
    }
    part = [text for kind, payload in payloads.items() for text in (str(kind), *payload.split())] + ["1", "0"]
    order = read(with_part(place_order(176, nConditions="6"), after="nConditions", part=part), 176)
    items = tuple(Condition(kind, tuple(payload.split())) for kind, payload in payloads.items())
    assert order.conditions == Conditions(items, ignore_rth=True, cancel_order=False)


def test_an_unknown_condition_is_refused() -> None:
    texts = with_part(place_order(176, nConditions="1"), after="nConditions", part=["2", "0", "0"])
    with pytest.raises(DecodeError, match="condition type 2"):
        read(texts, 176)


def test_a_peg_to_benchmark_brings_five_fields() -> None:
    texts = place_order(176, orderType="PEG BENCH")
    order = read(with_part(texts, after="randomizePrice", part=words("8 1 0.1 0.2 ISLAND")), 176)
    assert order.pegged is not None
    assert order.pegged.reference_exchange == "ISLAND"


@pytest.mark.parametrize(
    ("terms", "part", "expected"),
    [
        ({"exchange": "IBKRATS"}, ["5"], (5, None, None, None, None)),
        ({"orderType": "PEG BEST"}, ["6", "0.25"], (None, 6, Decimal("0.25"), None, None)),
        (
            {"orderType": "PEG BEST"},
            ["6", "Infinite", "0.1", "0.2"],
            (None, 6, Decimal("Infinity"), Decimal("0.1"), Decimal("0.2")),
        ),
        ({"orderType": "PEG MID"}, ["0.1", "0.2"], (None, None, None, Decimal("0.1"), Decimal("0.2"))),
    ],
)
def test_pegged_orders_bring_their_terms_from_version_170_on(
    terms: dict[str, str], part: list[str], expected: tuple[object, ...]
) -> None:
    peg = read([*place_order(170, **terms), *part], 170).peg
    assert tuple(getattr(peg, item.name) for item in fields(peg)) == expected
    read(place_order(169, **terms), 169)
