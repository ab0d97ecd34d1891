"""What may stand as a host: names and addresses as people write them, and nothing that only looks like one."""

import re

import pytest

from qe_dashboard.model.connection import HOST_PATTERN


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "trader-box",
        "my_nas",
        "a.example.org",
        "4u.example.org",
        "::1",
        "fe80::1%eth0",
    ],
)
def test_hosts(host: str) -> None:
    assert re.fullmatch(HOST_PATTERN, host)


@pytest.mark.parametrize(
    "host", ["", "0", "-", "..", "1.2.3", "127.0.0.1:4002", "nas:4002", "a b", "x" * 254]
)
def test_no_hosts(host: str) -> None:
    assert re.fullmatch(HOST_PATTERN, host) is None
