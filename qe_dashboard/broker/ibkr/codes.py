"""The numbers that behaviour hangs on: state machines go by these, whatever the catalogue's words and classes say (C5).

What each code means is data: `code_book`, read from `config/ibkr_codes.toml`.
"""

from __future__ import annotations

LOST = frozenset({1100, 2110})
RESTORED_EMPTY = 1101
RESTORED = 1102
FARM_OK = frozenset({2104, 2106, 2158})
FARM_IDLE = frozenset({2107, 2108})
"""Reachable, and not asked anything yet: said by a gateway that has its connection."""
FARM_BROKEN = frozenset({2103, 2105, 2157})
FARM_BROKEN_DATA = 2103
FARM_OK_DATA = 2104
NO_SUCH_CONTRACT = 200
CLIENT_ID_IN_USE = 326
ORDER_CANCELLED = 202
TOO_MANY_SUMMARIES = 322
"""Both libraries repeat the account summary at each 1102 without cancelling the last: after two, TWS answers this."""
ACCOUNT_UPDATES_TAKEN = 2100
READ_ONLY = 321
"""Shared with every other request it finds fault with; the words `read-only` tell this one (C5 allows no other way)."""
READ_ONLY_SIGN = "read-only"
READ_ONLY_MEANS = "The gateway's API is read-only."
READ_ONLY_ORDERS = "Nothing can be sent, changed or cancelled from here; orders at IBKR go on working."
READ_ONLY_PRESS = (
    'Untick "Read-Only API" (Gateway: Configure > Settings > API > Settings; TWS: Global Configuration > API >'
    " Settings), then `reconnect`."
)
COMPETING_SESSION = 10197
TOO_MANY_LINES = 101
TOO_FAST = 100
HISTORY_REFUSED = 162
"""Pacing, no data or cancelled, told apart by its words alone (reference 3.3)."""
DEAD_LINE = frozenset({354, 200, 10168, 10186, COMPETING_SESSION})
"""A market data line with one of these gives no live prices: what it shows is not a market."""
NEEDS_PERMISSION = frozenset({354, 10089, 10090, 10091, 10168, 10186})
"""No subscription for it, or none for the API: what was bought or ticked meanwhile shows when it is asked for again."""
BARS_FAILED = frozenset({10182, 10225})
CONNECT_FAILURES = frozenset({326, 502, 503, 507, 1300})
"""Codes that end a try to connect at once; both libraries would sit out the whole timeout (reference 3.2)."""
