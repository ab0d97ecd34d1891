"""What happens to messages on their way out: lost, late, twice, damaged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from qe_dashboard.gateway_sim.framing import LENGTH_BYTES, frame

# A row that a client cannot read: a field is gone, and text stands where the last number was.
_NONSENSE = b"#corrupt#"


@dataclass(frozen=True, slots=True)
class Tamper:
    """One deed on the messages of some ids; `only` names a field that the message must have, empty for all of them.

    `copies` is how many leave: 0 loses the message, 2 doubles it. `seconds` is how late.
    """

    kinds: frozenset[int]
    only: str = ""
    copies: int = 1
    seconds: float = 0
    corrupts: bool = False

    def concerns(self, data: bytes) -> bool:
        """Tell whether a message is meant."""
        return kind_of(data) in self.kinds and (not self.only or b"\0%b\0" % self.only.encode() in data)


def kind_of(data: bytes) -> int:
    """Return the message id of a frame; of the handshake's answer it is the version, which no message has as id."""
    return int(data[LENGTH_BYTES : data.index(b"\0", LENGTH_BYTES)])


def tampered(data: bytes, tampers: Iterable[Tamper]) -> Iterator[tuple[float, bytes]]:
    """Yield what leaves instead of a message, each with its delay in seconds."""
    delay, copies = 0.0, 1
    for tamper in tampers:
        if tamper.concerns(data):
            delay = max(delay, tamper.seconds)
            copies *= tamper.copies
            data = damaged(data) if tamper.corrupts else data
    for _ in range(copies):
        yield delay, data


def damaged(data: bytes) -> bytes:
    """Return a frame that lost its last field but one and has nonsense for the last."""
    fields = data[LENGTH_BYTES:-1].split(b"\0")
    return frame(b"".join(part + b"\0" for part in (*fields[:-2], _NONSENSE)))
