"""Links in the LOG: one line per outage, however many tries it takes (rule C3)."""

from __future__ import annotations

from dataclasses import dataclass

from qe_dashboard.engine.log_book import LogBook
from qe_dashboard.model.enums import LinkName, LinkState, Severity
from qe_dashboard.model.reports import LinkStatus

_DOWN = (LinkState.WAITING, LinkState.DISCONNECTED)
SOURCE = "link"


@dataclass(slots=True)
class _Outage:
    key: str
    tries: int = 0


class LinkLog:
    """Says each change of a link; tries that fail reword the line of their outage."""

    def __init__(self, log: LogBook) -> None:
        self._log = log
        self._outages: dict[LinkName, _Outage] = {}

    def changed(self, status: LinkStatus, *, is_expected: bool) -> None:
        """Take a new state or reason in; `is_expected` is a link that is down because it shall be (D19)."""
        outage = self._outages.get(status.name)
        words = f"{status.name} link {status.state}: {status.reason}".rstrip(": ")
        if status.state in _DOWN:
            severity = Severity.INFO if is_expected else Severity.WARNING
            if outage is None:
                self._outages[status.name] = _Outage(self._log.say(severity, SOURCE, words))
            else:
                words += f" ({_tries(outage.tries)} so far)" if outage.tries else ""
                outage.key = self._log.reword(outage.key, severity, SOURCE, words)
        elif status.is_up:
            self._outages.pop(status.name, None)
            words += f" after {_tries(outage.tries)}" if outage is not None and outage.tries else ""
            self._log.say(Severity.INFO, SOURCE, words)
        elif status.state is LinkState.SUSPECT:
            self._log.say(Severity.WARNING, SOURCE, words)
        elif outage is None:
            self._log.say(Severity.INFO, SOURCE, words)
        elif status.state is LinkState.CONNECTING:
            outage.tries += 1


def _tries(number: int) -> str:
    return "1 try" if number == 1 else f"{number} tries"
