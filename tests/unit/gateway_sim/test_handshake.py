"""Version negotiation: the lower of the two highest, inside both ranges."""

import pytest

from qe_dashboard.gateway_sim.handshake import HandshakeError, negotiate


@pytest.mark.parametrize(
    ("greeting", "version"),
    [
        (b"v157..176", 176),
        (b"v157..178", 178),
        (b"v100..225", 178),
        (b"v100..157", 157),
        (b"v157..176 +PACEAPI", 176),
        (b"v170", 170),
        (b"v157..176\0", 176),
    ],
)
def test_the_lower_of_the_two_highest(greeting: bytes, version: int) -> None:
    assert negotiate(greeting) == version


@pytest.mark.parametrize(
    ("greeting", "words"),
    [
        (b"v100..156", "no common version"),
        (b"v179..225", "no common version"),
        (b"hello", "version range"),
        (b"", "version range"),
        (b"v99999..1", "version range"),
        (b"\xff\xfe", "version range"),
    ],
)
def test_others_are_refused_in_words(greeting: bytes, words: str) -> None:
    with pytest.raises(HandshakeError, match=words):
        negotiate(greeting)


def test_the_own_highest_version_can_be_lowered() -> None:
    assert negotiate(b"v157..178", max_version=163) == 163
