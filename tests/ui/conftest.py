"""Every ui test that talks to an engine runs twice: directly, and with each facade message put through the codec."""

from collections.abc import Iterator

import pytest

from support.facade_wire import FacadeWire

# These draw a widget or read a table; no message crosses the facade in them.
_WITHOUT_ENGINE = ("test_cell_lines", "test_confirm", "test_live_grid", "test_menu", "test_help")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    module = metafunc.module.__name__.rpartition(".")[2]
    modes = ["direct"] if module in _WITHOUT_ENGINE else ["direct", "serialised"]
    metafunc.fixturenames.append("facade_wire")
    metafunc.parametrize("facade_wire", modes, indirect=True)


@pytest.fixture
def facade_wire(request: pytest.FixtureRequest) -> Iterator[None]:
    FacadeWire.is_serialised = request.param == "serialised"
    yield
    FacadeWire.is_serialised = False
