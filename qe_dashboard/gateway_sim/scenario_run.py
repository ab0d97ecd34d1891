"""Playing a scenario on a gateway."""

from __future__ import annotations

from collections import Counter

from qe_dashboard.core.clock import Clock
from qe_dashboard.gateway_sim.gateway import Gateway
from qe_dashboard.gateway_sim.hub import log
from qe_dashboard.gateway_sim.scenario import Scenario, Step


class ScenarioRun:
    """Carries out the steps of a scenario when they are due."""

    def __init__(self, scenario: Scenario, *, gateway: Gateway, clock: Clock) -> None:
        self._scenario = scenario
        self._gateway = gateway
        self._clock = clock
        self._seen: Counter[int] = Counter()

    def start(self) -> None:
        """Begin: what is due at 0 happens now, before anybody connects."""
        self._gateway.on_request(self._request_came)
        for step in self._scenario.steps:
            if step.request is None:
                self._schedule(step)

    def _request_came(self, number: int) -> None:
        self._seen[number] += 1
        for step in self._scenario.steps:
            if step.request == number and step.nth == self._seen[number]:
                self._schedule(step)

    def _schedule(self, step: Step) -> None:
        if step.after:
            self._clock.call_later(step.after, lambda: self._carry_out(step))
        else:
            self._carry_out(step)

    def _carry_out(self, step: Step) -> None:
        for command, argument in step.commands:
            log.info("scenario %s: %s", self._scenario.name, command.run(self._gateway, argument))
