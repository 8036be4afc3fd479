import gc
import sys

import pytest

from workstation.analysis.libraries import load_libraries
from workstation.errors import DetectorError


@pytest.fixture(autouse=True)
def at_work():
    """The collector at work, whatever a window's may have left it at."""
    before = gc.isenabled()
    gc.enable()
    yield
    if not before:
        gc.disable()


def test_libraries_come_in_while_the_collector_rests_and_are_left_out_by_it():
    gc.unfreeze()
    load_libraries.__wrapped__()
    try:
        assert gc.isenabled()
        assert gc.get_freeze_count() > 100_000
        assert {"torch", "torchvision.ops", "facenet_pytorch"} <= set(sys.modules)
    finally:
        gc.unfreeze()
        gc.freeze()


def test_a_collector_that_was_at_rest_stays_so():
    gc.disable()
    load_libraries.__wrapped__()
    assert not gc.isenabled()


def test_libraries_that_cannot_be_loaded_are_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "facenet_pytorch", None)
    with pytest.raises(DetectorError, match=r"facenet_pytorch.* Close other programs"):
        load_libraries.__wrapped__()
    assert gc.isenabled()
