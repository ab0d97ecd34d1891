"""Contrast of two colours as the accessibility guidelines measure it: 1 (none) to 21 (black on white)."""

from __future__ import annotations

from rich.color import Color
from rich.color_triplet import ColorTriplet

LEAST = 4.5
"""What text needs."""


def contrast(front: Color | None, back: Color | None) -> float:
    assert front is not None
    assert back is not None
    lights = sorted((_luminance(color.get_truecolor()) for color in (front, back)), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def _luminance(color: ColorTriplet) -> float:
    def linear(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.03928 else float(((share + 0.055) / 1.055) ** 2.4)

    return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue)
