"""The launch notice says whether it is tried again by itself."""

from datetime import UTC, datetime

import pytest

from qe_dashboard.engine.health_views import ConnectNotice
from qe_dashboard.ui.presenters.notice import notice_lines

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("is_retried", "end"),
    [
        (True, "It keeps trying."),
        (False, "It is not tried again: put it right, then Retry now (`reconnect`)."),
    ],
)
def test_the_last_line_says_whether_it_goes_on_by_itself(is_retried: bool, end: str) -> None:
    notice = ConnectNotice("x", "127.0.0.1", 4002, AT, "why", ("a cause",), is_retried=is_retried)
    [(words, _)] = notice_lines(notice, now=AT)[-1]
    assert words == f"No order can be sent until it is connected. {end}"
