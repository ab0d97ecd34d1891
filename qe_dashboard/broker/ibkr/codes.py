"""What each IBKR code is about: class and severity, and what it does to an order nobody acknowledged (rule C1).

Meanings from IBKR's message table and public threads; matched by number, since texts may be localised (C5).
"""

from __future__ import annotations

from typing import NamedTuple

from qe_dashboard.model.enums import MessageClass, Severity

_M = MessageClass
_S = Severity


class CodeMeaning(NamedTuple):
    """Class and severity of one code."""

    message_class: MessageClass
    severity: Severity


UNKNOWN = CodeMeaning(_M.UNKNOWN, _S.WARNING)

# A code may stand for several numbers; a pair of numbers with ... between is a range, ends included.
_ROWS: tuple[tuple[MessageClass, Severity, str], ...] = (
    (_M.CONNECTION, _S.CRITICAL, "1100 2110 502 504 507"),
    (_M.CONNECTION, _S.ERROR, "1101 326"),
    (_M.CONNECTION, _S.WARNING, "1102"),
    (_M.CONNECTION, _S.INFO, "501 542"),
    (_M.FARM, _S.WARNING, "2103 2105 2157"),
    (_M.FARM, _S.INFO, "2104 2106 2107 2108 2119 2158"),
    (_M.DATA, _S.CRITICAL, "10197"),
    (_M.DATA, _S.ERROR, "101 309 354 2101 10168 10182 10186 10225"),
    (_M.DATA, _S.WARNING, "162 166 316 317 420 492 2100 10089 10090 10091 10167 10187 10189 10190"),
    (_M.DATA, _S.INFO, "165 10276 10277"),
    (_M.REQUEST, _S.CRITICAL, "100"),
    (_M.REQUEST, _S.ERROR, "200 320 322 323"),
    (_M.REQUEST, _S.WARNING, "102 2174"),
    (_M.REQUEST, _S.INFO, "300 310 366 386 413"),
    (_M.CONFIGURATION, _S.CRITICAL, "503 10015"),
    (_M.CONFIGURATION, _S.ERROR, "321 1300"),
    (_M.CONFIGURATION, _S.WARNING, "2168 2169"),
    (_M.CONFIGURATION, _S.INFO, "327"),
    (_M.ORDER_REJECTED, _S.CRITICAL, "395 396"),
    (
        _M.ORDER_REJECTED,
        _S.ERROR,
        "103 106 107 109 110 111 113 116 154 160 163 201 203 334 336 337 343 355 361 382...383 387 388 391 392"
        " 403 411 412 426 434 435 436 441 460 461 481 10006 10020 10241...10250 10268...10270 10274 10289 10318",
    ),
    (_M.ORDER_LIVE, _S.ERROR, "105 133 134 328 329"),
    (
        _M.ORDER_LIVE,
        _S.WARNING,
        "136 161 164 399 404 2102 2109 2137 2148 2161 10052 10311 10349",
    ),
    (_M.ORDER_TERMINAL, _S.WARNING, "104 135 202 10147 10148"),
)


def _numbers(text: str) -> list[int]:
    numbers: list[int] = []
    for word in text.split():
        first, _, last = word.partition("...")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


CODES: dict[int, CodeMeaning] = {
    code: CodeMeaning(message_class, severity)
    for message_class, severity, text in _ROWS
    for code in _numbers(text)
}

# Classed by what they mean elsewhere, but as the answer to a new order they end it (reference 3.4, C1). 133 and 354 do
# not: both were seen beside orders that lived on, so those orders are asked for when the ack deadline passes.
_ALSO_END_A_NEW_ORDER = frozenset({200, 320, 321, 10015})

LOST = frozenset({1100, 2110})
RESTORED_EMPTY = 1101
RESTORED = 1102
FARM_OK = frozenset({2104, 2106, 2158})
FARM_BROKEN_DATA = 2103
FARM_OK_DATA = 2104
NO_SUCH_CONTRACT = 200
CLIENT_ID_IN_USE = 326
# Both libraries repeat the account summary at each 1102 without cancelling the last: after two, TWS answers 322.
ORDER_CANCELLED = 202
TOO_MANY_SUMMARIES = 322
ACCOUNT_UPDATES_TAKEN = 2100
READ_ONLY = 321
"""Shared with every other request it finds fault with; the words `read-only` tell this one (C5 allows no other way)."""
READ_ONLY_SIGN = "read-only"
READ_ONLY_WORDS = (
    'The gateway\'s API is read-only: untick "Read-Only API" in Configure > API > Settings, then reconnect.'
)
COMPETING_SESSION = 10197
TOO_MANY_LINES = 101
TOO_FAST = 100
HISTORY_REFUSED = 162
"""Pacing, no data or cancelled, told apart by its words alone (reference 3.3)."""
DEAD_LINE = frozenset({354, 200, 10168, 10186, COMPETING_SESSION})
"""A market data line with one of these gives no live prices: what it shows is not a market."""
BARS_FAILED = frozenset({10182, 10225})
CONNECT_FAILURES = frozenset({326, 502, 503, 507, 1300})
"""Codes that end a try to connect at once; both libraries would sit out the whole timeout (reference 3.2)."""


def meaning(code: int) -> CodeMeaning:
    """Return class and severity; an unlisted code is UNKNOWN and its words are shown as they came (C2)."""
    return CODES.get(code, UNKNOWN)


def ends_new_order(code: int) -> bool:
    """Tell whether a code, as the only answer to a new order, means that the order does not exist (C1).

    An unlisted code does not: it leaves the order to the ack deadline and the query that follows it (C2).
    """
    return meaning(code).message_class is _M.ORDER_REJECTED or code in _ALSO_END_A_NEW_ORDER
