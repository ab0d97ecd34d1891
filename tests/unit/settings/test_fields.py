"""The rows of the schema: names in the environment, nearest keys, values by path."""

from __future__ import annotations

import pytest

from qe_dashboard.settings.fields import by_path, flat, leaves, nearest_key, table_docs, value_at
from qe_dashboard.settings.schema import Settings


def test_environment_names_are_unique_and_all_ours() -> None:
    names = [leaf.env_name for leaf in leaves()]
    assert len(set(names)) == len(names)
    assert all(name.startswith("QE__") and name.isupper() and "-" not in name for name in names)


def test_the_environment_name_of_d29() -> None:
    assert by_path()["connection", "ibkr-paper", "port"].env_name == "QE__CONNECTION__IBKR_PAPER__PORT"


def test_defaults_of_the_rows_are_the_defaults_of_the_schema() -> None:
    assert {leaf.path: leaf.default for leaf in leaves()} == flat(Settings())


def test_every_table_says_what_it_is_for_in_one_line() -> None:
    assert {leaf.path[:-1] for leaf in leaves()} - {()} <= set(table_docs())
    assert all(words.endswith(".") for words in table_docs().values())


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("brokr", "broker"),
        ("brk", "broker"),
        ("conection", "connection"),
        ("connection.ibkr_paper", "connection.ibkr-paper"),
        ("connection.ibkr-live.clientid", "connection.ibkr-live.client_id"),
        ("limits.papr.max_order_qty_stock", "limits.paper.max_order_qty_stock"),
        ("connection.ibkr-lve.port", "connection.ibkr-live.port"),
        ("seed", "simulated.seed"),
        ("client_id", "connection.ibkr-paper.client_id"),
        ("limits.live.loosen.allow_shrt", "limits.live.loosen.allow_short"),
        ("qqq", ""),
    ],
)
def test_the_nearest_key_to_what_was_typed(typed: str, nearest: str) -> None:
    assert nearest_key(tuple(typed.split("."))) == nearest


def test_a_reason_that_is_not_given_has_no_value() -> None:
    assert value_at(Settings(), ("limits", "live", "loosen", "allow_short")) is None
