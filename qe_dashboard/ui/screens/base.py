"""What every screen has: top bar, banner, body, command line, footer; and how it learns what changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import DescendantFocus, Resize

from qe_dashboard.engine.views import StatusView, Topic
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.ui import actions
from qe_dashboard.ui.desk import Book, Change, Desk
from qe_dashboard.ui.presenters import chrome
from qe_dashboard.ui.presenters.cells import Line, Tone
from qe_dashboard.ui.presenters.footer import Drawing, FooterKey
from qe_dashboard.ui.presenters.panels import book_state
from qe_dashboard.ui.screens.notice_host import NoticeHost
from qe_dashboard.ui.widgets.cell_lines import CellLines
from qe_dashboard.ui.widgets.command_line import CommandLine
from qe_dashboard.ui.widgets.footer_bar import FooterBar
from qe_dashboard.ui.widgets.live_grid import LiveGrid
from qe_dashboard.ui.widgets.menu_bar import MenuBar

if TYPE_CHECKING:
    from qe_dashboard.ui.app import DashboardApp

LEAST_WIDTH, LEAST_HEIGHT = 80, 24
_BANNER_LINES = 3
_BANNER_LINES_SHORT = 2
_SHORT = 30
_SESSION_CLASSES = ("-sim", "-paper", "-live", "-offline", "-expected")


class DashboardScreen(NoticeHost):
    """One mode. Subclasses name their scope and topics, compose the body, and draw from the desk's books."""

    SCOPE: ClassVar[str] = ""
    TITLE_WORD: ClassVar[str] = ""
    TOPICS: ClassVar[tuple[Topic, ...]] = (Topic.STATUS,)
    AUTO_FOCUS = "LiveGrid"

    is_ready = False
    """Its widgets exist; the pump draws no screen before that."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if cls.SCOPE:
            cls.BINDINGS = [*cls.__dict__.get("BINDINGS", []), *actions.bindings(cls.SCOPE)]
        super().__init_subclass__(**kwargs)

    def compose(self) -> ComposeResult:
        app = self.app_
        yield CellLines(id="top")
        yield MenuBar()
        yield CellLines(id="banner", wraps=True, indent=1)
        with Vertical(id="body"):
            yield from self.compose_body()
        yield CommandLine(history=app.history, surroundings=lambda: app.flows.surroundings())
        yield FooterBar(_footer_keys(self.SCOPE))
        yield CellLines(id="too-small", wraps=True)

    def compose_body(self) -> ComposeResult:
        """Yield what stands between the bars."""
        yield from ()

    # What the pump and the app call

    def apply_changes(self, changes: Iterable[Change]) -> None:
        """Draw what changed. A changed status also means that a second passed: ages are drawn again."""
        for change in changes:
            if change.topic is Topic.STATUS:
                self.draw_chrome()
                self.draw_ages()
            else:
                self.draw_change(change)

    def redraw(self) -> None:
        """Draw everything from the books as they are now."""
        self.draw_chrome()
        if self.app_.desk is not None:
            for topic in self.TOPICS:
                if topic is not Topic.STATUS:
                    self.draw_change(Change(topic, full=True))

    def draw_change(self, change: Change) -> None:
        """Draw one topic's change."""

    def show_focused(self, instrument_id: InstrumentId) -> None:
        """Follow the app's focused symbol, where the screen shows one."""

    def draw_ages(self) -> None:
        """Draw what depends on the time of day alone."""

    def draw_chrome(self) -> None:
        """Draw top bar, banner and footer, and dress the screen in the session's colours."""
        app = self.app_
        # One change of classes: each restyles the whole screen.
        wanted = chrome.session_class(self.status, app.profile)
        self.update_classes({name: name == wanted for name in _SESSION_CLASSES})
        self.query_one("#top", CellLines).set_lines(
            chrome.top_bar(
                self.status,
                profile=app.profile,
                screen=self.TITLE_WORD,
                width=app.size.width,
                zone=app.zone,
            )
        )
        most = _BANNER_LINES_SHORT if app.size.height < _SHORT else _BANNER_LINES
        self.query_one("#banner", CellLines).set_lines(*chrome.banner_lines(self.status, most=most))
        pump = app.pump
        self.footer.set_drawing(
            Drawing(
                pump.frame_ms, pump.lag_ms, pump.schedule.is_halved, is_shown=app.display_settings.is_debug
            )
        )
        self.show_position()
        self.show_notice(self.status)

    # Shorthands

    @property
    def app_(self) -> DashboardApp:
        return cast("DashboardApp", self.app)

    @property
    def desk(self) -> Desk | None:
        return self.app_.desk

    @property
    def status(self) -> StatusView | None:
        return None if self.desk is None else self.desk.status

    @property
    def now(self) -> datetime | None:
        """The engine's present, None before it spoke."""
        return chrome.now_of(self.status)

    @property
    def footer(self) -> FooterBar:
        return self.query_one(FooterBar)

    @property
    def cursor_grid(self) -> LiveGrid | None:
        """The list the cursor is in: the focused one, else the screen's first."""
        focused = self.focused
        if isinstance(focused, LiveGrid):
            return focused
        return next(iter(self.query(LiveGrid)), None)

    def show_book(
        self, grid: LiveGrid, book: Book[Any], rows: Iterable[tuple[str, Line]], *, name: str, empty: str
    ) -> None:
        """Show a book's rows with what is known about the book itself."""
        listed = list(rows)
        state = book_state(
            name=name,
            empty=empty,
            is_read=book.is_read,
            unknown=book.unknown,
            as_of=book.as_of,
            now=self.now,
            count=len(listed),
        )
        grid.set_title(state.title)
        grid.set_stale(state.stale)
        grid.set_notice(state.notice, state.tone)
        grid.show(listed)

    # Events

    def on_mount(self) -> None:
        if not self.query("#too-small"):
            # The program ends while this screen opens: it was told to mount without ever being composed.
            return
        self.is_ready = True
        self._fit_terminal()
        self.redraw()

    def on_screen_resume(self) -> None:
        """Catch up with the books. Fires twice on a mode's first entry, so it only draws what is."""
        if self.is_ready:
            self.redraw()
            self.app_.pump.flush()
            if self.app_.client is not None:
                self.app_.flows.show_message()

    def on_resize(self, event: Resize) -> None:
        if self.is_ready:
            self._fit_terminal()
            self.draw_chrome()
            # What is set flush right was set for the width before.
            self.call_after_refresh(self.draw_ages)

    def _fit_terminal(self) -> None:
        """Hide the lists where they do not fit. The first size can arrive before this screen is there to hear it."""
        width, height = self.app.size
        too_small = width < LEAST_WIDTH or height < LEAST_HEIGHT
        self.set_class(too_small, "-too-small")
        self.query_one("#too-small", CellLines).set_lines(
            ((f"This dashboard needs 80x24, this is {width}x{height}.", Tone.WARN),),
            (("Orders keep working at the venue; ctrl+g still halts.", Tone.PLAIN),),
        )

    @property
    def is_too_small(self) -> bool:
        """The terminal hides the lists; nothing may act on a row nobody sees."""
        return self.has_class("-too-small")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        is_own = any(item.run.startswith(f"screen.{action}") for item in actions.in_scope(self.SCOPE))
        return not (self.is_too_small and is_own)

    @on(CommandLine.Submitted)
    def _command_entered(self, event: CommandLine.Submitted) -> None:
        event.stop()
        self.app_.flows.run_command(event.text)

    @on(MenuBar.Opened)
    def _menu_clicked(self, event: MenuBar.Opened) -> None:
        event.stop()
        self.app_.flows.menu(event.menu)

    @on(LiveGrid.Moved)
    @on(DescendantFocus)
    def show_position(self) -> None:
        """Show the place of the cursor of the list in use."""
        grid = self.cursor_grid
        self.footer.set_position("0/0" if grid is None else grid.position)


def _footer_keys(scope: str) -> tuple[FooterKey, ...]:
    return tuple(
        FooterKey(actions.key_label(item.keys[0]), item.label, item.run)
        for item in actions.footer_actions(scope)
        if item.id != f"screen.{scope}"
    )
