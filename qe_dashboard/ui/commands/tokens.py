"""Words and numbers of a command line. Everything is refused that a person could read in two ways."""

from __future__ import annotations

import re
import string
from decimal import Decimal

from qe_dashboard.ui.commands.values import CommandError

# Longer than any order; keeps a pasted file out of the grammar.
MAX_LINE = 400
# 15 digits before the point and 10 after cover every venue's sizes and prices; more is a slip.
_MAX_WHOLE, _MAX_FRACTION = 15, 10

_PLAIN = re.compile(r"(?P<whole>[0-9]*)(?:\.(?P<fraction>[0-9]*))?")
_COMMAS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_GROUP_HEAD = re.compile(r"[0-9]{1,3}")
_GROUP_INNER = re.compile(r"[0-9]{3}")
_GROUP_LAST = re.compile(r"[0-9]{3}(?:\.[0-9]*)?")
_TICKER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]{0,39}")
_MONTH = re.compile(r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[0-9]{2}", re.IGNORECASE)
_EXPONENT = re.compile(r"[0-9.]+[eE][+-]?[0-9]+")


class Words:
    """The words of a line, taken from the left."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._next = 0

    def peek(self, ahead: int = 0) -> str | None:
        """Return a coming word without taking it, None past the end."""
        index = self._next + ahead
        return self._words[index] if index < len(self._words) else None

    def take(self) -> str | None:
        """Take the next word, None at the end."""
        word = self.peek()
        if word is not None:
            self._next += 1
        return word

    def take_if(self, *choices: str) -> str | None:
        """Take the next word when it is one of these, in any case; return it in lower case."""
        word = self.peek()
        if word is None or word.lower() not in choices:
            return None
        self._next += 1
        return word.lower()

    def rest(self) -> str:
        """Take everything that is left as one text."""
        text = " ".join(self._words[self._next :])
        self._next = len(self._words)
        return text

    def expect_end(self, usage: str) -> None:
        """Raise CommandError when words are left over."""
        word = self.peek()
        if word is not None:
            raise CommandError(f"`{word}` is one word too many. Write: {usage}")


def split_words(line: str) -> list[str]:
    """Split a line at spaces; `@` is a word of its own, so that `@233.33` reads like `@ 233.33`.

    Raises CommandError for control characters and for lines no person types.
    """
    text = line.strip()
    if text[:1] in ("/", ":"):
        text = text[1:]
    if len(text) > MAX_LINE:
        raise CommandError(f"This line has {len(text)} characters; a command has at most {MAX_LINE}.")
    if any(not char.isprintable() and not char.isspace() for char in text):
        raise CommandError(
            "This line holds characters that cannot be shown. Nothing was done; type it again."
        )
    return text.replace("@", " @ ").split()


def take_number(words: Words, *, what: str, example: str) -> Decimal:
    """Take a positive number: `1000`, `1,000`, `.5`. Raises CommandError naming the text that is not one.

    Spaces do not group here: `100 233` is a size and a price without its `@`, not a hundred thousand.
    """
    return _positive(_take_digits(words, what=what, example=example), what=what)


def take_price(words: Words, *, what: str, example: str) -> Decimal:
    """Take a positive number that spaces may group, `21 000.25`; no other number ever follows a price."""
    text = _take_digits(words, what=what, example=example)
    if _GROUP_HEAD.fullmatch(text):
        while (inner := words.peek()) is not None and _GROUP_LAST.fullmatch(inner):
            text += inner
            words.take()
            if not _GROUP_INNER.fullmatch(inner):
                break
    return _positive(text, what=what)


def _take_digits(words: Words, *, what: str, example: str) -> str:
    head = words.take()
    if head is None:
        raise CommandError(f"The {what} is missing. Write for example: {example}")
    return head


def _positive(shown: str, *, what: str) -> Decimal:
    text = shown.replace(",", "") if _COMMAS.fullmatch(shown) else shown
    found = _PLAIN.fullmatch(text)
    digits = "" if found is None else (found["whole"] or "") + (found["fraction"] or "")
    if found is None or not digits:
        raise CommandError(_not_a_number(shown, what=what))
    if len((found["whole"] or "").lstrip("0")) > _MAX_WHOLE or len(found["fraction"] or "") > _MAX_FRACTION:
        raise CommandError(f"The {what} `{shown}` has too many digits to be meant.")
    value = Decimal(text)
    if value == 0:
        raise CommandError(f"The {what} `{shown}` is zero; it has to be more than zero.")
    return value


def _not_a_number(shown: str, *, what: str) -> str:
    if shown.startswith("$"):
        return (
            f"`{shown}` is an amount of money, and sizes in money are not part of this version. "
            "Give the number of shares or contracts."
        )
    if shown.startswith(("-", "−", "+")):
        return f"The {what} `{shown}` has a sign. Give a positive number; the verb says the direction."
    if _EXPONENT.fullmatch(shown):
        return f"The {what} `{shown}` is in exponent form. Write all its digits."
    if "," in shown:
        return f"The {what} `{shown}` is unclear: a comma groups thousands (1,000), a point starts the decimals (1.5)."
    return f"The {what} `{shown}` is not a number. Write it like 100, 1,000 or 233.33."


def take_symbol(words: Words, *, example: str) -> str:
    """Take a symbol in upper case: `AAPL`, `MNQ Dec26`, `MNQ.FUT.20261218.USD`; `=MAP` for a ticker like a verb.

    Raises CommandError.
    """
    word = words.take()
    if word is None:
        raise CommandError(f"The symbol is missing. Write for example: {example}")
    ticker = check_ticker(word)
    month = words.peek()
    if month is not None and _MONTH.fullmatch(month):
        words.take()
        return f"{ticker} {month.capitalize()}"
    return ticker


def check_ticker(word: str) -> str:
    """Return a ticker in upper case, its leading `=` removed. Raises CommandError when it cannot be one."""
    ticker = word.removeprefix("=")
    escaped = ticker != word
    if not _TICKER.fullmatch(ticker):
        raise CommandError(f"`{word}` is not a symbol. A symbol has letters, digits, points and dashes.")
    if not escaped and not any(char in string.ascii_letters for char in ticker):
        raise CommandError(
            f"`{word}` looks like a number, not a symbol. Write `={ticker}` for the ticker {ticker}."
        )
    return ticker.upper()


def take_order_number(words: Words, *, example: str) -> int:
    """Take an order's small number, `17` or `#17`. Raises CommandError."""
    word = words.take()
    if word is None:
        raise CommandError(f"The order number is missing. Write for example: {example}")
    digits = word.removeprefix("#")
    # 9 digits: a profile never counts that far, so more is a broker id typed by mistake.
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9 or int(digits) == 0:
        raise CommandError(
            f"`{word}` is not an order number; the column ORD shows it. Write for example: {example}"
        )
    return int(digits)
