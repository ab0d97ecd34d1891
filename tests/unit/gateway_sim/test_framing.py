"""Frames: any split of the stream gives the same payloads; impossible lengths are found at once."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.gateway_sim.framing import FrameReader, FramingError, frame

payloads = st.lists(st.binary(max_size=40), max_size=8)


@given(payloads)
def test_one_byte_at_a_time_gives_what_was_framed(sent: list[bytes]) -> None:
    reader = FrameReader()
    stream = b"".join(map(frame, sent))
    received = [payload for byte in stream for payload in reader.feed(bytes([byte]))]
    assert received == sent


@given(payloads, st.lists(st.integers(0, 200), max_size=6))
def test_the_split_does_not_matter(sent: list[bytes], cuts: list[int]) -> None:
    reader, stream = FrameReader(), b"".join(map(frame, sent))
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[start:end] for start, end in itertools.pairwise(edges)]
    assert [payload for piece in pieces for payload in reader.feed(piece)] == sent


@given(st.binary(min_size=1, max_size=30))
def test_an_unfinished_frame_waits(payload: bytes) -> None:
    reader, data = FrameReader(), frame(payload)
    assert list(reader.feed(data[:-1])) == []
    assert list(reader.feed(data[-1:])) == [payload]


@pytest.mark.parametrize("length", [101, 2**31, 2**32 - 1])
def test_an_impossible_length_is_an_error_before_its_bytes_come(length: int) -> None:
    reader = FrameReader(max_frame_bytes=100)
    with pytest.raises(FramingError, match=str(length)):
        list(reader.feed(length.to_bytes(4, "big")))


def test_the_longest_frame_passes() -> None:
    reader = FrameReader(max_frame_bytes=100)
    assert list(reader.feed(frame(b"x" * 100))) == [b"x" * 100]
