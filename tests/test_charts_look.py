"""The colors of the figures: readable on light and dark, told apart by every kind of eye."""

from itertools import combinations

import pytest

from nettools.charts import NEUTRAL, PALETTE
from nettools.charts.look import INK, strategy_colors

PAGES = {"light": "#ffffff", "dark": "#212121"}
"""What lies under a figure in JupyterLab: its first layout color, in its two themes."""
LEAST_LINE = 2.0
"""A fill or a line against the page. WCAG asks 3 where color alone tells something; here every
bar and line carries its name, and eight hues on two pages cannot all reach it."""
LEAST_TEXT = 3.0
"""Titles and numbers on the axes, against the page."""
LEAST_APART = 9.0
"""Distance of two colors in CIE Lab; from about 2 an eye sees that they differ side by side."""
LEAST_FROM_GRAY = 7.0
"""As above, from the gray of the net and the offset, which stand apart and are named."""
EYES = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
"""What an eye makes of linear red, green and blue: Machado, Oliveira and Fernandes 2009."""
TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
WHITE = (0.95047, 1.0, 1.08883)


def _linear(color):
    parts = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]


def _times(matrix, vector):
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def _contrast(one, other):
    """Give the contrast of two colors as WCAG 2 defines it, from 1 to 21."""
    low, high = sorted(_times(TO_XYZ, _linear(color))[1] for color in (one, other))
    return (high + 0.05) / (low + 0.05)


def _lab(color, eye):
    seen = [min(max(part, 0.0), 1.0) for part in _times(EYES[eye], _linear(color))]
    parts = [a / w for a, w in zip(_times(TO_XYZ, seen), WHITE, strict=True)]
    x, y, z = (p ** (1 / 3) if p > 0.008856 else 7.787 * p + 16 / 116 for p in parts)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _apart(one, other, eye):
    pairs = zip(_lab(one, eye), _lab(other, eye), strict=True)
    return sum((a - b) ** 2 for a, b in pairs) ** 0.5


def test_black_on_white_has_the_most_contrast_and_red_and_green_meet_without_green_cones():
    assert round(_contrast("#000000", "#ffffff"), 3) == 21
    red, green = "#C05000", "#808000"
    assert _apart(red, green, "deuteranopia") < _apart(red, green, "usual") / 2


@pytest.mark.parametrize("page", PAGES)
def test_every_color_stands_out_from_a_light_and_from_a_dark_page(page):
    found = {c: round(_contrast(c, PAGES[page]), 2) for c in (*PALETTE, NEUTRAL)}
    assert {c: f for c, f in found.items() if f < LEAST_LINE} == {}


@pytest.mark.parametrize("page", PAGES)
def test_the_ink_of_titles_and_axes_is_readable_on_a_light_and_on_a_dark_page(page):
    assert _contrast(INK, PAGES[page]) >= LEAST_TEXT


@pytest.mark.parametrize("eye", EYES)
def test_no_two_strategies_look_alike_to_any_eye(eye):
    found = {pair: round(_apart(*pair, eye), 1) for pair in combinations(PALETTE, 2)}
    assert {pair: far for pair, far in found.items() if far < LEAST_APART} == {}


@pytest.mark.parametrize("eye", EYES)
def test_the_gray_of_the_net_is_no_strategy_to_any_eye(eye):
    found = {color: round(_apart(color, NEUTRAL, eye), 1) for color in PALETTE}
    assert {color: far for color, far in found.items() if far < LEAST_FROM_GRAY} == {}


def test_the_first_eight_strategies_have_a_color_each():
    colors = strategy_colors("ABCDEFGHI")
    assert len(set(list(colors.values())[:8])) == 8
    assert colors["I"] == colors["A"]
