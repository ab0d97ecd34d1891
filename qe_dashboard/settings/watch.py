"""Notice edits of the settings file while the program runs; what the file says is not known here.

The disk is read in a thread, so that nothing on the UI loop waits for it; pauses go through the injected clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from qe_dashboard.settings.content import ABSENT, digest, read_if_present
from qe_dashboard.settings.problems import Problem, SettingsError

INTERVAL_S = 1.0


class Versioned(Protocol):
    """Settings that know which content they were read from."""

    @property
    def digest(self) -> str:
        """What `content.digest` gave for that content."""


L = TypeVar("L", bound=Versioned)

_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Look(Generic[L]):
    """What a look at new content gave."""

    digest: str
    outcome: L | SettingsError


class SettingsWatcher(Generic[L]):
    """Poll one file: hand over each valid new content, report each invalid one; the last good stays.

    `parse` turns content into settings or raises SettingsError, in a thread. `on_change(old, new)` and
    `on_invalid(error)` run on the loop. Invalid content is reported only when a second look finds it unchanged,
    since many editors write in two steps; content that is valid again is handed over even if it is the old one.
    """

    def __init__(
        self,
        path: Path,
        *,
        current: L,
        parse: Callable[[bytes], L],
        on_change: Callable[[L, L], Awaitable[None]],
        on_invalid: Callable[[SettingsError], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]],
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._path = path
        self._current = current
        self._parse = parse
        self._on_change = on_change
        self._on_invalid = on_invalid
        self._sleep = sleep
        self._interval_s = interval_s
        self._stamp: _Stamp | None = None
        self._handled = current.digest
        self._suspect: str | None = None

    @property
    def current(self) -> L:
        """The last good settings."""
        return self._current

    async def run(self) -> None:
        """Poll until cancelled; meant for a supervised task."""
        while True:
            await self._sleep(self._interval_s)
            await self.poll()

    async def poll(self) -> None:
        """Look once and act on what is new."""
        look = await asyncio.to_thread(self._look)
        if look is None:
            self._suspect = None
        elif not isinstance(look.outcome, SettingsError):
            old, self._current = self._current, look.outcome
            self._handled, self._suspect = look.digest, None
            await self._on_change(old, look.outcome)
        elif look.digest == self._suspect:
            self._handled, self._suspect = look.digest, None
            await self._on_invalid(look.outcome)
        else:
            self._suspect = look.digest

    def _look(self) -> _Look[L] | None:
        """Return what the file's new content gives; None when it holds what was handled before."""
        stamp = self._stamp_now()
        if stamp is not None and stamp == self._stamp and self._suspect is None:
            return None
        try:
            data = read_if_present(self._path)
        except SettingsError as error:
            return self._unless_handled(f"unreadable: {error}", error)
        found = digest(data)
        # Taken before the read: a write in between shows as another stamp at the next look.
        self._stamp = stamp
        if found == self._handled:
            return None
        if data is None:
            gone = Problem(
                source=str(self._path), message="the file is gone; the settings read last stay in force"
            )
            return _Look(ABSENT, SettingsError([gone]))
        try:
            return _Look(found, self._parse(data))
        except SettingsError as error:
            return _Look(found, error)

    def _unless_handled(self, state: str, error: SettingsError) -> _Look[L] | None:
        return None if state == self._handled else _Look(state, error)

    def _stamp_now(self) -> _Stamp | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
