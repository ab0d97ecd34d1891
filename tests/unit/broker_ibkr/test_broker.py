"""The adapter over real sockets against a gateway that says exactly what a test wants, in small and odd moments."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest

from qe_dashboard.broker.ibkr import bars
from qe_dashboard.broker.port import BrokerError, InstrumentQuery, NotSent, RequestFailed
from qe_dashboard.core.clock import SystemClock
from qe_dashboard.model.enums import LinkName, LinkState, MessageClass, OrderType, Profile, SecType, Severity
from qe_dashboard.model.identifiers import AccountId, InstrumentId, OrderKey
from qe_dashboard.model.known import Known, Unknown
from qe_dashboard.model.reports import VenueMessage, VenueStatus
from support.ibkr_rig import DATA_CLIENT, ORDER_CLIENT, Rig, rig
from support.scripted_gateway import frame, open_order
from support.shipped_codes import shipped_codes

ORDER_MESSAGES = {"3", "4", "5", "15", "16", "58"}
AAPL_ROW = ("DU1234567", 265598, "AAPL", "STK", "", 0, "", "", "NASDAQ", "USD", "AAPL", "NMS", 100, 230.5)
MNQ_ROW = (
    "DU1234567",
    654503314,
    "MNQ",
    "FUT",
    "20261218",
    0,
    "",
    2,
    "CME",
    "USD",
    "MNQZ6",
    "MNQ",
    -5,
    42000.5,
)
OTHERS_ROW = ("DU7654321", 4815747, "NVDA", "STK", "", 0, "", "", "NASDAQ", "USD", "NVDA", "NMS", 7, 140.0)


def order_status(rig: Rig, key: OrderKey, word: str, *, filled: int = 0) -> None:
    rig.order.send(3, key.order_id, word, filled, 100 - filled, 0, 900, 0, 0, key.client_id, "", 0)


def order_error(rig: Rig, key: OrderKey, code: int, text: str) -> None:
    rig.order.send(4, 2, key.order_id, code, text, "")


def system(rig: Rig, code: int, text: str) -> None:
    rig.data.send(4, 2, -1, code, text, "")


# books ------------------------------------------------------------------------------------------------------------


async def test_signs_multipliers_and_foreign_accounts() -> None:
    async with rig() as one:
        one.gateway.positions = [AAPL_ROW, MNQ_ROW, OTHERS_ROW]
        await one.ready()
        book = await one.broker.positions()
        assert isinstance(book, Known)
        found = [(str(row.instrument.id), str(row.quantity), str(row.avg_price)) for row in book.value]
        assert found == [("AAPL.STK.USD", "100", "230.5"), ("MNQ.FUT.20261218.USD", "-5", "21000.25")]


async def test_one_unreadable_row_of_three_makes_the_book_unknown() -> None:
    """R01: a decoder that dropped rows silently once showed an empty book for an account holding twelve names."""
    async with rig() as one:
        one.gateway.positions = [AAPL_ROW, MNQ_ROW[:4], MNQ_ROW]
        await one.ready()
        assert isinstance(one.events.positions, Unknown)
        book = await one.broker.positions()
        assert isinstance(book, Unknown)
        assert "could not be read" in book.reason

        one.gateway.positions = [AAPL_ROW, MNQ_ROW]
        book = await one.broker.positions()
        assert isinstance(book, Known)
        assert len(book.value) == 2


async def test_a_row_of_nonsense_makes_the_book_unknown() -> None:
    async with rig() as one:
        one.gateway.positions = [(*AAPL_ROW[:12], "nan", 230.5)]
        await one.ready()
        assert isinstance(await one.broker.positions(), Unknown)


async def test_a_live_row_that_cannot_be_read_spoils_a_known_book() -> None:
    async with rig() as one:
        await one.ready()
        assert isinstance(one.events.positions, Known)
        one.data.send(61, 3, *MNQ_ROW[:4])
        await one.until(lambda: isinstance(one.events.positions, Unknown), "the book is unknown")


async def test_a_live_row_updates_and_a_zero_removes() -> None:
    mnq = InstrumentId("MNQ.FUT.20261218.USD")
    async with rig() as one:
        one.gateway.positions = [AAPL_ROW]
        await one.ready()
        one.data.send(61, 3, *MNQ_ROW)
        await one.until(lambda: one.events.held(mnq) == -5, "MNQ is short 5")
        assert one.events.held(one.instrument.id) == 100
        one.data.send(61, 3, *AAPL_ROW[:12], 0, 0)
        await one.until(lambda: one.events.held(one.instrument.id) == 0, "AAPL is gone")


async def test_concurrent_questions_share_one_request() -> None:
    """The libraries key these answers by name: the first caller of two would wait for ever."""
    async with rig() as one:
        await one.ready()
        before = one.data.kinds()
        books = await asyncio.gather(
            *(one.broker.positions() for _ in range(5)), *(one.broker.open_orders() for _ in range(5))
        )
        assert all(isinstance(book, Known) for book in books)
        asked = one.data.kinds()[len(before) :]
        assert sorted(asked) == ["16", "61"]


async def test_only_the_data_link_asks_for_all_open_orders() -> None:
    async with rig() as one:
        await one.ready()
        await one.broker.open_orders()
        assert "16" in one.data.kinds()
        assert "16" not in one.order.kinds()
        assert ORDER_MESSAGES.isdisjoint(set(one.data.kinds()) - {"16"})


async def test_everybodys_open_orders_are_read_with_the_values_a_real_tws_sends() -> None:
    async with rig() as one:
        await one.ready()
        by_hand = partial(open_order, client_id=0, order_id=0, status="Submitted", tif="GTC")
        one.gateway.open_orders = [
            open_order(
                order_id=5, client_id=ORDER_CLIENT, perm_id=900, status="Submitted", order_ref="QE:abc"
            ),
            frame(3, 5, "Submitted", 40, 60, 233.0, 900, 0, 233.0, ORDER_CLIENT, "", 0),
            open_order(order_id=3, client_id=7, perm_id=901, status="PreSubmitted"),
            by_hand(perm_id=902),
            by_hand(perm_id=903, order_type="MKT", limit=0.0),
            open_order(order_id=9, client_id=7, perm_id=904, status="Submitted", account="DU7654321"),
        ]
        book = await one.broker.open_orders()
        assert isinstance(book, Known)
        assert [(row.owner, str(row.key), row.perm_id, row.status, row.filled) for row in book.value] == [
            ("THIS", "2/5", 900, VenueStatus.WORKING, 40),
            ("CLIENT 7", "7/3", 901, VenueStatus.HELD, None),
            ("TWS", "0/-902", 902, VenueStatus.WORKING, None),
            ("TWS", "0/-903", 903, VenueStatus.WORKING, None),
        ]
        assert book.value[0].spec == one.limit_order(OrderKey(ORDER_CLIENT, 5)).spec
        assert (book.value[3].spec.order_type, book.value[3].spec.limit_price) == ("MKT", None)


@pytest.mark.parametrize(
    "row",
    [
        frame(5, 5, 265598, "AAPL", "STK"),
        frame(3, 5, "Submitted", "many", 1, 1, 1, 1, 1, 1, "", 0),
        open_order(order_id=5, client_id=7, perm_id=900, status="Paused"),
        open_order(order_id=5, client_id=7, perm_id=900, status="Submitted", quantity=0),
    ],
)
async def test_one_order_that_cannot_be_read_makes_the_book_unknown(row: bytes) -> None:
    async with rig() as one:
        await one.ready()
        good = open_order(order_id=6, client_id=7, perm_id=905, status="Submitted")
        one.gateway.open_orders = [good, row]
        assert isinstance(await one.broker.open_orders(), Unknown)
        one.gateway.open_orders = [good]
        assert isinstance(await one.broker.open_orders(), Known)


async def test_an_order_of_a_kind_not_offered_here_stands_in_the_book_as_other() -> None:
    async with rig() as one:
        await one.ready()
        trail = open_order(order_id=5, client_id=7, perm_id=900, status="Submitted", order_type="TRAIL")
        one.gateway.open_orders = [trail]
        book = await one.broker.open_orders()
        assert isinstance(book, Known)
        assert [report.spec.order_type for report in book.value] == [OrderType.OTHER]


async def test_no_answer_is_unknown_and_the_next_caller_waits_for_the_same_answer() -> None:
    """R14, R01: after a time-out the late answer must not pass for the next question's."""
    async with rig(request_timeout_s=0.1) as one:
        await one.ready()
        one.gateway.silent_to = {"16"}
        assert isinstance(await one.broker.open_orders(), Unknown)
        assert isinstance(await one.broker.open_orders(), Unknown)
        assert one.data.kinds().count("16") == 1
        waiting = asyncio.ensure_future(one.broker.open_orders())
        await asyncio.sleep(0)
        one.data.send(53, 1)
        assert isinstance(await waiting, Known)


async def test_a_book_that_is_never_answered_ends_the_session() -> None:
    async with rig(request_timeout_s=0.02) as one:
        await one.ready()
        one.gateway.silent_to = {"16"}
        await one.broker.open_orders()
        await one.until(lambda: one.events.links[-1].epoch == 1, "the link was dropped")
        one.gateway.silent_to = set()
        await one.until(lambda: one.state(LinkName.DATA) is LinkState.READY, "the link is back")
        assert isinstance(await one.broker.open_orders(), Known)


async def test_an_execution_that_cannot_be_read_makes_the_list_unknown() -> None:
    async with rig() as one:
        one.gateway.silent_to = {"7"}
        await one.ready()
        asking = asyncio.ensure_future(one.broker.executions())
        await one.until_heard(lambda: "7" in one.order.kinds(), "executions are asked for")
        request = next(message for message in one.order.received if message[0] == "7")
        assert request[4] == "DU1234567"
        one.order.send(11, request[2], 5, 265598, "AAPL")
        one.order.send(55, 1, request[2])
        assert isinstance(await asking, Unknown)
        assert one.events.messages[-1].message_class is MessageClass.UNKNOWN


async def test_an_account_value_that_cannot_be_read_makes_the_account_unknown() -> None:
    """R03: as for positions."""
    async with rig() as one:
        await one.ready()
        assert isinstance(one.events.account, Known)
        one.data.send(6, 2, "NetLiquidation", "1e5x", "USD", "DU1234567")
        await one.until(lambda: isinstance(one.events.account, Unknown), "the account is unknown")


async def test_an_account_message_that_cannot_be_decoded_makes_the_account_unknown() -> None:
    async with rig() as one:
        await one.ready()
        one.data.send(6, 2, "NetLiquidation")
        await one.until(lambda: isinstance(one.events.account, Unknown), "the account is unknown")
        one.data.send(6, 2, "NetLiquidation", "100001", "USD", "DU1234567")
        await one.broker.positions()
        assert isinstance(one.events.account, Unknown)


async def test_half_a_download_is_not_an_account() -> None:
    async with rig() as one:
        one.gateway.silent_to = {"6"}
        one.start()
        await one.until_heard(
            lambda: any("6" in peer.kinds() for peer in one.gateway.peers), "values are asked for"
        )
        one.data.send(6, 2, "NetLiquidation", "100000", "USD", "DU1234567")
        await one.broker.positions()
        assert "account" not in one.events.log
        one.data.send(6, 2, "BuyingPower", "400000", "USD", "DU1234567")
        one.data.send(54, 1, "DU1234567")
        await one.until(lambda: isinstance(one.events.account, Known), "the account is known")
        assert isinstance(one.events.account, Known)
        assert one.events.account.value.buying_power == 400000


async def test_an_account_download_that_comes_late_is_still_taken() -> None:
    async with rig(request_timeout_s=0.1) as one:
        one.gateway.silent_to = {"6"}
        await one.ready()
        assert isinstance(one.events.account, Unknown)
        one.data.send(6, 2, "NetLiquidation", "100000", "USD", "DU1234567")
        one.data.send(54, 1, "DU1234567")
        await one.until(lambda: isinstance(one.events.account, Known), "the account is known")


async def test_an_account_stream_taken_by_another_program_is_asked_for_again_once() -> None:
    async with rig() as one:
        await one.ready()
        before = one.data.kinds().count("6")
        for _ in range(5):
            system(one, 2100, "New account data requested from TWS.")
        await one.until_heard(lambda: one.data.kinds().count("6") > before, "it is asked for")
        await one.broker.positions()
        assert one.data.kinds().count("6") == before + 1


def execution(
    key: OrderKey, exec_id: str, at: str, *, request: object = -1, account: str = "DU1234567"
) -> bytes:
    contract = (265598, "AAPL", "STK", "", 0, "", "", "NASDAQ", "USD", "AAPL", "NMS")
    head = (11, request, key.order_id, *contract, exec_id, at, account, "NASDAQ", "BOT", 100, 233.33, 900)
    return frame(*head, key.client_id, 0, 100, 233.33, "QE:abc", "", "", "", 1)


async def test_executions_carry_their_commission_and_keep_the_second_they_fell_in() -> None:
    async with rig() as one:
        one.gateway.silent_to = {"7"}
        await one.ready()
        key = one.broker.reserve_key(above=0)
        one.broker.place(one.limit_order(key))
        at = "20240305 11:00:00 UTC"
        one.order.send_bytes(execution(key, "1.1", at, account="DU7654321"))
        one.order.send_bytes(execution(key, "1.2", at))
        one.order.send(59, 1, "1.2", 1.25, "USD", 0, 0, 0)
        await one.until(lambda: bool(one.events.fills) or bool(one.events.messages), "the fill")
        # Of another account of the same login: not ours to report.
        assert [fill.exec_id for fill in one.events.fills] == ["1.2"]

        since = one.events.fills[0].at.replace(microsecond=500_000)
        asking = asyncio.ensure_future(one.broker.executions(since=since))
        await one.until_heard(lambda: "7" in one.order.kinds(), "executions are asked for")
        request = next(message for message in one.order.received if message[0] == "7")[2]
        for exec_id, earlier in (("0.9", "20240305 10:59:59 UTC"), ("1.2", at)):
            one.order.send_bytes(execution(key, exec_id, earlier, request=request))
        one.order.send(55, 1, request)
        book = await asking
        assert isinstance(book, Known)
        assert [(fill.exec_id, str(fill.commission and fill.commission.amount)) for fill in book.value] == [
            ("1.2", "1.25")
        ]


# contracts and bars ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [200, 162])
async def test_no_such_contract_is_an_empty_answer_and_any_other_error_is_none(code: int) -> None:
    async with rig(request_timeout_s=60.0) as one:
        await one.ready()
        asking = asyncio.ensure_future(one.broker.find_instruments(InstrumentQuery("NOSUCH", SecType.STOCK)))
        await one.until_heard(lambda: "9" in one.data.kinds(), "the contract is asked for")
        request = next(message for message in one.data.received if message[0] == "9")[2]
        one.data.send(4, 2, request, code, "No security definition has been found", "")
        if code == 200:
            assert await asking == ()
        else:
            with pytest.raises(RequestFailed, match="No security definition"):
                await asking


def history_requests(one: Rig) -> list[list[str]]:
    return [message for message in one.data.received if message[0] == "20"]


def history(request: str, *dates: str) -> bytes:
    bars = [field for date in dates for field in (date, 10, 12, 9, 11, 500, 10.5, 7)]
    return frame(17, request, dates[0], dates[-1], len(dates), *bars)


async def test_a_running_bar_is_told_and_the_closed_one_once_more() -> None:
    async with rig() as one:
        await one.ready()
        one.broker.want_bars(one.instrument, bar_seconds=60)
        await one.until_heard(lambda: len(history_requests(one)) == 1, "the line is asked for")
        request = history_requests(one)[0][1]
        one.data.send_bytes(history(request, "1709636400", "1709636460"))
        await one.until(lambda: len(one.events.bars) == 1, "the running bar")
        one.data.send(90, request, 7, "1709636520", 11, 12, 13, 10, 11.5, 600)
        await one.until(lambda: len(one.events.bars) == 3, "the closed and the new bar")
        assert [int(bar.start.timestamp()) for bar in one.events.bars] == [1709636460, 1709636460, 1709636520]
        assert (one.events.bars[-1].open, one.events.bars[-1].close) == (Decimal(11), Decimal(12))


@pytest.mark.parametrize("code", [1101, 1102])
async def test_bars_are_asked_for_again_when_the_gateway_is_back(code: int) -> None:
    async with rig() as one:
        await one.ready()
        one.broker.want_bars(one.instrument, bar_seconds=60)
        await one.until_heard(lambda: len(history_requests(one)) == 1, "the line is asked for")
        one.data.send_bytes(history(history_requests(one)[0][1], "1709636400"))
        await one.until(lambda: len(one.events.bars) == 1, "the running bar")
        system(one, code, "Connectivity restored")
        await one.until_heard(lambda: len(history_requests(one)) == 2, "the line is asked for again")
        assert "25" in one.data.kinds()


async def test_a_bar_line_that_failed_is_tried_again_and_complained_of_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bars, "RETRY_S", 0.02)
    async with rig() as one:
        await one.ready()
        one.broker.want_bars(one.instrument, bar_seconds=60)
        for tries in (1, 2):
            await one.until_heard(lambda: len(history_requests(one)) == tries, "the line is asked for")  # noqa: B023
            one.data.send(4, 2, history_requests(one)[-1][1], 162, "HMDS query returned no data", "")
        await one.until_heard(lambda: len(history_requests(one)) == 3, "the line is asked for a third time")
        one.data.send_bytes(history(history_requests(one)[-1][1], "1709636400"))
        await one.until(lambda: len(one.events.bars) == 1, "the running bar")
        assert [message.text.count("no data") for message in one.events.messages] == [1]


async def test_history_that_does_not_come_is_cancelled_and_said() -> None:
    async with rig(request_timeout_s=0.1) as one:
        await one.ready()
        with pytest.raises(RequestFailed, match="No chart of AAPL"):
            await one.broker.history(one.instrument, bar_seconds=60, count=5)
        await one.until_heard(lambda: "25" in one.data.kinds(), "the request is cancelled")


# identity -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "accounts"),
    [(Profile.IBKR_PAPER, "U1234567"), (Profile.IBKR_LIVE, "DU1234567"), (Profile.IBKR_PAPER, "DU1,DU2")],
)
async def test_a_wrong_account_is_disconnected_before_any_order_call(profile: Profile, accounts: str) -> None:
    async with rig(profile=profile) as one:
        one.gateway.accounts = accounts
        one.start()
        await one.until(lambda: bool(one.events.refusals), "the account is refused")
        await one.until(lambda: one.state(LinkName.DATA) is LinkState.DISCONNECTED, "the link is closed")
        assert accounts.split(",")[0] in one.events.refusals[0]
        # Not tried again by itself: the retry delay is 0.1 s at most.
        await SystemClock().sleep(0.3)
        assert len(one.gateway.peers) == 1
        assert one.data.kinds() == ["71"]
        assert one.events.identities == []
        # The dropped session had told of a farm and, by it, of IBKR.
        assert one.broker.health().farms == ()
        assert one.events.upstream[-1].up is None
        with pytest.raises(NotSent):
            one.broker.reserve_key(above=0)


async def test_after_a_refusal_reconnect_tries_again() -> None:
    async with rig() as one:
        one.gateway.accounts = "U1234567"
        one.start()
        await one.until(lambda: bool(one.events.refusals), "the account is refused")
        one.gateway.accounts = "DU1234567"
        await one.broker.reconnect()
        await one.until(lambda: all(status.is_up for status in one.broker.links()), "both links are READY")


async def test_another_account_after_a_reconnect_is_refused() -> None:
    async with rig() as one:
        await one.ready()
        one.gateway.accounts = "DU7654321"
        one.data.writer.close()
        await one.until(lambda: bool(one.events.refusals), "the other account is refused")
        await one.until(
            lambda: {status.state for status in one.broker.links()} == {LinkState.DISCONNECTED},
            "both links are closed",
        )


async def test_a_locked_order_link_says_what_it_waits_for() -> None:
    async with rig(profile=Profile.IBKR_LIVE) as one:
        one.gateway.accounts = "U1234567"
        one.start()
        await one.until(lambda: one.state(LinkName.DATA) is LinkState.READY, "the data link is READY")
        [told] = [status for status in one.events.links if status.name is LinkName.ORDER]
        assert (told.state, told.reason) == (LinkState.DISCONNECTED, "waits for the typed account id")


READ_ONLY = "Error validating request.-'bW' : cause - The API interface is currently in Read-Only mode."


async def test_a_read_only_api_is_said_once_per_session_in_words_that_help() -> None:
    async with rig() as one:
        await one.ready()

        def told() -> list[VenueMessage]:
            return [m for m in one.events.messages if 'Untick "Read-Only API"' in m.press]

        for _ in range(3):
            one.order.send(4, 2, -1, 321, READ_ONLY, "")
        system(one, 2104, "Market data farm connection is OK:usfarm")
        await one.until(lambda: len(told()) == 1, "it is told")
        assert (told()[0].message_class, told()[0].severity) == (
            MessageClass.CONFIGURATION,
            Severity.CRITICAL,
        )
        assert (told()[0].text, told()[0].plain) == (READ_ONLY, "The gateway's API is read-only.")
        await one.broker.reconnect()
        await one.ready()
        one.order.send(4, 2, -1, 321, READ_ONLY.upper(), "")
        await one.until(lambda: len(told()) == 2, "the next session tells it again")


async def test_another_321_is_not_taken_for_a_read_only_api() -> None:
    async with rig() as one:
        await one.ready()
        system(one, 321, "Error validating request: no such thing")
        await one.until(lambda: any(m.code == 321 for m in one.events.messages), "it is told")
        assert not any(m.plain.startswith("The gateway's API is read-only") for m in one.events.messages)


async def test_own_orders_that_are_not_answered_are_a_sign_of_a_read_only_api() -> None:
    async with rig(request_timeout_s=0.2) as one:
        one.gateway.silent_to = {"5"}
        one.start()
        await one.until(
            lambda: any("as when its API is read-only" in m.text for m in one.events.messages), "it is told"
        )


async def test_a_session_elsewhere_is_said_in_words_that_help() -> None:
    async with rig() as one:
        await one.ready()
        system(one, 10197, "No market data during competing live session")
        await one.until(lambda: any(m.code == 10197 for m in one.events.messages), "it is told")
        said = one.events.messages[-1]
        assert said.text == "No market data during competing live session"
        assert said.plain.startswith("Your username is logged in elsewhere")
        assert "Orders and positions are current" in said.for_orders
        assert "Log out" in said.press


async def test_a_quiet_code_is_counted_in_the_log_file_only(caplog: pytest.LogCaptureFixture) -> None:
    async with rig() as one:
        await one.ready()
        with caplog.at_level(logging.DEBUG, logger="qe_dashboard.broker.ibkr.notices"):
            for _ in range(3):
                system(one, 2108, "Market data farm connection is inactive:usfuture")
            system(one, 2104, "Market data farm connection is OK:usfarm")
            await one.until(lambda: any(m.code == 2104 for m in one.events.messages), "the next is told")
        assert not any(m.code == 2108 for m in one.events.messages)
        [last] = [r.getMessage() for r in caplog.records if "number 3" in r.getMessage()]
        assert last.startswith("code 2108")


async def test_an_unlisted_code_is_shown_as_it_came() -> None:
    async with rig() as one:
        await one.ready()
        system(one, 98765, "Something new")
        await one.until(lambda: any(m.code == 98765 for m in one.events.messages), "it is told")
        said = one.events.messages[-1]
        assert (said.text, said.message_class) == ("Something new", MessageClass.UNKNOWN)
        assert (said.plain, said.for_orders, said.press) == ("", "", "")


async def test_an_answer_about_an_order_of_an_earlier_session_reaches_the_engine() -> None:
    """Its cancel was asked for here; lost, the engine would wait for the deadline."""
    async with rig() as one:
        await one.ready()
        one.order.send(4, 2, 77, 10148, "OrderId 77 cannot be cancelled, state: Filled.", "")
        await one.until(lambda: any(m.code == 10148 for m in one.events.messages), "it is told")
        said = one.events.messages[-1]
        assert (said.order_key, said.message_class) == (
            OrderKey(ORDER_CLIENT, 77),
            MessageClass.ORDER_TERMINAL,
        )
        assert not one.events.orders


async def test_a_broken_file_of_the_user_is_told_once_and_the_shipped_words_stay() -> None:
    codes = replace(shipped_codes(), problem="Your ibkr_codes.toml is not in force: line 3")
    async with rig(codes=codes) as one:
        await one.ready()
        await one.broker.reconnect()
        await one.ready_again()
        [told] = [m for m in one.events.messages if "ibkr_codes.toml" in m.text]
        assert (told.message_class, told.severity) == (MessageClass.CONFIGURATION, Severity.ERROR)


async def test_a_cancel_that_was_not_sent_claims_nothing_about_the_order() -> None:
    async with rig() as one:
        with pytest.raises(
            NotSent, match="Whether the order still works is not known until the link is back"
        ):
            one.broker.cancel(OrderKey(ORDER_CLIENT, 3))


async def test_live_orders_wait_for_the_typed_account() -> None:
    async with rig(profile=Profile.IBKR_LIVE) as one:
        one.gateway.accounts = "U1234567"
        one.start()
        await one.until(lambda: one.state(LinkName.DATA) is LinkState.READY, "the data link is READY")
        assert one.state(LinkName.ORDER) is LinkState.DISCONNECTED
        assert {peer.client_id for peer in one.gateway.peers} == {DATA_CLIENT}
        assert ORDER_MESSAGES.isdisjoint(one.data.kinds())
        with pytest.raises(BrokerError, match="U1234567"):
            one.broker.authorise_orders(AccountId("U123"))
        with pytest.raises(NotSent):
            one.broker.reserve_key(above=0)
        one.broker.authorise_orders(AccountId("U1234567"))
        await one.until(lambda: one.state(LinkName.ORDER) is LinkState.READY, "the order link is READY")


# orders ---------------------------------------------------------------------------------------------------------------


async def test_ids_start_at_the_venues_and_stay_above_the_journals() -> None:
    async with rig() as one:
        one.gateway.next_id = 40
        await one.ready()
        first = one.broker.reserve_key(above=0)
        assert first.client_id == ORDER_CLIENT
        assert first.order_id >= 40
        assert one.broker.reserve_key(above=500).order_id == 501


async def test_an_order_carries_account_tif_and_reference() -> None:
    async with rig() as one:
        await one.ready()
        key = one.broker.reserve_key(above=0)
        one.broker.place(one.limit_order(key))
        await one.until_heard(lambda: "3" in one.order.kinds(), "the order arrives")
        (message,) = [message for message in one.order.received if message[0] == "3"]
        assert message[1:3] == [str(key.order_id), "265598"]
        for value in ("BUY", "100", "LMT", "233.33", "DAY", "DU1234567", "QE:abc"):
            assert value in message


async def test_a_code_alone_rejects_only_what_was_never_acknowledged() -> None:
    async with rig() as one:
        await one.ready()
        new, working = one.broker.reserve_key(above=0), one.broker.reserve_key(above=0)
        for key in (new, working):
            one.broker.place(one.limit_order(key))
        order_status(one, working, "Submitted")
        order_error(one, new, 110, "off tick")
        order_error(one, working, 110, "off tick")
        await one.until(lambda: len(one.events.messages) == 2, "both messages")
        assert one.events.status(new) is VenueStatus.REJECTED
        assert one.events.status(working) is VenueStatus.WORKING


async def test_a_change_to_an_order_the_library_declared_dead_is_sent_and_raises_nothing() -> None:
    """Reference 2.4: after 10349 the library asserts, but only once the bytes are out."""
    async with rig() as one:
        await one.ready()
        key = one.broker.reserve_key(above=0)
        one.broker.place(one.limit_order(key))
        order_status(one, key, "Submitted")
        order_error(one, key, 10349, "TIF was set to DAY")
        await one.until(lambda: bool(one.events.messages), "the notice")
        one.broker.modify(one.limit_order(key, price="233.40"))
        await one.until_heard(lambda: one.order.kinds().count("3") == 2, "the change arrives")
        order_status(one, key, "Cancelled")
        await one.until(lambda: one.events.status(key) is VenueStatus.CANCELLED, "the real cancel is told")


async def test_only_own_orders_can_be_cancelled() -> None:
    async with rig() as one:
        await one.ready()
        for foreign in (OrderKey(7, 3), OrderKey(0, -900), OrderKey(DATA_CLIENT, 3)):
            with pytest.raises(NotSent, match="another program"):
                one.broker.cancel(foreign)
        one.broker.cancel(OrderKey(ORDER_CLIENT, 3))
        await one.until_heard(lambda: "4" in one.order.kinds(), "the cancel arrives")


async def test_an_instrument_nobody_looked_up_is_not_sent() -> None:
    async with rig() as one:
        await one.ready()
        unknown = replace(one.instrument, con_id=None)
        with pytest.raises(NotSent, match="never looked up"):
            one.broker.place(one.limit_order(one.broker.reserve_key(above=0), instrument=unknown))
        assert "3" not in one.order.kinds()


async def test_while_the_gateway_has_lost_ibkr_orders_stay_here_and_cancels_go() -> None:
    async with rig() as one:
        await one.ready()
        key = one.broker.reserve_key(above=0)
        system(one, 1100, "Connectivity between IB and TWS has been lost.")
        await one.until(lambda: one.events.upstream[-1].up is False, "upstream is down")
        with pytest.raises(NotSent, match="lost IBKR's servers"):
            one.broker.place(one.limit_order(key))
        one.broker.cancel(key)
        system(one, 1102, "Connectivity restored - data maintained.")
        await one.until(lambda: one.events.upstream[-1].up is True, "upstream is back")
        one.broker.place(one.limit_order(key))


async def test_a_fill_reported_for_an_order_without_an_echo_is_heard() -> None:
    async with rig() as one:
        await one.ready()
        key = one.broker.reserve_key(above=0)
        one.broker.place(one.limit_order(key))
        one.order.send_bytes(execution(key, "1.1", "20240305-11:00:00"))
        await one.until(lambda: bool(one.events.fills) or bool(one.events.messages), "the fill")
        assert one.events.filled(key) == 100


async def test_a_loss_told_together_with_the_handshake_is_heard() -> None:
    """A gateway that is itself cut off answers books from its cache: they must not pass for a connection."""
    async with rig() as one:
        one.gateway.first_words = [
            frame(4, 2, -1, 2110, "Connectivity between TWS and server is broken.", "")
        ]
        await one.ready()
        assert isinstance(one.events.positions, Known)
        assert [status.up for status in one.events.upstream] == [False]
        with pytest.raises(NotSent):
            one.broker.reserve_key(above=0)


# quotes ---------------------------------------------------------------------------------------------------------------


def market_data_requests(one: Rig) -> list[int]:
    return [int(message[2]) for message in one.data.received if message[0] == "1"]


async def test_a_restored_gateway_is_asked_again_and_must_prove_each_line() -> None:
    async with rig() as one:
        await one.ready()
        one.broker.want_quotes(one.instrument)
        await one.until_heard(lambda: len(market_data_requests(one)) == 1, "the line is asked for")
        one.data.send(58, 1, market_data_requests(one)[0], 1)
        one.data.send(1, 6, market_data_requests(one)[0], 1, 233.10, 300, 0)
        await one.until(lambda: bool(one.events.quotes) and one.events.quotes[-1].proven, "a proven quote")

        one.data.send_bytes(frame(4, 2, -1, 1101, "Connectivity restored - data lost.", "") * 20)
        await one.until_heard(lambda: len(market_data_requests(one)) == 2, "the line is asked for again")
        assert not one.events.quotes[-1].proven
        # Yesterday's close is no proof; a bid is, even the same one, and nothing of the old quote stands beside it.
        request = market_data_requests(one)[-1]
        count = len(one.events.quotes)
        one.data.send(1, 6, request, 9, 232.00, 0, 0)
        await one.until(lambda: len(one.events.quotes) > count, "a tick that proves nothing")
        assert not one.events.quotes[-1].proven
        assert one.events.quotes[-1].bid is None
        one.data.send(1, 6, market_data_requests(one)[-1], 1, 233.10, 300, 0)
        await one.until(lambda: one.events.quotes[-1].proven, "a proven quote")
        # Twenty notices, one round.
        assert len(market_data_requests(one)) == 2


@pytest.mark.parametrize("code", [10197, 354, 10168])
async def test_a_dead_line_is_no_market(code: int) -> None:
    async with rig() as one:
        await one.ready()
        one.broker.want_quotes(one.instrument)
        await one.until_heard(lambda: len(market_data_requests(one)) == 1, "the line is asked for")
        request = market_data_requests(one)[0]
        one.data.send(1, 6, request, 1, 233.10, 300, 0)
        await one.until(lambda: bool(one.events.quotes) and one.events.quotes[-1].proven, "a proven quote")
        for _ in range(15):
            one.data.send(4, 2, request, code, "No market data", "")
        await one.until(lambda: not one.events.quotes[-1].proven, "the quote is history")
        await one.broker.positions()
        about = [message for message in one.events.messages if message.code == code]
        # The engine makes one line of a burst (C3).
        assert {message.instrument_id for message in about} == {"AAPL.STK.USD"}


async def test_a_line_wanted_while_the_link_comes_up_is_asked_for_once() -> None:
    """Each request holds one of the account's 100 lines until it is cancelled."""
    async with rig() as one:
        wanted = [replace(one.instrument, id=InstrumentId(f"S{n}.STK.USD"), con_id=n) for n in range(1, 13)]
        for instrument in wanted[:6]:
            one.broker.want_quotes(instrument)
        await one.ready()
        for instrument in wanted[6:]:
            one.broker.want_quotes(instrument)
        await one.until_heard(lambda: len(market_data_requests(one)) >= 12, "all lines are asked for")
        await one.broker.positions()
        open_lines = one.data.kinds().count("1") - one.data.kinds().count("2")
        assert open_lines == 12


async def test_a_released_line_is_cancelled() -> None:
    async with rig() as one:
        await one.ready()
        one.broker.want_quotes(one.instrument)
        await one.until_heard(lambda: len(market_data_requests(one)) == 1, "the line is asked for")
        one.broker.release_quotes(one.instrument)
        one.broker.release_quotes(one.instrument)
        await one.until_heard(lambda: "2" in one.data.kinds(), "the line is cancelled")


async def test_delayed_prices_are_marked() -> None:
    async with rig() as one:
        await one.ready()
        one.broker.want_quotes(one.instrument)
        await one.until_heard(lambda: len(market_data_requests(one)) == 1, "the line is asked for")
        request = market_data_requests(one)[0]
        one.data.send(4, 2, request, 10167, "Displaying delayed market data.", "")
        one.data.send(58, 1, request, 3)
        one.data.send(1, 6, request, 66, 233.10, 300, 0)
        await one.until(lambda: bool(one.events.quotes), "a quote")
        assert one.events.quotes[-1].tier == "DELAYED"
        assert one.events.messages[-1].code == 10167
