from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workstation.cases.case import Case
from workstation.cases.records import (
    Exhibit,
    FaceTable,
    Finding,
    FindingRecord,
    FrameIndex,
    Hashes,
    Run,
    RunOutcome,
    Segment,
    Stretch,
)
from workstation.errors import CaseError

FRAMES = 60


def exhibit(number: str = "E001", digest: str = "a") -> tuple[Exhibit, FrameIndex]:
    index = FrameIndex(
        pts=np.arange(FRAMES, dtype=np.int64) * 512 - 7,
        key=np.arange(FRAMES) % 12 == 0,
        time_base=(1, 12800),
        average_rate=25.0,
        remark="odd: שלום",
        timestamps=False,
    )
    hashes = Hashes(sha256=digest * 64, md5="b" * 32, sha1="c" * 40)
    facts = {"codec": "h264", "streams": [{"width": 320}], "bit_rate": None}
    made = Exhibit(
        number,
        "a b.mp4",
        f"exhibits/{number}_a.mp4",
        5,
        hashes,
        "video",
        "T",
        facts,
        FRAMES,
        b"jpg",
    )
    return made, index


def face_table(rows: list[tuple[int, int, float | None]], seed: int = 0) -> FaceTable:
    rng = np.random.default_rng(seed)
    rows = sorted(rows)
    scores = [np.nan if score is None else score for _, _, score in rows]
    return FaceTable(
        frame=np.array([row[0] for row in rows], np.int64),
        track=np.array([row[1] for row in rows], np.int32),
        scored=np.array([row[2] is not None for row in rows], np.bool_),
        score=np.array(scores, np.float32),
        box=rng.normal(0, 500, (len(rows), 4)).astype(np.float32),
        landmarks=rng.normal(0, 500, (len(rows), 5, 2)).astype(np.float32),
    )


def assert_same(a: FaceTable, b: FaceTable) -> None:
    for field in fields(FaceTable):
        left, right = getattr(a, field.name), getattr(b, field.name)
        np.testing.assert_array_equal(left, right)
        assert left.dtype == right.dtype
        assert left.shape == right.shape


def part(table: FaceTable, first: int, stop: int) -> FaceTable:
    inside = (table.frame >= first) & (table.frame < stop)
    return FaceTable(*(getattr(table, field.name)[inside] for field in fields(FaceTable)))


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    with Case.create(
        tmp_path_factory.mktemp("runs") / "case", number="1", examiner="A. Examiner"
    ) as case:
        case.exhibits.add(*exhibit())
        yield case


@pytest.fixture
def run(case: Case) -> Run:
    return case.runs.start(
        "E001", {"name": "d", "x": [1]}, {"grid": 5}, {"av": "18"}, "cpu", "float32", FRAMES
    )


def test_exhibit_and_index_come_back(case: Case) -> None:
    made, index = exhibit()
    assert case.exhibits.get("E001") == made == case.exhibits.by_sha256("A" * 64)
    assert case.exhibits.all() == [made]
    assert case.exhibits.by_sha256("d" * 64) is None
    back = case.exhibits.index("E001")
    np.testing.assert_array_equal(back.pts, index.pts)
    np.testing.assert_array_equal(back.key, index.key)
    assert (back.pts.dtype, back.key.dtype) == (np.int64, np.bool_)
    assert (back.time_base, back.average_rate) == (index.time_base, index.average_rate)
    assert (back.remark, back.timestamps) == (index.remark, index.timestamps)


def test_unknown_numbers_are_said(case: Case) -> None:
    for ask in (case.exhibits.get, case.exhibits.index):
        with pytest.raises(CaseError, match="no exhibit E999"):
            ask("E999")
    with pytest.raises(CaseError, match="no run 999"):
        case.runs.get(999)
    assert case.runs.latest("E999") is None


def test_exhibits_are_never_changed_and_numbers_never_reused(tmp_path: Path) -> None:
    import sqlite3

    with Case.create(tmp_path / "case", number="1", examiner="A. Examiner") as case:
        assert case.exhibits.next_number() == "E001"
        case.exhibits.add(*exhibit("E009"))
        assert case.exhibits.next_number() == "E010"
        case.exhibits.add(*exhibit("E1000", "d"))
        assert case.exhibits.next_number() == "E1001"
        assert [made.number for made in case.exhibits.all()] == ["E009", "E1000"]
        for sql in (
            "UPDATE exhibits SET sha256 = 'x'",
            "DELETE FROM exhibits",
            "INSERT OR REPLACE INTO exhibits SELECT * FROM exhibits WHERE number = 'E009'",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="an exhibit cannot be"):
                case._connection.write(sql)


def test_run_comes_back(case: Case, run: Run) -> None:
    assert run.outcome is RunOutcome.RUNNING
    assert (run.detector, run.settings, run.versions) == (
        {"name": "d", "x": [1]},
        {"grid": 5},
        {"av": "18"},
    )
    assert (run.frames, run.frames_done, run.finished_utc, run.reason) == (FRAMES, 0, None, "")
    assert case.runs.get(run.id) == run == case.runs.latest("E001")
    case.runs.finish(run.id, RunOutcome.PAUSED, "closed")
    paused = case.runs.get(run.id)
    assert (paused.outcome, paused.reason) == (RunOutcome.PAUSED, "closed")
    assert paused.finished_utc is not None
    assert paused in case.runs.interrupted()
    case.runs.reopen(run.id)
    assert case.runs.get(run.id) == run
    case.runs.finish(run.id, RunOutcome.COMPLETE)
    assert case.runs.interrupted() == []


def test_faces_come_back_as_they_were(case: Case, run: Run) -> None:
    table = face_table([(3, 1, 0.25), (3, 2, None), (4, 1, 1.0), (9, 2, 0.0)])
    case.runs.commit_stretch(run.id, 0, 20, table, [Stretch(5, 6, "bad"), Stretch(12, 12, "bad")])
    assert_same(case.runs.faces(run.id), table)
    assert_same(case.runs.faces(run.id, 4, 9), part(table, 4, 9))
    assert case.runs.faces(run.id, track=2).frame.tolist() == [3, 9]
    nothing = case.runs.faces(run.id, 40)
    assert (nothing.box.shape, nothing.landmarks.shape) == ((0, 4), (0, 5, 2))
    assert case.runs.undecodable(run.id) == [Stretch(5, 6, "bad"), Stretch(12, 12, "bad")]
    states = case._connection.rows("SELECT state FROM faces WHERE run = ?", (run.id,))
    assert [row[0] for row in states].count("face too small or blurred to score") == 1


def test_touching_stretches_are_joined(case: Case, run: Run) -> None:
    case.runs.commit_stretch(run.id, 0, 10, face_table([]), [Stretch(7, 9, "cut off")])
    case.runs.commit_stretch(
        run.id, 10, 20, face_table([]), [Stretch(10, 12, "cut off"), Stretch(13, 13, "other")]
    )
    assert case.runs.undecodable(run.id) == [Stretch(7, 12, "cut off"), Stretch(13, 13, "other")]


@pytest.mark.parametrize(
    ("first", "stop", "rows", "stretches"),
    [
        (5, 5, [], []),
        (0, 10, [(10, 1, 0.5)], []),
        (5, 10, [(4, 1, 0.5)], []),
        (0, 10, [(1, 1, 1.5)], []),
        (0, 10, [], [Stretch(8, 10, "x")]),
    ],
)
def test_nonsense_is_refused(
    case: Case,
    run: Run,
    first: int,
    stop: int,
    rows: list[tuple[int, int, float | None]],
    stretches: list[Stretch],
) -> None:
    with pytest.raises(ValueError, match=r"stretch|score|no frames"):
        case.runs.commit_stretch(run.id, first, stop, face_table(rows), stretches)
    assert case.runs.committed_to(run.id) == 0


def test_score_that_is_no_number_is_refused(case: Case, run: Run) -> None:
    table = face_table([(1, 1, 0.5)])
    table.score[0] = np.nan
    with pytest.raises(ValueError, match="score"):
        case.runs.commit_stretch(run.id, 0, 10, table, [])


spans = st.tuples(st.integers(0, FRAMES - 1), st.integers(1, FRAMES)).filter(lambda s: s[0] < s[1])


@given(
    commits=st.lists(
        st.tuples(
            spans,
            st.sets(st.tuples(st.integers(0, FRAMES - 1), st.integers(1, 2)), max_size=8),
            st.sets(st.integers(0, FRAMES - 1), max_size=5),
        ),
        max_size=6,
    )
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_commit_replaces_exactly_its_frames(case: Case, commits: list) -> None:
    run = case.runs.start("E001", {}, {}, {}, "cpu", "float32", FRAMES)
    faces: dict[tuple[int, int], float] = {}
    lost: dict[int, str] = {}
    done: set[int] = set()
    for turn, ((first, stop), rows, bad) in enumerate(commits):
        score = turn / 10
        mine = [(frame, track, score) for frame, track in rows if first <= frame < stop]
        stretches = [Stretch(n, n, f"turn {turn}") for n in sorted(bad) if first <= n < stop]
        case.runs.commit_stretch(run.id, first, stop, face_table(mine), stretches)
        faces = {k: v for k, v in faces.items() if not first <= k[0] < stop}
        faces |= {(frame, track): score for frame, track, _ in mine}
        lost = {k: v for k, v in lost.items() if not first <= k < stop}
        lost |= {s.first: s.reason for s in stretches}
        done |= set(range(first, stop))
    table = case.runs.faces(run.id)
    stored = zip(table.frame.tolist(), table.track.tolist(), table.score.tolist(), strict=True)
    assert {(f, t): pytest.approx(s) for f, t, s in stored} == faces
    undecodable = case.runs.undecodable(run.id)
    assert {n: s.reason for s in undecodable for n in range(s.first, s.last + 1)} == lost
    expected = next(n for n in range(FRAMES + 1) if n not in done)
    assert case.runs.committed_to(run.id) == case.runs.get(run.id).frames_done == expected


def test_failed_commit_records_nothing(case: Case, run: Run) -> None:
    case.runs.commit_stretch(run.id, 0, 10, face_table([(1, 1, 0.5)]), [])
    twice = face_table([(2, 1, 0.1), (2, 1, 0.2)])
    with pytest.raises(Exception, match="UNIQUE"):
        case.runs.commit_stretch(run.id, 0, 20, twice, [])
    assert case.runs.faces(run.id).frame.tolist() == [1]
    assert case.runs.committed_to(run.id) == 10


def test_conclusion_replaces_the_former(case: Case, run: Run) -> None:
    segments = [Segment(1, 10, 20, 0.75, 0.9, 12), Segment(2, 5, 6, 0.5, 0.6, 5)]
    findings = [
        FindingRecord(None, Finding.SUPPORTS, ("First.", "Second."), {"mean": 0.75, "scored": 10}),
        FindingRecord(1, Finding.INCONCLUSIVE, (), {}),
    ]
    case.runs.conclude(run.id, segments[:1], findings[:1])
    case.runs.conclude(run.id, segments, findings)
    assert case.runs.segments(run.id) == [segments[1], segments[0]]
    assert case.runs.findings(run.id) == findings
    case.runs.conclude(run.id, [], [])
    assert (case.runs.segments(run.id), case.runs.findings(run.id)) == ([], [])


def test_run_needs_an_exhibit(case: Case) -> None:
    with pytest.raises(Exception, match="FOREIGN KEY"):
        case.runs.start("E777", {}, {}, {}, "cpu", "float32", 1)


def test_reports_come_back(case: Case) -> None:
    record = case.reports.add("reports/R 1.pdf", "f" * 64, "CN=A. Examiner", "0" * 64)
    assert case.reports.all() == [record]
    assert record.path == "reports/R 1.pdf"


def test_scores_of_tracks_are_those_that_count(case: Case, run: Run) -> None:
    table = face_table([(1, 2, 0.5), (0, 1, 0.25), (3, 2, 0.75), (2, 1, None), (4, 1, 1.0)])
    outside = np.array([0, -1, 0, 3, 8], np.int16)
    table = FaceTable(
        **{one.name: getattr(table, one.name) for one in fields(table)} | {"outside": outside}
    )
    case.runs.commit_stretch(run.id, 0, FRAMES, table, [])
    found = case.runs.track_scores(run.id)
    assert {track: scores.tolist() for track, scores in found.items()} == {
        number: table.score[(table.track == number) & table.counted].tolist() for number in (1, 2)
    }
    assert case.runs.track_scores(run.id + 1) == {}
