"""A typed, synchronous event bus within one event loop."""

from __future__ import annotations

import itertools
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

E = TypeVar("E")

log = logging.getLogger(__name__)


class EventBus:
    """Delivers each event to the handlers of its type or a base of it, in the order of subscription.

    Every handler sees all events in the order of publication: one published by a handler is delivered after
    the current one has reached everybody.
    """

    def __init__(self) -> None:
        self._tokens = itertools.count()
        self._handlers: dict[int, tuple[type[Any], Callable[[Any], object]]] = {}
        self._queue: deque[object] = deque()
        self._delivering = False
        self.failures = 0
        """How many times a handler raised."""

    def subscribe(self, event_type: type[E], handler: Callable[[E], object]) -> Callable[[], None]:
        """Call the handler with each event of the type; return what ends that, at once and harmless twice."""
        token = next(self._tokens)
        self._handlers[token] = (event_type, handler)

        def unsubscribe() -> None:
            self._handlers.pop(token, None)

        return unsubscribe

    def publish(self, event: object) -> None:
        """Deliver the event before returning, or right after the event now being delivered."""
        self._queue.append(event)
        if self._delivering:
            return
        self._delivering = True
        try:
            while self._queue:
                self._deliver(self._queue.popleft())
        finally:
            self._delivering = False

    def _deliver(self, event: object) -> None:
        for token, (event_type, handler) in list(self._handlers.items()):
            if not isinstance(event, event_type) or token not in self._handlers:
                continue
            try:
                handler(event)
            except Exception:  # one subscriber's fault must not keep the others from seeing a fill
                self.failures += 1
                log.exception("handler %r failed on %s", handler, type(event).__name__)
