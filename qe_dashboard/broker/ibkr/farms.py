"""IBKR's server farms: each has a lamp of its own, and none of them ever touches a socket (user demand 3, R39)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from qe_dashboard.core.clock import Clock
from qe_dashboard.model.connection import FarmKind, FarmState, FarmStatus

_MEANINGS: dict[int, tuple[FarmKind, FarmState]] = {
    2103: (FarmKind.QUOTES, FarmState.BROKEN),
    2104: (FarmKind.QUOTES, FarmState.OK),
    2108: (FarmKind.QUOTES, FarmState.IDLE),
    2119: (FarmKind.QUOTES, FarmState.CONNECTING),
    2105: (FarmKind.HISTORY, FarmState.BROKEN),
    2106: (FarmKind.HISTORY, FarmState.OK),
    2107: (FarmKind.HISTORY, FarmState.IDLE),
    2157: (FarmKind.CONTRACTS, FarmState.BROKEN),
    2158: (FarmKind.CONTRACTS, FarmState.OK),
}
# `... is OK:usfarm.nj`, and for idle ones `... available upon demand.ushmds`; names have dots, never spaces.
_NAME = re.compile(r"(?::\s*|\.)([\w.-]+)$")


MOST = 100
"""Farms with a lamp of their own; IBKR names about fifteen."""
OTHERS = "other farms"
_COUNTED = 10_000
_NAMED = 5
_LONGEST = 40


def farm_name(text: str) -> str:
    """Return the farm a notice is about: what stands last, in every language (C5)."""
    match = _NAME.search(text.strip())
    return (match[1] if match else text.strip())[:_LONGEST]


class Farms:
    """What the gateway said of each farm since it was connected."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._farms: dict[tuple[FarmKind, str], FarmStatus] = {}
        self._others: set[tuple[FarmKind, str]] = set()
        self.changed: Callable[[FarmKind], None] = _nothing
        """Called when a farm of this kind broke or came back."""

    def on_code(self, code: int, text: str) -> None:
        """Take a notice in; other codes are none of its business."""
        meaning = _MEANINGS.get(code)
        if meaning is None:
            return
        kind, state = meaning
        key = self._key(kind, farm_name(text))
        known = self._farms.get(key)
        if known is not None and known.state is state:
            return
        new = FarmStatus(key[1], kind, state, self._clock.now())
        self._farms[key] = new if known is None else replace(known, state=state, since=new.since)
        if state is FarmState.BROKEN or (known is not None and known.state is FarmState.BROKEN):
            self.changed(kind)

    def forget(self) -> None:
        """No gateway is left that could tell: what is not known is not shown."""
        kinds = {farm.kind for farm in self._farms.values() if farm.state is FarmState.BROKEN}
        self._farms.clear()
        self._others.clear()
        for kind in kinds:
            self.changed(kind)

    def all(self) -> tuple[FarmStatus, ...]:
        """Return every farm heard of, by kind and name."""
        farms = sorted(self._farms.values(), key=lambda farm: (farm.kind, farm.name))
        if not self._others:
            return tuple(farms)
        more = f"{'more than ' if len(self._others) >= _COUNTED else ''}{len(self._others)} {OTHERS}"
        return tuple(replace(farm, name=more) if farm.name == OTHERS else farm for farm in farms)

    def down(self, kind: FarmKind) -> str:
        """Return the broken farms of a kind when none of that kind is left that works; empty otherwise.

        Which farm serves which contract is not told, so with one of two broken each request must find out.
        """
        of_kind = [farm for farm in self._farms.values() if farm.kind is kind]
        broken = [farm.name for farm in of_kind if farm.state is FarmState.BROKEN]
        return _listed(broken) if len(broken) == len(of_kind) else ""

    def broken(self, kind: FarmKind) -> str:
        """Return the names of the broken farms of a kind, empty when there is none."""
        names = [farm.name for farm in self._farms.values() if farm.kind is kind]
        return _listed([n for n in names if self._farms[kind, n].state is FarmState.BROKEN])

    def _key(self, kind: FarmKind, name: str) -> tuple[FarmKind, str]:
        """Return what its lamp goes by: beyond the first hundred all share one, which shows the latest of them."""
        if (kind, name) in self._farms or len(self._farms) < MOST:
            return kind, name
        if len(self._others) < _COUNTED:
            self._others.add((kind, name))
        return kind, OTHERS


def _listed(names: list[str]) -> str:
    shown = sorted(names)[:_NAMED]
    return ", ".join(shown) + (f" and {len(names) - len(shown)} more" if len(names) > len(shown) else "")


def _nothing(_kind: FarmKind) -> None:
    """Do nothing."""
