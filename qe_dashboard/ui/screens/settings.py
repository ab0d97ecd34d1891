"""F8 SETTINGS: every setting with its value, default, unit and source; edited in place, validated by the engine."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.geometry import Offset
from textual.widgets import Input
from textual.widgets.input import Selection

from qe_dashboard.engine.settings_views import SettingsView, SettingView
from qe_dashboard.engine.views import CommandResult
from qe_dashboard.ui.presenters.cells import Tone
from qe_dashboard.ui.presenters.settings import (
    SETTINGS,
    detail_lines,
    editable,
    file_lines,
    is_heading,
    setting_rows,
    unread_lines,
    value_place,
)
from qe_dashboard.ui.screens.base import DashboardScreen
from qe_dashboard.ui.widgets.cell_lines import CellLines
from qe_dashboard.ui.widgets.live_grid import HEADER_ROWS, LiveGrid

# The file may be edited elsewhere while this screen is looked at.
_REREAD_S = 2.0
_MASKED = "***"


class SettingsScreen(DashboardScreen):
    """The list of settings, the one under the cursor in full, and an editor over its value."""

    SCOPE = "settings"
    TITLE_WORD = "SETTINGS"
    CSS_PATH = "../styles/settings.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._view: SettingsView | None = None
        self._edited: SettingView | None = None
        self._is_saving = False

    def compose_body(self) -> ComposeResult:
        yield CellLines(id="file", wraps=True)
        yield LiveGrid(SETTINGS, id="settings", title="SETTINGS")
        yield CellLines(id="setting", title="SETTING", wraps=True)
        editor = Input(id="editor", compact=True, select_on_focus=False)
        editor.display = False
        editor.can_focus = False
        yield editor

    def on_mount(self) -> None:
        self.set_interval(_REREAD_S, self._reread)

    def redraw(self) -> None:
        super().redraw()
        self._draw()
        self._reread()

    def _reread(self) -> None:
        """Ask for the settings, while this screen is the one that is seen."""
        if self.app_.visible_screen is self:
            self.app_.flows.settings.read(self._received)

    def _received(self, view: SettingsView) -> None:
        if self.is_attached and view != self._view:
            self._view = view
            self.app_.apply_settings(view)
            self._draw()

    def _draw(self) -> None:
        file, grid = self.query_one("#file", CellLines), self._grid
        if self._view is None:
            file.set_lines(*unread_lines("The settings are read when the engine is up."))
            grid.set_notice("waiting for the engine", Tone.STALE)
            return
        file.set_lines(*file_lines(self._view))
        grid.show(setting_rows(self._view))
        self._draw_detail()

    def _draw_detail(self) -> None:
        self.query_one("#setting", CellLines).set_lines(*detail_lines(self.setting_under_cursor()))

    @property
    def _grid(self) -> LiveGrid:
        return self.query_one("#settings", LiveGrid)

    @property
    def _editor(self) -> Input:
        return self.query_one("#editor", Input)

    def setting_under_cursor(self) -> SettingView | None:
        """Return the setting of the cursor's row, None on a heading or in an empty list."""
        key = self._grid.cursor_key
        if self._view is None or key is None or is_heading(key):
            return None
        return next((item for item in self._view.settings if item.key == key), None)

    @on(LiveGrid.Moved, "#settings")
    def _moved(self) -> None:
        self._draw_detail()

    @on(LiveGrid.Chosen, "#settings")
    def _chosen(self) -> None:
        self.action_edit()

    def action_edit(self) -> None:
        """Open the editor over the value under the cursor."""
        setting = self.setting_under_cursor()
        if setting is None:
            self.app_.say("The cursor is on no setting. Move it to one, then press Enter.")
            return
        # A masked value is not the value: saving it back would bind a nonsense account.
        self._open(setting, "" if _MASKED in setting.value else editable(setting.value))

    def action_edit_default(self) -> None:
        """Open the editor with the shipped default in it; Enter saves it."""
        setting = self.setting_under_cursor()
        if setting is not None:
            self._open(setting, editable(setting.default))

    def _open(self, setting: SettingView, text: str) -> None:
        self._edited = setting
        editor, grid = self._editor, self._grid
        at, width = value_place(grid.size.width)
        row = grid.keys.index(setting.key) + HEADER_ROWS - grid.scroll_offset.y
        body = self.query_one("#body").region.offset
        place = grid.content_region.offset - body
        editor.styles.offset = place + Offset(at, row)
        editor.styles.width = max(width, 24)
        editor.value = text
        # What is typed takes its place.
        editor.selection = Selection(0, len(text))
        editor.can_focus = True
        editor.display = True
        editor.focus()
        choices = f"  ↑ ↓ choose: {', '.join(setting.choices)}" if setting.choices else ""
        self.footer.set_mode(f"editing: Enter saves, Esc leaves{choices}")

    def on_screen_suspend(self) -> None:
        """An editor that nobody sees must not wait for keys."""
        if self._edited is not None:
            if not self._is_saving:
                self.app_.say(f"{self._edited.key} was left as it was: its editor was open and not saved.")
            self._leave()

    def _leave(self) -> None:
        self.footer.set_mode("")
        self._edited = None
        self._is_saving = False
        self._editor.display = False
        self._editor.can_focus = False
        self._grid.focus()

    def on_key(self, event: events.Key) -> None:
        """While editing, Esc leaves the value as it was and arrows go through the choices."""
        if self._edited is None or self.focused is not self._editor:
            return
        if event.key == "escape":
            event.stop()
            self._leave()
        elif event.key in ("up", "down", "tab", "shift+tab"):
            event.stop()
            event.prevent_default()
            self._step(self._edited.choices, 1 if event.key in ("down", "tab") else -1)

    def _step(self, choices: tuple[str, ...], step: int) -> None:
        if not choices:
            return
        shown = self._editor.value.strip()
        at = choices.index(shown) + step if shown in choices else 0
        self._editor.value = choices[at % len(choices)]
        self._editor.selection = Selection(0, len(self._editor.value))

    @on(Input.Submitted, "#editor")
    def _save(self, event: Input.Submitted) -> None:
        event.stop()
        setting = self._edited
        if setting is None or self._is_saving:
            return
        value = event.value.strip()
        if value == editable(setting.value):
            self._leave()
            return
        self._is_saving = True
        # Nothing typed means the empty string; TOML has no other way to say it.
        self.app_.flows.settings.write(setting.key, value or '""', self._answered)

    def _answered(self, result: CommandResult) -> None:
        """Close the editor when the value was written; else it stays open, and the reason stands below."""
        self._is_saving = False
        if result.is_ok:
            self._leave()
            self._reread()
        elif self._edited is not None:
            self.query_one("#setting", CellLines).set_lines(
                ((result.text.replace("\n", " "), Tone.BAD),), *detail_lines(self._edited)[:2]
            )
