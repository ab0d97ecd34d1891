"""A reason is said once; where it comes again, that it is the same one (R59)."""

from __future__ import annotations

from qe_dashboard.ui import format as fmt

SAME = "same reason"
# A halt's reason may be one letter, which is a part of everything.
_LEAST_PART = 12


class Told:
    """The reasons a pane has said so far."""

    def __init__(self, *reasons: str) -> None:
        self._reasons = [_core(reason) for reason in reasons if _core(reason)]

    def knows(self, reason: str) -> bool:
        """Whether this reason was said, also as a part of longer words or with more words around it."""
        words = _core(reason)
        return bool(words) and any(_is_same(words, said) for said in self._reasons)

    def say(self, reason: str) -> str:
        """Return the reason in full the first time, later only that it is the same; empty stays empty."""
        if self.knows(reason):
            return SAME
        self.note(reason)
        return fmt.plain(reason)

    def note(self, reason: str) -> None:
        """Take a reason as said."""
        if _core(reason):
            self._reasons.append(_core(reason))


def _is_same(words: str, said: str) -> bool:
    if words == said:
        return True
    return min(len(words), len(said)) >= _LEAST_PART and (words in said or said in words)


def _core(reason: str) -> str:
    return fmt.plain(reason).strip(". ").casefold()
