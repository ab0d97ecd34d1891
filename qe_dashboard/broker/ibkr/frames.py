"""Cutting the byte stream into whole messages, so that a burst is decoded in slices (D23). Pure."""

from __future__ import annotations

PREFIX = 4
# The longest real message, a scanner parameter file, is about 2 MB; more is a stream out of step (R37).
LONGEST_MESSAGE = 16 * 1024 * 1024


class OutOfStep(Exception):
    """The length in front of a message cannot be one: every later byte would be misread."""


def whole_messages(buffer: bytearray, *, limit: int) -> int:
    """Return how many bytes at the front hold whole messages, at most `limit` of them. Raises OutOfStep."""
    end = 0
    for _ in range(limit):
        if len(buffer) - end < PREFIX:
            break
        length = int.from_bytes(buffer[end : end + PREFIX], "big")
        if length > LONGEST_MESSAGE:
            raise OutOfStep(f"a message claims to be {length} bytes long")
        if len(buffer) - end < PREFIX + length:
            break
        end += PREFIX + length
    return end
