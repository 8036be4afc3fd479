from models.domain import MEASURES
from workstation.analysis import quality
from workstation.analysis.chunk_result import MEASURES as WIDTH
from workstation.analysis.quality import SHARPNESS, outside_words


def test_the_measures_are_those_of_the_networks_package():
    assert len(MEASURES) == WIDTH == len(quality._OUTSIDE)
    assert MEASURES[SHARPNESS] == "sharpness"


def test_bits_in_words():
    bit = {name: 1 << 2 * number for number, name in enumerate(MEASURES)}
    assert outside_words(0) == outside_words(-1) == []
    assert outside_words(bit["turn"] + bit["width"]) == ["turned away"]
    assert outside_words(2 * bit["width"]) == ["tilted up or down"]
    assert outside_words(bit["sharpness"] + 2 * bit["brightness"]) == [
        "more blurred than in training",
        "brighter than in training",
    ]
