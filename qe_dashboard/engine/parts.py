"""The parts an engine is made of, built once (composition), so that each module names what it needs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from qe_dashboard.broker.port import Broker
from qe_dashboard.core.clock import Clock
from qe_dashboard.engine.boards import Boards
from qe_dashboard.engine.connectivity import Connectivity
from qe_dashboard.engine.log_book import LogBook
from qe_dashboard.engine.settings_port import SettingsService
from qe_dashboard.engine.symbols import Symbols
from qe_dashboard.execution.books import Books
from qe_dashboard.execution.desk import Desk
from qe_dashboard.execution.flatten import FlattenService
from qe_dashboard.execution.in_flight import InFlight
from qe_dashboard.execution.order_cache import OrderCache
from qe_dashboard.execution.order_service import OrderService
from qe_dashboard.journal.port import JournalReader, JournalWriter

T = TypeVar("T")

Spawn = Callable[[str, Coroutine[Any, Any, object]], None]
"""Start an engine-owned task under a name; its failure is logged, never lost."""


class Finish(Protocol):
    """Run a coroutine to its end as an engine task, whatever becomes of its caller; Raises CommandRefused on quit."""

    async def __call__(self, name: str, coroutine: Coroutine[Any, Any, T]) -> T: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything an engine's modules share."""

    clock: Clock
    broker: Broker
    journal: JournalWriter
    reader: JournalReader
    desk: Desk
    cache: OrderCache
    books: Books
    orders: OrderService
    in_flight: InFlight
    flatten: FlattenService
    symbols: Symbols
    boards: Boards
    connectivity: Connectivity
    settings: SettingsService
    halt_file: Callable[[], bool]
    spawn: Spawn
    finish: Finish

    @property
    def log(self) -> LogBook:
        """The order and connection log."""
        return self.boards.log_book
