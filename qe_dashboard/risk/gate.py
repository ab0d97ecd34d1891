'''Gate: one pre-trade check and its row in the table.

How to write a gate. One file in `gates/`, named after what it looks at, with a `Rule` and a pure function:

    RULE = Rule("open_orders", "Q-OPEN", unit="orders", scope="account {account}", key="max_open_orders")

    def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
        """Deny one open order more than the account may have."""
        limit = ctx.limits.max_open_orders
        if limit is None:
            return RULE.allow(proposal, ctx, "{key} is off.", measured="not measured", limit=OFF)
        ...
        return RULE.deny(proposal, ctx, "{measured} orders are open; {key} allows {limit}.", measured=n, limit=limit)

- Judge only by `proposal` and `ctx`; what is missing there is added to the snapshot, never asked for.
- Hand over raw values (Decimal, int, str, None for unknown): `numbers.words` writes them when somebody reads.
- A text is a literal template, never an f-string: what a broker said may hold braces. It may name what stands in
  `verdict.NAMES`; anything else goes into `args`.
- Fail closed: what is unknown, NaN or not positive is denied with a `because` of its own; what raises is denied too.
- Name enum members once at module level: looking one up costs 70 ns, and a gate has 1 us (P16).
- Add its row to `table.GATES`, a violation to the matrix test, and a test file beside the others.
'''

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from qe_dashboard.model.enums import OrderClass
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.verdict import Verdict

GateCheck: TypeAlias = Callable[[Proposal, RiskContext, OrderClass], Verdict]


@dataclass(frozen=True, slots=True)
class Gate:
    """One check. It refuses orders of the classes it binds; for the others its refusals are warnings (D2)."""

    name: str
    check: GateCheck
    binds: frozenset[OrderClass]
    looks_at: str
