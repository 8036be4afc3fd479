"""The review with a real keyboard and a real mouse, as far as an X server has such things."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MISSING = [name for name in ("Xvfb", "xdotool") if shutil.which(name) is None]


@pytest.fixture
def display() -> Iterator[str]:
    """An X server of our own, one screen of 1920 x 1080."""
    reading, writing = os.pipe()
    words = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1920x1080x24", "-nolisten", "tcp"]
    with subprocess.Popen(words, pass_fds=[writing], stderr=subprocess.DEVNULL) as server:
        os.close(writing)
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        yield f":{number}"
        server.terminate()


@pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
def test_review_on_a_real_screen(display: str, tmp_path: Path) -> None:
    words = ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    said = subprocess.run(
        [
            sys.executable,
            *words,
            "--basetemp",
            str(tmp_path / "screen"),
            str(HERE / "on_screen.py"),
            str(HERE / "on_screen_keeping.py"),
        ],
        env=os.environ | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "QT_SCALE_FACTOR": "1"},
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
