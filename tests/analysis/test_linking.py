from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.analysis.chunk_result import ChunkResult, empty_result, from_bytes, to_bytes
from workstation.analysis.tracking import Linker
from workstation.cases.records import Stretch

WIDTH = 4
RATE = 25


class Scene:
    """Faces moving through frames: what a whole exhibit's chunks would hold."""

    def __init__(self, frames: int) -> None:
        self.frames = frames
        self.chains: list[tuple[int, list, float, np.ndarray]] = []
        self.cuts: dict[int, np.ndarray] = {}
        self.lost: list[Stretch] = []

    def chain(self, start, boxes, certainty=0.9995, looks=(1, 0, 0, 0)):
        self.chains.append((start, list(boxes), certainty, np.array(looks, np.float16)))

    def chunk(self, first: int, stop: int) -> ChunkResult:
        rows, closing = [], []
        local: dict[int, int] = {}
        for frame in range(first, min(stop + 1, self.frames)):
            here = [
                (boxes[frame - start], name, certainty, looks)
                for name, (start, boxes, certainty, looks) in enumerate(self.chains)
                if start <= frame < start + len(boxes)
            ]
            for box, name, certainty, looks in sorted(here, key=lambda entry: entry[0]):
                if frame == stop:
                    if name in local:
                        closing.append((local[name], box))
                    continue
                rows.append((frame, local.setdefault(name, len(local)), box, certainty, looks))
        cuts = [frame for frame in sorted(self.cuts) if first < frame <= min(stop, self.frames - 1)]
        lost = [
            Stretch(max(s.first, first), min(s.last, stop - 1), s.reason)
            for s in self.lost
            if s.first < stop and s.last >= first
        ]
        return ChunkResult(
            first,
            stop,
            frame=np.array([row[0] for row in rows], np.int64),
            chain=np.array([row[1] for row in rows], np.int32),
            box=np.array([row[2] for row in rows], np.float32).reshape(-1, 4),
            landmarks=np.zeros((len(rows), 5, 2), np.float32),
            certainty=np.array([row[3] for row in rows], np.float32),
            suitable=np.ones(len(rows), np.bool_),
            measures=np.zeros((len(rows), 7), np.float32),
            embedding=np.array([row[4] for row in rows], np.float16).reshape(-1, WIDTH),
            closing_chain=np.array([name for name, _ in closing], np.int32),
            closing_box=np.array([box for _, box in closing], np.float32).reshape(-1, 4),
            cut=np.array(cuts, np.int64),
            cut_sketch=np.array([self.cuts[f] for f in cuts], np.uint8).reshape(-1, 2, 36, 64),
            undecodable=tuple(lost),
        )

    def tracks(self, *edges: int) -> dict[int, list[int]]:
        """Frames of each track, with chunks ending at the given frames."""
        linker = Linker(np.arange(self.frames) / RATE, 0.5, WIDTH)
        found: dict[int, list[int]] = {}
        given_to = 0
        for first, stop in zip([0, *edges], [*edges, self.frames], strict=True):
            linked = linker.add(self.chunk(first, stop))
            assert linked.first == given_to
            given_to = linked.stop
            for frame, track in zip(linked.frame.tolist(), linked.track.tolist(), strict=True):
                assert linked.first <= frame < linked.stop
                found.setdefault(track, []).append(frame)
        assert given_to == self.frames
        return found


def walk(start_x: float, step: float, length: int, y: float = 50, size: float = 60):
    return [(start_x + step * n, y, size, size) for n in range(length)]


def test_a_face_keeps_its_track_over_chunk_borders():
    scene = Scene(40)
    scene.chain(0, walk(10, 1, 40))
    assert scene.tracks(10, 20, 30) == {1: list(range(40))}


def test_tracks_are_numbered_by_appearance_then_from_the_left():
    scene = Scene(20)
    scene.chain(3, walk(10, 0, 17))
    scene.chain(0, walk(200, 0, 20))
    scene.chain(0, walk(100, 0, 20))
    assert scene.tracks() == {1: list(range(20)), 2: list(range(20)), 3: list(range(3, 20))}
    linker = Linker(np.arange(20) / RATE, 0.5, WIDTH)
    linked = linker.add(scene.chunk(0, 20))
    assert linked.box[linked.track == 1][0, 0] == 100


def test_a_short_gap_is_bridged_and_a_long_one_is_not():
    short, long = Scene(60), Scene(60)
    for scene, gap in ((short, 10), (long, 15)):
        scene.chain(0, walk(10, 1, 20))
        scene.chain(20 + gap, walk(30 + gap, 1, 20))
    assert list(short.tracks()) == [1]
    assert list(long.tracks()) == [1, 2]


def test_no_gap_is_bridged_over_a_cut_but_over_a_flash():
    before = np.random.default_rng(0).integers(0, 255, (36, 64)).astype(np.uint8)
    after = np.random.default_rng(1).integers(0, 255, (36, 64)).astype(np.uint8)
    cut, flash = Scene(40), Scene(40)
    for scene in (cut, flash):
        scene.chain(0, walk(10, 0, 20))
        scene.chain(22, walk(10, 0, 18))
    cut.cuts = {21: np.stack([before, after])}
    flash.cuts = {20: np.stack([before, after]), 22: np.stack([after, before])}
    assert list(cut.tracks()) == [1, 2]
    assert list(flash.tracks()) == [1]


def test_no_gap_is_bridged_over_frames_nobody_can_see():
    scene = Scene(40)
    scene.chain(0, walk(10, 0, 18))
    scene.chain(22, walk(10, 0, 18))
    scene.lost = [Stretch(18, 21, "damaged")]
    assert list(scene.tracks()) == [1, 2]


def test_crossing_faces_do_not_swap_when_one_is_hidden():
    scene = Scene(60)
    scene.chain(0, walk(0, 4, 60, y=40))
    scene.chain(0, walk(200, -4, 21, y=60))
    scene.chain(30, walk(80, -4, 30, y=60))
    tracks = scene.tracks()
    assert list(tracks) == [1, 2]
    assert tracks[2] == [*range(21), *range(30, 60)]


def test_where_both_were_hidden_speed_and_looks_decide():
    scene = Scene(60)
    a, b = (1, 0, 0, 0), (0, 1, 0, 0)
    scene.chain(0, walk(0, 4, 23, y=40), looks=a)
    scene.chain(0, walk(200, -4, 23, y=60), looks=b)
    scene.chain(28, walk(112, 4, 32, y=40), looks=a)
    scene.chain(28, walk(88, -4, 32, y=60), looks=b)
    tracks = scene.tracks()
    assert tracks == {n: [*range(23), *range(28, 60)] for n in (1, 2)}
    linked = Linker(np.arange(60) / RATE, 0.5, WIDTH).add(scene.chunk(0, 60))
    assert linked.box[linked.track == 1][-1, 0] > 200


def test_where_nothing_decides_nothing_is_claimed():
    scene = Scene(40)
    scene.chain(0, walk(40, 0, 20))
    scene.chain(0, walk(60, 0, 20))
    scene.chain(22, walk(50, 0, 18))
    assert list(scene.tracks()) == [1, 2, 3]


@pytest.mark.parametrize(
    ("length", "certainty", "kept"), [(2, 0.97, 0), (3, 0.97, 1), (1, 0.995, 0), (1, 0.9995, 1)]
)
def test_a_fleeting_doubtful_find_is_not_a_face(length, certainty, kept):
    scene = Scene(30)
    scene.chain(14, walk(10, 0, length), certainty=certainty)
    assert len(scene.tracks()) == kept
    assert scene.tracks(10, 15, 20) == scene.tracks()


def test_in_a_single_picture_every_find_counts():
    scene = Scene(1)
    scene.chain(0, walk(10, 0, 1), certainty=0.96)
    assert scene.tracks() == {1: [0]}


def test_chunks_come_in_order():
    scene = Scene(20)
    linker = Linker(np.arange(20) / RATE, 0.5, WIDTH)
    with pytest.raises(ValueError, match="expected the chunk at frame 0"):
        linker.add(scene.chunk(10, 20))


chains = st.tuples(
    st.integers(0, 79),
    st.integers(1, 50),
    st.sampled_from([0, 30, 60, 150]),
    st.sampled_from([-3.0, 0.0, 2.0]),
    st.sampled_from([0.96, 0.9995]),
)


@given(
    made=st.lists(chains, max_size=7),
    edges=st.sets(st.integers(1, 79), max_size=8),
    cuts=st.sets(st.integers(1, 79), max_size=2),
    seed=st.integers(0, 99),
)
def test_tracks_do_not_depend_on_the_chunks(made, edges, cuts, seed):
    scene = Scene(80)
    for start, length, x, step, certainty in made:
        # No two faces ever stand in the very same place: the face finder would give only one.
        boxes = walk(x, step, min(length, 80 - start), y=13.0 * len(scene.chains))
        scene.chain(start, boxes, certainty)
    for frame in cuts:
        noise = np.random.default_rng(seed + frame).integers(0, 255, (2, 36, 64))
        scene.cuts[frame] = noise.astype(np.uint8)
    assert scene.tracks(*sorted(edges)) == scene.tracks()


def test_a_result_survives_the_cache_and_nothing_else_does():
    scene = Scene(20)
    scene.chain(2, walk(10, 1, 15))
    scene.lost = [Stretch(18, 19, "damaged")]
    scene.cuts = {4: np.zeros((2, 36, 64), np.uint8)}
    result = replace(scene.chunk(0, 20), seconds={"decode": 0.5})
    blob = to_bytes(result)
    back = from_bytes(blob, 0, 20, WIDTH)
    assert to_bytes(back) == blob
    assert back.undecodable == result.undecodable
    for first, stop, width in ((0, 15, WIDTH), (5, 20, WIDTH), (0, 20, WIDTH + 1)):
        with pytest.raises(ValueError, match="chunk result"):
            from_bytes(blob, first, stop, width)
    for damaged in (blob[:-3], b"", b"\x80\x04nonsense", blob[:40] + b"!" + blob[41:]):
        with pytest.raises(ValueError, match="chunk result"):
            from_bytes(damaged, 0, 20, WIDTH)
    wrong = replace(result, box=np.full_like(result.box, np.nan))
    with pytest.raises(ValueError, match="not finite"):
        from_bytes(to_bytes(wrong), 0, 20, WIDTH)


def test_an_empty_result_is_a_result():
    lost = (Stretch(5, 9, "damaged"),)
    assert from_bytes(to_bytes(empty_result(5, 10, lost, WIDTH)), 5, 10, WIDTH).undecodable == lost
