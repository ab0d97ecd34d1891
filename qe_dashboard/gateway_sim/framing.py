"""Frames of the TWS API socket: a 4-byte big-endian length, then that many bytes."""

from __future__ import annotations

from collections.abc import Iterator

LENGTH_BYTES = 4
# The longest legal request, an order with dozens of conditions, stays below 10 kB; a length beyond this is garbage.
MAX_FRAME_BYTES = 1 << 20


class FramingError(Exception):
    """The bytes are no frames: there is no way to find the next message, so the socket must be closed."""


def frame(payload: bytes) -> bytes:
    """Put the length in front of a payload."""
    return len(payload).to_bytes(LENGTH_BYTES, "big") + payload


class FrameReader:
    """Cuts a byte stream into payloads, however the network splits it."""

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._max_frame_bytes = max_frame_bytes
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield each payload that the data completes, in order. Raises FramingError on an impossible length."""
        self._buffer += data
        start = 0
        try:
            while len(self._buffer) - start >= LENGTH_BYTES:
                length = int.from_bytes(self._buffer[start : start + LENGTH_BYTES], "big")
                if length > self._max_frame_bytes:
                    raise FramingError(
                        f"a frame of {length} bytes, at most {self._max_frame_bytes} are possible"
                    )
                end = start + LENGTH_BYTES + length
                if end > len(self._buffer):
                    return
                payload = bytes(self._buffer[start + LENGTH_BYTES : end])
                start = end
                yield payload
        finally:
            del self._buffer[:start]
