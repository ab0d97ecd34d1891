"""Display settings are read from TOML text and never stop a start."""

from qe_dashboard.ui.display import Display, checked, display_of
from support.view_builders import make_setting, make_settings


def test_they_are_read_from_the_settings() -> None:
    view = make_settings(
        [
            make_setting("display.theme", value='"light-safe"'),
            make_setting("display.time_zone", value='"utc"'),
            make_setting("display.quotes_fps", value="12"),
        ]
    )
    assert display_of(view) == Display("light-safe", "utc", 12)


def test_what_is_missing_or_odd_has_its_default() -> None:
    assert display_of(make_settings([make_setting("broker", value='"sim"')])) == Display(
        "dark", "exchange", 30
    )
    assert display_of(make_settings([make_setting("display.quotes_fps", value="fast")])).quotes_fps == 30
    assert checked(Display("pink", "mars", 0)) == Display("dark", "exchange", 1)
    assert checked(Display("light", "local", 500)).quotes_fps == 30
