"""The latch tightens at once and is released by a typed word only (D6, R60)."""

from datetime import timedelta

import pytest

from qe_dashboard.model.enums import TradingState
from qe_dashboard.risk.trading_state import ResumeRefused, TradingLatch
from support.risk_world import NOW

LATER = NOW + timedelta(minutes=1)
ACTIVE = TradingLatch.active(at=NOW)


def test_the_first_reason_wins_and_again_changes_nothing() -> None:
    halted = ACTIVE.halt(reason="ctrl+g", at=NOW, by="person")
    assert halted == TradingLatch(TradingState.HALTED, "ctrl+g", NOW, "person")
    assert halted.halt(reason="loss", at=LATER, by="engine") is halted


def test_reducing_tightens_active_only() -> None:
    reducing = ACTIVE.reduce_only(reason="loss", at=NOW, by="engine")
    assert reducing == TradingLatch(TradingState.REDUCING, "loss", NOW, "engine")
    assert reducing.reduce_only(reason="again", at=LATER, by="engine") is reducing
    halted = reducing.halt(reason="1.5x", at=LATER, by="engine")
    assert halted == TradingLatch(TradingState.HALTED, "1.5x", LATER, "engine")
    assert halted.reduce_only(reason="loss", at=LATER, by="engine") is halted


@pytest.mark.parametrize("typed", ["", "Resume", "RESUME", " resume", "resume ", "resume\n", "yes", "y"])
def test_only_the_exact_word_resumes(typed: str) -> None:
    halted = ACTIVE.halt(reason="x", at=NOW, by="person")
    with pytest.raises(ResumeRefused, match="`resume`"):
        halted.resume(typed, at=LATER, by="person")


@pytest.mark.parametrize(
    "latch",
    [ACTIVE.halt(reason="x", at=NOW, by="p"), ACTIVE.reduce_only(reason="x", at=NOW, by="p")],
    ids=lambda latch: latch.state,
)
def test_the_word_releases_and_says_from_what(latch: TradingLatch) -> None:
    released = latch.resume("resume", at=LATER, by="person")
    assert released == TradingLatch(TradingState.ACTIVE, f"resumed from {latch.state}", LATER, "person")


def test_resuming_what_is_active_changes_nothing() -> None:
    assert ACTIVE.resume("resume", at=LATER, by="person") is ACTIVE
