"""What Tab can make of a line, each with its description."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qe_dashboard.ui.commands.order_terms import SIDES
from qe_dashboard.ui.commands.table import COMMANDS, find


@dataclass(frozen=True, slots=True)
class Known:
    """One thing the desk knows by name: a symbol or an order number, with its description."""

    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What names can be completed now."""

    symbols: tuple[Known, ...] = ()
    positions: tuple[Known, ...] = ()
    orders: tuple[Known, ...] = ()
    order_symbols: tuple[Known, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One continuation: the whole line it makes, the word it adds, and what that means."""

    line: str
    word: str
    description: str


_PRICES = (
    Known("@", "limit price"),
    Known("mkt", "market: fills at whatever price is there"),
    Known("stp", "stop price; add `lmt P` for a stop-limit"),
)
_OPTIONS = (Known("tif", "how long it works: day, gtc, ioc, fok"), Known("rth", "on: regular hours only"))
_TIFS = (
    Known("day", "until the session ends"),
    Known("gtc", "until cancelled"),
    Known("ioc", "at once; the rest is cancelled"),
    Known("fok", "all at once or nothing"),
)
_RTH = (Known("on", "regular trading hours only"), Known("off", "outside regular hours too"))
_SCOPES = (
    Known("entries", "own orders that can add exposure; stops stay"),
    Known("mine", "all of your own orders"),
)
_TERMS = (Known("@", "new limit price"), Known("qty", "new quantity"), Known("stp", "new stop price"))


def complete(line: str, surroundings: Surroundings) -> tuple[Candidate, ...]:
    """Return what can stand in place of the last, unfinished word, best first; empty when nothing is known."""
    body = line.lstrip().lstrip("/:")
    lead = line[: len(line) - len(body)]
    words = body.split()
    partial = "" if not body or body[-1].isspace() else words.pop()
    escape = "=" if partial.startswith("=") else ""
    wanted = partial.removeprefix("=").lower()
    head = lead + body[: len(body) - len(partial)]
    return tuple(
        Candidate(f"{head}{escape}{known.name}", known.name, known.description)
        for known in _unique(_choices([word.lower() for word in words], surroundings))
        if known.name.lower().startswith(wanted)
    )


def usage_of(line: str) -> str:
    """Return the usage of the verb that a line begins with, empty when it has none."""
    words = line.lstrip().lstrip("/:").split()
    spec = find(words[0]) if words else None
    return "" if spec is None else f"{spec.usage} · {spec.description}"


def _unique(choices: Iterable[Known]) -> Iterable[Known]:
    first: dict[str, Known] = {}
    for known in choices:
        first.setdefault(known.name, known)
    return first.values()


def _choices(before: list[str], around: Surroundings) -> tuple[Known, ...]:
    """Return what can follow the finished words."""
    if not before:
        verbs = tuple(Known(spec.word, spec.description) for spec in COMMANDS)
        return verbs + around.symbols + around.positions
    verb, rest = before[0], before[1:]
    if verb == "why":
        return (
            tuple(Known(side, "explain this order") for side in SIDES) if not rest else _choices(rest, around)
        )
    if verb in SIDES:
        return _order_choices(rest, around, held_first=verb == "sell")
    if verb in ("close", "flatten"):
        return _close_choices(verb, rest, around)
    if verb == "cancel":
        return () if rest else around.orders + _SCOPES + around.order_symbols
    if verb == "modify":
        return _modify_choices(rest, around)
    if verb == "watch":
        return _watch_choices(rest, around)
    if verb == "help" and not rest:
        return tuple(Known(spec.word, spec.description) for spec in COMMANDS)
    return _after_symbol(verb, rest)


def _order_choices(rest: list[str], around: Surroundings, *, held_first: bool) -> tuple[Known, ...]:
    if not rest:
        return around.positions + around.symbols if held_first else around.symbols + around.positions
    last = rest[-1]
    if last == "tif":
        return _TIFS
    if last == "rth":
        return _RTH
    if last in ("@", "stp", "lmt") or len(rest) < 2:
        return ()
    if "stp" in rest and "lmt" not in rest:
        return (Known("lmt", "limit price, used once the stop is reached"), *_unused(_OPTIONS, rest))
    if not {"@", "mkt", "stp"} & set(rest):
        return _PRICES
    return _unused(_OPTIONS, rest)


def _unused(options: tuple[Known, ...], rest: list[str]) -> tuple[Known, ...]:
    return tuple(option for option in options if option.name not in rest)


def _close_choices(verb: str, rest: list[str], around: Surroundings) -> tuple[Known, ...]:
    if not rest:
        return around.positions
    return (Known("half", "half of the position"),) if verb == "close" and len(rest) == 1 else ()


def _modify_choices(rest: list[str], around: Surroundings) -> tuple[Known, ...]:
    if not rest:
        return around.orders
    return () if rest[-1] in ("@", "qty", "stp") else _unused(_TERMS, rest)


def _watch_choices(rest: list[str], around: Surroundings) -> tuple[Known, ...]:
    if not rest:
        return (Known("add", "add a symbol"), Known("rm", "remove a symbol"))
    if len(rest) > 1:
        return ()
    return around.symbols if rest[0] == "rm" else around.positions


def _after_symbol(first: str, rest: list[str]) -> tuple[Known, ...]:
    """Return the verbs that may follow a symbol: `AAPL buy ...`."""
    if find(first) is not None or rest:
        return ()
    fitting = (spec for spec in COMMANDS if spec.symbol_first or spec.handler == "screen")
    return tuple(Known(spec.word, spec.description) for spec in fitting)
