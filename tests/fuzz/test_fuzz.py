"""A few seconds of the fuzzing; for longer: python -m tests.fuzz --seconds 3600."""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.fuzz.targets import TARGETS
from tests.hostile.damage import damaged

# With the 20 seconds of hostile files a minute in continuous integration.
SECONDS = 40 if os.environ.get("CI") else 12
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_valid_inputs_and_damaged_ones_are_read_or_refused(name: str) -> None:
    rng = Random(name)
    seeds = {str(number): seed for number, seed in enumerate(TARGETS[name].seeds())}
    assert seeds
    for number, seed in seeds.items():
        TARGETS[name].read(seed)
        for _ in range(3):
            TARGETS[name].read(damaged(seed, rng, number, seeds))


ODD = (None, 7, -1, 0.5, 1e300, "x", "", [], [1], [[]], {}, {"x": 1}, True, 2**60)


def altered(value: Any, rng: Random) -> Any:
    """A JSON value with one node, anywhere in it, exchanged for an odd one, or taken out."""
    if not isinstance(value, dict | list) or not value or rng.random() < 0.2:
        return rng.choice(ODD)
    names = list(value) if isinstance(value, dict) else list(range(len(value)))
    name = rng.choice(names)
    copy = dict(value) if isinstance(value, dict) else list(value)
    if rng.random() < 0.1:
        del copy[name]
    else:
        copy[name] = altered(value[name], rng)
    return copy


def test_a_card_with_odd_fields_is_read_or_refused() -> None:
    rng, target = Random(5), TARGETS["card of a run"]
    (seed,) = target.seeds()
    card = json.loads(seed)
    for _ in range(300):
        target.read(json.dumps(altered(card, rng)).encode())


PAGE = 512  # bytes, in the seed of the target “case”


def test_a_case_with_damaged_pages_is_read_or_refused() -> None:
    """What a failing drive leaves: pages of zeros or ones, exchanged, or changed in a few bits."""
    rng, target = Random(7), TARGETS["case"]
    (seed,) = target.seeds()
    for _ in range(1500):
        data = bytearray(seed)
        for _ in range(rng.randint(1, 4)):
            page, other = (PAGE * rng.randrange(len(data) // PAGE) for _ in range(2))
            match rng.randrange(3):
                case 0:
                    data[page : page + PAGE] = bytes([rng.choice((0, 255))]) * PAGE
                case 1:
                    data[page : page + PAGE] = data[other : other + PAGE]
                case _:
                    data[page + rng.randrange(PAGE)] ^= 1 << rng.randrange(8)
        target.read(bytes(data))


def test_nothing_is_found_by_following_the_coverage(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris is not installed: nothing was fuzzed")
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--seconds", str(SECONDS), "--findings", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    assert list(tmp_path.iterdir()) == []
    assert "Done " in done.stderr
