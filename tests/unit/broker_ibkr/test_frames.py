"""Cutting the stream into whole messages (D23, R37)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.broker.ibkr.frames import LONGEST_MESSAGE, OutOfStep, whole_messages


def wire(payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "big") + payload


@given(
    payloads=st.lists(st.binary(max_size=40), max_size=12), cut=st.integers(0, 600), limit=st.integers(1, 5)
)
def test_cuts_fall_between_messages_and_lose_nothing(payloads: list[bytes], cut: int, limit: int) -> None:
    stream = b"".join(wire(payload) for payload in payloads)
    buffer = bytearray()
    pieces: list[bytes] = []
    for part in (stream[:cut], stream[cut:]):
        buffer += part
        while end := whole_messages(buffer, limit=limit):
            pieces.append(bytes(buffer[:end]))
            del buffer[:end]
    assert b"".join(pieces) == stream
    assert not buffer


def test_at_most_the_limit_is_taken() -> None:
    assert whole_messages(bytearray(wire(b"a") * 3), limit=2) == 2 * len(wire(b"a"))


def test_part_of_a_message_waits() -> None:
    assert whole_messages(bytearray(wire(b"abc")[:-1]), limit=9) == 0
    assert whole_messages(bytearray(b"\0\0"), limit=9) == 0


def test_a_length_that_cannot_be_one_is_out_of_step() -> None:
    with pytest.raises(OutOfStep):
        whole_messages(bytearray((LONGEST_MESSAGE + 1).to_bytes(4, "big")), limit=1)
    with pytest.raises(OutOfStep):
        whole_messages(bytearray(b"HTTP/1.1 400 Bad Request"), limit=1)
