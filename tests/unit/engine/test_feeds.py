"""Boards collect, feeds are drained: full first, then what was touched (D31)."""

from qe_dashboard.core.clock import ManualClock
from qe_dashboard.engine.feeds import Board
from qe_dashboard.engine.log_book import KEPT, LogBook
from qe_dashboard.engine.views import LogLine, Topic
from qe_dashboard.model.enums import Severity

CLOCK = ManualClock()


def line(text: str) -> LogLine:
    return LogLine(CLOCK.now(), Severity.INFO, "test", text)


class World:
    def __init__(self) -> None:
        self.rows: dict[str, LogLine] = {"a": line("1"), "b": line("2")}
        self.unknown: str | None = None
        self.built: list[str] = []
        self.board = Board(
            topic=Topic.LOG,
            keys=lambda: list(self.rows),
            build=self._build,
            book_state=lambda: (self.unknown, None),
        )

    def _build(self, key: str) -> LogLine | None:
        self.built.append(key)
        return self.rows.get(key)


def test_the_first_drain_is_full_and_the_next_is_nothing() -> None:
    world = World()
    feed = world.board.open(())
    delta = feed.drain()
    assert delta is not None
    assert (delta.full, [row.key for row in delta.rows]) == (True, ["a", "b"])
    assert feed.drain() is None


def test_only_what_was_touched_is_built() -> None:
    world = World()
    feed = world.board.open(())
    feed.drain()
    world.built.clear()
    world.rows["a"] = line("3")
    world.board.touch("a")
    world.board.touch("a")
    delta = feed.drain()
    assert delta is not None
    assert (delta.full, [row.view for row in delta.rows], world.built) == (False, [line("3")], ["a"])


def test_rows_come_in_the_order_in_which_they_were_touched() -> None:
    """A set of keys scrambled LOG lines that came within one frame."""
    world = World()
    keys = [str(number) for number in range(40)]
    world.rows = {key: line(key) for key in keys}
    feed = world.board.open(())
    feed.drain()
    for key in [*keys, "0"]:
        world.board.touch(key)
    delta = feed.drain()
    assert delta is not None
    assert [row.key for row in delta.rows] == keys


def test_a_row_that_went_is_removed() -> None:
    world = World()
    feed = world.board.open(())
    feed.drain()
    del world.rows["a"]
    world.board.touch("a")
    delta = feed.drain()
    assert delta is not None
    assert (delta.rows, delta.removed) == ((), ("a",))


def test_a_feed_of_some_keys_hears_of_no_others() -> None:
    world = World()
    feed = world.board.open(("b",))
    first = feed.drain()
    assert first is not None
    assert [row.key for row in first.rows] == ["b"]
    world.board.touch("a")
    assert feed.drain() is None


def test_a_book_that_turns_unknown_is_told() -> None:
    world = World()
    feed = world.board.open(())
    feed.drain()
    world.unknown = "line down"
    world.board.touch_all()
    delta = feed.drain()
    assert delta is not None
    assert (delta.full, delta.unknown) == (True, "line down")


def test_closed_it_collects_nothing_and_says_so_once() -> None:
    world = World()
    closed: list[int] = []
    feed = world.board.open((), on_close=lambda: closed.append(1))
    feed.close()
    feed.close()
    world.board.touch_all()
    assert (feed.drain(), closed) == (None, [1])


def test_two_feeds_do_not_take_from_each_other() -> None:
    world = World()
    one, two = world.board.open(()), world.board.open(())
    one.drain()
    assert two.drain() is not None


def test_the_log_keeps_its_last_lines_and_says_a_repeat_once() -> None:
    heard: list[str] = []
    book = LogBook(clock=CLOCK, on_line=heard.append)
    book.say(Severity.INFO, "a", "x")
    book.say(Severity.INFO, "a", "x")
    assert heard == ["1"]
    for number in range(KEPT):
        book.say(Severity.INFO, "a", str(number))
    assert book.line("1") is None
    assert len(list(book.keys())) == KEPT
    last = book.line(str(KEPT + 1))
    assert last is not None
    assert last.text == str(KEPT - 1)
    assert book.line(str(KEPT + 2)) is None
