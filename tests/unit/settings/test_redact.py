"""What is printed or logged carries no account id."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from qe_dashboard.settings.fields import flat
from qe_dashboard.settings.load import Loaded
from qe_dashboard.settings.redact import redacted
from qe_dashboard.settings.schema import Settings

ACCOUNT = ("connection", "ibkr-paper", "account")


@pytest.mark.parametrize(
    ("account", "shown"), [("DU1234567", "DU***567"), ("U7654321", "U***321"), ("X1", "***"), ("", "")]
)
def test_account_ids_are_masked(load_text: Callable[[str], Loaded], account: str, shown: str) -> None:
    settings = load_text(f'connection.ibkr-paper.account = "{account}"\n').settings
    assert redacted(settings)[ACCOUNT] == shown


def test_everything_else_is_shown_as_it_is() -> None:
    assert redacted(Settings()) == flat(Settings())
