"""The code catalogue as it is shipped, read once."""

from __future__ import annotations

from functools import cache

from qe_dashboard.broker.ibkr.code_book import CodeBook
from qe_dashboard.broker.ibkr.code_file import parse_shipped
from qe_dashboard.settings.paths import CODES_NAME, shipped_config_dir


@cache
def shipped_codes() -> CodeBook:
    """Return the shipped catalogue."""
    file = shipped_config_dir() / CODES_NAME
    return parse_shipped(file.read_text(encoding="utf-8"), str(file))
