"""From a line to a command. `parse` raises CommandError and nothing else, whatever the text."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from qe_dashboard.engine.facade import CancelRequest, CancelScope, CloseRequest, CloseShare, ModifyRequest
from qe_dashboard.model.identifiers import OrderNumber
from qe_dashboard.ui.commands.order_terms import SIDES, take_order
from qe_dashboard.ui.commands.table import ELSEWHERE, LATER, CommandSpec, find, nearest
from qe_dashboard.ui.commands.tokens import (
    Words,
    check_ticker,
    split_words,
    take_number,
    take_order_number,
    take_price,
    take_symbol,
)
from qe_dashboard.ui.commands.values import (
    AcceptPosition,
    CancelOrders,
    ClimbLadder,
    ClosePosition,
    Command,
    CommandError,
    EditConnection,
    FocusSymbol,
    Halt,
    ModifyOrder,
    PlaceOrder,
    Quit,
    Reconcile,
    Reconnect,
    Resume,
    ShowHelp,
    ShowScreen,
    WatchSymbol,
)

# A journal row's worth; a longer text is a paste.
_MAX_REASON = 200


def parse(line: str) -> Command:
    """Read one line. Raises CommandError with a sentence that says what to type instead."""
    halt = _read_halt(line)
    if halt is not None:
        return halt
    words = split_words(line)
    if not words:
        raise CommandError("Nothing was typed. `help` lists the commands.")
    spec = find(words[0])
    if spec is not None:
        return _GRAMMAR[spec.handler](spec, Words(words[1:]))
    if len(words) > 1 or words[0].lower() in (LATER | ELSEWHERE):
        return _symbol_first(words)
    return FocusSymbol(check_ticker(words[0]), escaped=words[0].startswith("="))


def _read_halt(line: str) -> Halt | None:
    """Read `halt [reason]` before any check that could refuse the line: the brake works whatever follows it."""
    verb, _, reason = line.strip().lstrip("/:").strip().partition(" ")
    if verb.lower() != "halt":
        return None
    shown = "".join(char if char.isprintable() else " " for char in reason[:_MAX_REASON])
    return Halt(" ".join(shown.split()) or "halt command")


def _symbol_first(words: list[str]) -> Command:
    first = words[0]
    if first.lower() in ELSEWHERE:
        raise CommandError(ELSEWHERE[first.lower()])
    if first.lower() in LATER:
        raise CommandError(f"`{first}` is not part of this version: {LATER[first.lower()]}.")
    rest = Words(words)
    try:
        symbol = take_symbol(rest, example="AAPL")
    except CommandError:
        raise CommandError(_unknown_verb(first)) from None
    verb = rest.take()
    if verb is None:
        return FocusSymbol(symbol, escaped=first.startswith("="))
    spec = find(verb)
    if spec is not None and spec.handler == "screen":
        rest.expect_end(f"{symbol} {spec.word}")
        return ShowScreen(spec.word, symbol)
    if spec is not None and spec.symbol_first:
        return _GRAMMAR[spec.handler](spec, Words([*f"={symbol}".split(), *rest.rest().split()]))
    if verb.lower() in LATER:
        raise CommandError(f"`{verb}` is not part of this version: {LATER[verb.lower()]}.")
    raise CommandError(_unknown_verb(first))


def _unknown_verb(word: str) -> str:
    near = nearest(word)
    hint = f"Did you mean `{near}`?" if near else "`help` lists the commands."
    return f"`{word}` is not a command. {hint}"


def _parse_order(spec: CommandSpec, words: Words) -> Command:
    return PlaceOrder(take_order(words, spec.word))


def _parse_why(spec: CommandSpec, words: Words) -> Command:
    verb = words.take_if(*SIDES)
    if verb is None:
        raise CommandError(
            "`why` is followed by the order to explain, as in `why buy AAPL 100 @ 233.33`. It sends nothing."
        )
    return PlaceOrder(take_order(words, verb), explain=True)


def _parse_close(spec: CommandSpec, words: Words) -> Command:
    symbol = take_symbol(words, example=spec.examples[0])
    if words.peek() is None:
        return ClosePosition(CloseRequest(symbol))
    if words.take_if("half") is not None:
        words.expect_end(spec.usage)
        return ClosePosition(CloseRequest(symbol, share=CloseShare.HALF))
    quantity = take_number(words, what="quantity", example=spec.examples[-1])
    words.expect_end(f"{spec.usage}. It closes at market; for a price use `sell` or `buy` with `@ P`.")
    return ClosePosition(CloseRequest(symbol, quantity=quantity))


def _parse_flatten(spec: CommandSpec, words: Words) -> Command:
    if words.peek() is not None and str(words.peek()).lower() == "all":
        raise CommandError(
            "`flatten all` is not part of this version. Flatten one symbol at a time: `flatten AAPL`; "
            "for the ticker ALL write `flatten =ALL`."
        )
    symbol = take_symbol(words, example=spec.examples[0])
    words.expect_end(spec.usage)
    return ClosePosition(CloseRequest(symbol, flatten=True))


def _parse_accept(spec: CommandSpec, words: Words) -> Command:
    symbol = take_symbol(words, example=spec.examples[0])
    words.expect_end(spec.usage)
    return AcceptPosition(symbol)


_WIDER_CANCELS = ("account", "everything", "all")


def _parse_cancel(spec: CommandSpec, words: Words) -> Command:
    word = words.peek()
    if word is None:
        raise CommandError(f"Say what to cancel: {spec.usage}. N is the number in the column ORD.")
    lower = word.lower()
    request: CancelRequest
    if lower in ("entries", "mine"):
        words.take()
        request = CancelRequest(CancelScope(lower))
    elif lower in _WIDER_CANCELS:
        raise CommandError(
            f"`cancel {lower}` is not part of this version: `cancel mine` cancels all of your own orders. Orders of "
            f"other clients are cancelled where they were placed; for the ticker write `cancel ={lower.upper()}`."
        )
    elif word.removeprefix("#")[:1].isdigit():
        number = take_order_number(words, example=spec.examples[0])
        request = CancelRequest(CancelScope.ORDER, number=OrderNumber(number))
    else:
        request = CancelRequest(CancelScope.SYMBOL, symbol=take_symbol(words, example=spec.examples[1]))
    words.expect_end(spec.usage)
    return CancelOrders(request)


def _parse_modify(spec: CommandSpec, words: Words) -> Command:
    number = take_order_number(words, example=spec.examples[0])
    terms: dict[str, Decimal] = {}
    names = {"@": "limit price", "lmt": "limit price", "qty": "quantity", "stp": "stop price"}
    while words.peek() is not None:
        word = words.take_if(*names)
        if word is None:
            raise CommandError(f"`{words.peek()}` is no term that can change. Write: {spec.usage}")
        what = names[word]
        if what in terms:
            raise CommandError(f"The {what} is given twice. Give it once.")
        take = take_number if what == "quantity" else take_price
        terms[what] = take(words, what=what, example=spec.examples[0])
    if not terms:
        raise CommandError(f"Say what to change about order {number}: {spec.usage}")
    return ModifyOrder(
        ModifyRequest(
            OrderNumber(number),
            quantity=terms.get("quantity"),
            limit_price=terms.get("limit price"),
            stop_price=terms.get("stop price"),
        )
    )


_PLAIN: dict[str, Command] = {
    "resume": Resume(),
    "reconnect": Reconnect(),
    "test": ClimbLadder(),
    "connection": EditConnection(),
    "reconcile": Reconcile(),
    "quit": Quit(),
}


def _parse_plain(spec: CommandSpec, words: Words) -> Command:
    words.expect_end(spec.usage)
    return _PLAIN[spec.word]


def _parse_watch(spec: CommandSpec, words: Words) -> Command:
    word = words.take_if("add", "rm")
    if word is None:
        raise CommandError("`watch` is followed by `add` or `rm` and a symbol, as in `watch add TSLA`.")
    symbol = take_symbol(words, example=f"watch {word} TSLA")
    words.expect_end(spec.usage)
    return WatchSymbol(symbol, add=word == "add")


def _parse_screen(spec: CommandSpec, words: Words) -> Command:
    words.expect_end(spec.usage)
    return ShowScreen(spec.word)


def _parse_help(spec: CommandSpec, words: Words) -> Command:
    word = words.take()
    words.expect_end(spec.usage)
    if word is None:
        return ShowHelp()
    found = find(word)
    if found is None:
        raise CommandError(_unknown_verb(word))
    return ShowHelp(found.word)


_GRAMMAR: dict[str, Callable[[CommandSpec, Words], Command]] = {
    "order": _parse_order,
    "why": _parse_why,
    "close": _parse_close,
    "flatten": _parse_flatten,
    "cancel": _parse_cancel,
    "modify": _parse_modify,
    "plain": _parse_plain,
    "accept": _parse_accept,
    "watch": _parse_watch,
    "screen": _parse_screen,
    "help": _parse_help,
}
