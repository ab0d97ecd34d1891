"""The hash chain: each event's hash covers the event and the hash before it (S40)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

GENESIS = "0" * 64
"""What the first event has in place of the hash before it."""


@dataclass(frozen=True, slots=True)
class Link:
    """Place and hash of an event; where the next one is attached."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


START = Link(0, GENESIS)


def event_hash(
    *, prev_hash: str, seq: int, at: str, kind: str, account: str, intent_id: str | None, payload: str
) -> str:
    """Return the SHA-256 of an event's stored texts together with the hash before it."""
    # A JSON list keeps neighbouring fields apart, whatever they contain.
    content = json.dumps([prev_hash, seq, at, kind, account, intent_id, payload], ensure_ascii=True)
    return hashlib.sha256(content.encode("ascii")).hexdigest()
