"""From the fields of a request to its value: which layout a message id has, and that nothing is left over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from qe_dashboard.gateway_sim import requests as rq
from qe_dashboard.gateway_sim.decode_order import COMBO
from qe_dashboard.gateway_sim.reader import FieldReader

T = TypeVar("T")
Layout = Callable[[FieldReader], T]


def plain(cls: type[T]) -> Layout[T]:
    """Layout of a request without a version field."""
    return lambda reader: reader.record(cls)


def versioned(cls: type[T]) -> Layout[T]:
    """Layout of a request that starts with a constant version number, which says nothing any more."""

    def read(reader: FieldReader) -> T:
        reader.integer("version")
        return reader.record(cls)

    return read


def read_market_data(reader: FieldReader) -> rq.MarketData:
    """Read reqMktData."""
    reader.integer("version")
    req_id, contract = reader.integer("reqId"), reader.record(rq.ContractSpec)
    return rq.MarketData(
        req_id=req_id,
        contract=contract,
        legs=_read_legs(reader, contract),
        delta_neutral=reader.record(rq.DeltaNeutralContract) if reader.flag("hasDeltaNeutral") else None,
        generic_ticks=reader.text("genericTicks"),
        snapshot=reader.flag("snapshot"),
        regulatory_snapshot=reader.flag("regulatorySnapshot"),
        options=reader.text("options"),
    )


def read_historical_data(reader: FieldReader) -> rq.HistoricalData:
    """Read reqHistoricalData."""
    req_id, contract = reader.integer("reqId"), reader.record(rq.ContractSpec)
    return rq.HistoricalData(
        req_id=req_id,
        contract=contract,
        include_expired=reader.flag("includeExpired"),
        end=reader.text("endDateTime"),
        bar_size=reader.text("barSize"),
        duration=reader.text("duration"),
        use_rth=reader.flag("useRTH"),
        what=reader.text("whatToShow"),
        format_date=reader.integer("formatDate"),
        legs=_read_legs(reader, contract),
        keep_up_to_date=reader.flag("keepUpToDate"),
        options=reader.text("options"),
    )


def _read_legs(reader: FieldReader, contract: rq.ContractSpec) -> tuple[rq.ComboQuoteLeg, ...]:
    if contract.sec_type != COMBO:
        return ()
    return tuple(reader.record(rq.ComboQuoteLeg) for _ in range(reader.count("comboLegs")))
