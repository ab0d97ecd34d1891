"""How much of a position a close takes."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from qe_dashboard.engine.facade import CloseRequest, CloseShare, CommandRefused
from qe_dashboard.engine.sentences import number
from qe_dashboard.model.instrument import Instrument


def share_of(request: CloseRequest, held: Decimal, instrument: Instrument) -> Decimal:
    """Size a close: rounded down to what can be traded, never more than is held. Raises CommandRefused."""
    if request.quantity is not None:
        if not request.quantity.is_finite() or request.quantity <= 0:
            raise CommandRefused(f"{request.quantity} is no quantity to close; name a positive number.")
        if request.quantity > held:
            raise CommandRefused(
                f"{number(held)} {instrument.unit} are held, {number(request.quantity)} cannot be closed. "
                "To end on the other side use `sell` or `buy` after closing."
            )
        return request.quantity
    if request.share is CloseShare.ALL:
        return held
    step = instrument.size_increment
    half = (held / 2 / step).to_integral_value(ROUND_FLOOR) * step
    if half < instrument.min_size:
        raise CommandRefused(
            f"half of {number(held)} is less than one {instrument.unit.rstrip('s')}; use `close` alone."
        )
    return half
