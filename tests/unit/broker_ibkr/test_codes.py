"""The code catalogue: classes that behaviour hangs on (rules C1, C2, C6)."""

from __future__ import annotations

import pytest

from qe_dashboard.broker.ibkr.codes import UNKNOWN, ends_new_order, meaning
from qe_dashboard.model.enums import MessageClass, Severity


@pytest.mark.parametrize(
    ("code", "message_class", "severity"),
    [
        (1100, MessageClass.CONNECTION, Severity.CRITICAL),
        (1102, MessageClass.CONNECTION, Severity.WARNING),
        (2104, MessageClass.FARM, Severity.INFO),
        (2103, MessageClass.FARM, Severity.WARNING),
        (10197, MessageClass.DATA, Severity.CRITICAL),
        (10167, MessageClass.DATA, Severity.WARNING),
        (201, MessageClass.ORDER_REJECTED, Severity.ERROR),
        (10243, MessageClass.ORDER_REJECTED, Severity.ERROR),
        (10349, MessageClass.ORDER_LIVE, Severity.WARNING),
        (202, MessageClass.ORDER_TERMINAL, Severity.WARNING),
        (321, MessageClass.CONFIGURATION, Severity.ERROR),
    ],
)
def test_meaning(code: int, message_class: MessageClass, severity: Severity) -> None:
    assert meaning(code) == (message_class, severity)


@pytest.mark.parametrize("code", [110, 321, 434, 201, 200, 203, 103, 10020, 387])
def test_codes_that_end_an_order_nobody_acknowledged(code: int) -> None:
    assert ends_new_order(code)


@pytest.mark.parametrize(
    "code", [399, 404, 2109, 2137, 2161, 10167, 10349, 202, 104, 10147, 10148, 161, 133, 354]
)
def test_notices_and_ends_reported_by_status_end_nothing(code: int) -> None:
    assert not ends_new_order(code)


def test_an_unlisted_code_is_unknown_and_ends_nothing() -> None:
    assert meaning(98765) == UNKNOWN
    assert not ends_new_order(98765)
