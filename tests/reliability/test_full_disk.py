"""Disks that are full from some write on; `tests.reliability.full_disk` tries every write."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reliability.full_disk import build

ROOT = Path(__file__).parents[2]


def test_nothing_is_lost_on_a_full_disk(tmp_path: Path) -> None:
    layer = build(tmp_path)
    if layer is None:
        pytest.skip("the failing file layer needs a C compiler and Linux")
    words = ["custody", "intake", "frame", "--every", "9"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.reliability.full_disk", str(tmp_path / "ground"), *words],
        env=os.environ | {"LD_PRELOAD": str(layer)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for act in words[:3]:
        assert f"{act}: full at " in done.stdout
    assert "full at 0 writes" not in done.stdout
