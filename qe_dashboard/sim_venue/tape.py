"""Where each contract's prices come from: its underlying's path under regimes, or a replay; a halt stands still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.sim_venue.days import EPOCH
from qe_dashboard.sim_venue.hours import Calendar, Hours
from qe_dashboard.sim_venue.path import DAY, STEP_MS, TILE_STEPS, PricePath, Tile, join
from qe_dashboard.sim_venue.regimes import MoodyPath, RegimeChange
from qe_dashboard.sim_venue.replay import ReplayPath, ReplayRow
from qe_dashboard.sim_venue.universe import ALWAYS, Listing, Underlying

STEP = timedelta(milliseconds=STEP_MS)


def step_of(at: datetime) -> int:
    """Return the number of the price step a moment lies in."""
    return (at - EPOCH) // STEP


def step_time(step: int) -> datetime:
    """Return when a step begins (aware UTC)."""
    return EPOCH + step * STEP


@dataclass(frozen=True, slots=True)
class Halt:
    """Steps in which a contract did not trade; `end` is the first one in which it does again, None while it lasts."""

    instrument_id: InstrumentId
    first: int
    end: int | None = None


class _Path(Protocol):
    def aggregate(self, first: int, end: int) -> Tile: ...


class Tape:
    """Raw prices and volumes of every contract, step by step."""

    def __init__(self, seed: int, calendar: Calendar = ALWAYS) -> None:
        self.seed = seed
        self.changes: list[RegimeChange] = []
        self.halts: list[Halt] = []
        self.replay_steps: dict[InstrumentId, int] = {}
        """At which step each replay began: it goes on there after a restart."""
        self._calendar = calendar
        self._paths: dict[str, MoodyPath] = {}
        self._replays: dict[InstrumentId, ReplayPath] = {}

    # what changes ---------------------------------------------------------------------------------------------------

    def change(self, change: RegimeChange) -> None:
        """Record a mood that begins after a step; the present step keeps its price."""
        self.changes.append(change)
        for name, path in self._paths.items():
            if change.underlying in ("", name):
                path.change(change)

    def replay(self, instrument_id: InstrumentId, rows: Iterable[ReplayRow], *, first_step: int) -> None:
        """Let a contract's prices follow recorded bars from a step on. Raises ValueError for rows that are no bars."""
        first_step = self.replay_steps.get(instrument_id, first_step)
        self._replays[instrument_id] = ReplayPath(rows, first_step=first_step)
        self.replay_steps[instrument_id] = first_step

    def halt(self, instrument_id: InstrumentId, *, step: int) -> bool:
        """Stop trading after a step; tell whether that is new."""
        if self.is_halted(instrument_id):
            return False
        self.halts.append(Halt(instrument_id, step + 1))
        return True

    def resume(self, instrument_id: InstrumentId, *, step: int) -> bool:
        """Let trading go on in a step; tell whether it had stopped."""
        for index, halt in enumerate(self.halts):
            if halt.instrument_id == instrument_id and halt.end is None:
                self.halts[index] = Halt(instrument_id, halt.first, max(halt.first, step))
                return True
        return False

    def is_halted(self, instrument_id: InstrumentId) -> bool:
        return any(halt.instrument_id == instrument_id and halt.end is None for halt in self.halts)

    # prices ---------------------------------------------------------------------------------------------------------

    def live_step(self, listing: Listing, step: int) -> int:
        """Return the last step up to this one in which a contract traded: its prices stand there until it does."""
        while True:
            live = step
            if self._calendar.hours is Hours.REAL:
                live = step_of(self.last_open(listing, step_time(step)))
            for halt in self.halts:
                if halt.instrument_id != listing.instrument.id:
                    continue
                if halt.first <= live and (halt.end is None or live < halt.end):
                    live = halt.first - 1
            if live == step:
                return step
            step = live

    def tile(self, listing: Listing, first: int, end: int) -> Tile:
        """Return raw prices of a stretch with the contract's volume; in a halt or a night the last price, volume 0."""
        result: Tile | None = None
        at = first
        for stop, resumes in self._pauses(listing, first, end):
            if at < stop:
                result = _after(result, self._moving(listing, at, stop))
            if stop < resumes:
                last = self._moving(listing, *_one(self.live_step(listing, stop))).close
                result = _after(result, Tile(last, last, last, last, 0))
            at = max(at, resumes)
        if at < end:
            result = _after(result, self._moving(listing, at, end))
        assert result is not None
        return result

    def last_open(self, listing: Listing, at: datetime) -> datetime:
        """Return the latest moment not after `at` at which the contract's market was open."""
        return self._calendar.last_open(listing.instrument.sec_type, at)

    def scale(self, listing: Listing) -> float:
        """Return how many price units of the contract one of its raw prices is."""
        return 1.0 if listing.instrument.id in self._replays else listing.scale

    def _pauses(self, listing: Listing, first: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the stretches of a stretch in which a contract does not trade, in order."""
        pauses = [
            (max(halt.first, first), end if halt.end is None else min(halt.end, end))
            for halt in self.halts
            if halt.instrument_id == listing.instrument.id
        ]
        if self._calendar.hours is Hours.REAL:
            closures = self._calendar.closures(listing.instrument.sec_type, step_time(first), step_time(end))
            pauses.extend((step_of(shut), step_of(opens)) for shut, opens in closures)
        at = first
        for start, stop in sorted(pauses):
            if max(start, at) < stop:
                yield max(start, at), stop
                at = stop

    def _moving(self, listing: Listing, first: int, end: int) -> Tile:
        """Return prices of a stretch as their source has them; the contract's volume may change from day to day."""
        path, result = self._path(listing), None
        if listing.instrument.id in self._replays:
            return path.aggregate(first, end)
        while first < end:
            day, _ = divmod(first, TILE_STEPS[DAY])
            stop = min(end, (day + 1) * TILE_STEPS[DAY])
            part = path.aggregate(first, stop)
            part = part._replace(volume=part.volume * listing.units_on(step_time(first).date()))
            result = _after(result, part)
            first = stop
        assert result is not None
        return result

    def _path(self, listing: Listing) -> _Path:
        replayed = self._replays.get(listing.instrument.id)
        if replayed is not None:
            return replayed
        underlying = listing.underlying
        path = self._paths.get(underlying.name)
        if path is None:
            path = self._paths[underlying.name] = self._new_path(underlying)
        return path

    def _new_path(self, underlying: Underlying) -> MoodyPath:
        seeded = PricePath(
            seed=self.seed,
            name=underlying.name,
            base=underlying.base,
            daily_volatility=underlying.volatility,
            correlation=underlying.correlation,
            daily_volume=underlying.volume,
        )
        path = MoodyPath(seeded, base=underlying.base)
        for change in self.changes:
            if change.underlying in ("", underlying.name):
                path.change(change)
        return path


def _one(step: int) -> tuple[int, int]:
    return step, step + 1


def _after(result: Tile | None, tile: Tile) -> Tile:
    return tile if result is None else join(result, tile)
