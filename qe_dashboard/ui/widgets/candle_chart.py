"""The chart: candles of one instrument by the line API; a plotting library takes 35 ms a frame, this under 2."""

from __future__ import annotations

from qe_dashboard.engine.views import BarsView
from qe_dashboard.ui.presenters.candles import ASCII, BOX, bar_words, candle_lines
from qe_dashboard.ui.presenters.cells import Line, Tone
from qe_dashboard.ui.widgets.cell_lines import CellLines

# Below this every row is needed for the candles themselves.
_WORDS_FROM_HEIGHT = 12


class CandleChart(CellLines):
    """Shows the bars it was given last, at whatever size it has."""

    def __init__(self, *, id: str | None = None, title: str = "CHART") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, title=title)
        self._bars: BarsView | None = None
        self._zone = "UTC"
        self._notice: Line = (("no symbol chosen", Tone.STALE),)

    def show_bars(self, view: BarsView, *, zone: str) -> None:
        """Draw these candles, with times in a zone."""
        self._bars, self._zone = view, zone
        self._draw()

    def show_notice(self, text: str, tone: Tone = Tone.STALE) -> None:
        """Say why there is no chart."""
        self._bars, self._notice = None, ((text, tone),)
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        width, height = self.size
        if self._bars is None:
            self.set_lines(self._notice)
            return
        words = bar_words(self._bars) if height >= _WORDS_FROM_HEIGHT else ()
        # A terminal that cannot encode box characters would show question marks for candles.
        unicode = self.app.console.encoding.lower().startswith("utf")
        lines = candle_lines(
            self._bars,
            width=width,
            height=height - 1 if words else height,
            zone=self._zone,
            glyphs=BOX if unicode else ASCII,
        )
        self.set_lines(*((words, *lines) if words else lines))
