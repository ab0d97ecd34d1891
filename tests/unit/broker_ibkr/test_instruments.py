"""The catalogue: one contract, one id (D25)."""

from __future__ import annotations

import pytest

from qe_dashboard.broker.ibkr.instruments import Catalogue
from qe_dashboard.broker.ibkr.values import Undecodable
from qe_dashboard.broker.port import InstrumentQuery, RequestFailed
from qe_dashboard.model.enums import SecType
from support.ibkr_rows import raw_contract, raw_future


def test_a_contract_is_matched_by_number_first() -> None:
    catalogue = Catalogue()
    first = catalogue.of_row(raw_contract())
    assert catalogue.of_row(raw_contract(symbol="RENAMED", exchange="ARCA")) is first
    assert catalogue.by_id(first.id) is first


def test_two_listings_of_one_symbol_never_share_an_id() -> None:
    catalogue = Catalogue()
    first = catalogue.of_row(raw_contract())
    second = catalogue.of_row(raw_contract(conId=38708077, exchange="MEXI"))
    assert first.id == "AAPL.STK.USD"
    assert second.id != first.id
    assert catalogue.by_id(first.id) == first
    assert catalogue.by_id(second.id) == second


def test_a_row_that_does_not_name_its_contract_is_undecodable() -> None:
    catalogue = Catalogue()
    for row in (raw_contract(symbol=""), raw_future(lastTradeDateOrContractMonth="202612")):
        with pytest.raises(Undecodable):
            catalogue.of_row(row)


async def test_without_a_link_a_look_up_fails_in_words() -> None:
    with pytest.raises(RequestFailed, match="data link is down"):
        await Catalogue().find(InstrumentQuery("AAPL", SecType.STOCK))
