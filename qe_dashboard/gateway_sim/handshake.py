"""The first bytes of a session: `API\\0`, a frame with the client's version range, our choice in return."""

from __future__ import annotations

import re

PREFIX = b"API\0"
# 157 is the oldest version ib_insync and ib_async offer, 178 the newest that is text throughout.
MIN_SERVER_VERSION = 157
MAX_SERVER_VERSION = 178

_RANGE = re.compile(r"v(\d{1,4})(?:\.\.(\d{1,4}))?(?: .*)?")


class HandshakeError(Exception):
    """The client does not speak this protocol, or no version that this server speaks."""


def negotiate(greeting: bytes, *, max_version: int = MAX_SERVER_VERSION) -> int:
    """Return the version both sides speak: the lower of the two highest.

    `greeting` is the payload of the client's first frame: `v157..176`, optionally followed by connect options.
    Raises HandshakeError.
    """
    match = _RANGE.fullmatch(greeting.rstrip(b"\0").decode("ascii", errors="replace"))
    if match is None:
        raise HandshakeError(f"expected a version range such as v157..176, got {greeting[:40]!r}")
    client_min = int(match[1])
    client_max = int(match[2] or match[1])
    version = min(max_version, client_max)
    if version < MIN_SERVER_VERSION or version < client_min:
        raise HandshakeError(
            f"no common version: client speaks {client_min}..{client_max}, "
            f"server {MIN_SERVER_VERSION}..{max_version}"
        )
    return version
