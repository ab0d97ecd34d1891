"""What F9 says: states in words, ages by the engine's clock, a dash for what never came."""

from dataclasses import replace
from datetime import timedelta

import pytest

from qe_dashboard.engine.health_views import CheckLine, CheckState, ExpectedOutage, OutageLine, StateLine
from qe_dashboard.model.connection import LineKind, LineState, LinkCause, Meter, Restoration
from qe_dashboard.model.enums import AccountKind, LinkName, LinkState, Profile
from qe_dashboard.model.ladder import PortAnswer, PortScan, Rung, RungName, RungState
from qe_dashboard.ui.presenters import data_lines, ladder, links, outages
from qe_dashboard.ui.presenters.cells import Line, Tone
from qe_dashboard.ui.presenters.told import SAME, Told
from support.health_builders import (
    ago,
    failing,
    make_health,
    make_line,
    make_link_health,
    make_outage,
    make_restoring,
)
from support.view_builders import NOW, make_ladder

ZONE = "America/New_York"


def said(lines: tuple[Line, ...] | list[Line]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


# Ladder


def test_the_first_failure_stands_out_with_its_one_fix_and_what_follows_from_it_does_not() -> None:
    broken = make_ladder(
        Rung(RungName.CLIENT_ID, RungState.FAIL, "client id 1 is in use", "Close the other program."),
        Rung(RungName.ORDER_ID, RungState.FAIL, "none came"),
    )
    rows = dict(ladder.rung_rows(broken))
    assert rows["client id free"][0] == ("✗ FAIL", Tone.BAD)
    assert rows["next order id"][0] == ("✗ FAIL", Tone.WARN)
    assert rows["port open"][0] == ("✓ pass", Tone.GOOD)
    assert said(ladder.verdict_lines(broken)) == [
        "FAIL client id free: client id 1 is in use",
        "FIX  Close the other program.",
    ]


def test_a_ladder_says_whose_account_it_found_and_never_more_than_it_knows() -> None:
    assert said(ladder.verdict_lines(make_ladder())) == ["✓    every rung passes: DU1234567, PAPER account"]
    unsure = make_ladder(Rung(RungName.QUOTE, RungState.UNKNOWN, "the market is closed"))
    assert said(ladder.verdict_lines(unsure)) == ["?    nothing failed, and 1 of 11 rungs could not be told"]
    none = make_ladder(*(Rung(name, RungState.NOT_APPLICABLE, "") for name in RungName))
    assert said(ladder.verdict_lines(none)) == ["n/a  this profile has no connection to climb"]


def test_as_lines_the_ladder_begins_with_what_to_do() -> None:
    lines = said(ladder.ladder_lines(failing(RungName.PORT, "nothing listens", "Start it.")))
    assert lines[1] == "FIX  Start it."
    assert lines[2].split(maxsplit=1)[0] == "✓"
    assert lines[3].startswith("✗ FAIL")
    assert "not reached" in lines[4]
    assert len(lines) == 2 + len(RungName)


def test_a_venue_inside_the_program_has_no_address() -> None:
    inside = make_ladder(host="", port=0)
    assert ladder.address(inside) == ""
    assert "client ids" not in said([ladder.tested_line(inside)])[0]
    assert said([ladder.tested_line(make_ladder())])[0].startswith("127.0.0.1:4002, on client ids of its own")


def test_a_port_says_what_answers_and_whose_account_it_is() -> None:
    answer = PortAnswer(7496, "TWS live", True, "server 176", ("U7654321",), AccountKind.LIVE)
    (line,) = said([ladder.scan_line(answer, Profile.IBKR_LIVE)])
    assert line.split() == ["✓", "7496", "TWS", "live", "LIVE", "U7654321", "server", "176"]
    (line,) = said([ladder.scan_line(replace(answer, detail="live account U7654321"), Profile.IBKR_PAPER)])
    assert line.startswith("✗ 7496")
    assert "not for ibkr-paper" in line
    assert line.count("U7654321") == 1
    (line,) = said(
        [ladder.scan_line(PortAnswer(4001, "Gateway live", None, "is silent"), Profile.IBKR_PAPER)]
    )
    assert line.startswith("? 4001")
    (line,) = said(
        [ladder.scan_line(PortAnswer(4002, "Gateway paper", False, "nothing listens"), Profile.IBKR_PAPER)]
    )
    assert line.startswith("· 4002")


def test_a_scan_counts_what_could_not_be_found_out() -> None:
    scan = PortScan("gw", (PortAnswer(1, "a", True, ""), PortAnswer(2, "b", None, "")))
    assert said([ladder.scan_summary(scan)])[0].startswith("1 of 2 standard ports answer, 1 unclear.")


# Links


def lines_of(**changes: object) -> str:
    return "\n".join(said(links.links_lines(make_health(**changes), now=NOW, zone=ZONE)))


def test_a_link_that_is_up_is_one_line_and_explains_nothing() -> None:
    link = make_link_health(reason="connected")
    text = lines_of(links=(link,))
    assert "DATA LINK       ● READY  for 2h  client 1  reply 3s ago  server 176" in text
    assert "connected" not in text
    assert "data link +0.4 s" in text


def test_a_link_that_waits_says_why_and_when_it_tries_again() -> None:
    link = make_link_health(
        LinkName.ORDER,
        state=LinkState.WAITING,
        cause=LinkCause.CLIENT_ID_TAKEN,
        reason="TWS says 326",
        retry_at=NOW + timedelta(seconds=67),
        tries=1,
        last_reply_at=None,
        skew_s=None,
    )
    text = lines_of(links=(link,))
    assert "○ WAITING" in text
    assert "client id in use: TWS says 326" in text
    assert "next try in 1m07s, after 1 failed try" in text
    assert "no reply yet" in text
    assert "order link —" in text


def test_the_cause_is_not_said_twice_and_the_second_link_not_again() -> None:
    down = make_link_health(
        state=LinkState.WAITING, cause=LinkCause.NOTHING_LISTENS, reason="Nothing listens on 4002"
    )
    text = lines_of(links=(down, replace(down, name=LinkName.ORDER)))
    assert text.count("othing listens") == 1
    assert "as the data link" in text


def test_one_reason_behind_everything_is_said_once() -> None:
    reason = "Nothing is listening on 127.0.0.1:4002. Start TWS or Gateway"
    down = make_link_health(state=LinkState.WAITING, cause=LinkCause.NOTHING_LISTENS, reason=reason)
    check = CheckLine("positions", CheckState.UNKNOWN, f"data link WAITING: {reason}")
    text = lines_of(links=(down,), checklist=(check, replace(check, name="orders")))
    assert text.count("is listening") == 1
    assert text.count("UNKNOWN  same reason") == 2
    assert "ORDER LINK      ○ DISCONNECTED  not started: waits for the data link" in text


def test_a_short_word_in_a_reason_is_not_the_same_reason() -> None:
    told = Told("a")
    assert told.say("data link WAITING") == "data link WAITING"
    assert told.say("data link waiting.") == SAME


def test_the_failure_is_one_sentence_and_the_fix_is_whole() -> None:
    fix = "Do this first. Then do that; and at last the other."
    rung = Rung(
        RungName.ACCOUNT_KIND, RungState.FAIL, "It is a LIVE account. Disconnected before any call.", fix
    )
    failed, mend = said(ladder.verdict_lines(replace(make_ladder(), rungs=(rung,))))
    assert failed == "FAIL account is the right kind: It is a LIVE account"
    assert mend == f"FIX  {fix}"


def test_links_down_for_two_reasons_say_both() -> None:
    data = make_link_health(state=LinkState.WAITING, cause=LinkCause.SILENT, reason="")
    order = make_link_health(LinkName.ORDER, state=LinkState.WAITING, cause=LinkCause.CLIENT_ID_TAKEN)
    text = lines_of(links=(data, order))
    assert "accepts and is silent" in text
    assert "client id in use" in text


def test_what_is_not_known_is_no_state() -> None:
    text = lines_of(states=(StateLine("upstream", None, "", "never told", None),))
    assert "UPSTREAM        ? not known" in text
    assert "never told" in text


def test_whose_session_it_is_is_said_while_it_is_well() -> None:
    state = StateLine("account session", True, "bound", "DU1234567, PAPER", ago(hours=2))
    assert "ACCOUNT SESSION ● bound  for 2h  DU1234567, PAPER" in lines_of(states=(state,))


def test_the_checklist_names_each_book_in_words() -> None:
    text = "\n".join(said(links.links_lines(make_restoring(), now=NOW, zone=ZONE)))
    assert "AFTER GAP       positions   ✓ known" in text
    assert "orders      … reading" in text
    assert "executions  ? UNKNOWN  no answer within 10 s" in text


def test_broken_farms_come_first_and_every_lamp_has_a_word() -> None:
    rows = links.farm_rows(make_outage().farms, now=NOW)
    assert [line[0][0] for _, line in rows] == ["○ BROKEN", "◐ connects"]


# Data lines


def test_lines_that_are_not_live_come_first_and_say_why() -> None:
    rows = data_lines.line_rows(make_restoring().lines, now=NOW)
    states = [line[2][0] for _, line in rows]
    assert states[:3] == ["✗ refused", "◐ waiting", "● live"]
    assert rows[0][1][3] == ("—", Tone.PLAIN)
    assert "[red]another[/]" in rows[0][1][4][0]
    assert rows[1][1][4][0] == "for 8s"
    assert data_lines.title_words(make_restoring().lines) == "DATA LINES 14, 2 not live"


def test_a_line_of_bars_says_how_long_they_are() -> None:
    assert data_lines.kind_words(make_line("A", kind=LineKind.BARS, seconds=300)) == "bars 5m"
    assert data_lines.kind_words(make_line("A", kind=LineKind.BARS, seconds=5)) == "bars 5s"
    assert data_lines.kind_words(make_line("A")) == "quotes"


@pytest.mark.parametrize(
    ("restoration", "words"),
    [
        (None, "no gap so far; all 14 lines live"),
        (Restoration("1101", ago(seconds=8), 14, 12), "restored 12/14 for 8s; 2 to go  after: 1101"),
        (Restoration("", ago(seconds=40), 14, 14, ago(seconds=31)), "restored 14/14 in 9s, 31s ago"),
        (
            Restoration("", ago(seconds=40), 14, 13, ago(seconds=10)),
            "restored 13/14 in 30s, 10s ago; 1 stayed dark",
        ),
    ],
)
def test_how_many_lines_are_back(restoration: Restoration | None, words: str) -> None:
    first = said(data_lines.budget_lines(make_health(restoration=restoration), now=NOW))[0]
    assert first.removeprefix("RESTORED").strip() == words


def restored_words(**changes: object) -> str:
    line = said(data_lines.budget_lines(make_health(**changes), now=NOW))[0]
    return line.removeprefix("RESTORED").strip()


@pytest.mark.parametrize("restoration", [None, Restoration("1101", ago(seconds=40), 2, 2, ago(seconds=31))])
def test_lines_that_are_dark_now_are_never_called_no_gap(restoration: Restoration | None) -> None:
    lines = (
        make_line("A"),
        make_line("B", state=LineState.SILENT),
        make_line("C", state=LineState.REFUSED),
        make_line("D", state=LineState.RELEASED),
    )
    assert restored_words(lines=lines, restoration=restoration) == (
        "3 of 4 lines are not live: 1 refused, 1 silent, 1 released"
    )


def test_while_the_data_link_is_down_the_words_are_about_that() -> None:
    links = tuple(
        replace(link, state=LinkState.DISCONNECTED) if link.name is LinkName.DATA else link
        for link in make_health().links
    )
    began = Restoration("the data link is down", ago(seconds=12), 14, 0)
    assert restored_words(links=links, restoration=began) == (
        "no line is live for 12s: the data link is DISCONNECTED; each is asked for again when it is back"
    )
    assert restored_words(links=links, restoration=None).startswith("no line is live: the data link")


def test_a_full_budget_says_so_and_when_the_next_may_go() -> None:
    meter = Meter("history", 60, 60, "requests", 600, NOW + timedelta(seconds=33), 4)
    line = said(data_lines.budget_lines(make_health(meters=(meter,)), now=NOW))[1]
    assert "█" * 20 in line
    assert line.endswith("60/60 requests in 10 min  FULL  next free in 33s  4 waiting")


@pytest.mark.parametrize(("used", "filled"), [(0, 0), (1, 1), (50, 10), (100, 20), (130, 20)])
def test_a_bar_is_empty_only_when_nothing_is_used_and_never_overflows(used: int, filled: int) -> None:
    line = said(data_lines.budget_lines(make_health(meters=(Meter("m", used, 100, "lines", 0),)), now=NOW))[1]
    assert (line.count("█"), line.count("░")) == (filled, 20 - filled)


def test_a_budget_of_nothing_is_full() -> None:
    line = said(data_lines.budget_lines(make_health(meters=(Meter("m", 0, 0, "lines", 0),)), now=NOW))[1]
    assert "FULL" in line


# Outages


def test_outages_say_how_long_and_whether_they_were_due() -> None:
    rows = [line for _, line in outages.outage_rows(make_outage().outages, now=NOW, zone=ZONE)]
    assert [cell[0] for cell in rows[0]] == [
        "10:28:00",
        "still down",
        "2m00s",
        "both links",
        "nothing listens",
    ]
    assert rows[0][3][1] is Tone.BAD
    assert rows[1][4] == ("expected: daily restart. closed by the gateway", Tone.DIM)
    assert rows[2][0][0] == "04 Jan 04:30"


def test_what_is_due_is_counted_down_to_and_while_it_lasts_to_its_end() -> None:
    lines = said(outages.expected_lines(make_health().expected, now=NOW, zone=ZONE))
    assert lines[0].startswith("in 8h15m   gateway's daily restart  Mon 18:45-18:50 ET")
    assert "in 5d14h" in lines[2]
    now = ExpectedOutage("nightly reset", ago(minutes=5), NOW + timedelta(minutes=85), True, "")
    (line,) = said(outages.expected_lines((now,), now=NOW, zone=ZONE))
    assert line.startswith("NOW ")
    assert line.endswith("1h25m left")


def test_a_span_over_midnight_names_both_days() -> None:
    late = ExpectedOutage("reset", NOW + timedelta(hours=13), NOW + timedelta(hours=15), False, "")
    (line,) = said(outages.expected_lines((late,), now=NOW, zone=ZONE))
    assert "Mon 23:30-Tue 01:30 ET" in line


def test_outages_at_the_same_moment_are_two_rows() -> None:
    both = tuple(OutageLine(what, ago(minutes=1), None, "x") for what in ("data link", "order link"))
    assert len(dict(outages.outage_rows(both, now=NOW, zone=ZONE))) == 2


def test_lines_of_one_instrument_are_told_apart() -> None:
    lines = (make_line("A"), make_line("A", kind=LineKind.BARS, seconds=60), make_line("A", LineState.SILENT))
    assert len({data_lines.line_key(line) for line in lines}) == 2
