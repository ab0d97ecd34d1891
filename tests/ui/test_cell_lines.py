"""Bars and panels: only changed lines are repainted, heights follow, and the chart draws at its size."""

from typing import Self

from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.geometry import Region
from textual.widget import Widget

from qe_dashboard.ui.presenters.cells import Line, Tone
from qe_dashboard.ui.widgets.candle_chart import CandleChart
from qe_dashboard.ui.widgets.cell_lines import CellLines
from support.view_builders import make_bars


class CountingLines(CellLines):
    """Counts what is asked to be repainted."""

    def __init__(self, *, wraps: bool = False, indent: int = 0) -> None:
        self.regions: list[Region] = []
        self.layouts = 0
        super().__init__(wraps=wraps, indent=indent)

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        self.regions.extend(regions)
        self.layouts += layout
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


class LinesApp(App[None]):
    CSS = "CellLines { height: 6; } .auto { height: auto; }"

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        with Vertical():
            yield self.widget


def plain(text: str) -> Line:
    return ((text, Tone.PLAIN),)


def text(widget: Widget) -> list[str]:
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]


async def test_only_the_line_that_changed_is_repainted() -> None:
    lines = CountingLines()
    async with LinesApp(lines).run_test(size=(30, 10)) as pilot:
        lines.set_lines(plain("one"), plain("two"), plain("three"))
        await pilot.pause()
        lines.regions, lines.layouts = [], 0
        lines.set_lines(plain("one"), plain("TWO"), plain("three"))
        assert lines.regions == [Region(0, 1, 30, 1)]
        lines.regions = []
        lines.set_lines(plain("one"), plain("TWO"), plain("three"))
        assert (lines.regions, lines.layouts) == ([], 0)
        assert text(lines)[:3] == ["one", "TWO", "three"]


async def test_fewer_lines_leave_no_old_ones_behind() -> None:
    lines = CountingLines()
    async with LinesApp(lines).run_test(size=(30, 10)) as pilot:
        lines.set_lines(plain("one"), plain("two"))
        await pilot.pause()
        text(lines)
        lines.set_lines(plain("one"))
        assert text(lines) == ["one", "", "", "", "", ""]


async def test_long_lines_are_broken_with_their_indent_or_cut() -> None:
    wrapped = CountingLines(wraps=True, indent=4)
    async with LinesApp(wrapped).run_test(size=(12, 10)):
        wrapped.set_lines(plain("NAME a value that is long"))
        assert text(wrapped)[:3] == ["NAME a value", "    that is", "    long"]
    cut = CountingLines()
    async with LinesApp(cut).run_test(size=(12, 10)):
        cut.set_lines(plain("NAME a value that is long"))
        assert text(cut)[:2] == ["NAME a valu…", ""]


async def test_an_automatic_height_follows_the_number_of_lines() -> None:
    lines = CountingLines(wraps=True)
    lines.add_class("auto")
    async with LinesApp(lines).run_test(size=(12, 10)) as pilot:
        assert lines.size.height == 0
        lines.set_lines(plain("two lines of words"))
        await pilot.pause()
        assert lines.size.height == 2
        lines.set_lines()
        await pilot.pause()
        assert lines.size.height == 0


async def test_control_characters_and_markup_are_shown_as_text() -> None:
    lines = CountingLines()
    async with LinesApp(lines).run_test(size=(40, 10)):
        lines.set_lines(plain("[red]x[/red] \x1b[2J\n[/]"))
        assert text(lines)[0] == "[red]x[/red] [2J [/]"


async def test_the_chart_fills_its_space_at_every_size() -> None:
    chart = CandleChart()
    async with LinesApp(chart).run_test(size=(60, 20)) as pilot:
        chart.styles.height = "100%"
        await pilot.pause()
        chart.show_bars(make_bars(), zone="America/New_York")
        assert text(chart)[0].startswith("O ")
        assert "10:20" in text(chart)[-1]
        await pilot.resize_terminal(40, 8)
        await pilot.pause()
        assert len(text(chart)) == 8
        assert not text(chart)[0].startswith("O ")
        assert ":" in text(chart)[-1]


async def test_a_chart_without_candles_says_why() -> None:
    chart = CandleChart()
    async with LinesApp(chart).run_test(size=(60, 20)):
        chart.show_notice("waiting for candles")
        assert text(chart)[0] == "waiting for candles"


async def test_lines_that_do_not_fit_are_counted_in_the_last_row() -> None:
    lines = CountingLines()
    async with LinesApp(lines).run_test(size=(30, 10)) as pilot:
        lines.set_lines(*(plain(f"line {number}") for number in range(6)))
        assert text(lines)[-1] == "line 5"
        lines.set_lines(*(plain(f"line {number}") for number in range(9)))
        assert text(lines)[-2:] == ["line 4", "… 4 more lines"]
        lines.styles.height = 9
        await pilot.pause()
        assert text(lines)[-2:] == ["line 7", "line 8"]
