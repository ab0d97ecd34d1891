"""A farm's notice changes that farm's lamp and nothing else (user demand 3)."""

from __future__ import annotations

import pytest

from qe_dashboard.broker.ibkr.farms import Farms, farm_name
from qe_dashboard.core.clock import ManualClock
from qe_dashboard.model.connection import FarmKind, FarmState


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Market data farm connection is OK:usfarm", "usfarm"),
        ("Market data farm connection is OK:usfarm.nj", "usfarm.nj"),
        ("HMDS data farm connection is broken: ushmds ", "ushmds"),
        ("HMDS data farm connection is inactive but should be available upon demand.ushmds", "ushmds"),
        ("Marktdaten-Farm getrennt:eufarm", "eufarm"),
        ("连接正常:usfarm", "usfarm"),
    ],
)
def test_the_name_stands_last_in_every_language(text: str, name: str) -> None:
    assert farm_name(text) == name


@pytest.mark.parametrize(
    ("code", "kind", "state"),
    [
        (2103, FarmKind.QUOTES, FarmState.BROKEN),
        (2104, FarmKind.QUOTES, FarmState.OK),
        (2105, FarmKind.HISTORY, FarmState.BROKEN),
        (2106, FarmKind.HISTORY, FarmState.OK),
        (2107, FarmKind.HISTORY, FarmState.IDLE),
        (2108, FarmKind.QUOTES, FarmState.IDLE),
        (2119, FarmKind.QUOTES, FarmState.CONNECTING),
        (2157, FarmKind.CONTRACTS, FarmState.BROKEN),
        (2158, FarmKind.CONTRACTS, FarmState.OK),
    ],
)
def test_each_code_sets_its_lamp(code: int, kind: FarmKind, state: FarmState) -> None:
    farms = Farms(ManualClock())
    farms.on_code(code, "words:farm")
    farms.on_code(1100, "not about a farm:farm")
    assert [(farm.name, farm.kind, farm.state) for farm in farms.all()] == [("farm", kind, state)]


def test_repeats_keep_since_and_changes_of_a_broken_one_are_told() -> None:
    clock = ManualClock()
    farms = Farms(clock)
    told: list[FarmKind] = []
    farms.changed = told.append
    began = clock.now()
    for code in (2106, 2106, 2105, 2105, 2107, 2106):
        farms.on_code(code, "x:ushmds")
        clock.advance(1)
    assert told == [FarmKind.HISTORY] * 2
    [farm] = farms.all()
    assert (farm.since - began).total_seconds() == 5


def test_a_kind_is_down_only_when_no_farm_of_it_is_left() -> None:
    farms = Farms(ManualClock())
    farms.on_code(2105, "x:ushmds")
    assert farms.down(FarmKind.HISTORY) == "ushmds"
    farms.on_code(2106, "x:euhmds")
    assert farms.down(FarmKind.HISTORY) == ""
    assert farms.broken(FarmKind.HISTORY) == "ushmds"
    assert farms.down(FarmKind.CONTRACTS) == ""


def test_without_a_gateway_no_lamp_is_shown_and_what_waited_hears_of_it() -> None:
    farms = Farms(ManualClock())
    told: list[FarmKind] = []
    farms.on_code(2157, "x:secdefil")
    farms.changed = told.append
    farms.forget()
    assert farms.all() == ()
    assert told == [FarmKind.CONTRACTS]


def test_beyond_a_hundred_farms_the_rest_is_counted() -> None:
    """A gateway that names ever new farms must not fill screen, journal and memory."""
    farms = Farms(ManualClock())
    for number in range(3000):
        farms.on_code(2103, f"Market data farm connection is broken:farm{number}")
    assert len(farms.all()) == 101
    assert [farm.name for farm in farms.all() if "other" in farm.name] == ["2900 other farms"]
    assert farms.down(FarmKind.QUOTES) == "farm0, farm1, farm10, farm11, farm12 and 96 more"
    farms.on_code(2104, "Market data farm connection is OK:farm7")
    assert next(farm for farm in farms.all() if farm.name == "farm7").state is FarmState.OK
    farms.forget()
    assert farms.all() == ()
