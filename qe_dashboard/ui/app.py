"""The application: modes, theme, the engine's start and stop, and keys that work everywhere.

It paints first and starts the engine after that, so that the first screen waits for nothing; every screen draws
without an engine. What keys do is in `flows`; who draws what is in the screens.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.command import Provider
from textual.screen import Screen

from qe_dashboard.model.enums import Profile
from qe_dashboard.ui import actions
from qe_dashboard.ui.action_table import APP
from qe_dashboard.ui.commands.history import History
from qe_dashboard.ui.desk import Desk
from qe_dashboard.ui.display import ZONE_CHOICES, Display, checked, display_of
from qe_dashboard.ui.focus import SymbolFocus
from qe_dashboard.ui.format import LOCAL_ZONE
from qe_dashboard.ui.frame_pump import FramePump
from qe_dashboard.ui.global_keys import GlobalKeys
from qe_dashboard.ui.quiet_app import QuietApp
from qe_dashboard.ui.screens.base import DashboardScreen
from qe_dashboard.ui.screens.main import MainScreen
from qe_dashboard.ui.themes import DEFAULT_THEME, PALETTES, themes, variables
from qe_dashboard.ui.widgets.live_grid import LiveGrid

# Nothing here is needed for the first paint; imported at first use it saves a third of the start (P1).
if TYPE_CHECKING:
    from qe_dashboard.engine.facade import EngineClient, EngineHost
    from qe_dashboard.engine.settings_views import SettingsView
    from qe_dashboard.ui.flows import Flows
    from qe_dashboard.ui.modals.key_guard import Timing

# The exchange zone until the engine names one.
_DEFAULT_ZONE = "America/New_York"
# The settings file may be edited elsewhere; reading what is in force costs about a millisecond.
_REREAD_DISPLAY_S = 5.0
_EXIT_START_BROKE = 70
# With that of the first screen: one read later would have Textual parse all of them again.
_STYLES: list[str | PurePath] = [
    Path(__file__).parent / "styles" / name
    for name in ("base.tcss", "menu_bar.tcss", "command_line.tcss", "main.tcss")
]


def _trade() -> Screen[Any]:
    from qe_dashboard.ui.screens.trade import TradeScreen

    return TradeScreen()


def _settings() -> Screen[Any]:
    from qe_dashboard.ui.screens.settings import SettingsScreen

    return SettingsScreen()


def _health() -> Screen[Any]:
    from qe_dashboard.ui.screens.health import HealthScreen

    return HealthScreen()


def _orders() -> Screen[Any]:
    from qe_dashboard.ui.screens.orders import OrdersScreen

    return OrdersScreen()


def _palette() -> type[Provider]:
    from qe_dashboard.ui.palette import ActionProvider

    return ActionProvider


class DashboardApp(GlobalKeys, SymbolFocus, QuietApp):
    """The dashboard over one engine host. `return_code` after `run` is the process's exit code."""

    TITLE = "qe_dashboard"
    CSS_PATH = _STYLES
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        "main": MainScreen,
        "trade": _trade,
        "settings": _settings,
        "health": _health,
        "orders": _orders,
    }
    DEFAULT_MODE = "main"
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings(APP)]
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_palette}

    def __init__(
        self,
        *,
        host: EngineHost,
        profile: Profile,
        theme: str = DEFAULT_THEME,
        quotes_fps: int = 30,
        time_zone: str = "exchange",
        timing: Timing | None = None,
    ) -> None:
        super().__init__()
        self.profile = profile
        self.client: EngineClient | None = None
        self.desk: Desk | None = None
        self.display_settings = checked(Display(theme, time_zone, quotes_fps))
        self.pump = FramePump(self, fps=self.display_settings.quotes_fps)
        self.history = History()
        self._timing = timing
        self._host = host
        self._zone_choice = self.display_settings.time_zone
        self.last_words = ""
        """What must be printed once the terminal is given back."""
        self._starting: asyncio.Task[None] | None = None
        for item in themes():
            self.register_theme(item)
        # Before a style sheet is read, not when mounted: a change of theme has all of them parsed again.
        self.set_reactive(App.theme, self.display_settings.theme)
        self.stylesheet.set_variables(self.get_css_variables())

    @cached_property
    def flows(self) -> Flows:
        """What keys and commands do."""
        from qe_dashboard.ui.flows import Flows

        return Flows(self, self, timing=self._timing)

    # Life

    def on_mount(self) -> None:
        _on_signals(self.leave)
        self.call_after_refresh(self._begin_start)

    def _begin_start(self) -> None:
        # A task of the app's own: Textual would cancel a worker together with the screen that is active now.
        self._starting = asyncio.get_running_loop().create_task(self._start(), name="start engine")

    def _end(self, code: int, words: str) -> None:
        self.last_words = words
        self.exit(return_code=code)

    async def _start(self) -> None:
        from qe_dashboard.engine.facade import StartRefused

        try:
            client = await self._host.start()
        except StartRefused as refused:
            self._end(refused.exit_code, refused.text)
        except Exception as error:  # the person sees a reason and a prompt, never a dead screen
            self.log.error(f"start failed: {error!r}")
            words = f"The session could not start: {type(error).__name__}: {error}. Nothing was sent. The log has more."
            self._end(_EXIT_START_BROKE, words)
        else:
            self.client, self.desk = client, Desk(client)
            self.flows.engine_ready()
            self.pump.start()
            self.pump.flush()
            self._read_display()
            self.set_interval(_REREAD_DISPLAY_S, self._read_display)

    async def on_unmount(self) -> None:
        self.pump.stop()
        self.flows.close()
        if self.desk is not None:
            self.desk.close()
        await self._end_start()
        left = await self._host.stop()
        self.last_words = "\n".join(words for words in (self.last_words, left) if words)

    async def _end_start(self) -> None:
        task, self._starting = self._starting, None
        if task is not None and not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def leave(self) -> None:
        """Quit without asking; the host is stopped on the way out."""
        self.exit(return_code=0)

    async def on_event(self, event: events.Event) -> None:
        """Run a key's action before the next key is looked at.

        Textual lets a key travel through the focused widget's queue first; of keys that arrive in one burst (a slow
        line, a macro) those behind a `/` would still act on the screen instead of being typed.
        """
        if not (isinstance(event, events.Key) and await self._acted_on(event)):
            await super().on_event(event)

    async def _acted_on(self, event: events.Key) -> bool:
        screen = self.screen
        if event.is_forwarded or not self.app_focus or not isinstance(screen, DashboardScreen):
            return False
        if not isinstance(screen.focused, LiveGrid | None):
            return False
        if await self._check_bindings(event.key, priority=True) or await self._check_bindings(event.key):
            # In the frame that shows the moved cursor, not in the next one.
            screen.show_position()
            return True
        return False

    # What screens and flows read

    @property
    def visible_screen(self) -> DashboardScreen | None:
        """The screen that is seen, also under a modal; the pump draws no other."""
        if not self.is_running:
            # While Textual shuts down, widgets go before the timers do.
            return None
        for screen in reversed(self.screen_stack):
            if isinstance(screen, DashboardScreen):
                return screen if screen.is_ready else None
        return None

    @property
    def zone(self) -> str:
        """The zone of TIME columns and of the clock: the exchange's, the machine's, or UTC."""
        if self._zone_choice == "utc":
            return "UTC"
        if self._zone_choice == "local":
            return LOCAL_ZONE
        status = None if self.desk is None else self.desk.status
        return _DEFAULT_ZONE if status is None else status.time_zone

    def show_screen(self, name: str) -> None:
        """Go to a screen by its scope name."""
        self.switch_mode(name)

    def say(self, text: str) -> None:
        """Tell something in the message line; the text is never markup."""
        self.flows.say(text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        screen = self.visible_screen
        # A command line that cannot be seen takes no commands.
        return not (action == "command_line" and screen is not None and screen.is_too_small)

    # Looks

    def action_show_screen(self, name: str) -> None:
        self.show_screen(name)

    def action_time_zone(self) -> None:
        choices = ZONE_CHOICES
        self._zone_choice = choices[(choices.index(self._zone_choice) + 1) % len(choices)]
        self._redraw()
        self.say(f"Times are shown in {self._zone_choice} time now.")

    def action_next_theme(self) -> None:
        names = list(PALETTES)
        self.theme = names[(names.index(self.theme) + 1) % len(names)]
        self.say(f"Theme: {self.theme}")

    def _read_display(self) -> None:
        self.flows.settings.read(self.apply_settings)

    def apply_settings(self, view: SettingsView) -> None:
        """Show things as the settings say; what was changed by a key since stays until its setting changes."""
        before, self.display_settings = self.display_settings, display_of(view)
        now = self.display_settings
        if now.theme != before.theme:
            self.theme = now.theme
        if now.time_zone != before.time_zone:
            self._zone_choice = now.time_zone
            self._redraw()
        if now.quotes_fps != before.quotes_fps:
            self.pump.change_rate(now.quotes_fps)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables(PALETTES[DEFAULT_THEME])

    def _redraw(self) -> None:
        screen = self.visible_screen
        if screen is not None:
            screen.redraw()


def _on_signals(leave: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Only the main thread may, and a program that embeds this one keeps its own handlers.
        with contextlib.suppress(ValueError, RuntimeError):
            loop.add_signal_handler(number, leave)
