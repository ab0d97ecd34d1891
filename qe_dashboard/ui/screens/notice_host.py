"""Where the notice that there is no connection opens and closes: on whatever screen is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input

# Most sessions never need the panel, and the first paint waits for every import (P1).
if TYPE_CHECKING:
    from qe_dashboard.engine.views import StatusView
    from qe_dashboard.ui.flows import Flows
    from qe_dashboard.ui.widgets.notice_panel import NoticePanel


class NoticeHost(Screen[None]):
    """Part of every screen of the dashboard. Esc leaves the notice, wherever the focus is."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "step_back", show=False)]

    @property
    def _flows(self) -> Flows:
        return cast("Flows", self.app.flows)  # type: ignore[attr-defined]  # the app that has these screens has flows

    @property
    def _notice_panel(self) -> NoticePanel | None:
        return cast("NoticePanel | None", self.query_one_optional("NoticePanel"))

    def show_notice(self, status: StatusView | None) -> None:
        """Open, update or close the notice; it opens over no question and takes no key from anybody who types."""
        panel = self._notice_panel
        notice = None if status is None else self._flows.connection.notice(status)
        if notice is None or status is None:
            if panel is not None:
                panel.close()
            return
        if panel is None and self.app.screen is self and not isinstance(self.focused, Input):
            from qe_dashboard.ui.widgets.notice_panel import NoticePanel

            panel = NoticePanel(came_from=self.focused, timing=self._flows.timing)
            self.mount(panel)
        if panel is not None:
            panel.show(notice, now=status.venue_time)

    def leave_notice(self) -> bool:
        """Close the notice for good; False when none is open."""
        panel = self._notice_panel
        if panel is None:
            return False
        self._flows.connection.leave_notice()
        panel.close()
        return True

    def action_step_back(self) -> None:
        """Esc: one step back, never more."""
        self.leave_notice()

    def on_notice_panel_continued(self) -> None:
        self.leave_notice()

    def on_notice_panel_retried(self) -> None:
        self._flows.reconnect()

    def on_notice_panel_connection_wanted(self) -> None:
        self._flows.connection.start_edit()
