"""The file in which the venue survives the process (D28)."""

from __future__ import annotations

import json
import os
from pathlib import Path

from qe_dashboard.sim_venue.venue import Venue, VenueStateError


class StateFile:
    """Writes the venue's snapshot by replacement, so that a crash leaves the old one or the new one, never half."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> dict[str, object] | None:
        """Return the saved state, None when there is no file yet. Raises VenueStateError and OSError."""
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError as error:
            raise VenueStateError(f"{self._path} is no text: {error}") from error
        try:
            state = json.loads(text)
        except ValueError as error:
            raise VenueStateError(f"{self._path} is no JSON: {error}") from error
        if not isinstance(state, dict):
            raise VenueStateError(f"{self._path} holds no venue")
        return state

    def save(self, venue: Venue) -> None:
        """Replace the file by the venue's state of now. Raises OSError."""
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        temporary.write_text(json.dumps(venue.snapshot()), encoding="utf-8")
        temporary.replace(self._path)
