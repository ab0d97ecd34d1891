"""Saves the venue behind the loop's back: one write at a time, and the newest state wins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from qe_dashboard.broker.simulated.store import SavedVenue, VenueStore, VenueStoreError

Take = Callable[[], SavedVenue]


class Checkpointer:
    """Asks `take` for the state on the loop and writes it in a worker thread.

    `failed` hears the first failure of a row, so that a full disk is reported once and not at each event.
    """

    def __init__(self, store: VenueStore, take: Take, failed: Callable[[str], None]) -> None:
        self._store = store
        self._take = take
        self._failed = failed
        self._wanted = False
        self._writing: asyncio.Task[None] | None = None
        self._last_write_failed = False

    async def load(self) -> SavedVenue:
        """Read what was saved last. Raises VenueStoreError."""
        return await asyncio.to_thread(self._store.load)

    async def save(self, saved: SavedVenue) -> None:
        """Write a state and return when it is on disk. Raises VenueStoreError."""
        await asyncio.to_thread(self._store.save, saved)

    def request(self) -> None:
        """Have the state saved soon; requests during a write become one more write."""
        self._wanted = True
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="simulated venue checkpoint")

    async def flush(self) -> None:
        """Save now and return when it is on disk."""
        self.request()
        if self._writing is not None:
            await asyncio.shield(self._writing)

    async def _write(self) -> None:
        while self._wanted:
            self._wanted = False
            try:
                await self.save(self._take())
            except VenueStoreError as error:
                if not self._last_write_failed:
                    self._failed(str(error))
                self._last_write_failed = True
            else:
                self._last_write_failed = False
