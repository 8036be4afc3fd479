"""What a card says was measured, with no more digits than so few recordings allow."""

from workstation.report.card_figures import chief_figures


def test_figures_have_two_decimals_and_counts_none():
    entry = {
        "name": "clips",
        "n_real": 23,
        "n_fake": 46,
        "auc": 0.8512,
        "people": 27,
        "equal_error_rate": 0.1739,
    }
    [said] = chief_figures({"evaluation": [entry]}, "on the card")
    assert "AUC 0.85" in said
    assert "equal error rate: 0.17" in said
    assert "people: 27" in said
    assert "0.1739" not in said
