"""The cursor keeps to its row whatever happens to the list."""

from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.ui.widgets.row_cursor import RowCursor

KEYS = st.lists(st.sampled_from("abcdefgh"), unique=True)


def cursor_on(key: str, order: str = "abcd", *, lists_orders: bool = False) -> RowCursor:
    cursor = RowCursor(lists_orders=lists_orders)
    cursor.replace(order, is_watched=False)
    cursor.go(order.index(key))
    return cursor


def test_the_first_rows_put_it_on_the_first_row() -> None:
    cursor = RowCursor(lists_orders=True)
    assert cursor.position == "0/0"
    cursor.replace("abc", is_watched=True)
    assert (cursor.key, cursor.position) == ("a", "1/3")


def test_it_follows_its_row() -> None:
    cursor = cursor_on("c")
    cursor.replace("dcba", is_watched=True)
    assert (cursor.key, cursor.index) == ("c", 1)


def test_a_vanished_row_hands_over_to_the_one_in_its_place() -> None:
    cursor = cursor_on("b")
    cursor.replace("acd", is_watched=True)
    assert cursor.key == "c"
    cursor.replace("a", is_watched=True)
    assert cursor.key == "a"


def test_a_vanished_order_under_somebodys_eyes_hands_over_to_nobody() -> None:
    cursor = cursor_on("b", lists_orders=True)
    cursor.replace("acd", is_watched=True)
    assert (cursor.key, cursor.index, cursor.position) == (None, None, "0/3")
    cursor.replace("acde", is_watched=True)
    assert cursor.key is None
    cursor.move(1)
    assert cursor.key == "c"


def test_from_nowhere_up_goes_above_the_gap() -> None:
    cursor = cursor_on("c", lists_orders=True)
    cursor.replace("abd", is_watched=True)
    cursor.move(-1)
    assert cursor.key == "b"


def test_an_order_that_vanishes_unseen_hands_over() -> None:
    cursor = cursor_on("b", lists_orders=True)
    cursor.replace("acd", is_watched=False)
    assert cursor.key == "c"


def test_moves_end_at_the_ends() -> None:
    cursor = cursor_on("a")
    cursor.move(-5)
    assert cursor.key == "a"
    cursor.move(99)
    assert cursor.key == "d"


def test_without_rows_nothing_moves() -> None:
    cursor = RowCursor()
    cursor.move(1)
    cursor.go(3)
    assert cursor.key is None


@given(orders=st.lists(KEYS, min_size=1), steps=st.lists(st.integers(-3, 3)), lists_orders=st.booleans())
def test_it_is_on_a_row_that_exists_or_on_none(
    orders: list[list[str]], steps: list[int], lists_orders: bool
) -> None:
    cursor = RowCursor(lists_orders=lists_orders)
    for index, order in enumerate(orders):
        held = cursor.key
        cursor.replace(order, is_watched=bool(index % 2))
        if held in order:
            assert cursor.key == held
        assert cursor.key is None or cursor.key in order
        for step in steps:
            cursor.move(step)
            assert cursor.key in order if order else cursor.key is None
