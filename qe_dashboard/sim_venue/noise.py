"""Random numbers by address: the same (seed, names, index) gives the same bits on every platform and version.

Integer mixing only (`hash()` is salted per process, `random` may change its algorithms), so that a restarted venue
meets the prices it left (D28).
"""

from __future__ import annotations

MASK64 = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_UNIT = 1.0 / (1 << 53)
# Four 16-bit fields are uniform on 0..65535; their sum has this mean and standard deviation.
_SUM_MEAN = 131070.0
_SUM_STD = 37837.0


def mix(value: int) -> int:
    """Scramble 64 bits (the finaliser of SplitMix64)."""
    value = (value + _GOLDEN) & MASK64
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK64
    return value ^ (value >> 31)


def stream(seed: int, *names: str | int) -> int:
    """Return the key of an independent stream of numbers."""
    key = mix(seed & MASK64)
    for name in names:
        if isinstance(name, int):
            key = mix(key ^ (name & MASK64))
            continue
        for byte in name.encode():
            key = mix(key ^ byte)
        # The length keeps ("ab", "c") apart from ("a", "bc").
        key = mix(key ^ (len(name) << 32))
    return key


def bits(key: int, index: int) -> int:
    """Return the 64 random bits at an index of a stream."""
    return mix((key + index * _GOLDEN) & MASK64)


def unit(random_bits: int) -> float:
    """Map 64 bits to 0 <= u < 1, exactly."""
    return (random_bits >> 11) * _UNIT


def normal(random_bits: int) -> float:
    """Map 64 bits to an almost normal number: mean 0, deviation 1, never beyond 3.5 (sum of four uniforms)."""
    total = (
        (random_bits & 0xFFFF)
        + ((random_bits >> 16) & 0xFFFF)
        + ((random_bits >> 32) & 0xFFFF)
        + (random_bits >> 48)
    )
    return (total - _SUM_MEAN) / _SUM_STD
