"""A clock that is off is said once, again when it gets worse, and after it was right (Q-SKEW)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from qe_dashboard.broker.ibkr.skew import SkewWatch
from qe_dashboard.model.enums import Severity
from support.ibkr_rig import rig

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def said(watch: SkewWatch, seconds: float) -> Severity | None:
    message = watch.measured(timedelta(seconds=seconds), NOW)
    return None if message is None else message.severity


@pytest.mark.parametrize("sign", [1, -1])
def test_two_seconds_warn_once_and_ten_are_an_error(sign: int) -> None:
    watch = SkewWatch()
    heard = [said(watch, sign * seconds) for seconds in (1.9, 2.1, 2.6, 1.9, 2.2, 9.9, 10.1, 60, 9, 11)]
    assert heard == [None, Severity.WARNING, *[None] * 4, Severity.ERROR, None, None, None]


def test_a_clock_set_right_and_wrong_again_is_said_again() -> None:
    watch = SkewWatch()
    assert [said(watch, seconds) for seconds in (5, 0.2, 5)] == [Severity.WARNING, None, Severity.WARNING]


def test_the_words_say_which_way() -> None:
    late, early = (SkewWatch().measured(timedelta(seconds=seconds), NOW) for seconds in (30, -30))
    assert late is not None
    assert early is not None
    assert late.text == "This machine's clock is 30.0 s behind the gateway's."
    assert early.text == "This machine's clock is 30.0 s ahead of the gateway's."


async def test_both_links_of_one_gateway_say_it_once_right_after_connecting() -> None:
    async with rig(keepalive_s=3600.0) as one:
        one.gateway.clock_off_s = 90
        await one.ready()
        await one.until(
            lambda: all(status.skew is not None for status in one.broker.links()), "both measured it"
        )
        about = [message for message in one.events.messages if "clock" in message.text]
        assert [message.severity for message in about] == [Severity.ERROR]
        skew = one.broker.links()[0].skew
        assert skew is not None
        assert 88 < skew.total_seconds() < 92
