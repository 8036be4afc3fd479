"""Contrast of every pair of tokens that meet on screen, after WCAG 2.2."""

import math

import pytest
from PySide6.QtGui import QColor

from ui import theme


def luminance(colour: QColor) -> float:
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: QColor, other: QColor) -> float:
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("surface", ["surface_0", "surface_1", "surface_2", "surface_3"])
@pytest.mark.parametrize("token", ["text", "muted", "danger", "score_low", "score_high"])
def test_text_stands_out(name, surface, token):
    tokens = theme.load(name)
    assert contrast(tokens.colour(token), tokens.colour(surface)) >= 4.5


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("surface", ["surface_0", "surface_1", "surface_2"])
@pytest.mark.parametrize("token", ["edge", "accent", "focus", "inconclusive", "not_scored"])
def test_lines_stand_out(name, surface, token):
    tokens = theme.load(name)
    assert contrast(tokens.colour(token), tokens.colour(surface)) >= 3.0


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("surface", ["surface_0", "surface_1", "surface_2"])
def test_tracks_stand_out(name, surface):
    tokens = theme.load(name)
    for number in range(1, len(tokens.tracks) + 1):
        assert contrast(tokens.track(number), tokens.colour(surface)) >= 3.0


@pytest.mark.parametrize("name", ["dark", "light"])
def test_runs_stand_out_and_differ(name):
    tokens = theme.load(name)
    for run in tokens.runs:
        assert contrast(QColor(run), tokens.colour("surface_1")) >= 3.0
    assert len(set(tokens.runs)) == 4


@pytest.mark.parametrize("name", ["dark", "light"])
def test_accent_button_is_legible(name):
    tokens = theme.load(name)
    assert contrast(tokens.colour("on_accent"), tokens.colour("accent")) >= 4.5


@pytest.mark.parametrize("name", ["dark", "light"])
def test_score_ramp_meets_its_tokens_and_never_pales(name):
    tokens = theme.load(name)
    assert tokens.score(0.0).name() == tokens.score_low
    assert tokens.score(0.5).name() == tokens.score_mid
    assert tokens.score(1.0).name() == tokens.score_high
    assert tokens.score(math.nan).name() == tokens.not_scored
    for step in range(101):
        assert contrast(tokens.score(step / 100), tokens.colour("surface_0")) >= 4.5


def test_greys_are_neutral():
    for name in ("dark", "light"):
        tokens = theme.load(name)
        for surface in ("surface_0", "surface_1", "surface_2", "surface_3"):
            assert tokens.colour(surface).hslSaturation() <= 0


def test_choosing_announces_the_theme(qtbot):
    keeper = theme.ThemeKeeper()
    with qtbot.waitSignal(keeper.changed) as announced:
        keeper.choose("light")
    assert announced.args[0].name == "light"
    keeper.choose("dark")
    assert keeper.theme.name == "dark"
