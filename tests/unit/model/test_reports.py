"""Only a READY link delivers (D22)."""

import pytest

from qe_dashboard.model.enums import LinkName, LinkState
from qe_dashboard.model.reports import LinkStatus
from support.risk_world import NOW


@pytest.mark.parametrize("state", list(LinkState))
def test_only_ready_is_up(state: LinkState) -> None:
    assert LinkStatus(LinkName.ORDER, state, "", NOW, 0).is_up is (state is LinkState.READY)
