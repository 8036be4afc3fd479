"""The crops that the network saw: of the right frames, upright, with what is said without them."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from models.preprocessing import align_face, template_points
from tests import videos
from tests.ui.face_tables import table_of
from ui.player.crop_strip import NO_FACE, NO_RUN, NOT_DECODED, WHILE_PLAYING, frames_around
from ui.player.decoding import to_pixels
from workstation.cases.records import Stretch
from workstation.evidence.frame_index import build_frame_index
from workstation.evidence.frames import read_frames

SIZE, MARGIN = 64, 1.25
LANDMARKS = (template_points(80, MARGIN) + np.array([100, 40])).astype(np.float32)


def faces_on(frames, landmarks=LANDMARKS, side=80):
    return table_of([(frame, 1, 0.7) for frame in frames], (100, 40, side, side), landmarks)


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return videos.make_video(tmp_path_factory.mktemp("crops") / "a.mp4", frames=40)


@pytest.fixture
def player(opened, qtbot, video):
    player = opened(video, size=(800, 600))
    qtbot.waitUntil(lambda: player.current_frame == 0)
    player.act("crops")
    return player


def go(player, qtbot, frame):
    player.seek(frame)
    qtbot.waitUntil(lambda: player.current_frame == frame)


def test_it_shows_what_the_network_saw(player, qtbot, video):
    player.set_faces(faces_on(range(40)))
    player.set_crop({"size": SIZE, "margin": MARGIN})
    go(player, qtbot, 20)
    crops = player.crops
    qtbot.waitUntil(lambda: len(crops._made) == 9, timeout=10_000)
    frames = list(read_frames(video, build_frame_index(video), 16, 25))
    made = {want.frame: to_pixels(picture) for want, picture in crops._made.items()}
    assert sorted(made) == list(range(16, 25))
    for frame in frames:
        expected = align_face(frame.pixels, LANDMARKS, SIZE, MARGIN)
        assert np.array_equal(made[frame.number], expected)
    assert "64 × 64" in crops.accessibleDescription()
    assert "track 1 · 0.70" in crops.accessibleDescription()


def test_a_press_on_the_strip_goes_there(player, qtbot):
    player.set_faces(faces_on(range(40)))
    player.set_crop({"size": SIZE, "margin": MARGIN})
    go(player, qtbot, 20)
    qtbot.waitUntil(lambda: len(player.crops._made) == 9, timeout=10_000)
    places = {want.frame: place for want, place in player.crops._places()}
    point = places[18].center().toPoint()
    QTest.mouseClick(player.crops, Qt.MouseButton.LeftButton, pos=QPoint(point))
    qtbot.waitUntil(lambda: player.current_frame == 18)


def test_what_is_said_where_there_is_nothing_to_show(player, qtbot):
    assert player.crops.message == NO_RUN
    player.set_faces(faces_on([5]))
    player.set_crop({"size": SIZE, "margin": MARGIN})
    go(player, qtbot, 6)
    assert player.crops.message == NO_FACE
    player.choose_track(3)
    go(player, qtbot, 5)
    assert "Track 3 is not on this frame" in player.crops.message
    player.choose_track(None)
    qtbot.waitUntil(lambda: player.crops.message == "", timeout=5000)
    player.play()
    qtbot.waitUntil(lambda: player.crops.message == WHILE_PLAYING)
    player.pause()


def test_landmarks_that_coincide_give_no_crop(player, qtbot):
    player.set_faces(faces_on([5], landmarks=np.full((5, 2), 7, np.float32)))
    player.set_crop({"size": SIZE, "margin": MARGIN})
    go(player, qtbot, 5)
    qtbot.waitUntil(lambda: len(player.crops._made) == 1, timeout=10_000)
    assert list(player.crops._made.values()) == ["The face could not be cut out."]
    player.crops.grab()


def test_a_card_without_size_and_margin_gives_none(player, qtbot):
    player.set_faces(faces_on([5]))
    player.set_crop({"size": SIZE})
    go(player, qtbot, 5)
    assert player.crops.message == NO_RUN


def test_a_followed_face_stays_in_the_middle(player, qtbot):
    player.set_faces(faces_on(range(40), side=40))
    player.follow((1,))
    go(player, qtbot, 3)
    view = player.view
    assert view.sight.scale > view.sight.fit_scale
    middle = view.sight.point(view.rect().toRectF().center())
    assert abs(middle.x() - 120) < 1
    player.follow(())
    assert view.sight.scale is None


def test_closing_ends_its_thread_and_lets_go_of_the_file(player, qtbot):
    player.set_faces(faces_on(range(40)))
    player.set_crop({"size": SIZE, "margin": MARGIN})
    go(player, qtbot, 3)
    qtbot.waitUntil(lambda: len(player.crops._made) > 0, timeout=10_000)
    player.close()
    assert player.crops._background is None
    assert player.crops._cutter is None


@pytest.mark.parametrize(
    ("frame", "expected"),
    [(0, range(5)), (1, range(5)), (2, range(5)), (20, range(18, 23)), (39, range(35, 40))],
)
def test_the_strip_is_full_at_both_ends_of_a_track(frame, expected):
    assert frames_around(frame, 2, range(40)) == expected


def test_a_short_track_has_fewer_places():
    assert frames_around(7, 2, range(6, 9)) == range(6, 9)


def test_at_the_first_frame_the_nearest_are_shown_and_gaps_are_named(player, qtbot):
    player.set_faces(faces_on([0, 1, 3, *range(5, 40)]))
    player.set_crop({"size": SIZE, "margin": MARGIN})
    go(player, qtbot, 0)
    crops = player.crops
    qtbot.waitUntil(lambda: len(crops._made) == 7, timeout=10_000)
    strip = [frame for frame, _ in crops._cells()]
    assert strip == list(range(len(strip)))
    assert len(strip) in (5, 9)
    assert 2 in strip
    assert [want.frame for want, _ in crops._places()].count(0) == 2
    assert 2 not in {want.frame for want, _ in crops._places()}
    crops.grab()


def test_a_gap_of_the_track_is_not_called_a_frame_without_a_face(player, qtbot, monkeypatch):
    other = [(frame, 2, 0.3) for frame in range(40) if frame != 4]
    own = [(frame, 1, 0.7) for frame in range(40) if frame not in (2, 4)]
    player.set_faces(
        table_of(sorted(own + other), (100, 40, 80, 80), LANDMARKS), 40, [Stretch(4, 4, "damaged")]
    )
    player.set_crop({"size": SIZE, "margin": MARGIN})
    player.choose_track(1)
    go(player, qtbot, 3)
    crops, said = player.crops, []
    qtbot.waitUntil(lambda: len(crops._made) >= 5, timeout=10_000)
    monkeypatch.setattr(crops, "_draw_words", lambda painter, words, place: said.append(words))
    crops.grab()
    assert said.count("not there") == 1
    assert said.count("not decoded") == 1
    go(player, qtbot, 2)
    assert crops.message == "Track 1 is not on this frame."
    go(player, qtbot, 4)
    assert crops.message == NOT_DECODED
