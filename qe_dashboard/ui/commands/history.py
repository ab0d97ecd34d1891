"""Lines typed in this session, for Up and Down."""

from __future__ import annotations

# More than anybody steps back through by Up.
_KEPT = 200


class History:
    """Recall of earlier lines; the line being typed is kept as the newest place."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._place: int | None = None
        self._draft = ""

    def add(self, line: str) -> None:
        """Remember a line that was run; a repeat of the last one is kept once."""
        self._place = None
        text = line.strip()
        if not text or (self._lines and self._lines[-1] == text):
            return
        self._lines.append(text)
        del self._lines[:-_KEPT]

    def older(self, draft: str) -> str:
        """Return the line before the shown one; `draft` is what stands in the input now."""
        if not self._lines:
            return draft
        if self._place is None:
            self._draft = draft
            self._place = len(self._lines)
        self._place = max(self._place - 1, 0)
        return self._lines[self._place]

    def newer(self, draft: str) -> str:
        """Return the line after the shown one, at the end the draft again."""
        if self._place is None:
            return draft
        self._place += 1
        if self._place >= len(self._lines):
            self._place = None
            return self._draft
        return self._lines[self._place]
