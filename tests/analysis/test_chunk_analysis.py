import pickle

import cv2
import numpy as np
import pytest

from tests.analysis import clips as scenes
from workstation.analysis.chunks import ChunkRequest, analyse_chunk
from workstation.analysis.faces import FaceFinder, reduce_frame
from workstation.analysis.planning import plan_chunks
from workstation.analysis.settings import AnalysisSettings
from workstation.analysis.shots import is_cut, sketch
from workstation.analysis.tracking import Linker
from workstation.errors import AnalysisError
from workstation.evidence.frame_index import build_frame_index


def requests(path, info, **settings):
    index = build_frame_index(path)
    chosen = AnalysisSettings(**settings)
    return [
        ChunkRequest(path, index, span, chosen, info, "cpu") for span in plan_chunks(index, chosen)
    ]


def linked(path, info, detector, **settings):
    """All faces of a clip: frame, track, box, suitable, embedding."""
    index = build_frame_index(path)
    linker = Linker(index.times, 0.5, detector.width)
    parts = [linker.add(analyse_chunk(request)) for request in requests(path, info, **settings)]
    names = ("frame", "track", "box", "suitable", "embedding")
    return {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}


@pytest.mark.parametrize(
    ("scene", "length"),
    [(scenes.moving, 60), (scenes.crossing, 45), (scenes.with_cut, 66), (scenes.leaving, 40)],
)
def test_faces_do_not_depend_on_the_chunks(scene, length, clips, info, detector):
    path = clips(scene, length)
    whole = linked(path, info, detector, chunk_seconds=60)
    parts = linked(path, info, detector, chunk_seconds=0.5)
    for name, values in whole.items():
        np.testing.assert_array_equal(parts[name], values)


def test_a_steady_face_is_one_track_in_every_frame(clips, info, detector):
    found = linked(clips(scenes.moving, 60), info, detector)
    assert found["frame"].tolist() == list(range(60))
    assert set(found["track"]) == {1}
    assert found["suitable"].all()


def test_crossing_faces_keep_their_tracks(clips, info, detector):
    found = linked(clips(scenes.crossing, 45), info, detector)
    assert set(found["track"]) == {1, 2}
    for track, direction in ((1, 1), (2, -1)):
        centre = found["box"][found["track"] == track] @ np.array([1, 0, 0.5, 0])
        assert direction * (centre[-1] - centre[0]) > 180
        assert (direction * np.diff(centre)).min() > -8


def test_a_cut_ends_a_track_even_where_the_next_face_stands_in_its_place(clips, info, detector):
    found = linked(clips(scenes.with_cut, 66), info, detector)
    tracks = {t: set(found["frame"][found["track"] == t].tolist()) for t in (1, 2)}
    assert tracks == {1: set(range(33)), 2: set(range(33, 66))}


def test_a_face_that_leaves_is_followed_to_the_border(clips, info, detector):
    found = linked(clips(scenes.leaving, 40), info, detector)
    assert set(found["track"]) == {1}
    assert found["frame"].tolist() == list(range(len(found["frame"])))
    assert found["box"][-1, 0] > 230


def test_nobody_is_found_where_nobody_is(clips, info, detector):
    assert not len(linked(clips(scenes.empty, 30), info, detector)["frame"])


def test_a_tiny_face_is_seen_but_not_scored(clips, info, detector):
    found = linked(clips(scenes.tiny, 30), info, detector)
    assert len(found["frame"])
    assert not found["suitable"].any()
    assert not len(found["embedding"])


def test_one_frame_is_enough(clips, info, detector, tmp_path):
    assert linked(clips(scenes.moving, 1), info, detector)["frame"].tolist() == [0]
    picture = tmp_path / "still.png"
    cv2.imwrite(str(picture), scenes.moving(0)[..., ::-1])
    assert linked(picture, info, detector)["frame"].tolist() == [0]


def test_requests_and_results_can_travel(clips, info):
    (request,) = requests(clips(scenes.moving, 1), info)
    here = analyse_chunk(request)
    there = pickle.loads(pickle.dumps(analyse_chunk(pickle.loads(pickle.dumps(request)))))
    np.testing.assert_array_equal(here.box, there.box)
    np.testing.assert_array_equal(here.embedding, there.embedding)


def test_faces_are_found_in_pixels_of_the_full_frame():
    frame = cv2.resize(scenes.moving(0), (1280, 960), interpolation=cv2.INTER_CUBIC)
    finder = FaceFinder(AnalysisSettings(), "cpu")
    (small,) = finder.find([reduce_frame(scenes.moving(0), 640)])
    (large,) = finder.find([reduce_frame(frame, 640)])
    np.testing.assert_allclose(large.box, small.box * 4, atol=24)
    np.testing.assert_allclose(large.landmarks, small.landmarks * 4, atol=12)


def test_reduction_keeps_small_frames_and_the_shape_of_large_ones():
    assert reduce_frame(scenes.moving(0), 640).scale == (1.0, 1.0)
    small = reduce_frame(np.zeros((1080, 1920, 3), np.uint8), 640)
    assert small.pixels.shape == (360, 640, 3)
    assert small.scale == (3.0, 3.0)
    assert reduce_frame(np.zeros((4000, 1, 3), np.uint8), 640).pixels.shape == (640, 1, 3)


@pytest.mark.parametrize("shape", [(1, 1), (30, 400), (39, 39), (41, 41), (2000, 60)])
def test_odd_frames_do_not_upset_the_face_finder(shape):
    frame = np.full((*shape, 3), 127, np.uint8)
    (found,) = FaceFinder(AnalysisSettings(), "cpu").find([reduce_frame(frame, 640)])
    assert len(found) == 0


def test_cuts_are_told_from_motion_light_and_fades():
    still = scenes.moving(0)
    assert not is_cut(sketch(still), sketch(scenes.moving(3)))
    assert not is_cut(
        sketch(still), sketch(np.clip(still.astype(int) + 70, 0, 255).astype(np.uint8))
    )
    assert not is_cut(sketch(still), sketch((still * 0.8).astype(np.uint8)))
    assert is_cut(sketch(still), sketch(scenes.backdrop(2)))
    black = np.zeros_like(still)
    assert not is_cut(sketch(black), sketch(black))


@pytest.mark.parametrize(
    "wrong",
    [{"grid": 0}, {"long_side": 10}, {"face_threshold": 1.0}, {"chunk_seconds": float("nan")}],
)
def test_settings_out_of_bounds_are_refused(wrong):
    with pytest.raises(AnalysisError, match=f"{next(iter(wrong))} = "):
        AnalysisSettings(**wrong)
