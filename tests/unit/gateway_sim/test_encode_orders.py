"""openOrder and completedOrder: field counts, positions and TWS's own words for "nothing" (reference 4.5)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from qe_dashboard.gateway_sim import encode_orders
from qe_dashboard.gateway_sim.decode_order import read_place_order
from qe_dashboard.gateway_sim.order_request import (
    Combo,
    ComboLeg,
    Condition,
    Conditions,
    DeltaNeutralOrder,
    PeggedToBenchmark,
    PegTerms,
    PlaceOrder,
    ScaleTerms,
    TagValue,
)
from qe_dashboard.gateway_sim.order_view import Completion, Margins, OrderState, OrderView
from qe_dashboard.gateway_sim.reader import FieldReader
from qe_dashboard.gateway_sim.requests import DeltaNeutralContract
from qe_dashboard.model.enums import SecType
from qe_dashboard.model.instrument import Instrument, TickRule, instrument_id
from support.gateway_wire import order_field_names, place_order, unframe, words

DBL_MAX = "1.7976931348623157E308"
INT_MAX = "2147483647"

CONTRACT = "conId symbol secType expiry strike right multiplier exchange currency localSymbol tradingClass"
OPEN_ORDER = words(
    f"id orderId {CONTRACT} action totalQuantity orderType lmtPrice auxPrice tif ocaGroup account openClose origin "
    "orderRef clientId permId outsideRth hidden discretionaryAmt goodAfterTime sharesAllocation faGroup faMethod "
    "faPercentage faProfile modelCode goodTillDate rule80A percentOffset settlingFirm shortSaleSlot "
    "designatedLocation exemptCode auctionStrategy startingPrice stockRefPrice delta stockRangeLower stockRangeUpper "
    "displaySize blockOrder sweepToFill allOrNone minQty ocaType eTradeOnly firmQuoteOnly nbboPriceCap parentId "
    "triggerMethod volatility volatilityType deltaNeutralOrderType deltaNeutralAuxPrice dnConId dnSettlingFirm "
    "dnClearingAccount dnClearingIntent dnOpenClose dnShortSale dnShortSaleSlot dnDesignatedLocation "
    "continuousUpdate referencePriceType trailStopPrice trailingPercent basisPoints basisPointsType comboLegsDescrip "
    "nLegs nLegPrices nSmartParams scaleInitLevelSize scaleSubsLevelSize scalePriceIncrement hedgeType "
    "optOutSmartRouting clearingAccount clearingIntent notHeld hasDN algoStrategy solicited whatIf status "
    "initMarginBefore maintMarginBefore equityWithLoanBefore initMarginChange maintMarginChange equityWithLoanChange "
    "initMarginAfter maintMarginAfter equityWithLoanAfter commission minCommission maxCommission commissionCurrency "
    "warningText randomizeSize randomizePrice nConditions adjustedOrderType triggerPrice trailStopPrice2 "
    "lmtPriceOffset adjustedStopPrice adjustedStopLimitPrice adjustedTrailingAmount adjustableTrailingUnit "
    "softTierName softTierValue softTierDisplayName cashQty dontUseAutoPriceForHedge isOmsContainer "
    "discretionaryUpToLimitPrice usePriceMgmtAlgo"
)
COMPLETED_ORDER = words(
    f"id {CONTRACT} action totalQuantity orderType lmtPrice auxPrice tif ocaGroup account openClose origin orderRef "
    "permId outsideRth hidden discretionaryAmt goodAfterTime faGroup faMethod faPercentage faProfile modelCode "
    "goodTillDate rule80A percentOffset settlingFirm shortSaleSlot designatedLocation exemptCode startingPrice "
    "stockRefPrice delta stockRangeLower stockRangeUpper displaySize sweepToFill allOrNone minQty ocaType "
    "triggerMethod volatility volatilityType deltaNeutralOrderType deltaNeutralAuxPrice dnConId dnShortSale "
    "dnShortSaleSlot dnDesignatedLocation continuousUpdate referencePriceType trailStopPrice trailingPercent "
    "comboLegsDescrip nLegs nLegPrices nSmartParams scaleInitLevelSize scaleSubsLevelSize scalePriceIncrement "
    "hedgeType clearingAccount clearingIntent notHeld hasDN algoStrategy solicited status randomizeSize "
    "randomizePrice nConditions trailStopPrice2 lmtPriceOffset cashQty dontUseAutoPriceForHedge isOmsContainer "
    "autoCancelDate filledQuantity refFuturesConId autoCancelParent shareholder imbalanceOnly routeMarketableToBbo "
    "parentPermId completedTime completedStatus"
)
SINCE_170 = words("minTradeQty minCompeteSize competeOffset midOffsetAtWhole midOffsetAtHalf")

STOCK = Instrument(
    id=instrument_id(symbol="AAPL", sec_type=SecType.STOCK, currency="USD"),
    symbol="AAPL",
    sec_type=SecType.STOCK,
    exchange="SMART",
    currency="USD",
    multiplier=Decimal(1),
    tick_rules=(TickRule(Decimal(0), Decimal("0.01")),),
    primary_exchange="NASDAQ",
    local_symbol="AAPL.L",
    trading_class="NMS",
    con_id=265598,
)
FUTURE = replace(
    STOCK,
    symbol="MNQ",
    sec_type=SecType.FUTURE,
    multiplier=Decimal(2),
    expiry=date(2026, 12, 18),
    local_symbol="MNQZ6",
    trading_class="MNQ",
    exchange="CME",
    con_id=770202612,
)

# Values of the order that openOrder must carry on unchanged; each is different, so that no two can be swapped.
DISTINCT = {
    "action": "SELL",
    "totalQuantity": "17",
    "orderType": "STP LMT",
    "lmtPrice": "101.25",
    "auxPrice": "102.25",
    "tif": "GTC",
    "ocaGroup": "oca text",
    "openClose": "open text",
    "origin": "31",
    "orderRef": "ref text",
    "discretionaryAmt": "103.25",
    "goodAfterTime": "gat text",
    "faGroup": "group text",
    "faMethod": "method text",
    "faPercentage": "percentage text",
    "faProfile": "profile text",
    "modelCode": "model text",
    "goodTillDate": "gtd text",
    "rule80A": "rule text",
    "percentOffset": "104.25",
    "settlingFirm": "firm text",
    "shortSaleSlot": "32",
    "designatedLocation": "location text",
    "exemptCode": "33",
    "auctionStrategy": "34",
    "startingPrice": "105.25",
    "stockRefPrice": "106.25",
    "delta": "107.25",
    "stockRangeLower": "108.25",
    "stockRangeUpper": "109.25",
    "displaySize": "35",
    "minQty": "36",
    "ocaType": "37",
    "nbboPriceCap": "110.25",
    "parentId": "38",
    "triggerMethod": "39",
    "volatility": "111.25",
    "volatilityType": "40",
    "deltaNeutralAuxPrice": "112.25",
    "referencePriceType": "41",
    "trailStopPrice": "113.25",
    "trailingPercent": "114.25",
    "scaleInitLevelSize": "42",
    "scaleSubsLevelSize": "43",
    "clearingAccount": "clearing text",
    "clearingIntent": "intent text",
    "adjustedOrderType": "adjusted text",
    "triggerPrice": "115.25",
    "lmtPriceOffset": "116.25",
    "adjustedStopPrice": "117.25",
    "adjustedStopLimitPrice": "118.25",
    "adjustedTrailingAmount": "119.25",
    "adjustableTrailingUnit": "44",
    "softTierName": "tier text",
    "softTierValue": "value text",
    "cashQty": "120.25",
    "usePriceMgmtAlgo": "45",
    "duration": "46",
    "postToAts": "47",
}
ECHOED_FLAGS = words(
    "outsideRth hidden blockOrder sweepToFill allOrNone eTradeOnly firmQuoteOnly continuousUpdate optOutSmartRouting "
    "notHeld whatIf solicited randomizeSize randomizePrice isOmsContainer discretionaryUpToLimitPrice "
    "autoCancelParent"
)
NOT_IN_COMPLETED = {
    "auctionStrategy",
    "nbboPriceCap",
    "parentId",
    "adjustedOrderType",
    "triggerPrice",
    "adjustedStopPrice",
    "adjustedStopLimitPrice",
    "adjustedTrailingAmount",
    "adjustableTrailingUnit",
    "softTierName",
    "softTierValue",
    "usePriceMgmtAlgo",
    "duration",
    "postToAts",
}


def terms_of(version: int, **values: str) -> PlaceOrder:
    known = set(order_field_names(version))
    sent = {name: text for name, text in values.items() if name in known}
    return read_place_order(FieldReader(place_order(version, **sent)[1:], version=version))


def view_of(terms: PlaceOrder, instrument: Instrument = STOCK) -> OrderView:
    return OrderView(
        order_id=51,
        client_id=52,
        perm_id=53,
        account="DU1234567",
        instrument=instrument,
        exchange=instrument.exchange,
        terms=terms,
        state=OrderState("Submitted"),
    )


def names_at(names: list[str], version: int) -> list[str]:
    later = [
        name
        for name, since in (("duration", 158), ("postToAts", 160), ("autoCancelParent", 162))
        if names is OPEN_ORDER and version >= since
    ]
    if version >= 170:
        later += SINCE_170
    return [name for name in names if name != "faProfile" or version < 177] + later


def open_order(version: int, view: OrderView) -> dict[str, str]:
    [texts] = unframe(encode_orders.open_order(version, view))
    return dict(zip(names_at(OPEN_ORDER, version), texts, strict=True))


def completed_order(version: int, view: OrderView, filled: Decimal = Decimal(17)) -> dict[str, str]:
    completion = Completion("20230306 12:28:30 America/Los_Angeles", "Filled Size: 17", filled)
    [texts] = unframe(encode_orders.completed_order(version, view, completion))
    return dict(zip(names_at(COMPLETED_ORDER, version), texts, strict=True))


@pytest.mark.parametrize(("version", "count"), [(157, 128), (158, 129), (169, 131), (176, 136), (178, 135)])
def test_open_order_has_the_documented_number_of_fields(version: int, count: int) -> None:
    [texts] = unframe(encode_orders.open_order(version, view_of(terms_of(version))))
    assert len(texts) == count


@pytest.mark.parametrize(("version", "count"), [(157, 96), (176, 101), (178, 100)])
def test_completed_order_has_the_documented_number_of_fields(version: int, count: int) -> None:
    completion = Completion("", "", Decimal(1))
    [texts] = unframe(encode_orders.completed_order(version, view_of(terms_of(version)), completion))
    assert len(texts) == count


@pytest.mark.parametrize("version", [157, 158, 163, 170, 176, 177, 178])
def test_open_order_carries_every_term_in_its_place(version: int) -> None:
    found = open_order(version, view_of(terms_of(version, **DISTINCT)))
    expected = {name: text for name, text in DISTINCT.items() if name in found}
    assert {name: found[name] for name in expected} == expected
    assert len(expected) >= len(DISTINCT) - 3


@pytest.mark.parametrize("version", [157, 170, 176, 178])
def test_completed_order_carries_every_term_in_its_place(version: int) -> None:
    found = completed_order(version, view_of(terms_of(version, **DISTINCT)), filled=Decimal(3))
    expected = {
        name: text for name, text in DISTINCT.items() if name in found and name not in NOT_IN_COMPLETED
    }
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("flag", ECHOED_FLAGS)
def test_each_flag_is_echoed_alone(flag: str) -> None:
    plain = open_order(176, view_of(terms_of(176)))
    raised = open_order(176, view_of(terms_of(176, **{flag: "1"})))
    assert {name for name in plain if plain[name] != raised[name]} == {flag}


def test_open_order_says_whose_it_is_and_how_it_stands() -> None:
    state = OrderState(
        "PreSubmitted",
        margins=Margins(
            (Decimal(1), Decimal(2), Decimal(3)),
            (Decimal(4), Decimal(5), Decimal(6)),
            (Decimal(7), Decimal(8), Decimal(9)),
        ),
        commission=Decimal("1.5"),
        commission_currency="USD",
        warning="a\\b",
    )
    found = open_order(176, replace(view_of(terms_of(176, totalQuantity="17")), state=state))
    assert (found["id"], found["orderId"], found["clientId"], found["permId"]) == ("5", "51", "52", "53")
    assert found["sharesAllocation"] == "53.0/DU1234567/17"
    margins = OPEN_ORDER[OPEN_ORDER.index("initMarginBefore") : OPEN_ORDER.index("commission")]
    assert [found[name] for name in margins] == [f"{number}.0" for number in range(1, 10)]
    assert (found["status"], found["commission"], found["commissionCurrency"]) == (
        "PreSubmitted",
        "1.5",
        "USD",
    )
    assert (found["minCommission"], found["maxCommission"], found["warningText"]) == (
        DBL_MAX,
        DBL_MAX,
        "a\\\\b",
    )


def test_what_is_not_set_looks_as_in_recorded_sessions() -> None:
    found = open_order(176, view_of(terms_of(176, lmtPrice="", auxPrice="", orderType="MKT")))
    expected = {
        "right": "?",
        "lmtPrice": "0.0",
        "auxPrice": "0.0",
        "ocaType": "3",
        "exemptCode": "-1",
        "volatilityType": "0",
        "deltaNeutralOrderType": "None",
        "dnConId": "0",
        "dnOpenClose": "?",
        "clearingIntent": "IB",
        "adjustedOrderType": "None",
        "triggerPrice": DBL_MAX,
        "trailStopPrice2": DBL_MAX,
        "initMarginBefore": DBL_MAX,
        "equityWithLoanAfter": DBL_MAX,
        "commission": DBL_MAX,
        "dontUseAutoPriceForHedge": "1",
        "displaySize": "0",
        "minQty": INT_MAX,
        "scaleInitLevelSize": INT_MAX,
        "minTradeQty": INT_MAX,
        "competeOffset": DBL_MAX,
    }
    assert {name: found[name] for name in expected} == expected


def test_a_future_carries_expiry_and_multiplier() -> None:
    found = open_order(176, view_of(terms_of(176), FUTURE))
    names = (
        "conId",
        "symbol",
        "secType",
        "expiry",
        "right",
        "multiplier",
        "exchange",
        "localSymbol",
        "tradingClass",
    )
    expected = ["770202612", "MNQ", "FUT", "20261218", "", "2", "CME", "MNQZ6", "MNQ"]
    assert [found[name] for name in names] == expected


def test_a_completed_order_has_no_quantity_left_once_filled() -> None:
    terms = terms_of(176, totalQuantity="17")
    filled, cancelled = completed_order(176, view_of(terms)), completed_order(176, view_of(terms), Decimal(3))
    assert (filled["totalQuantity"], filled["filledQuantity"]) == ("0", "17")
    assert (cancelled["totalQuantity"], cancelled["filledQuantity"]) == ("17", "3")
    assert (filled["permId"], filled["status"], filled["parentPermId"]) == (
        "53",
        "Submitted",
        "9223372036854775807",
    )
    assert filled["completedTime"] == "20230306 12:28:30 America/Los_Angeles"
    assert filled["completedStatus"] == "Filled Size: 17"


def part(view: OrderView, name: str, width: int = 1, **changes: object) -> str:
    """Return what stands at a field, `width` fields in a plain order, when the terms are changed.

    Everything before and after must stay as it was.
    """
    [plain] = unframe(encode_orders.open_order(176, view))
    terms = replace(view.terms, **changes)  # type: ignore[arg-type]
    [more] = unframe(encode_orders.open_order(176, replace(view, terms=terms)))
    start = names_at(OPEN_ORDER, 176).index(name)
    end = start + width + len(more) - len(plain)
    assert (more[:start], more[end:]) == (plain[:start], plain[start + width :])
    return " ".join(more[start:end])


def test_parts_that_only_some_orders_have() -> None:
    view = view_of(terms_of(176))
    terms = view.terms
    leg = ComboLeg(11, 2, "BUY", "SMART", 3, 4, "loc", -1)
    combo = Combo((leg,), (Decimal("1.5"),), (TagValue("tag", "value"),))
    assert part(view, "nLegs", 3, combo=combo) == "1 11 2 BUY SMART 3 4 loc -1 1 1.5 1 tag value"
    conditions = Conditions((Condition(3, ("a", "1", "time")),), ignore_rth=True, cancel_order=False)
    assert part(view, "nConditions", conditions=conditions) == "1 3 a 1 time 1 0"
    hedge = DeltaNeutralContract(9, Decimal("0.5"), Decimal(10))
    assert part(view, "hasDN", delta_neutral_contract=hedge) == "1 9 0.5 10.0"
    params = (TagValue("pct", "0.1"),)
    assert part(view, "algoStrategy", algo_strategy="Vwap", algo_params=params) == "Vwap 1 pct 0.1"
    timing = replace(terms.timing, hedge_type="P")
    assert part(view, "hedgeType", timing=timing, hedge_param="0.7") == "P 0.7"
    pegged = PeggedToBenchmark(8, True, Decimal("0.1"), Decimal("0.2"), "ISLAND")
    assert part(view, "nConditions", 0, pegged=pegged) == "8 1 0.1 0.2 ISLAND"
    scale = ScaleTerms(Decimal("0.1"), 60, Decimal("0.2"), True, 3, 4, False)
    trailing = replace(terms.trailing, scale_price_increment=Decimal("0.5"))
    found = part(view, "scalePriceIncrement", scale=scale, trailing=trailing)
    assert found == "0.5 0.1 60 0.2 1 3 4 0"
    dn_order = DeltaNeutralOrder(7, "firm", "account", "intent", "O", True, 2, "loc")
    found = part(view, "dnConId", 8, delta_neutral_order=dn_order)
    assert found == "7 firm account intent O 1 2 loc"
    peg = PegTerms(5, 6, Decimal("0.25"), Decimal("0.1"), Decimal("0.2"))
    assert part(view, "minTradeQty", 5, peg=peg) == "5 6 0.25 0.1 0.2"


def test_order_status() -> None:
    terms = terms_of(176, parentId="38")
    data = encode_orders.order_status(
        view_of(terms),
        filled=Decimal("2"),
        remaining=Decimal("15"),
        average_price=Decimal("100.5"),
        last_price=Decimal("100.75"),
        why_held="trigger",
    )
    assert unframe(data) == [words("3 51 Submitted 2 15 100.5 53 38 100.75 52 trigger 0.0")]


def test_the_ends_of_lists() -> None:
    data = encode_orders.open_order_end() + encode_orders.completed_orders_end()
    assert unframe(data) == [["53", "1"], ["102"]]
