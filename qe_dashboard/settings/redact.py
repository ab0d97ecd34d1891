"""Settings in a form that is safe to print, log or send."""

from __future__ import annotations

from typing import Any

from qe_dashboard.core.redact import redact
from qe_dashboard.settings.fields import Path, flat
from qe_dashboard.settings.schema import Settings


def redacted(settings: Settings) -> dict[Path, Any]:
    """Return every key's value with account ids masked."""
    return {path: mask(path, value) for path, value in flat(settings).items()}


def mask(path: Path, value: Any) -> Any:
    """Return a value as it may be shown: an account id as `DU***567`, an odd one not at all."""
    if path[-1] != "account" or value == "":
        return value
    masked = redact(value)
    return masked if masked != value else "***"
