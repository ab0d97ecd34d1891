"""F9 HEALTH: is it connected, what exactly is not, and what to do about it."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from qe_dashboard.engine.health_views import HealthView
from qe_dashboard.engine.views import Topic
from qe_dashboard.ui.action_table import PANES
from qe_dashboard.ui.desk import Change
from qe_dashboard.ui.presenters import data_lines, ladder, links, outages
from qe_dashboard.ui.presenters.cells import Line, Tone
from qe_dashboard.ui.screens.base import DashboardScreen
from qe_dashboard.ui.screens.health_log import LogPane
from qe_dashboard.ui.screens.health_reading import read_row
from qe_dashboard.ui.widgets.cell_lines import CellLines
from qe_dashboard.ui.widgets.live_grid import LiveGrid
from qe_dashboard.ui.widgets.scroll_lines import ScrollLines

_NAMES = tuple(name for name, _, _ in PANES)
_UPPER = ("ladder", "links")
# Ladder and links side by side need this much to show a whole rung; the three lists below need the rows.
_TWO = (110, 34)
_ALL = (170, 48)
# A list's title and heading.
_HEAD_ROWS = 2
# What the upper panes take when the ladder needs less (12 rows of links and 3 farms with their head), and at most.
_UPPER_ROWS = (17, 20)
_WAITING = "waiting for the engine; nothing is known yet"


class HealthScreen(DashboardScreen):
    """Five panes with a list each. As many are seen as fit; the chosen one always is, and has the keys."""

    SCOPE = "health"
    TITLE_WORD = "HEALTH"
    TOPICS: ClassVar[tuple[Topic, ...]] = (Topic.STATUS, Topic.HEALTH, Topic.PROGRAM_LOG)
    CSS_PATH = "../styles/health.tcss"
    AUTO_FOCUS = "#ladder"

    def __init__(self) -> None:
        super().__init__()
        self._chosen = _NAMES[0]
        self._layout = ""

    def compose_body(self) -> ComposeResult:
        yield CellLines(id="panes")
        with Horizontal(id="upper"):
            with Vertical(id="pane-ladder", classes="pane"):
                yield CellLines(id="verdict", wraps=True, indent=5)
                yield LiveGrid(ladder.LADDER, id="ladder", title="LADDER")
            with Vertical(id="pane-links", classes="pane"):
                yield ScrollLines(id="links", key="l", wraps=True, indent=links.NAME_WIDTH)
                yield LiveGrid(links.FARMS, id="farms", title="FARMS")
        with Horizontal(id="lower"):
            with Vertical(id="lists"):
                with Vertical(id="pane-lines", classes="pane"):
                    yield CellLines(id="budgets", wraps=True, indent=data_lines.NAME_WIDTH)
                    yield LiveGrid(data_lines.LINES, id="lines", title="DATA LINES")
                with Vertical(id="pane-outages", classes="pane"):
                    yield ScrollLines(id="expected", key="o", wraps=True, indent=outages.NAME_WIDTH)
                    yield LiveGrid(outages.OUTAGES, id="outages", title="OUTAGES")
            yield LogPane(id="pane-log", classes="pane")

    # Drawing

    def redraw(self) -> None:
        self._arrange()
        super().redraw()
        if self.desk is None or self.health is None:
            for grid in self.query(LiveGrid):
                grid.set_notice(_WAITING, Tone.STALE)
            for name in ("verdict", "links", "budgets", "expected"):
                self.query_one(f"#{name}", CellLines).set_lines(((_WAITING, Tone.STALE),))
        self._draw_log()

    def draw_change(self, change: Change) -> None:
        if change.topic is Topic.HEALTH:
            self._draw_health()
        elif change.topic is Topic.PROGRAM_LOG:
            self._draw_log()

    def draw_ages(self) -> None:
        self._draw_health()

    @property
    def health(self) -> HealthView | None:
        """What is known about the connection, None until the engine gave it."""
        return None if self.desk is None else self.desk.health

    def _draw_health(self) -> None:
        view, now, zone = self.health, self.now, self.app_.zone
        if view is None:
            return
        if self._is_seen("ladder"):
            self._list(
                "ladder", f"LADDER {ladder.address(view.ladder)}".rstrip(), ladder.rung_rows(view.ladder), ""
            )
            self._lines("verdict", *ladder.verdict_lines(view.ladder))
            _fit_upper(self, len(view.ladder.rungs), is_alone=self._layout == "-one")
        if self._is_seen("links"):
            self._lines("links", *links.links_lines(view, now=now, zone=zone))
            self._list(
                "farms",
                f"FARMS {len(view.farms)}",
                links.farm_rows(view.farms, now=now),
                "no farm has been heard of yet",
            )
        if self._is_seen("lines"):
            self._lines("budgets", *data_lines.budget_lines(view, now=now))
            rows = data_lines.line_rows(view.lines, now=now)
            self._list("lines", data_lines.title_words(view.lines), rows, "no line is wanted")
        if self._is_seen("outages"):
            self._lines("expected", *outages.expected_lines(view.expected, now=now, zone=zone))
            rows = outages.outage_rows(view.outages, now=now, zone=zone)
            self._list("outages", f"OUTAGES {len(rows)}", rows, "nothing was down since the start")

    def _draw_log(self) -> None:
        if self._is_seen("log"):
            book = None if self.desk is None else self.desk.program_log
            self.query_one(LogPane).draw(book, zone=self.app_.zone)

    def _lines(self, name: str, *lines: Line) -> None:
        self.query_one(f"#{name}", CellLines).set_lines(*lines)

    def _list(self, name: str, title: str, rows: list[tuple[str, Line]], empty: str) -> None:
        grid = self.query_one(f"#{name}", LiveGrid)
        grid.set_title(title)
        grid.set_notice(empty)
        grid.show(rows)

    # Panes

    @property
    def cursor_grid(self) -> LiveGrid | None:
        return self._grid_of(self._chosen)

    def _grid_of(self, name: str) -> LiveGrid:
        return self.query_one(f"#pane-{name}", Vertical).query_one(LiveGrid)

    def _is_seen(self, name: str) -> bool:
        """Whether a pane is on the screen now; nothing else is drawn."""
        if self._layout == "-one":
            return name == self._chosen
        return self._layout == "-all" or name in _UPPER or name == self._lower

    @property
    def _lower(self) -> str:
        """The list below ladder and links: the one chosen last."""
        return self._chosen if self._chosen not in _UPPER else self._last_lower

    _last_lower = "lines"

    def on_resize(self, event: events.Resize) -> None:
        if self.is_ready:
            self._arrange()
            # Panes that are seen only now were not drawn when their news came.
            self.call_after_refresh(self._draw_log)
        super().on_resize(event)

    def _arrange(self) -> None:
        """Choose what is seen for this size and the chosen pane."""
        width, height = self.app.size
        sizes = (("-all", _ALL), ("-two", _TWO), ("-one", (0, 0)))
        self._layout = next(name for name, least in sizes if width >= least[0] and height >= least[1])
        self._last_lower = self._lower
        is_upper = self._chosen in _UPPER
        self.update_classes(
            {
                **{name: name == self._layout for name in ("-one", "-two", "-all")},
                "-upper": is_upper,
                "-lower": not is_upper,
                "-log": self._lower == "log",
            }
        )
        for name in _NAMES:
            chosen = name == self._chosen or (self._layout == "-two" and name == self._lower)
            self.query_one(f"#pane-{name}").set_class(chosen, "-chosen")
        self.query_one("#panes", CellLines).set_lines(_pane_line(self._chosen))

    def action_pane(self, name: str) -> None:
        """Show a pane and put the cursor into its list."""
        self._chosen = name
        self._arrange()
        self._draw_health()
        self._draw_log()
        stops = _stops(self, name)
        # Pressed again, a pane's key goes on to what else can be moved in it.
        self.set_focus(stops[(stops.index(self.focused) + 1) % len(stops) if self.focused in stops else 0])
        self.show_position()

    def action_step_pane(self, step: int) -> None:
        stops = _stops(self, self._chosen)
        at = stops.index(self.focused) + step if self.focused in stops else -1
        if 0 <= at < len(stops):
            self.set_focus(stops[at])
            return
        self.action_pane(_NAMES[(_NAMES.index(self._chosen) + step) % len(_NAMES)])

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click into a list chooses its pane."""
        for name in _NAMES:
            if name != self._chosen and event.widget in _stops(self, name):
                self._chosen = name
                self._arrange()

    # Log

    def action_next_level(self) -> None:
        self.action_pane("log")
        self.query_one(LogPane).next_level()
        self._draw_log()

    def action_search(self) -> None:
        self.action_pane("log")
        self.query_one(LogPane).open_search()

    def action_step_back(self) -> None:
        if not self.leave_notice() and self.query_one(LogPane).clear_search():
            self._draw_log()

    @on(LogPane.Filtered)
    def _filtered(self) -> None:
        self._draw_log()

    @on(Input.Blurred, "#search")
    def _search_left(self) -> None:
        self.query_one(LogPane).close_search()

    # Reading

    @on(LiveGrid.Chosen)
    def _read(self, event: LiveGrid.Chosen) -> None:
        """Show a row in full: lists cut what does not fit."""
        if self.desk is not None:
            modal = read_row(
                self._chosen,
                event.key,
                health=self.health,
                log=self.desk.program_log,
                now=self.now,
                zone=self.app_.zone,
            )
            if modal is not None:
                self.app.push_screen(modal)


def _pane_line(chosen: str) -> Line:
    line: Line = ()
    for name, key, _ in PANES:
        word = f" {name.upper()} "
        line = (*line, (f" {key}", Tone.KEY), (word, Tone.BADGE if name == chosen else Tone.PLAIN))
    return line


def _fit_upper(screen: Screen[None], rungs: int, *, is_alone: bool) -> None:
    """Give the upper panes what the whole ladder needs and no more."""
    upper = screen.query_one("#upper", Horizontal)
    if is_alone:
        upper.styles.clear_rule("height")
        return
    needed = screen.query_one("#verdict", CellLines).row_count + _HEAD_ROWS + rungs
    upper.styles.height = min(max(needed, _UPPER_ROWS[0]), _UPPER_ROWS[1])


def _stops(screen: Screen[None], name: str) -> list[Widget]:
    """Return what can have the keys in a pane: its list, then a text that does not fit."""
    pane = screen.query_one(f"#pane-{name}", Vertical)
    return [pane.query_one(LiveGrid), *(text for text in pane.query(ScrollLines) if text.overflows)]
