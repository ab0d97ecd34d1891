"""Ids: never twice, always rising."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.sim_venue.ids import MAX_EPOCH, IdBook


def test_exec_ids_look_like_ibkrs_and_carry_the_epoch() -> None:
    ids = IdBook(epoch=0x67FE667B)
    first, second = ids.next_exec_id(), ids.next_exec_id()
    assert first == "00000001.67fe667b.01.01"
    assert second == "00000002.67fe667b.01.01"
    assert re.fullmatch(r"[0-9a-f]{8}\.[0-9a-f]{8}\.\d\d\.\d\d", first)


@pytest.mark.parametrize("epoch", [0, 1, 1_790_000_000, MAX_EPOCH])
def test_perm_ids_count_up_and_fit_a_signed_32_bit_integer(epoch: int) -> None:
    ids = IdBook(epoch=epoch)
    given = [ids.next_perm_id() for _ in range(100)]
    assert given == list(range(given[0], given[0] + 100))
    assert 1_000_000 <= given[0] < 2**31


def test_perm_ids_come_round_to_the_start_of_their_span() -> None:
    ids = IdBook(epoch=0, perm_place=2**31 - 1_000_000 - 1)
    assert [ids.next_perm_id(), ids.next_perm_id()] == [2**31 - 1, 1_000_000]


def test_boots_without_state_hardly_ever_share_perm_ids() -> None:
    """1,000 boots a second apart with 1,000 orders each: 1,000 * 999 / 2 pairs of (n + m) / 2**31 make half a clash."""
    begins = sorted(IdBook(epoch=1_790_000_000 + boot).next_perm_id() for boot in range(1000))
    clashes = sum(1 for one, two in pairwise(begins) if two - one < 1000)
    assert clashes <= 2


def test_a_restart_with_state_goes_on_behind_what_could_be_lost() -> None:
    ids = IdBook(epoch=5)
    ids.use(OrderKey(2, 7))
    last = [ids.next_perm_id() for _ in range(10)][-1]
    after = ids.after_restart()
    assert (after.epoch, after.next_valid_id(2)) == (6, 8)
    assert after.next_perm_id() > last + 60_000


@pytest.mark.parametrize("epoch", [-1, MAX_EPOCH + 1])
def test_an_epoch_that_does_not_fit_is_refused(epoch: int) -> None:
    with pytest.raises(ValueError, match="epoch"):
        IdBook(epoch=epoch)


def test_order_ids_are_counted_per_client_and_may_arrive_out_of_order() -> None:
    ids = IdBook(epoch=0)
    assert ids.next_valid_id(2) == 1
    ids.use(OrderKey(2, 7))
    ids.use(OrderKey(2, 5))
    assert ids.next_valid_id(2) == 8
    assert ids.next_valid_id(3) == 1
    assert ids.is_used(OrderKey(2, 7))
    assert not ids.is_used(OrderKey(2, 6))
    assert not ids.is_used(OrderKey(3, 7))


def test_a_raised_floor_keeps_every_lower_id_used() -> None:
    ids = IdBook(epoch=0)
    ids.use(OrderKey(2, 7))
    ids.raise_floors()
    assert ids.next_valid_id(2) == 8
    assert ids.is_used(OrderKey(2, 6))
    assert not ids.is_used(OrderKey(2, 8))
    ids.raise_floors()
    assert ids.next_valid_id(2) == 8
