"""Commands that are killed at a random step; `python -m tests.reliability` does it many times."""

import random
import sys
import time

import pytest

from tests.reliability.checks import Before, check, table
from tests.reliability.filling import analyse, create, take_in
from tests.reliability.ground import ACTS, Act, Ground, make_clip
from tests.reliability.remains import left_behind, shared_memory
from workstation.cases.case import Case

SEED = 20
FIRST_STEP = {"create": 1, "intake": 8, "analysis": 40, "report": 10, "clip": 20}
LAST_STEP = {"create": 60, "intake": 45, "analysis": 250, "report": 80, "clip": 90}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    ground = Ground(tmp_path_factory.mktemp("ground"))
    make_clip(ground.folder / "clip.mp4", frames=16, padding=2**20)
    for state, steps in {
        "empty": (create,),
        "filled": (create, take_in),
        "analysed": (create, take_in, analyse),
    }.items():
        for step in steps:
            step(ground.folder / state, ground.folder)
    return ground


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_a_command_killed_at_any_step_loses_nothing(act: Act, ground: Ground) -> None:
    chance = random.Random(f"{SEED} {act.name}")
    step = chance.randint(FIRST_STEP[act.name], LAST_STEP[act.name])
    with Case.open(ground.folder / "analysed", read_only=True) as done:
        before = Before(0, table(done, 1))
    name, used = f"{act.name}-{step}", set[bytes]()
    case = ground.case(act, name)
    dying = ("tests.reliability.dying", str(step), str(case) + ".steps")
    process = ground.start(act.words(case, ground.folder), name, *dying)
    while process.poll() is None:
        used |= shared_memory(name)
        time.sleep(0.1)
    assert process.returncode == -9, "it ended before it could be killed"
    assert left_behind(name, used) == []
    assert check(act.name, case, ground, before)
