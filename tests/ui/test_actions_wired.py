"""The table of keys against the program that has to answer them."""

import pytest

from qe_dashboard.model.enums import Profile
from qe_dashboard.ui.action_table import ACTIONS, APP, Action
from qe_dashboard.ui.app import DashboardApp
from support.scripted_client import ScriptedHost


@pytest.mark.parametrize("item", ACTIONS, ids=lambda item: item.id)
def test_every_action_has_a_method_where_its_key_is_bound(item: Action) -> None:
    app = DashboardApp(host=ScriptedHost(), profile=Profile.SIM)
    where, _, call = item.run.partition(".")
    method = f"action_{call.partition('(')[0]}"
    if where == APP:
        assert callable(getattr(app, method))
        return
    for scope in item.scopes:
        make_screen = DashboardApp.MODES[scope]
        assert callable(make_screen)
        assert callable(getattr(make_screen(), method)), scope


@pytest.mark.parametrize(
    "item", [item for item in ACTIONS if item.scopes != (APP,)], ids=lambda item: item.id
)
def test_every_scope_is_a_screen_that_exists(item: Action) -> None:
    assert set(item.scopes) <= set(DashboardApp.MODES)


def test_every_screen_of_the_app_has_its_key_and_no_other_has_one() -> None:
    assert {f"screen.{name}" for name in DashboardApp.MODES} == {
        item.id for item in ACTIONS if item.id.startswith("screen.")
    }
