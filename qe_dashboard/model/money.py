"""Money: a Decimal amount that carries its currency; sums across currencies raise (R32)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


class CurrencyMismatchError(Exception):
    """Two currencies met in a sum without a rate."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in one currency (ISO code, or IBKR's BASE for the account's own)."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not self.amount.is_finite():
            raise ValueError(f"money must be finite, got {self.amount}")

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def times(self, factor: Decimal) -> Money:
        """Scale by a pure number."""
        return Money(self.amount * factor, self.currency)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise CurrencyMismatchError(f"cannot add {other.currency} to {self.currency} without a rate")
        return other.amount


def total(amounts: Iterable[Money], *, currency: str) -> Money:
    """Sum money of one currency; an empty sum is zero of that currency."""
    result = Money(Decimal(0), currency)
    for amount in amounts:
        result = result + amount
    return result
