import pytest

from qe_dashboard.core.errors import (
    ConfigurationError,
    DashboardError,
    DeadlineExpired,
    Fatal,
)


def test_words_come_as_what_meaning_remedy() -> None:
    error = ConfigurationError(
        "The line is down.", meaning="The order was not sent.", remedy="Press y again."
    )
    assert str(error) == "The line is down. The order was not sent. Press y again."


def test_missing_parts_leave_no_gap() -> None:
    assert str(Fatal("Out of memory.", remedy="Start again.")) == "Out of memory. Start again."


@pytest.mark.parametrize("kind", [Fatal, ConfigurationError])
def test_each_kind_is_caught_as_the_common_one(kind: type[DashboardError]) -> None:
    with pytest.raises(DashboardError, match="why"):
        raise kind("why")


def test_an_expired_deadline_names_what_was_awaited() -> None:
    error = DeadlineExpired("The list of open orders", 10.0)
    assert str(error) == "The list of open orders did not come within 10 s."
