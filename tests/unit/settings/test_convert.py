"""Layers below get exact plain values under the names they know (D17, D31)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from qe_dashboard.model.enums import AccountKind, Profile
from qe_dashboard.risk.limits import RiskLimits
from qe_dashboard.settings.convert import connection_values, limit_values
from qe_dashboard.settings.load import Loaded
from qe_dashboard.settings.schema import Settings

Load = Callable[[str], Loaded]


def test_shipped_live_limits_are_those_of_d17() -> None:
    limits = RiskLimits(**limit_values(Settings(), AccountKind.LIVE, origins={}))
    assert limits.max_order_qty_stock == Decimal(1000)
    assert (limits.max_order_notional_stock, limits.max_order_notional_pct_nlv) == (
        Decimal(25000),
        Decimal(10),
    )
    assert limits.max_orders_per_minute == 10
    assert limits.allow_short is False


def test_values_have_exactly_the_types_the_gates_compute_with(load_text: Load) -> None:
    loaded = load_text('[limits.paper]\nmax_order_qty_future = 3\nallow_list = ["AAPL"]\n')
    values = limit_values(loaded.settings, AccountKind.PAPER, origins=loaded.origins)
    assert {key: type(value) for key, value in values.items()} == {
        "max_order_qty_stock": Decimal,
        "max_order_qty_future": Decimal,
        "max_order_notional_stock": Decimal,
        "max_order_notional_pct_nlv": type(None),
        "duplicate_window_s": Decimal,
        "max_orders_per_minute": int,
        "max_orders_per_symbol_10s": int,
        "max_messages_per_second": int,
        "ack_timeout_s": Decimal,
        "allow_list": tuple,
        "allow_short": bool,
        "source": dict,
    }


def test_off_is_none(load_text: Load) -> None:
    text = '[limits.sim]\nmax_order_qty_future = "off"\nmax_order_notional_stock = "off"\n'
    limits = RiskLimits(**limit_values(load_text(text).settings, AccountKind.SIM, origins={}))
    assert limits.max_order_qty_future is None
    assert limits.max_order_notional_stock is None
    assert limits.max_order_notional_pct_nlv is None


def test_every_limit_says_where_it_was_written(load_text: Load) -> None:
    loaded = load_text('[limits.sim]\nmax_order_notional_stock = "min(500, 1%)"\n')
    limits = RiskLimits(**limit_values(loaded.settings, AccountKind.SIM, origins=loaded.origins))
    assert limits.source["max_order_notional_stock"] == f"{loaded.path}:2"
    assert limits.source["max_order_notional_pct_nlv"] == f"{loaded.path}:2"
    assert limits.source["allow_short"] == "shipped default"
    fields = {name for name in RiskLimits.__slots__ if name != "source"}
    assert set(limits.source) == fields


def test_kinds_of_account_do_not_share_a_table(load_text: Load) -> None:
    settings = load_text("limits.paper.max_orders_per_minute = 7\n").settings
    found = [limit_values(settings, kind, origins={})["max_orders_per_minute"] for kind in AccountKind]
    assert found == [60, 7, 10]


def test_connection_has_auto_worked_out(load_text: Load) -> None:
    settings = load_text("connection.ibkr-live.client_id = 41\n").settings
    values = connection_values(settings, Profile.IBKR_LIVE)
    assert (values["client_id"], values["order_client_id"], values["port"]) == (41, 42, 4001)
    assert values["keepalive_deadline_s"] == 5.0


def test_sim_has_no_connection() -> None:
    with pytest.raises(KeyError):
        connection_values(Settings(), Profile.SIM)
