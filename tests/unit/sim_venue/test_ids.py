"""Ids: never twice, always rising."""

from __future__ import annotations

import re

import pytest

from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.sim_venue.ids import MAX_EPOCH, IdBook


def test_exec_ids_look_like_ibkrs_and_carry_the_epoch() -> None:
    ids = IdBook(epoch=0x67FE667B)
    first, second = ids.next_exec_id(), ids.next_exec_id()
    assert first == "00000001.67fe667b.01.01"
    assert second == "00000002.67fe667b.01.01"
    assert re.fullmatch(r"[0-9a-f]{8}\.[0-9a-f]{8}\.\d\d\.\d\d", first)


def test_a_later_epoch_gives_larger_perm_ids_that_a_double_holds() -> None:
    old, new, last = IdBook(epoch=3), IdBook(epoch=4), IdBook(epoch=MAX_EPOCH)
    olds = [old.next_perm_id() for _ in range(100)]
    assert olds == sorted(set(olds))
    assert new.next_perm_id() > olds[-1]
    assert last.next_perm_id() < 2**53


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
