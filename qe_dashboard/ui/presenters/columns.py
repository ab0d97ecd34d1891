"""The one column registry: a field has the same name, width and side on every screen.

Units stand in the heading or the panel title. Pairs kept apart: LAST (latest trade), MARK (valuation) and
PX (of one event); QTY (own) and SIZE (resting in the book); TIME (when) and AGE (how long ago).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

GAP = 1


@dataclass(frozen=True, slots=True)
class Column:
    """One field of the product. `width` in terminal cells; a flexible column takes what is left over."""

    name: str
    width: int
    means: str
    right: bool = False
    flexible: bool = False


def _registry(*columns: Column) -> dict[str, Column]:
    return {column.name: column for column in columns}


COLUMNS = _registry(
    Column("SYM", 9, "instrument, month for a future"),
    Column("TIME", 8, "when it happened, in the zone the clock shows"),
    Column("AGE", 4, "how long ago it last changed", right=True),
    Column("SIDE", 4, "BUY or SELL"),
    Column("QTY", 9, "own quantity, shares or contracts; negative is short", right=True),
    Column("QTY/FILLED", 13, "quantity ordered / quantity filled, from executions", right=True),
    Column("TYPE", 7, "order type"),
    Column("PX", 10, "limit price of an order, price of a fill", right=True),
    Column("STOP", 10, "trigger price", right=True),
    Column("AVG PX", 10, "average price per unit", right=True),
    Column("TIF", 4, "time in force"),
    Column("STATE", 10, "where an order, a rung, a farm or a data line stands"),
    Column("SRC", 9, "who placed it: THIS dashboard, another CLIENT, TWS"),
    Column("ID", 4, "number to type: cancel 17", right=True),
    Column("WHY", 12, "the broker's or the gates' last words", flexible=True),
    Column("LAST", 10, "latest trade", right=True),
    Column("CHG%", 8, "last against the previous close", right=True),
    Column("BID", 10, "best bid", right=True),
    Column("ASK", 10, "best ask", right=True),
    Column("BID SIZE", 8, "size resting at the bid", right=True),
    Column("ASK SIZE", 8, "size resting at the ask", right=True),
    Column("HIGH", 10, "highest trade of the session", right=True),
    Column("LOW", 10, "lowest trade of the session", right=True),
    Column("VOL", 6, "traded today", right=True),
    Column("DATA", 7, "quality of the line: LIVE, DELAYED, FROZEN, SIM, STALE"),
    Column("MARK", 10, "price used for valuation", right=True),
    Column("MKT VAL", 9, "cash worth of a holding", right=True),
    Column("OPEN P&L", 11, "unrealised profit or loss", right=True),
    Column("REALIZED", 11, "realised profit or loss", right=True),
    Column("NOTIONAL", 8, "cash of a fill", right=True),
    Column("COMM", 6, "commission", right=True),
    Column("CCY", 4, "currency of the row's prices and amounts"),
    Column("SOURCE", 9, "which part of the program speaks"),
    Column("TEXT", 20, "what happened", flexible=True),
    Column("RUNG", 26, "one check of the connection ladder, from the bottom up"),
    Column("DETAIL", 20, "what was measured", flexible=True),
    Column("FARM", 14, "one of IBKR's server farms"),
    Column("SERVES", 10, "what a farm is asked for"),
    Column("LINE", 9, "quotes, or bars and their length"),
    Column("BEGAN", 12, "when it went down, in the zone the clock shows"),
    Column("ENDED", 12, "when it was up again"),
    Column("FOR", 7, "how long it was down", right=True),
    Column("WHAT", 23, "what was down"),
    Column("REASON", 16, "why it was down, and whether that was due", flexible=True),
    Column("LEVEL", 8, "how serious a line of the program's log is"),
    Column("PART", 18, "which module of the program wrote it"),
    Column("SETTING", 28, "a key of settings.toml, under its table"),
    Column("VALUE", 18, "what is in force, as TOML", flexible=True),
    Column("DEFAULT", 14, "what it is when nobody sets it"),
    Column("UNIT", 18, "what the number counts"),
    Column("FROM", 22, "file and line, environment, command line, or the shipped default"),
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A column in a table. Rank 1 always stays; where the table is narrow the highest rank goes first."""

    column: Column
    rank: int


Table: TypeAlias = tuple[Placed, ...]


def table(*places: tuple[str, int]) -> Table:
    """Build a table from registry names and ranks, in drawing order."""
    return tuple(Placed(COLUMNS[name], rank) for name, rank in places)


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a column is drawn: its index in the table and its width now."""

    index: int
    width: int


def fit(places: Table, width: int) -> tuple[Slot, ...]:
    """Choose the columns that fit a width, dropping high ranks first, and give flexible ones what is left.

    Columns of rank 1 stay even when they are wider than the space; the row is then cut at the right.
    """
    kept = list(range(len(places)))
    while _needed(places, kept) > width and any(places[index].rank > 1 for index in kept):
        # Of equal ranks the rightmost goes first: the eye starts at the left.
        kept.remove(max(kept, key=lambda index: (places[index].rank, index)))
    flexible = [index for index in kept if places[index].column.flexible]
    spare = max(width - _needed(places, kept), 0)
    extra, rest = divmod(spare, len(flexible)) if flexible else (0, 0)
    slots = []
    for index in kept:
        wider = 0
        if index in flexible:
            wider = extra + (rest if index == flexible[-1] else 0)
        slots.append(Slot(index, places[index].column.width + wider))
    return tuple(slots)


def _needed(places: Table, kept: Sequence[int]) -> int:
    return sum(places[index].column.width for index in kept) + GAP * max(len(kept) - 1, 0)
