"""Valid settings that cannot do what they seem to are named (D14)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from qe_dashboard.settings.advice import advice
from qe_dashboard.settings.load import Loaded
from qe_dashboard.settings.schema import Settings

Load = Callable[[str], Loaded]


def test_shipped_settings_need_none() -> None:
    assert advice(Settings()) == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "limits.paper.max_orders_per_minute = 5\n",
            "limits.paper.max_orders_per_symbol_10s = 10 can never be reached: max_orders_per_minute = 5 "
            "stops orders first.",
        ),
        (
            'limits.live.loosen.allow_short = "hedging"\n',
            "limits.live.loosen.allow_short gives a reason, but that limit is not looser than shipped: remove it.",
        ),
        (
            "connection.ibkr-paper.order_client_id = 900000\n",
            "connection.ibkr-paper.order_client_id = 900000 is in the range of doctor and Test connection "
            "(900000 and up): they would knock on your own link; choose a smaller one.",
        ),
        (
            'broker = "ibkr-live"\nlimits.live.allow_list = ["MNQ"]\nwatchlist.symbols = ["MNQ", "TSLA"]\n',
            "On the watchlist but not in limits.live.allow_list, so only exits pass: TSLA.",
        ),
    ],
)
def test_one_sentence_per_setting_that_cannot_work(load_text: Load, text: str, sentence: str) -> None:
    assert advice(load_text(text).settings) == (sentence,)


@pytest.mark.parametrize(
    "text",
    [
        "limits.paper.max_orders_per_minute = 10\n",
        'limits.paper.max_orders_per_minute = "off"\n',
        'limits.paper.max_orders_per_symbol_10s = "off"\n',
        "connection.ibkr-paper.client_id = 899998\n",
        'limits.live.allow_list = ["MNQ"]\n',
        'limits.live.allow_short = true\nlimits.live.loosen.allow_short = "hedging"\n',
    ],
)
def test_settings_that_work_are_left_in_peace(load_text: Load, text: str) -> None:
    assert advice(load_text(text).settings) == ()
