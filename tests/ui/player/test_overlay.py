from ui.player.overlay import Shown, _label


def test_a_label_says_why_a_score_does_not_count():
    assert _label(3, 0.99, 0, Shown()) == "3 · 0.99"
    assert _label(3, 0.99, -1, Shown()) == "3 · 0.99"
    assert _label(3, 0.99, 1 << 2, Shown()) == "3 · 0.99 · turned away"
    assert _label(3, float("nan"), -1, Shown()) == "3 · not scored"
    assert _label(3, 0.99, 1 << 2, Shown(scores=False)) == "3"
