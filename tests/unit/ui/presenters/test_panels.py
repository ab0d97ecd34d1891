"""SAFETY, ACCOUNT and list titles: unknown is said, never left blank."""

from datetime import timedelta
from decimal import Decimal

import pytest

from qe_dashboard.engine.views import RateView
from qe_dashboard.model.enums import LinkName, LinkState, TradingState
from qe_dashboard.ui.modals.halt_panel import working_words
from qe_dashboard.ui.presenters.account import account_panel, account_strip
from qe_dashboard.ui.presenters.cells import Line, Tone, line_width
from qe_dashboard.ui.presenters.footer import Drawing, FooterKey, footer_line, key_at
from qe_dashboard.ui.presenters.panels import book_state
from qe_dashboard.ui.presenters.safety import safety_panel
from support.view_builders import NOW, make_account, make_link, make_status

ZONE = "America/New_York"
KEYS = (FooterKey("b", "Buy", "screen.buy"), FooterKey("F1", "MAIN", "app.show_screen('main')"))


def lines_of(lines: tuple[Line, ...]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def test_safety_of_a_healthy_session() -> None:
    shown = lines_of(safety_panel(make_status(), zone=ZONE))
    assert shown[:2] == ["TRADING    ACTIVE since 09:30:00", "ORDERS     can be sent"]
    assert "DATA LINK  READY client 1 reply 3s ago" in shown
    assert "ORDER LINK READY client 2 reply 3s ago" in shown
    assert "BOOKS      read 12s ago books agree" in shown
    assert "WORKING    0 entries, 0 protective" in shown
    assert "ORDERS     2/60 in 60s" in shown


@pytest.mark.parametrize(
    ("entries", "exits", "protective", "words"),
    [
        (1, 1, 1, "1 entry, 1 exit, 1 protective"),
        (2, 3, 0, "2 entries, 3 exits, 0 protective"),
        (1, None, 1, "1 entry, 1 protective"),
    ],
)
def test_exits_that_are_no_stops_do_not_count_as_protection(
    entries: int, exits: int | None, protective: int, words: str
) -> None:
    status = make_status(working_entries=entries, working_exits=exits, working_protective=protective)
    assert f"WORKING    {words}" in lines_of(safety_panel(status, zone=ZONE))
    total = entries + (exits or 0) + protective
    assert working_words(status) == f"{total} orders still working: {words}"


def test_safety_says_why_nothing_can_be_sent_and_when_the_next_try_is() -> None:
    link = make_link(
        LinkName.ORDER,
        state=LinkState.WAITING,
        reason="client id 2 is in use [326]",
        retry_at=NOW + timedelta(seconds=9),
        last_reply_at=None,
    )
    status = make_status(
        links=(make_link(), link),
        can_trade=False,
        cannot_trade_because="order link is down",
        trading_state=TradingState.HALTED,
        trading_reason="ctrl+g",
        upstream_up=False,
        upstream_reason="1100",
    )
    shown = "\n".join(lines_of(safety_panel(status, zone=ZONE)))
    for words in (
        "HALTED",
        "ctrl+g",
        "blocked",
        "order link is down",
        "WAITING client 2",
        "next try in 9s",
        "[326]",
        "down 1100",
    ):
        assert words in shown


def test_unknown_counts_are_words_not_zeros() -> None:
    status = make_status(working_entries=None, reconciled_at=None, reconcile_words="", upstream_up=None)
    shown = lines_of(safety_panel(status, zone=ZONE))
    assert "WORKING    UNKNOWN: the order book cannot be read" in shown
    assert "BOOKS      never read" in shown
    assert "UPSTREAM   unknown" in shown


def test_trouble_is_listed_only_when_there_is_some() -> None:
    assert not any(
        line.startswith(("UNCERTAIN", "JOURNAL")) for line in lines_of(safety_panel(make_status(), zone=ZONE))
    )
    shown = lines_of(safety_panel(make_status(uncertain=2, journal_error="disk full"), zone=ZONE))
    assert "UNCERTAIN  2 orders: outcome not known" in shown
    assert "JOURNAL    disk full" in shown


def test_a_used_up_rate_says_when_it_frees() -> None:
    rate = RateView("orders", 10, 10, 60, NOW + timedelta(seconds=31))
    shown = lines_of(safety_panel(make_status(rates=(rate, RateView("x", 3, None, 60, None))), zone=ZONE))
    assert "ORDERS     10/10 in 60s next in 31s" in shown
    assert "X          3 in 60s, limit off" in shown


def test_safety_before_the_engine_spoke() -> None:
    assert lines_of(safety_panel(None, zone=ZONE)) == ["starting: nothing can be sent yet"]


def test_the_account_strip_is_cut_at_whole_values() -> None:
    wide = "".join(text for text, _ in account_strip(make_account(), unknown=None, width=200))
    narrow = "".join(text for text, _ in account_strip(make_account(), unknown=None, width=60))
    assert "EXCESS 99,100.00" in wide
    assert "NET LIQ 100,032.30" in narrow
    assert len(narrow) <= 60
    assert narrow.rstrip()[-3] == "."


def test_account_values_never_received_are_dashes() -> None:
    lines = lines_of(
        account_panel(make_account(buying_power=None, realized_pnl=None), unknown=None, width=30, now=NOW)
    )
    assert next(line for line in lines if line.startswith("BUYING POWER")).endswith(" —")
    assert next(line for line in lines if line.startswith("REALIZED")).endswith(" —")
    assert next(line for line in lines if line.startswith("RECEIVED")).endswith("2s ago")


def test_an_unknown_account_says_so_above_its_last_values() -> None:
    view = make_account(net_liquidation=Decimal(5))
    lines = account_panel(view, unknown="link down", width=30, now=NOW)
    assert lines[0] == (("UNKNOWN: link down", Tone.UNKNOWN),)
    assert lines[1][1][1] is Tone.STALE
    assert "UNKNOWN: link down" in lines_of((account_strip(None, unknown="link down", width=80),))[0]
    assert account_strip(None, unknown=None, width=80)[0][1] is Tone.STALE


def test_never_read_unknown_and_empty_are_three_things() -> None:
    common = {"name": "POSITIONS", "empty": "flat", "as_of": None, "now": NOW, "count": 0}
    never = book_state(**common, is_read=False, unknown=None)  # type: ignore[arg-type]
    unknown = book_state(**common, is_read=True, unknown="link down")  # type: ignore[arg-type]
    empty = book_state(**common, is_read=True, unknown=None)  # type: ignore[arg-type]
    assert "waiting" in never.notice
    assert "UNKNOWN" in unknown.title
    assert "Nothing is known yet." in unknown.notice
    assert "never read" in unknown.title
    assert unknown.stale
    assert (empty.title, empty.notice, empty.stale) == ("POSITIONS", "flat", False)


def test_rows_of_an_unknown_book_carry_their_age() -> None:
    state = book_state(
        name="ORDERS",
        empty="none",
        is_read=True,
        unknown="order link down",
        as_of=NOW - timedelta(seconds=40),
        now=NOW,
        count=3,
    )
    assert state.title == "ORDERS UNKNOWN, last read 40s ago: order link down"


def test_the_footer_keeps_the_position_at_every_width() -> None:
    for width in range(20, 130, 10):
        line = footer_line(KEYS, position="12/100", drawing=Drawing(3, 1), width=width)
        text = "".join(part for part, _ in line)
        assert text.endswith(" 12/100 ")
        assert line_width(line) <= width


def test_the_footer_says_when_drawing_is_slow() -> None:
    line = footer_line(KEYS, position="1/1", drawing=Drawing(80, 30, is_halved=True), width=80)
    assert "drawing is slow: prices at half rate" in "".join(part for part, _ in line)


def test_a_click_on_the_footer_finds_its_key() -> None:
    line = footer_line(KEYS, position="1/1", drawing=Drawing(), width=80)
    assert key_at(KEYS, line, 0) == KEYS[0]
    assert key_at(KEYS, line, 6) == KEYS[0]
    assert key_at(KEYS, line, 7) == KEYS[1]
    assert key_at(KEYS, line, 60) is None


def test_a_reason_that_is_told_by_the_session_is_not_told_again_by_its_links() -> None:
    why = "port 4002 refuses: is the Gateway running?"
    links = tuple(make_link(name, state=LinkState.WAITING, reason=why) for name in LinkName)
    status = make_status(
        links=links, can_trade=False, cannot_trade_because=why, upstream_up=None, upstream_reason=why
    )
    for told in (status, make_status(links=links)):
        assert "\n".join(lines_of(safety_panel(told, zone=ZONE))).count(why) == 1


def test_what_to_press_stands_first_so_that_it_is_never_cut() -> None:
    assert lines_of(safety_panel(make_status(), zone=ZONE, keys="ctrl+g HALT"))[0] == "PRESS      ctrl+g HALT"


def test_an_unknown_book_with_rows_was_read_and_is_not_called_never_read() -> None:
    state = book_state(
        name="TAPE", empty="none", is_read=True, unknown="link down.", as_of=None, now=NOW, count=2
    )
    assert state.title == "TAPE UNKNOWN: link down"
    assert state.notice == "UNKNOWN: link down. What is listed is what was last known."


def test_how_fast_it_draws_is_shown_to_those_who_look_for_it() -> None:
    def words(drawing: Drawing) -> str:
        return "".join(part for part, _ in footer_line(KEYS, position="1/1", drawing=drawing, width=120))

    assert "lag" not in words(Drawing(7, 3))
    assert "7ms lag 3" in words(Drawing(7, 3, is_shown=True))
