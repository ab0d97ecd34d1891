"""What was done to the market's prices, as JSON-able values and back: moods, halts, replays."""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.sim_venue.regimes import Regime, RegimeChange, RegimeKind
from qe_dashboard.sim_venue.state import Json, Reader, VenueStateError
from qe_dashboard.sim_venue.tape import Halt, Tape


def write_tape(tape: Tape) -> Json:
    """Save everything that makes the tape another one than its seed's."""
    return {
        "changes": [
            {
                "step": change.step,
                "underlying": change.underlying,
                "kind": change.regime.kind.value,
                "size": str(change.regime.size),
            }
            for change in tape.changes
        ],
        "halts": [
            {"instrument": halt.instrument_id, "first": halt.first, "end": halt.end} for halt in tape.halts
        ],
        "replays": [{"instrument": name, "first": step} for name, step in tape.replay_steps.items()],
    }


def read_tape(saved: Reader, tape: Tape) -> None:
    """Do to a fresh tape what was saved. Raises VenueStateError."""
    for row in saved.objects("changes"):
        tape.change(RegimeChange(row.number("step"), row.text("underlying"), _regime(row)))
    for row in saved.objects("halts"):
        end = None if row.is_none("end") else row.number("end")
        tape.halts.append(Halt(InstrumentId(row.text("instrument")), row.number("first"), end))
    for row in saved.objects("replays"):
        tape.replay_steps[InstrumentId(row.text("instrument"))] = row.number("first")


def _regime(row: Reader) -> Regime:
    size: Decimal = row.decimal("size")
    try:
        return Regime(row.word("kind", RegimeKind), size)
    except ValueError as error:
        raise VenueStateError(str(error)) from None
