"""Texts that do not fit: every line of them can be reached by keys."""

import pytest

from qe_dashboard.ui.widgets.scroll_lines import ScrollLines
from support.dashboard import busy_client, running, shown, until
from support.view_builders import make_status

REASON = " ".join(f"word{number}" for number in range(80))


@pytest.mark.parametrize("key", ["j", "pagedown", "G"])
async def test_the_safety_panel_is_read_to_its_end_by_keys(key: str) -> None:
    client = busy_client()
    client.set_status(make_status(can_trade=False, cannot_trade_because=REASON))
    async with running(client, size=(80, 24)) as (app, pilot):
        await pilot.press("f6")
        await until(pilot, lambda: app.current_mode == "trade" and "SAFETY" in shown(app.screen))
        panel = app.screen.query_one("#safety", ScrollLines)
        await until(pilot, lambda: panel.overflows and "more lines" in shown(app.screen))
        assert "MESSAGES" not in shown(app.screen)
        for _ in range(10):
            if panel.has_focus:
                break
            await pilot.press("tab")
        assert panel.has_focus
        for _ in range(80):
            await pilot.press(key)
            if "MESSAGES" in shown(app.screen):
                break
        assert "MESSAGES" in shown(app.screen)
        await pilot.press("g")
        await until(pilot, lambda: "PRESS" in shown(app.screen))


async def test_a_text_that_fits_is_no_tab_stop() -> None:
    async with running(size=(200, 60)) as (app, pilot):
        await pilot.press("f6")
        await until(pilot, lambda: app.current_mode == "trade" and "SAFETY" in shown(app.screen))
        await pilot.pause()
        assert not app.screen.query_one("#safety", ScrollLines).can_focus
