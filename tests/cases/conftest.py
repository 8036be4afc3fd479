"""What tests of cases share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cases.killed_runs import killed_in
from workstation.cases import own_place, seals


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets the test be somebody on this computer, at first “mine”."""

    def be(name: str) -> None:
        monkeypatch.setattr(own_place, "user_data_path", lambda *_, **__: tmp_path / name)

    be("mine")
    return be


@pytest.fixture
def killed(tmp_path: Path, account: Callable[[str], None]) -> Path:
    """A case whose program was killed after two of three stretches."""
    return killed_in(tmp_path / "case", account=seals.account())
