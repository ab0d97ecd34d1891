"""The books: full and partial deltas, unknown and back, one feed per topic."""

from decimal import Decimal

from qe_dashboard.engine.views import Delta, PositionView, Row, Topic, bars_key
from qe_dashboard.ui.desk import Book, Desk
from support.scripted_client import ScriptedClient
from support.view_builders import NOW, make_bars, make_position, make_quote, stock_id


def delta(*rows: Row, full: bool = False, removed: tuple[str, ...] = (), unknown: str | None = None) -> Delta:
    return Delta(Topic.POSITIONS, full, rows, removed, unknown, NOW)


def row(symbol: str, quantity: int = 1) -> Row:
    return Row(symbol, make_position(symbol, quantity=Decimal(quantity)))


def symbol_of(desk: Desk) -> str | None:
    return None if desk.bars is None else desk.bars.symbol


def test_a_full_delta_replaces_and_a_partial_one_adds_and_removes() -> None:
    book: Book[PositionView] = Book(Topic.POSITIONS)
    assert not book.is_read
    book.apply(delta(row("AAPL"), row("MSFT"), full=True))
    change = book.apply(delta(row("TSLA"), removed=("AAPL",)))
    assert list(book.rows) == ["MSFT", "TSLA"]
    assert (change.full, change.keys, change.removed) == (False, ("TSLA",), ("AAPL",))
    book.apply(delta(row("SPY"), full=True))
    assert list(book.rows) == ["SPY"]


def test_an_unknown_book_keeps_its_rows_and_says_why() -> None:
    book: Book[PositionView] = Book(Topic.POSITIONS)
    book.apply(delta(row("AAPL"), full=True))
    change = book.apply(delta(unknown="link down"))
    assert change.full
    assert (book.unknown, list(book.rows), book.as_of) == ("link down", ["AAPL"], NOW)
    assert book.apply(delta()).full
    assert book.unknown is None


def test_the_first_drain_of_a_topic_opens_its_feed_and_later_ones_reuse_it() -> None:
    client = ScriptedClient()
    desk = Desk(client)
    client.put_quotes(make_quote("AAPL"))
    first = desk.drain(Topic.QUOTES)
    assert first is not None
    assert first.full
    assert desk.drain(Topic.QUOTES) is None
    client.put_quotes(make_quote("AAPL", last=Decimal(1)))
    again = desk.drain(Topic.QUOTES)
    assert again is not None
    assert again.keys == (stock_id("AAPL"),)
    assert len(client.tables[Topic.QUOTES].feeds) == 1


def test_other_candles_release_the_line_of_those_before() -> None:
    client = ScriptedClient()
    desk = Desk(client)
    for symbol in ("AAPL", "MSFT"):
        client.put(Topic.BARS, bars_key(stock_id(symbol), 60), make_bars(symbol))
    assert desk.drain(Topic.BARS) is None
    desk.show_bars(stock_id("AAPL"), 60)
    desk.drain(Topic.BARS)
    assert symbol_of(desk) == "AAPL"
    desk.show_bars(stock_id("MSFT"), 60)
    assert symbol_of(desk) is None
    desk.drain(Topic.BARS)
    assert symbol_of(desk) == "MSFT"
    assert len(client.tables[Topic.BARS].feeds) == 1


def test_the_same_candles_again_keep_their_line() -> None:
    client = ScriptedClient()
    desk = Desk(client)
    desk.show_bars(stock_id("AAPL"), 60)
    feed = client.tables[Topic.BARS].feeds[0]
    desk.show_bars(stock_id("AAPL"), 60)
    assert client.tables[Topic.BARS].feeds == [feed]


def test_instruments_are_found_by_id_label_and_symbol() -> None:
    client = ScriptedClient()
    desk = Desk(client)
    future = "MNQ.FUT.20261218.USD"
    client.put_quotes(make_quote("MNQ", instrument_id=future, label="MNQ Dec26"))
    client.put_positions(make_position("IBM"))
    desk.drain(Topic.QUOTES)
    desk.drain(Topic.POSITIONS)
    assert (
        desk.find_instrument("mnq")
        == desk.find_instrument(" MNQ dec26 ")
        == desk.find_instrument(future)
        == future
    )
    assert desk.find_instrument("IBM") == stock_id("IBM")
    assert desk.find_instrument("TSLA") is None
    assert desk.label_of(stock_id("IBM")) == "IBM"
    assert desk.label_of(stock_id("TSLA")) == "TSLA.STK.USD"


def test_closing_the_desk_releases_every_feed() -> None:
    client = ScriptedClient()
    desk = Desk(client)
    desk.drain(Topic.STATUS)
    desk.show_bars(stock_id("AAPL"), 60)
    desk.close()
    assert all(not table.feeds for table in client.tables.values())
