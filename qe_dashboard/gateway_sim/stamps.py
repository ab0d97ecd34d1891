"""Time stamps for measuring: one JSON line for each order that was read (performance goal P14)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TextIO

from qe_dashboard.core.clock import Clock


class StampFile:
    """Appends lines such as `{"t": 12.5, "name": "order"}`, `t` on the machine's monotonic clock."""

    def __init__(self, path: Path, clock: Clock) -> None:
        # Line buffered: whoever measures reads while the gateway runs.
        self._file: TextIO = path.open("a", buffering=1, encoding="utf-8")
        self._clock = clock

    def order_read(self) -> None:
        """Stamp a placeOrder."""
        self._file.write(json.dumps({"t": self._clock.monotonic(), "name": "order"}) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()
