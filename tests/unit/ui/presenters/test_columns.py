"""The registry is the one place for names and widths; fitting drops what is least needed."""

import pytest

from qe_dashboard.ui.presenters.columns import COLUMNS, GAP, Table, fit, table
from qe_dashboard.ui.presenters.orders import ORDERS
from qe_dashboard.ui.presenters.positions import POSITIONS
from qe_dashboard.ui.presenters.tape import LOG, TAPE
from qe_dashboard.ui.presenters.watchlist import WATCHLIST

TABLES = {"watchlist": WATCHLIST, "positions": POSITIONS, "orders": ORDERS, "tape": TAPE, "log": LOG}


def names(places: Table, width: int) -> list[str]:
    return [places[slot.index].column.name for slot in fit(places, width)]


def drawn_width(places: Table, width: int) -> int:
    slots = fit(places, width)
    return sum(slot.width for slot in slots) + GAP * (len(slots) - 1)


def test_headings_fit_their_columns() -> None:
    assert [column.name for column in COLUMNS.values() if len(column.name) > column.width] == []


def test_every_column_says_what_it_means() -> None:
    assert all(column.means for column in COLUMNS.values())


def test_orders_shows_the_columns_of_the_vocabulary_in_its_order() -> None:
    wanted = "TIME SYM SIDE QTY/FILLED TYPE PX STOP TIF STATE AGE SRC ID WHY"
    assert [place.column.name for place in ORDERS] == wanted.split()


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("width", range(44, 200, 7))
def test_what_is_kept_fits(name: str, width: int) -> None:
    assert drawn_width(TABLES[name], width) <= width


@pytest.mark.parametrize("name", TABLES)
def test_rank_one_always_stays(name: str) -> None:
    places = TABLES[name]
    kept = {slot.index for slot in fit(places, 1)}
    assert kept == {index for index, place in enumerate(places) if place.rank == 1}


def test_the_highest_rank_goes_first_and_order_is_kept() -> None:
    places = table(("SYM", 1), ("HIGH", 3), ("LAST", 2), ("LOW", 3))
    assert names(places, 42) == ["SYM", "HIGH", "LAST", "LOW"]
    assert names(places, 41) == ["SYM", "HIGH", "LAST"]
    assert names(places, 30) == ["SYM", "LAST"]
    assert names(places, 19) == ["SYM"]


def test_a_flexible_column_takes_what_is_left() -> None:
    assert drawn_width(LOG, 120) == 120
    assert fit(LOG, 120)[-1].width == 120 - COLUMNS["TIME"].width - COLUMNS["SOURCE"].width - 2 * GAP


def test_two_flexible_columns_share_it_to_the_last_cell() -> None:
    places = table(("WHY", 1), ("TEXT", 1))
    assert sum(slot.width for slot in fit(places, 80)) == 79


def test_the_stop_price_outlives_the_time_of_an_order() -> None:
    narrow = names(ORDERS, 74)
    assert "STOP" in narrow
    assert "TIME" not in narrow
