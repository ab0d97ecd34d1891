"""The list widget: cursor by key, repaint by row, fit by width."""

from typing import Self

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region

from qe_dashboard.ui.presenters.cells import Line, Tone
from qe_dashboard.ui.presenters.columns import table
from qe_dashboard.ui.widgets.live_grid import LiveGrid

TABLE = table(("SYM", 1), ("LAST", 1), ("VOL", 2), ("WHY", 3))


def line(symbol: str, last: str = "1.00", *, why: str = "") -> Line:
    return ((symbol, Tone.STRONG), (last, Tone.UP), ("5", Tone.DIM), (why, Tone.PLAIN))


class CountingGrid(LiveGrid):
    """Counts what is asked to be repainted."""

    def __init__(self, *, lists_orders: bool = False) -> None:
        self.regions: list[Region] = []
        self.whole = 0
        super().__init__(TABLE, id="grid", lists_orders=lists_orders)

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        if regions:
            self.regions.extend(regions)
        elif repaint:
            self.whole += 1
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


class GridApp(App[None]):
    CSS = "LiveGrid { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }"

    def __init__(self, grid: LiveGrid) -> None:
        super().__init__()
        self.grid = grid
        self.moved: list[str | None] = []
        self.chosen: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.grid

    def on_live_grid_moved(self, event: LiveGrid.Moved) -> None:
        self.moved.append(event.key)

    def on_live_grid_chosen(self, event: LiveGrid.Chosen) -> None:
        self.chosen.append(event.key)


def rows(count: int) -> list[tuple[str, Line]]:
    return [(f"K{index}", line(f"S{index}", f"{index}.00")) for index in range(count)]


def text(grid: LiveGrid) -> list[str]:
    return [grid.render_line(y).text for y in range(grid.size.height)]


async def test_it_shows_a_heading_and_rows_with_numbers_at_the_right() -> None:
    grid = CountingGrid()
    async with GridApp(grid).run_test(size=(40, 8)):
        grid.show(rows(2))
        shown = text(grid)
    assert shown[0].startswith("SYM             LAST    VOL WHY")
    assert shown[1].startswith("S0              0.00      5")
    assert all(len(row) == 40 for row in shown)


async def test_a_changed_row_repaints_that_row_only() -> None:
    grid = CountingGrid()
    async with GridApp(grid).run_test(size=(40, 8)) as pilot:
        grid.show(rows(5))
        await pilot.pause()
        grid.regions, grid.whole = [], 0
        grid.update_rows({"K2": line("S2", "9.99"), "K3": line("S3", "3.00"), "gone": line("X")})
        assert grid.regions == [Region(0, 3, 40, 1)]
        assert grid.whole == 0
        assert "9.99" in text(grid)[3]


async def test_the_same_rows_again_repaint_nothing() -> None:
    grid = CountingGrid()
    async with GridApp(grid).run_test(size=(40, 8)) as pilot:
        grid.show(rows(5))
        await pilot.pause()
        grid.regions, grid.whole = [], 0
        grid.show(rows(5))
        assert (grid.regions, grid.whole) == ([], 0)


async def test_rows_out_of_sight_repaint_nothing() -> None:
    grid = CountingGrid()
    async with GridApp(grid).run_test(size=(40, 6)) as pilot:
        grid.show(rows(50))
        await pilot.pause()
        grid.regions = []
        grid.update_rows({"K40": line("S40", "9.99")})
        assert grid.regions == []


async def test_the_cursor_stays_on_its_row_when_rows_arrive_above() -> None:
    grid = CountingGrid()
    async with GridApp(grid).run_test(size=(40, 8)) as pilot:
        grid.show(rows(5))
        await pilot.press("j", "j")
        assert grid.cursor_key == "K2"
        grid.show([("new", line("NEW")), *rows(5)])
        assert grid.cursor_key == "K2"
        assert grid.position == "4/6"


async def test_the_row_under_the_cursor_is_never_pushed_out_of_sight() -> None:
    grid = CountingGrid()
    async with GridApp(grid).run_test(size=(40, 6)) as pilot:
        grid.show(rows(5))
        await pilot.press("G")
        for index in range(8):
            grid.show([(f"N{index}", line("NEW")), *zip(grid.keys, [line("X")] * 99, strict=False)])
            await pilot.pause()
        assert any(row.startswith("X") for row in text(grid))
        place = grid.keys.index("K4") - grid.scroll_offset.y
        assert 0 <= place < 5


async def test_keys_move_the_cursor() -> None:
    grid = CountingGrid()
    app = GridApp(grid)
    async with app.run_test(size=(40, 11)) as pilot:
        grid.show(rows(100))
        await pilot.pause()
        seen = []
        for key in ("j", "down", "k", "G", "up", "g", "pagedown", "pageup", "end", "home", "k"):
            await pilot.press(key)
            seen.append(grid.position)
    assert seen == [
        "2/100",
        "3/100",
        "2/100",
        "100/100",
        "99/100",
        "1/100",
        "10/100",
        "1/100",
        "100/100",
        "1/100",
        "1/100",
    ]
    assert app.moved[:3] == ["K0", "K1", "K2"]


async def test_the_view_follows_the_cursor() -> None:
    grid = CountingGrid()
    async with GridApp(grid).run_test(size=(40, 6)) as pilot:
        grid.show(rows(50))
        await pilot.pause()
        await pilot.press("G")
        await pilot.pause()
        assert text(grid)[-1].startswith("S49")
        await pilot.press("g")
        await pilot.pause()
        assert text(grid)[1].startswith("S0 ")


async def test_a_click_selects_and_chooses_a_row_and_the_heading_does_nothing() -> None:
    grid = CountingGrid()
    app = GridApp(grid)
    async with app.run_test(size=(40, 8)) as pilot:
        grid.show(rows(5))
        await pilot.pause()
        await pilot.click(grid, offset=(3, 4))
        assert grid.cursor_key == "K3"
        await pilot.click(grid, offset=(3, 0))
        await pilot.click(grid, offset=(3, 7))
        assert (grid.cursor_key, app.chosen) == ("K3", ["K3"])


async def test_enter_chooses_the_row() -> None:
    grid = CountingGrid()
    app = GridApp(grid)
    async with app.run_test(size=(40, 8)) as pilot:
        await pilot.press("enter")
        grid.show(rows(2))
        await pilot.press("j", "enter")
    assert app.chosen == ["K1"]


async def test_in_a_list_of_orders_the_neighbour_of_a_vanished_order_gets_no_cursor() -> None:
    grid = CountingGrid(lists_orders=True)
    async with GridApp(grid).run_test(size=(40, 8)) as pilot:
        grid.show(rows(4))
        await pilot.press("j")
        before = grid.cursor_key
        grid.show([row for row in rows(4) if row[0] != "K1"])
        assert (before, grid.cursor_key, grid.position) == ("K1", None, "0/3")
        await pilot.press("j")
        assert grid.cursor_key == "K2"


async def test_in_other_lists_the_row_in_its_place_gets_the_cursor() -> None:
    grid = CountingGrid()
    async with GridApp(grid).run_test(size=(40, 8)) as pilot:
        grid.show(rows(4))
        await pilot.press("j")
        grid.show([row for row in rows(4) if row[0] != "K1"])
        after = grid.cursor_key
        grid.show([])
        assert (after, grid.cursor_key, grid.position) == ("K2", None, "0/0")


async def test_columns_drop_when_it_gets_narrow_and_come_back() -> None:
    grid = CountingGrid()
    async with GridApp(grid).run_test(size=(60, 8)) as pilot:
        grid.show(rows(2))
        assert grid.painter.column_names == ("SYM", "LAST", "VOL", "WHY")
        await pilot.resize_terminal(28, 8)
        await pilot.pause()
        assert text(grid)[0].split() == ["SYM", "LAST", "VOL"]
        await pilot.resize_terminal(60, 8)
        await pilot.pause()
        assert text(grid)[0].split() == ["SYM", "LAST", "VOL", "WHY"]


async def test_a_number_too_wide_is_never_cut() -> None:
    grid = CountingGrid()
    async with GridApp(grid).run_test(size=(40, 8)):
        grid.show([("K", line("AN OVERLONG NAME", "123,456,789.25"))])
        row = text(grid)[1]
    assert "##########" in row
    assert "123" not in row
    assert row.startswith("AN OVERL…")


async def test_the_scroll_bar_hides_no_number() -> None:
    grid = LiveGrid(table(("SYM", 1), ("LAST", 1)), id="grid")
    async with GridApp(grid).run_test(size=(21, 6)) as pilot:
        grid.show([(str(index), (("AAPL", Tone.PLAIN), ("233.33", Tone.PLAIN))) for index in range(40)])
        await pilot.pause()
        assert grid.show_vertical_scrollbar
        assert text(grid)[1][:20] == "AAPL          233.33"


@pytest.mark.parametrize("words", ["[red]not markup[/red]", "[/closing]", "a\x1b[31mb", "line\nbreak"])
async def test_foreign_text_is_shown_as_it_is_without_control_characters(words: str) -> None:
    grid = CountingGrid()
    async with GridApp(grid).run_test(size=(80, 8)) as pilot:
        grid.show([("K", line("S", why=words))])
        grid.set_title(words)
        await pilot.pause()
        row = text(grid)[1]
    assert row.isprintable()
    assert words.split("\x1b")[0].split("\n")[0] in row


async def test_without_rows_the_notice_stands_there_and_is_wrapped() -> None:
    grid = CountingGrid()
    async with GridApp(grid).run_test(size=(30, 8)) as pilot:
        grid.set_notice("UNKNOWN. The order link is down, this list could not be read", Tone.UNKNOWN)
        await pilot.pause()
        shown = " ".join(row.strip() for row in text(grid)[1:5])
    assert "UNKNOWN. The order link is down, this list could not be read" in " ".join(shown.split())


async def test_stale_rows_are_all_dimmed() -> None:
    grid = CountingGrid()
    async with GridApp(grid).run_test(size=(40, 8)):
        grid.show(rows(2))
        fresh = {segment.style for segment in grid.render_line(2)}
        grid.set_stale(True)
        stale = [segment.style for segment in grid.render_line(2) if segment.text.strip()]
    assert len(fresh) > 1
    assert all(style is not None and style.italic for style in stale)


async def test_another_theme_draws_other_colours() -> None:
    grid = CountingGrid()
    app = GridApp(grid)
    async with app.run_test(size=(40, 8)) as pilot:
        grid.show(rows(2))
        dark = [segment.style for segment in grid.render_line(2)]
        app.theme = "textual-light"
        await pilot.pause()
        assert [segment.style for segment in grid.render_line(2)] != dark


async def test_words_looked_for_stand_out_wherever_a_row_shows_them() -> None:
    grid = CountingGrid()
    async with GridApp(grid).run_test(size=(60, 8)):
        grid.show([("A", line("AAA", why="a Farm [/] of farms")), ("B", line("B"))], marked="farm")
        found = [item.text for item in grid.render_line(1) if item.style is not None and item.style.reverse]
        assert found == ["Farm", "farm"]
        assert "a Farm [/] of farms" in grid.render_line(1).text
        grid.show([("A", line("AAA", why="a Farm [/] of farms")), ("B", line("B"))])
        assert not any(item.style is not None and item.style.reverse for item in grid.render_line(1))
