"""The pages that `make docs` prints are those in the tree (R33)."""

from __future__ import annotations

import pytest

from scripts.make_docs import DOCS, codes_page, keys_page, safety_page, settings_page


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("ibkr-codes.md", codes_page),
        ("keys-and-commands.md", keys_page),
        ("live-trading-safety.md", safety_page),
        ("settings.md", settings_page),
    ],
)
def test_a_made_page_is_up_to_date(name: str, page: object) -> None:
    assert callable(page)
    assert (DOCS / name).read_text(encoding="utf-8") == page(), "run `make docs`"
