"""The table of commands: command line, completion, palette and help are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from qe_dashboard.ui.action_table import HEALTH, MAIN, ORDERS, SETTINGS, TRADE

ORDER_TERMS = "(@ P | mkt | stp P | stp P lmt L) [tif day|gtc|ioc|fok] [rth on|off]"


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One verb. `handler` names its grammar; `touches_orders` that it can change something at the venue.

    `symbol_first` says that `AAPL VERB ...` means `VERB AAPL ...`.
    """

    word: str
    usage: str
    description: str
    group: str
    handler: str
    examples: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    symbol_first: bool = False
    touches_orders: bool = False

    @property
    def needs_arguments(self) -> bool:
        """Whether the bare word is incomplete."""
        return " " in self.usage and not self.usage.partition(" ")[2].startswith("[")


def _order(word: str, description: str, example: str) -> CommandSpec:
    return CommandSpec(
        word=word,
        usage=f"{word} SYM QTY {ORDER_TERMS}",
        description=description,
        group="Orders",
        handler="order",
        examples=(example,),
        symbol_first=True,
        touches_orders=True,
    )


def _screen(word: str, description: str) -> CommandSpec:
    return CommandSpec(
        word=word,
        usage=word,
        description=description,
        group="Screens",
        handler="screen",
        examples=(word, f"AAPL {word}"),
    )


COMMANDS: tuple[CommandSpec, ...] = (
    _order("buy", "Buy, after a confirm step that shows every gate", "buy AAPL 100 @ 233.33"),
    _order("sell", "Sell what is held, or open a short future", "sell MNQ 2 stp 20990 lmt 20980 tif gtc"),
    _order("short", "Sell a stock you do not hold; the only way to open a short", "short TSLA 10 @ 250"),
    CommandSpec(
        word="close",
        usage="close SYM [half|QTY]",
        description="Close a position at market; the order can only reduce",
        group="Orders",
        handler="close",
        examples=("close AAPL", "close AAPL half", "close MNQ 1"),
        symbol_first=True,
        touches_orders=True,
    ),
    CommandSpec(
        word="flatten",
        usage="flatten SYM",
        description="Cancel the symbol's orders and close its position",
        group="Orders",
        handler="flatten",
        examples=("flatten AAPL",),
        symbol_first=True,
        touches_orders=True,
    ),
    CommandSpec(
        word="cancel",
        usage="cancel N|SYM|entries|mine",
        description="Cancel one order, a symbol's, all entries (stops stay), or all of your own",
        group="Orders",
        handler="cancel",
        examples=("cancel 17", "cancel AAPL", "cancel entries", "cancel mine"),
        symbol_first=True,
        touches_orders=True,
    ),
    CommandSpec(
        word="modify",
        usage="modify N (@ P | qty Q | stp P)",
        description="Change price, size or trigger of a working order",
        group="Orders",
        handler="modify",
        examples=("modify 17 @ 233.40", "modify 17 qty 50", "modify 17 stp 228 @ 227.5"),
        touches_orders=True,
    ),
    CommandSpec(
        word="why",
        usage=f"why buy|sell|short SYM QTY {ORDER_TERMS}",
        description="Show what every gate says to an order; sends nothing",
        group="Orders",
        handler="why",
        examples=("why buy AAPL 100 @ 233.33",),
    ),
    CommandSpec(
        word="halt",
        usage="halt [reason]",
        description="Block every order that adds risk, at once; touches nothing at the venue",
        group="Safety",
        handler="halt",
        examples=("halt", "halt news at 14:00"),
    ),
    CommandSpec(
        word="resume",
        usage="resume",
        description="Release HALTED; asks for the word resume",
        group="Safety",
        handler="plain",
        examples=("resume",),
    ),
    CommandSpec(
        word="accept",
        usage="accept SYM",
        description="End a DRIFT: take the broker's number as what is held; asks for that number",
        group="Safety",
        handler="accept",
        examples=("accept AAPL",),
        symbol_first=True,
    ),
    CommandSpec(
        word="reconnect",
        usage="reconnect",
        description="Drop both links to the broker and connect again now",
        group="Broker",
        handler="plain",
        examples=("reconnect",),
    ),
    CommandSpec(
        word="test",
        usage="test",
        description="Climb the connection ladder on client ids of its own; arms and changes nothing",
        group="Broker",
        handler="plain",
        examples=("test",),
    ),
    CommandSpec(
        word="connection",
        usage="connection",
        description="Host, port and client ids; test them, probe the standard ports, save",
        group="Broker",
        handler="plain",
        examples=("connection",),
    ),
    CommandSpec(
        word="reconcile",
        usage="reconcile",
        description="Read positions, orders and executions from the broker again",
        group="Broker",
        handler="plain",
        examples=("reconcile",),
        aliases=("refresh",),
    ),
    CommandSpec(
        word="watch",
        usage="watch add|rm SYM",
        description="Add a symbol to the watchlist or remove it",
        group="Watchlist",
        handler="watch",
        examples=("watch add TSLA", "watch rm TSLA"),
    ),
    _screen(MAIN, "Watchlist, chart, positions, account, fills"),
    _screen(TRADE, "Working orders, executions, log, SAFETY panel"),
    _screen(SETTINGS, "Every setting with its source"),
    _screen(HEALTH, "Connection ladder, links, data lines, outages, log"),
    _screen(ORDERS, "Every order of the account, from every client"),
    CommandSpec(
        word="help",
        usage="help [word]",
        description="All keys and commands, or one command",
        group="General",
        handler="help",
        examples=("help", "help buy"),
    ),
    CommandSpec(
        word="quit",
        usage="quit",
        description="Leave; asks first while orders work",
        group="General",
        handler="plain",
        examples=("quit",),
        aliases=("exit",),
    ),
)

_BY_WORD = {name: spec for spec in COMMANDS for name in (spec.word, *spec.aliases)}

LATER: dict[str, str] = {
    "protect": "place the stop as an order of its own, such as `sell AAPL 10 stp 228 tif gtc`",
    "be": "change the stop yourself: `modify N stp P`",
    "reverse": "use `close SYM`, then `buy`, `sell` or `short`",
    "roll": "use `close` on the held month and `buy` or `sell` on the next",
    "trail": "place a fixed stop: `sell AAPL 10 stp 228`",
    "depth": "the quote row on F1 shows bid and ask with sizes",
    "chart": "F1 shows the chart of the focused symbol",
    "arm": "orders are released by `resume` after a halt, and need no arming",
    "disarm": "`halt` blocks every order that adds risk",
    "export": "the journal file holds every order and fill",
}
"""Verbs of the full grammar that this version has not, each with what to do instead."""

ELSEWHERE: dict[str, str] = {
    "connect": "`reconnect` connects again now, `connection` changes where to.",
    "disconnect": "`quit` ends the session, `halt` blocks every order that adds risk.",
    "doctor": "`doctor` is a verb of the shell (`qe-dashboard doctor`); here `test` does the same.",
    "gateway": "`connection` sets host and port of the gateway, `test` tries them, F9 shows how it goes.",
    "profile": "The profile is `broker` on F8 SETTINGS, and counts from the next launch.",
}
"""Words that people type and that are no commands, each with what does it. A ticker of that name is `=NAME`."""


def find(word: str) -> CommandSpec | None:
    """Return a command by word or alias, in any case."""
    return _BY_WORD.get(word.lower())


def nearest(word: str) -> str | None:
    """Return the verb most like a word, None when nothing is near."""
    found = get_close_matches(word.lower(), _BY_WORD, n=1, cutoff=0.6)
    return found[0] if found else None
