"""Tightening applies at once, loosening real money waits, a session takes its own connection (D17, D21, D29)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from qe_dashboard.settings.changes import Effect, changes, decide, when
from qe_dashboard.settings.load import Loaded
from qe_dashboard.settings.problems import SettingsError
from qe_dashboard.settings.schema import Settings

Load = Callable[[str], Loaded]

CASES = [
    ("limits.live.max_order_qty_stock = 500", Effect.TIGHTEN, "at once"),
    ("limits.live.duplicate_window_s = 20", Effect.TIGHTEN, "at once"),
    ("limits.live.ack_timeout_s = 2", Effect.TIGHTEN, "at once"),
    ('limits.live.max_order_notional_stock = "min(25000, 5%)"', Effect.TIGHTEN, "at once"),
    ('limits.live.allow_list = ["AAPL"]', Effect.TIGHTEN, "at once"),
    ("limits.paper.allow_short = false", Effect.TIGHTEN, "at once"),
    ("limits.paper.max_order_qty_stock = 20000", Effect.LOOSEN, "at once"),
    ('limits.paper.max_order_qty_stock = "off"', Effect.LOOSEN, "at once"),
    ("limits.paper.duplicate_window_s = 1", Effect.LOOSEN, "at once"),
    ("limits.sim.max_order_notional_stock = 250001", Effect.LOOSEN, "at once"),
    ('limits.sim.max_order_notional_stock = "min(250000, 50%)"', Effect.TIGHTEN, "at once"),
    ('limits.live.loosen.allow_short = "hedging"', Effect.NEUTRAL, "at once"),
    ('watchlist.symbols = ["TSLA"]', Effect.NEUTRAL, "at once"),
    ('display.theme = "light"', Effect.NEUTRAL, "at once"),
    ('diagnostics.log_level = "DEBUG"', Effect.NEUTRAL, "at once"),
    ("connection.ibkr-paper.port = 7497", Effect.NEXT_LAUNCH, "at its next launch"),
    ("connection.ibkr-paper.keepalive_s = 5", Effect.NEXT_LAUNCH, "at its next launch"),
    ("connection.ibkr-paper.client_id = 5", Effect.NEXT_LAUNCH, "at its next launch"),
    ("connection.ibkr-live.order_client_id = 5", Effect.NEXT_LAUNCH, "at its next launch"),
    ('connection.ibkr-paper.account = "DU1"', Effect.NEXT_LAUNCH, "at its next launch"),
    ('broker = "ibkr-paper"', Effect.NEXT_LAUNCH, "at its next launch"),
    ("simulated.seed = 8", Effect.NEXT_LAUNCH, "at its next launch"),
]


@pytest.mark.parametrize(("line", "effect", "moment"), CASES)
def test_each_kind_of_change_is_classed_and_timed(
    load_text: Load, line: str, effect: Effect, moment: str
) -> None:
    (change,) = changes(Settings(), load_text(line).settings)
    assert change.key == line.partition(" =")[0]
    assert change.effect is effect
    assert when(change) == moment


RUNNING = [
    (
        'connection.ibkr-paper.host = "tws.lan"',
        Effect.NEUTRAL,
        "at once, or with Save in `connection` while own orders work",
    ),
    (
        "connection.ibkr-paper.port = 7497",
        Effect.NEUTRAL,
        "at once, or with Save in `connection` while own orders work",
    ),
    (
        "connection.ibkr-paper.client_id = 5",
        Effect.NEUTRAL,
        "at once, or with Save in `connection` while own orders work",
    ),
    (
        "connection.ibkr-paper.order_client_id = 5",
        Effect.NEUTRAL,
        "at once, or with Save in `connection` while own orders work",
    ),
    (
        'connection.ibkr-paper.account = "DU1"',
        Effect.NEUTRAL,
        "at once, or with Save in `connection` while own orders work",
    ),
    ('connection.ibkr-paper.daily_restart = "23:45"', Effect.NEUTRAL, "at once"),
    ('connection.ibkr-paper.ibkr_region = "asia"', Effect.NEUTRAL, "at once"),
    ("connection.ibkr-paper.keepalive_s = 5", Effect.NEXT_LAUNCH, "at its next launch"),
    ("connection.ibkr-live.port = 7499", Effect.NEXT_LAUNCH, "at its next launch"),
]


@pytest.mark.parametrize(("line", "effect", "moment"), RUNNING)
def test_the_running_profile_takes_its_connection_now(
    load_text: Load, line: str, effect: Effect, moment: str
) -> None:
    running = load_text('broker = "ibkr-paper"\n').settings
    [change] = changes(running, load_text(f'broker = "ibkr-paper"\n{line}\n').settings)
    assert (change.effect, when(change)) == (effect, moment)


@pytest.mark.parametrize("text", ["24:00", "9:30", "23:60", "noon", "23:45:00"])
def test_a_restart_time_is_hours_and_minutes(load_text: Load, text: str) -> None:
    with pytest.raises(SettingsError, match="23:45"):
        load_text(f'connection.ibkr-paper.daily_restart = "{text}"\n')


def test_loosening_live_waits_even_with_a_reason(load_text: Load) -> None:
    new = load_text(
        'limits.live.max_order_qty_stock = 5000\nlimits.live.loosen.max_order_qty_stock = "estate sale"\n'
    ).settings
    effects = {change.key: when(change) for change in changes(Settings(), new)}
    assert effects["limits.live.max_order_qty_stock"] == "at its next launch"


@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        ("[]", '["AAPL"]', Effect.TIGHTEN),
        ('["AAPL"]', "[]", Effect.LOOSEN),
        ('["AAPL", "MSFT"]', '["AAPL"]', Effect.TIGHTEN),
        ('["AAPL"]', '["AAPL", "MSFT"]', Effect.LOOSEN),
        ('["AAPL"]', '["MSFT"]', Effect.LOOSEN),
    ],
)
def test_an_allow_list_is_tighter_only_as_a_subset(
    load_text: Load, old: str, new: str, effect: Effect
) -> None:
    before = load_text(f"limits.live.allow_list = {old}\n").settings
    after = load_text(f"limits.live.allow_list = {new}\n").settings
    assert [change.effect for change in changes(before, after)] == [effect]


@pytest.mark.parametrize(
    ("old", "new"),
    [("min(1000, 10%)", "min(500, 11%)"), ("min(1000, 10%)", "min(1001, 1%)"), ("min(1000, 1%)", "off")],
)
def test_a_cash_limit_looser_in_any_account_is_looser(load_text: Load, old: str, new: str) -> None:
    before = load_text(f'limits.paper.max_order_notional_stock = "{old}"\n').settings
    after = load_text(f'limits.paper.max_order_notional_stock = "{new}"\n').settings
    assert [change.effect for change in changes(before, after)] == [Effect.LOOSEN]


def test_back_from_off_is_tightening(load_text: Load) -> None:
    before = load_text('limits.paper.max_orders_per_minute = "off"\n').settings
    assert [change.effect for change in changes(before, Settings())] == [Effect.TIGHTEN]


class TestDecide:
    def test_what_waits_keeps_its_running_value_and_the_rest_is_taken(self, load_text: Load) -> None:
        proposed = load_text(
            'broker = "ibkr-paper"\n'
            "connection.ibkr-paper.client_id = 9\n"
            "connection.ibkr-paper.port = 7497\n"
            "limits.live.max_order_qty_stock = 5000\n"
            "limits.live.max_order_qty_future = 1\n"
            'limits.live.loosen.max_order_qty_stock = "estate sale"\n'
        ).settings
        decision = decide(Settings(), proposed)
        now = decision.settings
        assert (now.broker, now.connection.ibkr_paper.client_id) == ("sim", 1)
        assert now.connection.ibkr_paper.port == 4002
        assert now.limits.live.max_order_qty_stock == Decimal(1000)
        assert now.limits.live.max_order_qty_future == 1
        assert now.limits.live.loosen == {"max_order_qty_stock": "estate sale"}
        assert [change.key for change in decision.deferred] == [
            "broker",
            "connection.ibkr-paper.port",
            "connection.ibkr-paper.client_id",
            "limits.live.max_order_qty_stock",
        ]
        assert len(decision.applied) == 2

    def test_what_waits_still_waits_after_the_next_edit(self, load_text: Load) -> None:
        first = decide(Settings(), load_text('broker = "ibkr-paper"\n').settings)
        second = decide(first.settings, load_text('broker = "ibkr-paper"\ndisplay.quotes_fps = 5\n').settings)
        assert [change.key for change in second.deferred] == ["broker"]
        assert second.settings.display.quotes_fps == 5

    def test_taking_a_waiting_edit_back_leaves_nothing_to_do(self, load_text: Load) -> None:
        first = decide(Settings(), load_text('broker = "ibkr-paper"\n').settings)
        assert decide(first.settings, Settings()).deferred == ()

    def test_removed_reason_is_removed(self, load_text: Load) -> None:
        running = load_text('limits.live.loosen.allow_short = "hedging"\n').settings
        assert decide(running, Settings()).settings == Settings()


def test_a_change_reads_as_a_line_without_the_account_id(load_text: Load) -> None:
    texts = [
        str(change)
        for change in changes(
            Settings(),
            load_text(
                'connection.ibkr-live.account = "U1234567"\n'
                "limits.paper.max_order_qty_stock = 5\n"
                'limits.live.loosen.allow_short = "hedging"\n'
            ).settings,
        )
    ]
    assert texts == [
        'connection.ibkr-live.account: "" -> "U***567" (next launch)',
        "limits.paper.max_order_qty_stock: 10000 -> 5 (tighter, at once)",
        'limits.live.loosen.allow_short: absent -> "hedging" (at once)',
    ]


def test_a_looser_limit_says_when_it_counts(load_text: Load) -> None:
    new = load_text(
        "limits.paper.max_order_qty_stock = 20000\nlimits.live.max_order_qty_stock = 5000\n"
        'limits.live.loosen.max_order_qty_stock = "estate sale"\n'
    ).settings
    said = {change.key: str(change) for change in changes(Settings(), new)}
    assert said["limits.paper.max_order_qty_stock"].endswith("-> 20000 (looser, at once)")
    assert said["limits.live.max_order_qty_stock"].endswith("-> 5000 (looser, next launch)")
