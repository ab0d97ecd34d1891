"""A few presented lines: bars, strips and panels of the chrome. Only lines that changed are repainted."""

from __future__ import annotations

from rich.text import Text
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from qe_dashboard.ui.presenters.cells import EMPTY, Line, Tone
from qe_dashboard.ui.widgets.drawing import strip_of, styles_over, wrap


class CellLines(Widget):
    """Lines of text with tones, never markup. `wraps` breaks long lines at spaces, else they are cut.

    Where the lines are more than the rows, the last row says how many are not seen.

    Parts of a broken line after the first are moved right by `indent` cells.
    """

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
        title: str = "",
        wraps: bool = False,
        indent: int = 0,
    ) -> None:
        super().__init__(id=id, classes="panel" if title else None)
        self._lines: tuple[Line, ...] = ()
        self._drawn: tuple[Line, ...] = ()
        self._drawn_size = (-1, -1)
        self._strips: dict[int, Strip] = {}
        self._wraps = wraps
        self._indent = indent
        self._title: str | None = None
        self._top = 0
        """The first line that is seen; more than 0 only where somebody scrolled."""
        self.set_title(title)

    def set_title(self, title: str) -> None:
        """Set the text in the top border; plain text, never markup."""
        if title != self._title:
            self._title = title
            self.border_title = Text(title) if title else None

    def set_lines(self, *lines: Line) -> None:
        """Show these lines, from the top."""
        if lines == self._lines:
            return
        self._lines = lines
        before, size = self._drawn, self._drawn_size
        after = self._fitted()
        if len(before) != len(after):
            self._strips.clear()
            self.refresh(layout=self.styles.is_auto_height)
            return
        if size != self._drawn_size or self._top:
            self._strips.clear()
            self.refresh()
            return
        width, regions = self.size.width, []
        for row in range(max(len(before), len(after))):
            if before[row : row + 1] != after[row : row + 1]:
                self._strips.pop(row, None)
                regions.append(Region(0, row, width, 1))
        if regions:
            self.refresh(*regions)

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join("".join(text for text, _ in line) for line in self._lines)

    @property
    def row_count(self) -> int:
        """How many rows the lines take at this width."""
        return len(self._fitted())

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._broken(width)) if self._wraps else len(self._lines)

    def render_line(self, y: int) -> Strip:
        lines = self._fitted()
        strip = self._strips.get(y)
        if strip is None:
            ground = self.rich_style
            at = y + self._top
            line = lines[at] if at < len(lines) else ()
            unseen = len(lines) - self._top - self.size.height
            if unseen > 0 and y == self.size.height - 1 and y > 0:
                line = self._mark(unseen + 1)
            strip = self._strips[y] = strip_of(
                line, width=self.size.width, styles=styles_over(self, ground), ground=ground
            )
        return strip

    def _mark(self, unseen: int) -> Line:
        """Return what stands in the last row in place of lines that are not seen."""
        return ((f"… {unseen} more lines", Tone.DIM),)

    def _fitted(self) -> tuple[Line, ...]:
        """Return the lines as they are broken at this width; a changed size draws all of them anew."""
        width = self.size.width
        if self.size != self._drawn_size:
            self._strips.clear()
            self._drawn_size = self.size
        if self._wraps and width > 0:
            self._drawn = self._broken(width)
        else:
            self._drawn = self._lines
        return self._drawn

    def _broken(self, width: int) -> tuple[Line, ...]:
        return tuple(
            part
            for line in self._lines
            for part in (tuple(wrap(line, width, indent=self._indent)) or (EMPTY,))
        )

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()
