"""A disk without room is an error that can be told, not the end of the process."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from models.training.reserved import reserved


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    made = reserved(tmp_path / "a.npy", (3, 4, 5))
    assert not made.any()
    made[1] = 7
    made.flush()
    read = np.load(tmp_path / "a.npy")
    assert read.shape == (3, 4, 5)
    assert (read[1] == 7).all()
    if hasattr(os, "posix_fallocate"):
        stat = (tmp_path / "a.npy").stat()
        assert stat.st_blocks * 512 >= stat.st_size  # it is not sparse


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="this system cannot reserve room")
def test_a_full_disk_is_said_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space left"):
        reserved(tmp_path / "a.npy", (3, 4))
    assert list(tmp_path.iterdir()) == []
