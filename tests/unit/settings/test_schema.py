"""Every key has a unit or range in words, its default is D17's, and its edges are where the words say."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from qe_dashboard.model.enums import AccountKind, Profile
from qe_dashboard.settings.fields import by_path, leaves
from qe_dashboard.settings.limits import limit_keys
from qe_dashboard.settings.load import Loaded
from qe_dashboard.settings.problems import Problem
from qe_dashboard.settings.schema import Settings
from qe_dashboard.settings.values import NotionalLimit

Load = Callable[[str], Loaded]

D17: dict[str, tuple[Any, Any]] = {
    "max_order_qty_stock": (Decimal(10000), Decimal(1000)),
    "max_order_qty_future": (20, 2),
    "max_order_notional_stock": (NotionalLimit(Decimal(250000)), NotionalLimit(Decimal(25000), Decimal(10))),
    "duplicate_window_s": (Decimal(3), Decimal(10)),
    "max_orders_per_minute": (60, 10),
    "max_orders_per_symbol_10s": (10, 5),
    "max_messages_per_second": (40, 40),
    "ack_timeout_s": (Decimal(10), Decimal(5)),
    "allow_list": ((), ()),
    "allow_short": (True, False),
}

IN_RANGE = [
    ("connection.ibkr-paper.port", "1", 1),
    ("connection.ibkr-paper.port", "65535", 65535),
    ("connection.ibkr-paper.client_id", "999998", 999998),
    ("connection.ibkr-paper.order_client_id", "999999", 999999),
    ("connection.ibkr-paper.keepalive_s", "0.05", 0.05),
    ("connection.ibkr-paper.keepalive_s", "20", 20.0),
    ("connection.ibkr-paper.keepalive_deadline_s", "5", 5.0),
    ("connection.ibkr-paper.host", '"gateway.local"', "gateway.local"),
    ("connection.ibkr-paper.account", '"DU1234567"', "DU1234567"),
    ("limits.paper.max_order_qty_stock", "0.5", Decimal("0.5")),
    ("limits.paper.max_order_qty_stock", '"off"', None),
    ("limits.paper.max_order_notional_stock", "1000.10", NotionalLimit(Decimal("1000.10"))),
    (
        "limits.paper.max_order_notional_stock",
        '"min(5000, 2.5 % NLV)"',
        NotionalLimit(Decimal(5000), Decimal("2.5")),
    ),
    ("limits.paper.max_messages_per_second", "45", 45),
    ("limits.paper.ack_timeout_s", "60", Decimal(60)),
    ("limits.paper.allow_list", '["aapl", "BRK B"]', ("AAPL", "BRK B")),
    ("watchlist.symbols", "[]", ()),
    ("display.quotes_fps", "30", 30),
    ("display.time_zone", '"utc"', "utc"),
    ("simulated.seed", "0", 0),
]

OUT_OF_RANGE = [
    ("connection.ibkr-paper.port", "0"),
    ("connection.ibkr-paper.port", "65536"),
    ("connection.ibkr-paper.port", "4002.0"),
    ("connection.ibkr-paper.port", "true"),
    ("connection.ibkr-paper.client_id", "0"),
    ("connection.ibkr-paper.client_id", "999999"),
    ("connection.ibkr-paper.order_client_id", "1000000"),
    ("connection.ibkr-paper.order_client_id", '"Auto"'),
    ("connection.ibkr-paper.host", '""'),
    ("connection.ibkr-paper.host", '"two words"'),
    ("connection.ibkr-paper.account", '"DU 1"'),
    ("connection.ibkr-paper.account", "1234567"),
    ("connection.ibkr-paper.keepalive_s", "20.1"),
    ("connection.ibkr-paper.keepalive_s", "nan"),
    ("connection.ibkr-paper.keepalive_deadline_s", "5.1"),
    ("connection.ibkr-paper.retry_min_s", "0"),
    ("limits.paper.max_order_qty_stock", "0"),
    ("limits.paper.max_order_qty_stock", "-1"),
    ("limits.paper.max_order_qty_stock", "inf"),
    ("limits.paper.max_order_qty_stock", "nan"),
    ("limits.paper.max_order_qty_stock", '"Off"'),
    ("limits.paper.max_order_qty_stock", "false"),
    ("limits.paper.max_order_qty_future", "1.5"),
    ("limits.paper.max_order_notional_stock", "0"),
    ("limits.paper.max_order_notional_stock", '"min(0, 10%)"'),
    ("limits.paper.max_order_notional_stock", '"min(100, 0%)"'),
    ("limits.paper.max_order_notional_stock", '"10%"'),
    ("limits.paper.max_orders_per_minute", "0.5"),
    ("limits.paper.max_messages_per_second", "46"),
    ("limits.paper.max_messages_per_second", '"off"'),
    ("limits.paper.ack_timeout_s", '"off"'),
    ("limits.paper.ack_timeout_s", "60.1"),
    ("limits.paper.allow_list", '"AAPL"'),
    ("limits.paper.allow_list", '["AAPL", "aapl"]'),
    ("limits.paper.allow_list", '[""]'),
    ("limits.paper.allow_short", "1"),
    ("watchlist.symbols", "[1]"),
    ("display.theme", '"neon"'),
    ("display.quotes_fps", "31"),
    ("diagnostics.log_level", '"debug"'),
    ("simulated.seed", "-1"),
    ("simulated.starting_cash", '"off"'),
]


@pytest.mark.parametrize("key", limit_keys())
def test_shipped_limits_are_those_of_d17_per_kind_of_account(key: str) -> None:
    usual, live = D17[key]
    limits = Settings().limits
    assert getattr(limits.of(AccountKind.SIM), key) == usual
    assert getattr(limits.of(AccountKind.PAPER), key) == usual
    assert getattr(limits.of(AccountKind.LIVE), key) == live


def test_every_limit_of_d17_that_step_1_reads_is_there_and_no_other() -> None:
    assert set(limit_keys()) == set(D17)


@pytest.mark.parametrize("leaf", leaves(), ids=lambda leaf: leaf.key)
def test_every_key_describes_itself_in_one_line_with_what_it_expects(leaf: Any) -> None:
    assert leaf.description.endswith(".")
    assert "\n" not in leaf.description
    assert leaf.reading.expected != ""


@pytest.mark.parametrize(
    "leaf", [x for x in leaves() if x.path[0] == "limits" and not x.is_optional], ids=lambda leaf: leaf.key
)
def test_every_limit_names_its_unit_unless_it_is_a_switch(leaf: Any) -> None:
    assert leaf.reading.unit != "" or isinstance(leaf.default, bool)
    assert leaf.reading.tighter is not None


@pytest.mark.parametrize(("key", "text", "value"), IN_RANGE)
def test_a_value_at_the_edge_of_its_range_is_taken(
    load_text: Load, key: str, text: str, value: object
) -> None:
    loaded = load_text(f"{key} = {text}\n")
    path = tuple(key.split("."))
    found: Any = loaded.settings
    for part in path:
        found = getattr(found, part.replace("-", "_"))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(("key", "text"), OUT_OF_RANGE)
def test_a_value_beyond_its_range_is_refused_with_the_range_in_words(
    problems_of: Callable[[str], tuple[Problem, ...]], key: str, text: str
) -> None:
    (problem,) = problems_of(f"{key} = {text}\n")
    assert problem.key == key
    assert problem.line == 1
    assert problem.message == f"expected {by_path()[tuple(key.split('.'))].reading.expected}"


def test_auto_is_the_client_id_plus_one(load_text: Load) -> None:
    settings = load_text("connection.ibkr-paper.client_id = 999998\n").settings
    assert settings.connection_of(Profile.IBKR_PAPER).resolved_order_client_id == 999999


def test_sim_has_no_connection() -> None:
    with pytest.raises(KeyError):
        Settings().connection_of(Profile.SIM)


def test_settings_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().limits.live.allow_short = True  # type: ignore[misc]
