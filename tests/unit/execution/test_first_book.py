"""An empty first answer is no proof of being flat (R16)."""

from decimal import Decimal

import pytest

from qe_dashboard.execution.first_book import FirstBook
from qe_dashboard.model.enums import AccountKind
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.known import Known, Maybe, Unknown
from qe_dashboard.model.reports import AccountState
from support.risk_world import ACCOUNT, NOW

SILENT = Unknown("account values have not arrived")


def values(
    gross: str | None = "0", margin: str | None = "0", account: AccountId = ACCOUNT
) -> Known[AccountState]:
    state = AccountState(
        account,
        AccountKind.PAPER,
        "USD",
        NOW,
        gross_position_value=None if gross is None else Decimal(gross),
        maint_margin=None if margin is None else Decimal(margin),
    )
    return Known(state, NOW)


def believed_after(account: Maybe[AccountState]) -> int | None:
    """Ask once a second; return the second from which an empty book is believed, None when it is not in 10 min."""
    book = FirstBook()
    return next((at for at in range(600) if not book.doubt(account, of=ACCOUNT, asked_at=at)), None)


@pytest.mark.parametrize(
    ("account", "second"),
    [
        (values(), 0),
        (SILENT, 2),
        (values(gross=None, margin=None), 2),
        (values(gross=None), 2),
        (values(margin=None), 2),
        (values(account=AccountId("DU7654321")), 2),
        (values(margin="1600.50"), 30),
        (values(gross=None, margin="1600.50"), 30),
        (values(gross="656.37"), None),
    ],
)
def test_how_long_an_empty_book_is_doubted(account: Maybe[AccountState], second: int | None) -> None:
    assert believed_after(account) == second


def test_what_was_read_over_a_link_that_is_gone_counts_no_more() -> None:
    book = FirstBook()
    assert book.doubt(SILENT, of=ACCOUNT, asked_at=0)
    book.clear()
    assert book.doubt(SILENT, of=ACCOUNT, asked_at=5)
    assert not book.doubt(SILENT, of=ACCOUNT, asked_at=7)


def test_what_is_no_whole_read_is_never_enough() -> None:
    book = FirstBook()
    assert book.doubt(values(), of=ACCOUNT, asked_at=None) == "not read whole yet"
