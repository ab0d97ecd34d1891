"""Help and About are made from the tables, so nothing can be missing from them."""

import pytest

from qe_dashboard.ui.action_table import ACTIONS, APP
from qe_dashboard.ui.actions import in_scope, key_label
from qe_dashboard.ui.commands.table import COMMANDS, CommandSpec
from qe_dashboard.ui.help_text import about_sections, command_sections, help_sections
from qe_dashboard.ui.modals.reading import Section, TextModal
from support.flow_host import FlowHost, settle, type_line
from support.view_builders import make_status


def words(sections: tuple[Section, ...]) -> str:
    return "\n".join(f"{section.title}\n{section.rows}" for section in sections)


@pytest.mark.parametrize("screen", ["main", "trade", "settings", "health", "orders"])
def test_help_names_every_key_of_the_screen_and_every_command(screen: str) -> None:
    said = words(help_sections(screen))
    for item in (*in_scope(APP), *in_scope(screen)):
        assert all(key_label(key) in said for key in item.keys)
    assert all(spec.usage in said for spec in COMMANDS)


def test_help_names_no_key_of_other_screens() -> None:
    said = words(help_sections("settings"))
    here = {item.description for item in (*in_scope(APP), *in_scope("settings"))}
    foreign = [item for item in ACTIONS if item.keys and item.description not in here]
    assert foreign
    assert not any(item.description in said for item in foreign)


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda spec: spec.word)
def test_help_of_a_command_shows_usage_and_examples(spec: CommandSpec) -> None:
    said = words(command_sections(spec.word))
    assert spec.usage in said
    assert all(example in said for example in spec.examples)


def test_about_shows_the_session_or_that_there_is_none_yet() -> None:
    assert "still starting" in words(about_sections(None))
    said = words(about_sections(make_status()))
    assert "SIM100001" in said
    assert "127.0.0.1:4002 client id 1 READY" in said


@pytest.mark.parametrize("way", ["question_mark", "alt+h", "help", "help buy"])
async def test_help_opens_by_key_and_word_and_closes_by_esc(way: str) -> None:
    host = FlowHost()
    async with host.run_test(size=(100, 30)) as pilot:
        if way.startswith("help"):
            await type_line(pilot, way)
        else:
            await pilot.press(way)
        await settle(pilot, lambda: isinstance(host.screen, TextModal))
        await pilot.pause()
        drawn = "\n".join(strip.text for strip in host.screen._compositor.render_strips())
        assert ("buy AAPL 100 @ 233.33" if way == "help buy" else "Next row") in drawn
        await pilot.press("j", "k", "escape")
        await settle(pilot, lambda: not isinstance(host.screen, TextModal))


async def test_bracketed_usage_is_shown_and_not_read_as_markup() -> None:
    host = FlowHost()
    async with host.run_test(size=(120, 30)) as pilot:
        await type_line(pilot, "help close")
        await settle(pilot, lambda: isinstance(host.screen, TextModal))
        await pilot.pause()
        drawn = "\n".join(strip.text for strip in host.screen._compositor.render_strips())
        assert "close SYM [half|QTY]" in drawn


def test_it_explains_the_words_of_the_top_bar() -> None:
    (words,) = [
        text for section in help_sections("main") if section.title == "Top bar" for _, text in section.rows
    ]
    for word in ("24h", "OPEN", "HOURS ?", "LIVE data", "badge"):
        assert word in words
