"""A small picture of the very frame, at once and marked, until the frame itself is decoded."""

import time

import numpy as np
import pytest

from tests import videos
from ui.player import previews
from ui.player.decoding import to_pixels
from ui.player.picture import PREVIEW
from ui.player.previews import Previews
from ui.player.readings import frame_text
from workstation.cases.records import FrameIndex, Stretch
from workstation.errors import ExhibitError
from workstation.evidence.frames import Frame

FRAMES = 300


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("recording") / "a.mp4"
    return videos.make_video(path, frames=FRAMES, group=150, size=(640, 360))


@pytest.fixture
def filled(qtbot):
    """Previews that are made of pictures drawn on the spot."""
    made = []

    def fill(index, read_small, wait=True):
        one = Previews(lambda: False, None, read_small)
        made.append(one)
        one.open("exhibit", index)
        if wait:
            qtbot.waitUntil(lambda: one.ended, timeout=20_000)
        return one

    yield fill
    for one in made:
        one.shut_down()


def index_of(count, group):
    return FrameIndex(np.arange(count) * 40, np.arange(count) % group == 0, (1, 1000), 25.0)


def drawn(path, index, first, stop, **options):
    assert options == {"within": (480, 480), "threads": 1}
    for number in range(first, stop):
        yield Frame(number, number / 25, videos.draw_code(number, 160, 90))


def number_in(picture):
    return videos.read_code(to_pixels(picture))


def test_every_frame_has_its_own_picture(filled):
    kept = filled(index_of(500, 100), drawn)
    assert kept.filled == 500
    assert [number_in(kept.get(number)) for number in range(0, 500, 37)] == list(range(0, 500, 37))


def test_memory_is_bounded_and_what_is_kept_lies_around_the_frame_on_screen(
    filled, monkeypatch, qtbot
):
    monkeypatch.setattr(previews, "MOST_BYTES", 400_000)
    kept = filled(index_of(3000, 100), drawn)
    assert 0 < kept._bytes <= 400_000
    assert kept.has(0)
    assert not kept.has(2500)
    kept.at_frame(2500)
    qtbot.waitUntil(lambda: kept.has(2500) and kept.ended, timeout=20_000)
    assert number_in(kept.get(2500)) == 2500
    assert not kept.has(0)
    assert kept._bytes <= 400_000
    assert kept._bytes == sum(len(d) for one in kept._kept.values() for d in one.values())


def test_one_group_that_is_larger_than_the_room_ends(filled, monkeypatch):
    monkeypatch.setattr(previews, "MOST_BYTES", 100_000)
    kept = filled(index_of(2000, 2000), drawn)
    assert 10 < kept.filled < 1000


def test_where_key_frames_are_close_there_are_none(filled):
    kept = filled(index_of(500, 5), drawn)
    assert kept.filled == 0


def test_frames_that_cannot_be_decoded_have_none(filled):
    def gaps(path, index, first, stop, **options):
        yield Stretch(first, first + 9, "damaged")
        yield from drawn(path, index, first + 10, stop, **options)

    kept = filled(index_of(100, 100), gaps)
    assert kept.get(3) is None
    assert kept.filled == 90


def test_an_exhibit_that_cannot_be_read_has_none(filled):
    def refused(path, index, first, stop, **options):
        raise ExhibitError("It is gone.")
        yield

    assert filled(index_of(500, 100), refused).filled == 0


def test_while_the_player_works_nothing_is_decoded(qtbot):
    busy = [True]
    kept = Previews(lambda: busy[0], None, drawn)
    kept.open("exhibit", index_of(500, 100))
    qtbot.wait(300)
    assert kept.filled == 0
    busy[0] = False
    qtbot.waitUntil(lambda: kept.ended, timeout=20_000)
    assert kept.filled == 500
    kept.shut_down()


@pytest.fixture
def player(opened, qtbot, recording):
    player = opened(recording, size=(640, 480))
    qtbot.waitUntil(lambda: player.current_frame == 0, timeout=20_000)
    qtbot.waitUntil(lambda: player.previews.ended, timeout=60_000)
    return player


def test_a_preview_is_of_the_frame_it_names_and_gives_way_to_it(player, qtbot, monkeypatch):
    worker = player._decoding._running[1]
    shown = []

    def seen(number):
        small = player.view.picture is None
        picture = player.view._small if small else player.view.picture
        shown.append((number, number_in(picture), small, PREVIEW in str(player.view._plates())))
        assert frame_text(number) in player.transport.frame_reading.text()

    player.frame_shown.connect(seen)
    read = worker._reader.read

    def slow(number, stale=None, way=0):
        time.sleep(0.3)
        return read(number, stale, way)

    monkeypatch.setattr(worker._reader, "read", slow)
    for number in (140, 299, 151):
        player.seek(number)
        qtbot.waitUntil(
            lambda number=number: (number, number, False, False) in shown, timeout=20_000
        )
        player.grab()
    assert [entry[0] for entry in shown] == [140, 140, 299, 299, 151, 151]
    assert [entry[1] for entry in shown] == [140, 140, 299, 299, 151, 151]
    assert [entry[2:] for entry in shown] == [(True, True), (False, False)] * 3


def test_dragging_shows_previews_and_ends_with_the_frame_itself(player, qtbot, monkeypatch):
    asked = []
    worker = player._decoding._running[1]
    read = worker._reader.read
    monkeypatch.setattr(
        worker._reader,
        "read",
        lambda number, stale=None, way=0: asked.append(number) or read(number, stale, way),
    )
    shown = []
    player.frame_shown.connect(
        lambda number: shown.append((number, number_in(player.view.picture or player.view._small)))
    )
    for number in [*range(0, FRAMES, 4), *range(FRAMES - 1, 5, -6), 137]:
        player.seek(number)
        qtbot.wait(8)
    qtbot.waitUntil(
        lambda: player.current_frame == 137 and player.view.picture is not None, timeout=20_000
    )
    assert all(number == seen for number, seen in shown)
    assert shown[-1] == (137, 137)
    assert len(shown) > 5


def test_closing_while_previews_are_made_ends_their_thread(opened, qtbot, recording):
    player = opened(recording)
    qtbot.waitUntil(lambda: player.previews._under_way is not None, timeout=20_000)
    player.close()
    assert player.previews._background is None
    assert player.previews.filled == 0
