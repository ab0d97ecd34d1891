"""Deliberate faults in messages: one field dropped, swapped with the next, or added at the end."""

from __future__ import annotations

from dataclasses import dataclass

from qe_dashboard.gateway_sim.framing import LENGTH_BYTES, frame

# Client ids from here on name a mutation: kind of message, place of the field, deed.
FIRST = 1_000_000
DEEDS = ("drop", "swap", "add")
_PLACES = 1000


@dataclass(frozen=True, slots=True)
class Mutation:
    """What is done to the messages of one id."""

    kind: int
    place: int
    deed: str

    @property
    def client_id(self) -> int:
        """The client id that asks the gallery for it."""
        return FIRST + (self.kind * _PLACES + self.place) * len(DEEDS) + DEEDS.index(self.deed)

    @classmethod
    def named(cls, client_id: int) -> Mutation | None:
        """Return the mutation of a client id."""
        if client_id < FIRST:
            return None
        number, deed = divmod(client_id - FIRST, len(DEEDS))
        return cls(*divmod(number, _PLACES), DEEDS[deed])

    def __str__(self) -> str:
        return f"message {self.kind}: {self.deed} field {self.place}"


def mutated(message: bytes, client_id: int) -> bytes:
    """Return a message as a client is to get it."""
    mutation = Mutation.named(client_id)
    fields = message[LENGTH_BYTES:-1].split(b"\0")
    if mutation is None or fields[0] != str(mutation.kind).encode():
        return message
    place = mutation.place
    # The same message is shorter in an older version.
    if place + (mutation.deed == "swap") >= len(fields):
        return message
    if mutation.deed == "drop":
        del fields[place]
    elif mutation.deed == "swap":
        fields[place], fields[place + 1] = fields[place + 1], fields[place]
    else:
        fields.append(b"7")
    return frame(b"".join(field + b"\0" for field in fields))


def mutations_of(message: bytes) -> list[Mutation]:
    """Return every fault that can be done to a message and changes it; its id stays."""
    fields = message[LENGTH_BYTES:-1].split(b"\0")
    kind, last = int(fields[0]), len(fields) - 1
    drops = [Mutation(kind, place, "drop") for place in range(1, last + 1)]
    swaps = [Mutation(kind, place, "swap") for place in range(1, last) if fields[place] != fields[place + 1]]
    return [*drops, *swaps, Mutation(kind, last, "add")]
