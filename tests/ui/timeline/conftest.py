"""A timeline of a thousand unevenly timed frames."""

import pytest

from tests.ui.timeline.scene import uneven_index
from ui.timeline import TimelineWidget


@pytest.fixture
def index():
    return uneven_index()


@pytest.fixture
def timeline(qtbot, index):
    timeline = TimelineWidget()
    qtbot.addWidget(timeline)
    timeline.resize(1000, 320)
    timeline.show()
    timeline.show_exhibit(index)
    qtbot.wait(20)
    yield timeline
    timeline.close_down()
