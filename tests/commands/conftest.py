"""A command line to call, a short clip with a face, and nobody's home folder touched."""

import json
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from tests.weights import random_weights
from workstation.commands import main
from workstation.commands.demo import CLIP

FRAMES = 36


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    monkeypatch.delenv("WORKSTATION_PASSPHRASE", raising=False)
    monkeypatch.delenv("WORKSTATION_DETECTOR", raising=False)
    return home


@pytest.fixture(scope="session")
def weights_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    random_weights(folder)
    return folder


@pytest.fixture
def random_detector(weights_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The only detector there is has random weights."""
    monkeypatch.setattr("workstation.analysis.detector.weights_folders", lambda: [weights_folder])


@pytest.fixture
def no_detector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workstation.analysis.detector.weights_folders", lambda: [tmp_path])


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first frames of the demonstration clip, H.264."""
    path = tmp_path_factory.mktemp("source") / "ein Gesicht 🎥 عربي.mp4"
    with av.open(str(CLIP)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.options = {"preset": "ultrafast", "threads": "1"}
        for number, frame in enumerate(source.decode(video=0)):
            if number == FRAMES:
                break
            picture = frame.reformat(format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            target.mux(stream.encode(picture))
        target.mux(stream.encode())
    return path


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command; gives status, standard output, standard error."""

    def run(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main([str(word) for word in words])
        told = capsys.readouterr()
        return status, told.out, told.err

    return run


@pytest.fixture
def answer(call: Callable[..., tuple[int, str, str]]) -> Callable[..., Any]:
    """Run a command that must succeed, with --json; gives the document."""

    def run(*words: object) -> Any:
        status, out, err = call(*words, "--json")
        assert status == 0, err + out
        return json.loads(out)

    return run


@pytest.fixture
def case(tmp_path: Path, answer: Callable[..., Any]) -> Path:
    folder = tmp_path / "case"
    answer("case", "create", folder, "--number", "2026-1", "--examiner", "A. Examiner")
    return folder


@pytest.fixture
def filled(case: Path, clip: Path, answer: Callable[..., Any]) -> Path:
    """A case with one exhibit."""
    answer("exhibit", "add", case, clip)
    return case


@pytest.fixture(scope="session")
def analysed_once(
    tmp_path_factory: pytest.TempPathFactory, clip: Path, weights_folder: Path
) -> Path:
    folder = tmp_path_factory.mktemp("analysed") / "case"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workstation.analysis.detector.weights_folders", lambda: [weights_folder])
        for words in (
            ["case", "create", folder, "--number", "2026-1", "--examiner", "A. Examiner"],
            ["exhibit", "add", folder, clip],
            ["analyse", folder, "--device", "cpu", "--workers", "2"],
        ):
            assert main([str(word) for word in words]) == 0
    return folder


@pytest.fixture
def analysed(analysed_once: Path, random_detector: None, tmp_path: Path) -> Path:
    """A case with one exhibit, analysed with random weights."""
    return shutil.copytree(analysed_once, tmp_path / "analysed")
