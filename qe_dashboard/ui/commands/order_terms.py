"""The grammar of an order: `SYM QTY (@ P | mkt | stp P | stp P lmt L) [tif ...] [rth ...]` (D9)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from qe_dashboard.engine.facade import OrderRequest
from qe_dashboard.model.enums import OrderSide, OrderType, TimeInForce
from qe_dashboard.ui.commands.tokens import Words, take_number, take_price, take_symbol
from qe_dashboard.ui.commands.values import CommandError

SIDES = {"buy": OrderSide.BUY, "sell": OrderSide.SELL, "short": OrderSide.SELL}
PRICE_WORDS = ("@", "mkt", "stp")
_NO_PRICE = "Say at what price: `@ 233.33` (limit), `mkt` (market), `stp 231` (stop) or `stp 231 lmt 230.5`."


@dataclass(frozen=True, slots=True)
class _Price:
    order_type: OrderType
    limit: Decimal | None = None
    stop: Decimal | None = None


def take_order(words: Words, verb: str) -> OrderRequest:
    """Take an order's terms after its verb. Raises CommandError; without a price word it never guesses one."""
    example = f"{verb} AAPL 100 @ 233.33"
    symbol = take_symbol(words, example=example)
    quantity = take_number(words, what="quantity", example=example)
    price = _take_price(words, side=SIDES[verb])
    time_in_force, outside_rth = _take_options(words, side=SIDES[verb])
    return OrderRequest(
        symbol=symbol,
        side=SIDES[verb],
        quantity=quantity,
        order_type=price.order_type,
        limit_price=price.limit,
        stop_price=price.stop,
        time_in_force=time_in_force,
        outside_rth=outside_rth,
        opens_short=verb == "short",
    )


def _take_price(words: Words, *, side: OrderSide) -> _Price:
    word = words.take_if(*PRICE_WORDS)
    if word == "mkt":
        return _Price(OrderType.MARKET)
    if word == "@":
        _refuse_named_price(words.peek())
        limit = take_price(words, what="limit price", example="@ 233.33")
        return _Price(OrderType.LIMIT, limit=limit)
    if word == "stp":
        stop = take_price(words, what="stop price", example="stp 231")
        if words.take_if("lmt") is None:
            return _Price(OrderType.STOP, stop=stop)
        limit = take_price(words, what="limit price", example="stp 231 lmt 230.5")
        return _Price(OrderType.STOP_LIMIT, limit=limit, stop=stop)
    other = words.peek()
    if other is None:
        raise CommandError(_NO_PRICE)
    if other[0].isdigit():
        raise CommandError(f"`{other}` is not a price word; a size is written without spaces. {_NO_PRICE}")
    raise CommandError(_absent(other, side=side) or f"`{other}` is not a price word. {_NO_PRICE}")


def _refuse_named_price(word: str | None) -> None:
    if word is not None and word.lower() in ("mid", "bid", "ask", "last", "mkt"):
        raise CommandError(
            f"`@ {word}` names no number. Write the limit price itself, as in `@ 233.33`, or `mkt`."
        )


def _take_options(words: Words, *, side: OrderSide) -> tuple[TimeInForce, bool]:
    time_in_force: TimeInForce | None = None
    outside: bool | None = None
    while (word := words.peek()) is not None:
        option = words.take_if("tif", "rth")
        if option == "tif" and time_in_force is None:
            time_in_force = _take_time_in_force(words)
        elif option == "rth" and outside is None:
            outside = _take_outside_rth(words)
        elif option is not None:
            raise CommandError(f"`{option}` is given twice. Give it once.")
        else:
            raise CommandError(
                _absent(word, side=side)
                or f"`{word}` does not belong here. After the price come `tif day|gtc|ioc|fok` and `rth on|off`."
            )
    return time_in_force or TimeInForce.DAY, outside or False


def _take_time_in_force(words: Words) -> TimeInForce:
    word = words.take_if("day", "gtc", "ioc", "fok")
    if word is None:
        raise CommandError("`tif` is followed by day, gtc, ioc or fok.")
    return TimeInForce(word.upper())


def _take_outside_rth(words: Words) -> bool:
    word = words.take_if("on", "off")
    if word is None:
        raise CommandError(
            "`rth` is followed by `on` (regular hours only, the default) or `off` (outside them too)."
        )
    return word == "off"


def _absent(word: str, *, side: OrderSide) -> str | None:
    """Say what to do instead of a term of the full grammar that this version has not."""
    exit_verb = "sell" if side is OrderSide.BUY else "buy"
    lower = word.lower()
    if lower in ("sl", "tp"):
        leg = "stop" if lower == "sl" else "target"
        price = "stp P tif gtc" if lower == "sl" else "@ P tif gtc"
        return (
            f"Brackets (`sl`, `tp`) are not part of this version. Send this order without `{lower}`, and once it has "
            f"filled place the {leg} as an order of its own: `{exit_verb} SYM QTY {price}`."
        )
    if lower in ("trail", "mit"):
        kind = "Trailing stops" if lower == "trail" else "Market-if-touched orders"
        return f"{kind} are not part of this version. Use a fixed stop: `stp P`, or `stp P lmt L`."
    if word.startswith("$"):
        return f"`{word}`: sizes and prices carry no currency sign. {_NO_PRICE}"
    return None
