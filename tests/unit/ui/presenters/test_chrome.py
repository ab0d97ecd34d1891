"""The top bar never hides what session this is, and the banner never hides that there is more."""

from dataclasses import replace
from datetime import timedelta

import pytest

from qe_dashboard.engine.health_views import CheckState
from qe_dashboard.engine.views import BannerLine, Lamp, StatusView
from qe_dashboard.model.enums import (
    AccountKind,
    DataTier,
    LinkName,
    LinkState,
    Profile,
    Severity,
    TradingState,
)
from qe_dashboard.ui.presenters.cells import Line, Tone, line_width
from qe_dashboard.ui.presenters.chrome import badge, banner_lines, session_class, tier_word, top_bar
from support.health_builders import make_checklist
from support.view_builders import NOW, make_link, make_status

ZONE = "America/New_York"


def bar(status: StatusView | None, width: int = 120, screen: str = "MAIN") -> str:
    return "".join(
        text for text, _ in top_bar(status, profile=Profile.SIM, screen=screen, width=width, zone=ZONE)
    )


def text_of(lines: tuple[Line, ...]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def test_a_healthy_session_at_full_width() -> None:
    shown = bar(make_status())
    for word in (
        "MAIN",
        " SIM ",
        "● Connected",
        "ACTIVE",
        "SIM data",
        "SIM100001",
        "OPEN",
        "5h30m",
        "10:30:00 ET",
    ):
        assert word in shown
    assert len(shown) == 120


WORST = make_status(
    account_kind=AccountKind.PAPER,
    account="DU1234567",
    lamp=Lamp.DISCONNECTED,
    offline_since=NOW,
    trading_state=TradingState.HALTED,
    data_tier=DataTier.DELAYED,
    session_word="HOURS ?",
    session_ends_at=NOW + timedelta(hours=29),
)


@pytest.mark.parametrize("width", range(80, 201, 5))
@pytest.mark.parametrize("screen", ["MAIN", "SETTINGS"])
def test_badge_lamp_and_trading_state_fit_at_every_width(width: int, screen: str) -> None:
    shown = bar(WORST, width, screen)
    assert "BROKER OFFLINE" in shown
    assert "○ Disconnected" in shown
    assert "HALTED" in shown
    assert line_width(((shown, Tone.PLAIN),)) <= width


def test_before_the_engine_spoke_the_badge_claims_nothing() -> None:
    assert "SIM?" in bar(None)
    assert "◐ Connecting…" in bar(None)
    assert badge(None, Profile.IBKR_LIVE) == (" LIVE? ", Tone.BADGE)


def test_the_badge_follows_the_account_found_not_the_profile() -> None:
    status = make_status(profile=Profile.IBKR_PAPER, account_kind=AccountKind.LIVE)
    assert badge(status, Profile.IBKR_PAPER) == (" LIVE ", Tone.BADGE_LIVE)
    assert session_class(status, Profile.IBKR_PAPER) == "-live"


def test_offline_wins_over_the_kind_of_account() -> None:
    status = make_status(lamp=Lamp.DISCONNECTED)
    assert badge(status, Profile.SIM) == (" SIM BROKER OFFLINE ", Tone.BADGE_BAD)
    assert session_class(status, Profile.SIM) == "-offline"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"can_trade": False, "cannot_trade_because": "books unknown"}, "ACTIVE, blocked"),
        ({"needs_account_typed": True, "can_trade": False}, "LOCKED"),
        ({"trading_state": TradingState.REDUCING}, "REDUCING"),
    ],
)
def test_the_trading_state_says_when_nothing_can_be_sent(changes: dict[str, object], word: str) -> None:
    assert word in bar(make_status(**changes))


def test_silent_data_is_stale_with_its_age() -> None:
    status = make_status(data_tier=DataTier.LIVE, newest_quote_at=NOW - timedelta(seconds=12))
    assert tier_word(status) == ("STALE 12s", Tone.WARN)
    assert tier_word(replace(status, newest_quote_at=NOW - timedelta(seconds=2))) == (
        "LIVE data",
        Tone.PLAIN,
    )
    assert tier_word(replace(status, session_word="CLOSED")) == ("LIVE data", Tone.PLAIN)


def test_a_healthy_session_has_no_banner() -> None:
    assert banner_lines(make_status(), most=3) == ()
    assert banner_lines(None, most=3) == ()


def test_banner_lines_that_do_not_fit_are_counted() -> None:
    lines = tuple(BannerLine(Severity.ERROR, f"trouble {index}") for index in range(5))
    shown = text_of(banner_lines(make_status(banner=lines), most=2))
    assert shown[0] == " trouble 0"
    assert "trouble 1" in shown[1]
    assert "+3 more" in shown[1]


@pytest.mark.parametrize("state", [state for state in LinkState if state is not LinkState.READY])
def test_without_a_data_link_no_tier_is_claimed(state: LinkState) -> None:
    status = make_status(data_tier=DataTier.LIVE, links=(make_link(LinkName.DATA, state=state),))
    assert tier_word(status) == ("no data", Tone.STALE)
    seen = replace(status, newest_quote_at=NOW - timedelta(seconds=4))
    assert tier_word(seen) == ("STALE 4s", Tone.STALE)


def test_a_lost_broker_stays_offline_while_it_connects_again() -> None:
    status = make_status(lamp=Lamp.CONNECTING, offline_since=NOW - timedelta(seconds=9))
    shown = bar(status)
    assert "BROKER OFFLINE" in shown
    assert "◐ Connecting…" in shown


def waiting(**changes: object) -> StatusView:
    """No broker; the next try is in seven seconds."""
    link = make_link(state=LinkState.WAITING, retry_at=NOW + timedelta(seconds=7))
    return make_status(lamp=Lamp.DISCONNECTED, offline_since=NOW, can_trade=False, links=(link,), **changes)


@pytest.mark.parametrize("width", [80, 120, 200])
@pytest.mark.parametrize("screen", ["MAIN", "SETTINGS"])
def test_offline_the_next_try_is_counted_down_to_at_every_width(width: int, screen: str) -> None:
    shown = bar(waiting(), width, screen)
    assert "next try in 7s" in shown
    assert "BROKER OFFLINE" in shown
    assert line_width(top_bar(waiting(), profile=Profile.SIM, screen=screen, width=width, zone=ZONE)) <= width


def test_an_outage_that_is_due_keeps_the_badge_and_loses_the_alarm() -> None:
    due = waiting(expected_outage="the gateway's daily restart")
    assert badge(due, Profile.IBKR_PAPER) == (" SIM BROKER OFFLINE ", Tone.BADGE)
    assert badge(waiting(), Profile.IBKR_PAPER) == (" SIM BROKER OFFLINE ", Tone.BADGE_BAD)
    assert session_class(due, Profile.IBKR_PAPER) == "-expected"
    assert "expected" in bar(due)
    assert text_of(banner_lines(due, most=3)) == [" EXPECTED: the gateway's daily restart"]


def test_the_checklist_stands_until_all_of_it_is_known() -> None:
    checks = make_checklist()
    alarm = BannerLine(Severity.CRITICAL, "something else")
    status = make_status(checklist=checks, banner=(alarm,))
    lines = text_of(banner_lines(status, most=2))
    assert lines == [
        " something else",
        " books: positions ✓ known, orders reading…, executions UNKNOWN: no answer within 10 s"
        " - new orders wait",
    ]
    # While something is down, that is what to say: the books follow from it.
    assert text_of(banner_lines(replace(status, upstream_up=False), most=2)) == [" something else"]
    known = tuple(replace(check, state=CheckState.KNOWN) for check in checks)
    assert banner_lines(make_status(checklist=known), most=2) == ()


def test_what_is_due_is_said_once() -> None:
    told = BannerLine(Severity.WARNING, "BROKER OFFLINE, expected: the nightly reset")
    assert len(banner_lines(make_status(expected_outage="the nightly reset", banner=(told,)), most=3)) == 1


def test_data_that_was_there_has_an_age_and_is_never_called_not_there_yet() -> None:
    gone = make_status(data_tier=DataTier.UNKNOWN, newest_quote_at=NOW - timedelta(seconds=45))
    assert tier_word(gone) == ("STALE 45s", Tone.STALE)
    assert tier_word(replace(gone, newest_quote_at=None)) == ("no data", Tone.STALE)


@pytest.mark.parametrize("screen", ["MAIN", "TRADE", "HEALTH", "SETTINGS", "ORDERS"])
def test_offline_the_profile_stays_named_and_nothing_moves_with_the_tries(screen: str) -> None:
    def offline(status: StatusView) -> str:
        line = top_bar(status, profile=Profile.IBKR_PAPER, screen=screen, width=80, zone=ZONE)
        return text_of((line,))[0]

    waits = replace(waiting(), account_kind=None, profile=Profile.IBKR_PAPER)
    tries = replace(waits, links=tuple(replace(link, retry_at=None) for link in waits.links))
    connects = replace(tries, lamp=Lamp.CONNECTING)
    assert "PAPER? BROKER OFFLINE" in offline(waits)
    assert "try in 7s" in offline(waits)
    at = {bar.index("ACTIVE") for bar in map(offline, (waits, tries, connects))}
    assert len(at) == 1
    assert all(len(bar) <= 80 for bar in map(offline, (waits, tries, connects)))
