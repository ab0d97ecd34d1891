import re
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qe_dashboard.engine.facade import (
    CancelRequest,
    CancelScope,
    CloseRequest,
    CloseShare,
    ModifyRequest,
    OrderRequest,
)
from qe_dashboard.model.enums import OrderSide, OrderType, TimeInForce
from qe_dashboard.model.identifiers import OrderNumber
from qe_dashboard.ui.commands.parse import parse
from qe_dashboard.ui.commands.table import COMMANDS, LATER, CommandSpec
from qe_dashboard.ui.commands.values import (
    AcceptPosition,
    CancelOrders,
    ClosePosition,
    Command,
    CommandError,
    FocusSymbol,
    Halt,
    ModifyOrder,
    PlaceOrder,
    Quit,
    Reconcile,
    Reconnect,
    Resume,
    ShowHelp,
    ShowScreen,
    WatchSymbol,
)

D = Decimal


def order(symbol: str = "AAPL", side: OrderSide = OrderSide.BUY, quantity: str = "100") -> OrderRequest:
    return OrderRequest(
        symbol=symbol, side=side, quantity=D(quantity), order_type=OrderType.LIMIT, limit_price=D("233.33")
    )


def stop(kind: OrderType, limit: str | None) -> OrderRequest:
    return OrderRequest(
        symbol="MNQ Dec26",
        side=OrderSide.SELL,
        quantity=D(2),
        order_type=kind,
        stop_price=D(20990),
        limit_price=None if limit is None else D(limit),
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("buy AAPL 100 @ 233.33", order()),
        ("buy AAPL 100 @233.33", order()),
        ("/BUY aapl 100 @ 233.33", order()),
        (": Buy Aapl 100   @   233.33 ", order()),
        ("AAPL buy 100 @ 233.33", order()),
        ("=buy sell 100 @ 233.33", order(symbol="BUY", side=OrderSide.SELL)),
        ("buy =MAP 100 @ 233.33", order(symbol="MAP")),
        ("buy MNQ Dec26 1,000 @ 233.33", order(symbol="MNQ Dec26", quantity="1000")),
        ("MNQ dec26 buy 1000 @ 233.33", order(symbol="MNQ Dec26", quantity="1000")),
        ("buy MNQ.FUT.20261218.USD .5 @ 233.33", order(symbol="MNQ.FUT.20261218.USD", quantity="0.5")),
        ("buy =7203 100 @ 233.33", order(symbol="7203")),
        ("sell MNQ DEC26 2 stp 20 990", stop(OrderType.STOP, None)),
        ("sell MNQ dec26 2 STP 20,990 LMT 20 980.25", stop(OrderType.STOP_LIMIT, "20980.25")),
    ],
)
def test_orders(line: str, expected: OrderRequest) -> None:
    assert parse(line) == PlaceOrder(expected)


def test_market_orders_say_mkt() -> None:
    parsed = parse("buy AAPL 10 mkt")
    assert isinstance(parsed, PlaceOrder)
    assert parsed.request.order_type is OrderType.MARKET
    assert parsed.request.limit_price is None
    assert parsed.request.stop_price is None


def test_options_are_day_and_regular_hours_unless_said() -> None:
    plain = parse("buy AAPL 10 @ 5")
    assert isinstance(plain, PlaceOrder)
    assert (plain.request.time_in_force, plain.request.outside_rth) == (TimeInForce.DAY, False)
    full = parse("buy AAPL 10 @ 5 rth off tif GTC")
    assert isinstance(full, PlaceOrder)
    assert (full.request.time_in_force, full.request.outside_rth) == (TimeInForce.GTC, True)
    inside = parse("buy AAPL 10 @ 5 rth on")
    assert isinstance(inside, PlaceOrder)
    assert inside.request.outside_rth is False


def test_only_short_opens_a_short() -> None:
    short, sell = parse("short TSLA 10 @ 250"), parse("sell TSLA 10 @ 250")
    assert isinstance(short, PlaceOrder)
    assert isinstance(sell, PlaceOrder)
    assert short.request.side is sell.request.side is OrderSide.SELL
    assert short.request.opens_short
    assert not sell.request.opens_short


def test_why_reads_the_order_and_marks_it_as_not_to_be_sent() -> None:
    assert parse("why buy AAPL 100 @ 233.33") == PlaceOrder(order(), explain=True)
    short = parse("why short AAPL 100 @ 233.33")
    assert isinstance(short, PlaceOrder)
    assert short.request.opens_short


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("close AAPL", ClosePosition(CloseRequest("AAPL"))),
        ("AAPL close half", ClosePosition(CloseRequest("AAPL", share=CloseShare.HALF))),
        ("close MNQ Dec26 1", ClosePosition(CloseRequest("MNQ Dec26", quantity=D(1)))),
        ("flatten AAPL", ClosePosition(CloseRequest("AAPL", flatten=True))),
        ("flatten =ALL", ClosePosition(CloseRequest("ALL", flatten=True))),
        ("cancel 17", CancelOrders(CancelRequest(CancelScope.ORDER, number=OrderNumber(17)))),
        ("cancel #17", CancelOrders(CancelRequest(CancelScope.ORDER, number=OrderNumber(17)))),
        ("cancel AAPL", CancelOrders(CancelRequest(CancelScope.SYMBOL, symbol="AAPL"))),
        ("AAPL cancel", CancelOrders(CancelRequest(CancelScope.SYMBOL, symbol="AAPL"))),
        ("cancel entries", CancelOrders(CancelRequest(CancelScope.ENTRIES))),
        ("cancel MINE", CancelOrders(CancelRequest(CancelScope.MINE))),
        ("cancel =MINE", CancelOrders(CancelRequest(CancelScope.SYMBOL, symbol="MINE"))),
        ("modify 17 @ 233.40", ModifyOrder(ModifyRequest(OrderNumber(17), limit_price=D("233.40")))),
        ("modify 17 qty 50", ModifyOrder(ModifyRequest(OrderNumber(17), quantity=D(50)))),
        (
            "modify 17 stp 228 lmt 227.5",
            ModifyOrder(ModifyRequest(OrderNumber(17), stop_price=D(228), limit_price=D("227.5"))),
        ),
        ("halt", Halt("halt command")),
        ("HALT  news @ 14:00", Halt("news @ 14:00")),
        ("/halt \x00\x1b[31m", Halt("[31m")),
        ("resume", Resume()),
        ("accept AAPL", AcceptPosition("AAPL")),
        ("AAPL accept", AcceptPosition("AAPL")),
        ("reconnect", Reconnect()),
        ("reconcile", Reconcile()),
        ("refresh", Reconcile()),
        ("watch add TSLA", WatchSymbol("TSLA", add=True)),
        ("watch rm MNQ Dec26", WatchSymbol("MNQ Dec26", add=False)),
        ("orders", ShowScreen("orders")),
        ("AAPL main", ShowScreen("main", "AAPL")),
        ("AAPL", FocusSymbol("AAPL")),
        ("mnq dec26", FocusSymbol("MNQ Dec26")),
        ("=quit", FocusSymbol("QUIT", escaped=True)),
        ("help", ShowHelp()),
        ("help exit", ShowHelp("quit")),
        ("quit", Quit()),
        ("exit", Quit()),
    ],
)
def test_other_verbs(line: str, expected: Command) -> None:
    assert parse(line) == expected


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda spec: spec.word)
def test_every_example_of_the_table_is_understood(spec: CommandSpec) -> None:
    for line in spec.examples:
        parse(line)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("buy AAPL 100", "`@ 233.33` (limit), `mkt` (market), `stp 231` (stop)"),
        ("buy AAPL 100 233.33", "`233.33` is not a price word"),
        ("buy AAPL 1 000 mkt", "`000` is not a price word; a size is written without spaces"),
        ("buy AAPL 100 250 @ 5", "a size is written without spaces"),
        ("modify 17 qty 1 000", "`000` is no term that can change"),
        ("buy AAPL 100 tif gtc", "`tif` is not a price word"),
        ("buy", "symbol is missing"),
        ("buy AAPL", "quantity is missing"),
        ("buy AAPL 100 @", "limit price is missing"),
        ("buy AAPL 100 @ mid", "names no number"),
        ("buy AAPL 100 stp 5 lmt", "limit price is missing"),
        ("buy AAPL 100 @ 5 tif week", "day, gtc, ioc or fok"),
        ("buy AAPL 100 @ 5 tif", "day, gtc, ioc or fok"),
        ("buy AAPL 100 @ 5 rth maybe", "`on`"),
        ("buy AAPL 100 @ 5 tif day tif gtc", "given twice"),
        ("buy AAPL 100 @ 5 now", "`now` does not belong here"),
        ("buy AAPL 100 @ 5 sl 4", "`sell SYM QTY stp P tif gtc`"),
        ("sell AAPL 100 @ 5 tp 4", "`buy SYM QTY @ P tif gtc`"),
        ("sell AAPL 100 trail 2", "Trailing stops are not part of this version"),
        ("buy SPY $5000 mkt", "amount of money"),
        ("buy AAPL -5 mkt", "has a sign"),
        ("buy AAPL 0 mkt", "is zero"),
        ("buy AAPL 0.00 mkt", "is zero"),
        ("buy AAPL 1e3 mkt", "exponent"),
        ("buy AAPL nan mkt", "`nan` is not a number"),
        ("buy AAPL inf mkt", "`inf` is not a number"),
        ("buy AAPL 1_000 mkt", "`1_000` is not a number"),
        ("buy AAPL 1,5 mkt", "a comma groups thousands"),
        ("buy AAPL . mkt", "`.` is not a number"),
        ("buy AAPL 1.2.3 mkt", "`1.2.3` is not a number"),
        ("buy AAPL ١٢ mkt", "is not a number"),
        ("buy AAPL 1234567890123456 mkt", "too many digits"),
        ("buy AAPL 1.00000000001 mkt", "too many digits"),
        ("buy 100 AAPL mkt", "`100` looks like a number, not a symbol"),
        ("buy [red]X 100 mkt", "is not a symbol"),
        ("byu AAPL 100 mkt", "Did you mean `buy`?"),
        ("zzzzqq AAPL 100 mkt", "`help` lists the commands"),
        ("protect AAPL", "`sell AAPL 10 stp 228 tif gtc`"),
        ("AAPL chart", "F1 shows the chart"),
        ("close", "symbol is missing"),
        ("close AAPL some", "`some` is not a number"),
        ("close AAPL 50 @ 5", "`@` is one word too many"),
        ("close AAPL half 2", "one word too many"),
        ("flatten all", "one symbol at a time"),
        ("cancel", "Say what to cancel"),
        ("cancel everything", "`cancel mine`"),
        ("cancel 0", "is not an order number"),
        ("cancel 1.5", "is not an order number"),
        ("cancel 99999999999", "is not an order number"),
        ("cancel AAPL now", "one word too many"),
        ("modify", "order number is missing"),
        ("modify AAPL", "is not an order number"),
        ("modify 17", "Say what to change"),
        ("modify 17 up", "no term that can change"),
        ("modify 17 @ 5 lmt 6", "given twice"),
        ("watch", "`add` or `rm`"),
        ("watch add", "symbol is missing"),
        ("resume now", "one word too many"),
        ("orders all", "one word too many"),
        ("AAPL orders all", "one word too many"),
        ("why", "followed by the order"),
        ("why cancel 17", "followed by the order"),
        ("help me", "`me` is not a command"),
        ("", "Nothing was typed"),
        (" / ", "Nothing was typed"),
        ("12", "`=12`"),
        ("buy AAPL\x07 100 mkt", "cannot be shown"),
        ("b" * 401, "401 characters"),
    ],
)
def test_errors_say_what_to_type(line: str, said: str) -> None:
    with pytest.raises(CommandError) as caught:
        parse(line)
    assert said in caught.value.text


@pytest.mark.parametrize("word", LATER)
def test_verbs_of_the_full_grammar_say_what_to_do_instead(word: str) -> None:
    with pytest.raises(CommandError, match="not part of this version"):
        parse(f"{word} AAPL")


TERMS = "AAPL MNQ Dec26 =MAP @ mkt stp lmt tif day gtc rth on off half all entries mine add rm qty sl tp"
NUMBERS = "0 1 17 100 1,000 000.25 21 .5 -1 1e3 nan $5 #3 ١ ſ K İ @5"
VOCABULARY = [*(spec.word for spec in COMMANDS), *TERMS.split(), *NUMBERS.split(), "\x00"]
PRICE_WORD = re.compile(r"@|(?<!\S)(mkt|stp)(?!\S)")


def check(line: str) -> None:
    """Fail when a line raises something unexpected, or becomes an order nobody asked for."""
    try:
        parsed = parse(line)
    except CommandError:
        return
    if isinstance(parsed, PlaceOrder):
        assert PRICE_WORD.search(line.lower())
        request = parsed.request
        numbers = [request.quantity, request.limit_price, request.stop_price]
        assert all(number is None or (number.is_finite() and number > 0) for number in numbers)


@given(st.lists(st.sampled_from(VOCABULARY), max_size=12).map(" ".join))
@example("buy AAPL 10")
def test_no_mix_of_known_words_gets_past_the_grammar(line: str) -> None:
    check(line)


@given(st.text(max_size=450))
def test_no_text_raises_anything_but_a_command_error(line: str) -> None:
    check(line)


@given(st.sampled_from(["buy", "sell", "short", "why buy"]), st.text(max_size=40))
def test_nothing_after_an_order_verb_becomes_an_order_by_itself(verb: str, rest: str) -> None:
    check(f"{verb} AAPL 10 {rest}")


@given(
    st.decimals(min_value="0.0001", max_value="99999999", places=4),
    st.sampled_from(["{:f}", "{:,f}"]),
    st.booleans(),
)
def test_numbers_mean_what_they_say(value: Decimal, form: str, spaced: bool) -> None:
    text = form.format(value)
    parsed = parse(f"buy AAPL 1 @ {text.replace(',', ' ') if spaced else text}")
    assert isinstance(parsed, PlaceOrder)
    assert parsed.request.limit_price == value
