"""Every facade message survives its text, and a text that is not one raises (section 6, R45)."""

import dataclasses
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qe_dashboard.engine import facade, views
from qe_dashboard.engine.codec import CodecError, decode, encode
from qe_dashboard.engine.health_views import LoopLag
from qe_dashboard.engine.views import Delta, Topic
from qe_dashboard.model.market_data import Bar
from qe_dashboard.model.money import Money
from support.view_builders import make_status

MESSAGES = sorted(
    {
        cls
        for module in (views, facade)
        for cls in vars(module).values()
        if isinstance(cls, type) and dataclasses.is_dataclass(cls)
    },
    key=lambda cls: cls.__name__,
)

st.register_type_strategy(Decimal, st.decimals(allow_nan=False, allow_infinity=False))
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))


def test_the_messages_are_those_of_views_and_facade() -> None:
    names = {cls.__name__ for cls in MESSAGES}
    assert {"StatusView", "OrderView", "Delta", "PreviewView", "OrderRequest", "CommandResult"} <= names
    assert {Bar, Money} <= set(MESSAGES)


@pytest.mark.parametrize("cls", MESSAGES, ids=lambda cls: cls.__name__)
def test_every_message_comes_back_equal(cls: type) -> None:
    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    @given(st.from_type(cls))
    def check(message: Any) -> None:
        text = encode(message)
        back = decode(text)
        assert back == message
        assert type(back) is type(message)
        assert encode(back) == text

    check()


def status_document() -> dict[str, Any]:
    document = json.loads(encode(make_status()))
    assert isinstance(document, dict)
    return document


BROKEN: dict[str, Any] = {
    "a missing field": lambda value: value.pop("profile"),
    "a field too many": lambda value: value.update(extra=1),
    "a wrong enum": lambda value: value.update(trading_state="ASLEEP"),
    "a number for a text": lambda value: value.update(cannot_trade_because=3),
    "a text for a flag": lambda value: value.update(can_trade="yes"),
    "a null where none may be": lambda value: value.update(uncertain=None),
    "a time without zone": lambda value: value.update(venue_time="2026-01-05T15:00:00"),
    "no time": lambda value: value.update(venue_time="soon"),
    "no list": lambda value: value.update(links={}),
    "another class": lambda value: value.update(type="LinkView"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_message_that_does_not_fit_its_types_raises(name: str) -> None:
    document = status_document()
    BROKEN[name](document["value"])
    with pytest.raises(CodecError):
        decode(json.dumps(document))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"type": "Nothing", "value": {}}',
        '{"type": [], "value": {}}',
        '{"type": "Delta"}',
        '{"type": "Money", "value": {"type": "Money", "amount": "NaN", "currency": "USD"}}',
        '{"type": "Money", "value": {"type": "Money", "amount": 1.5, "currency": "USD"}}',
        "[" * 100_000,
    ],
)
def test_a_text_that_is_no_message_raises(text: str) -> None:
    with pytest.raises(CodecError):
        decode(text)


@given(st.data())
def test_a_text_with_one_character_changed_is_read_or_refused(data: st.DataObject) -> None:
    text = encode(Delta(Topic.LOG, True, (), ("1",), unknown="line down"))
    place = data.draw(st.integers(0, len(text) - 1))
    changed = text[:place] + data.draw(st.characters()) + text[place + 1 :]
    try:
        decode(changed)
    except CodecError:
        return


def test_only_facade_messages_cross() -> None:
    with pytest.raises(CodecError, match="not a facade message"):
        encode(object())
    with pytest.raises(CodecError, match="cannot cross"):
        encode(Delta(Topic.LOG, True, (), (), unknown=b"x"))  # type: ignore[arg-type]


def test_a_number_that_is_none_does_not_cross() -> None:
    """NaN equals nothing, itself neither: what is not known is None (R50)."""
    for value in (float("nan"), float("inf")):
        with pytest.raises(CodecError, match="cannot cross"):
            encode(LoopLag(value, 0.0, None, 0, 250.0))
    assert decode(encode(LoopLag(1.0, 2.5, None, 0, 250.0))) == LoopLag(1.0, 2.5, None, 0, 250.0)
