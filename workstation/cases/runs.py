"""Runs with everything they found: faces, stretches, segments, findings."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.cases.database import Connection
from workstation.cases.digests import holds_conclusions, run_digest
from workstation.cases.noted import NotedStretches
from workstation.cases.plain_json import clean_text, to_json, utc_now
from workstation.cases.records import (
    Exhibit,
    FaceTable,
    FindingRecord,
    Run,
    RunOutcome,
    Segment,
    Stretch,
)
from workstation.cases.run_rows import REACH, face_rows, face_table_of, finding_of, run_of
from workstation.cases.seals import Seals
from workstation.cases.soundness import as_recorded
from workstation.errors import CaseError

_NEVER = 2**53  # no exhibit has so many frames
_COLUMNS = (
    "id, exhibit, detector, settings, versions, device, precision, started_utc, finished_utc, "
    "outcome, reason, frames"
)


class RunStore:
    """The runs of a case.

    Attributes:
        seals: what binds their scores while no entry in the custody log does.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._noted = NotedStretches(connection)
        self.seals = Seals(connection)

    def start(
        self,
        exhibit: str | Exhibit,
        detector: Mapping[str, Any],
        settings: Mapping[str, Any],
        versions: Mapping[str, Any],
        device: str,
        precision: str,
        frames: int,
    ) -> Run:
        """Record that a run begins.

        Args:
            exhibit: the exhibit or its number.
            detector: the card as it is used, plain JSON.
            settings: the analysis settings, plain JSON.
            versions: software versions, plain JSON.
            device: what the networks run on, in words.
            precision: "bfloat16", "float16" or "float32".
            frames: number of frames of the exhibit.

        Raises:
            CaseError: the case cannot be written.
        """
        number = exhibit.number if isinstance(exhibit, Exhibit) else exhibit
        documents = (to_json(detector), to_json(settings), to_json(versions))
        run_id = self._connection.write(
            "INSERT INTO runs (exhibit, detector, settings, versions, device, precision, "
            "started_utc, outcome, reason, frames) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?)",
            (number, *documents, device, precision, utc_now(), str(RunOutcome.RUNNING), frames),
        )
        return self.get(run_id)

    def reopen(self, run_id: int) -> None:
        """Set a run that had stopped back to running.

        What it holds is taken for its own: see `agreement.reopened`, which makes sure that it is.

        Raises:
            CaseError: somebody changed what this connection recorded of it.
        """
        with self._connection.transaction():
            if self._noted.any_of(run_id):
                self.refuse_altered(run_id)
            for first, stop in self._stretches(run_id):
                self._seal(run_id, first, stop)
            self._connection.write(
                "UPDATE runs SET outcome = ?, reason = '', finished_utc = NULL WHERE id = ?",
                (str(RunOutcome.RUNNING), run_id),
            )

    def finish(self, run_id: int, outcome: RunOutcome, reason: str = "") -> None:
        """Record how a run ended, and why if it did not complete."""
        self._connection.write(
            "UPDATE runs SET outcome = ?, reason = ?, finished_utc = ? WHERE id = ?",
            (str(RunOutcome(outcome)), clean_text(reason), utc_now(), run_id),
        )

    def get(self, run_id: int) -> Run:
        """The run with a number.

        Raises:
            CaseError: the case has no such run.
        """
        found = self._where("id = ?", (run_id,))
        if not found:
            raise CaseError(f"The case has no run {run_id}.")
        return found[0]

    def of_exhibit(self, number: str) -> list[Run]:
        """The runs on an exhibit, oldest first."""
        return self._where("exhibit = ?", (number,))

    def latest(self, number: str) -> Run | None:
        """The newest run on an exhibit, or None."""
        runs = self.of_exhibit(number)
        return runs[-1] if runs else None

    def interrupted(self) -> list[Run]:
        """Runs that stopped before their end and can go on, oldest first.

        Runs that a program had left running count as interrupted once the case is opened for
        writing again (`Case.open`), since then nobody is working on them.
        """
        return self._where(
            "outcome IN (?, ?)", (str(RunOutcome.PAUSED), str(RunOutcome.INTERRUPTED))
        )

    def running(self) -> list[Run]:
        """Runs recorded as running, oldest first."""
        return self._where("outcome = ?", (str(RunOutcome.RUNNING),))

    def commit_stretch(
        self,
        run_id: int,
        first: int,
        stop: int,
        faces: FaceTable,
        undecodable: Sequence[Stretch],
    ) -> None:
        """Record all that is known about frames first..stop-1, replacing what was known before.

        One transaction: after a crash either all of it is there or nothing. What is kept of a
        stretch that reaches beyond is sealed anew.

        Raises:
            CaseError: the case cannot be written, or part of a stretch was to be kept and somebody
                changed the run meanwhile; nothing was recorded.
            ValueError: a face or stretch lies outside first..stop-1, or a score outside 0..1.
        """
        _check_stretch(first, stop, faces, undecodable)
        with self._connection.transaction():
            kept = self._beyond(run_id, first, stop) if self._noted.any_of(run_id) else []
            if kept:
                self.refuse_altered(run_id)
            self._clear(run_id, first, stop)
            self._connection.write(
                "INSERT INTO committed (run, first, stop) VALUES (?, ?, ?)", (run_id, first, stop)
            )
            self._connection.write_many(
                "INSERT INTO faces (run, frame, track, score, x, y, width, height, landmarks, "
                "outside, sharpness) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                face_rows(run_id, faces),
            )
            self._connection.write_many(
                "INSERT INTO undecodable (run, first, last, reason) VALUES (?, ?, ?, ?)",
                [(run_id, s.first, s.last, clean_text(s.reason)) for s in undecodable],
            )
            for start, end in ((first, stop), *kept):
                self._seal(run_id, start, end)

    def discard(self, run_id: int) -> None:
        """Forget what was committed of a run; the run itself stays on record.

        Raises:
            CaseError: the case cannot be written; nothing was forgotten.
        """
        with self._connection.transaction():
            self._clear(run_id, 0, _NEVER)
            self._noted.note(run_id, 0, _NEVER)
            self.seals.take_off(run_id, 0, _NEVER)

    def _seal(self, run_id: int, first: int, stop: int) -> None:
        self.seals.put(run_id, first, stop, self._noted.note(run_id, first, stop))

    def _beyond(self, run_id: int, first: int, stop: int) -> list[tuple[int, int]]:
        """What lies outside of frames first..stop-1 of stretches that reach into them."""
        return [
            part
            for start, end in self._stretches(run_id)
            if start < stop and end > first
            for part in ((start, first), (stop, end))
            if part[0] < part[1]
        ]

    def _clear(self, run_id: int, first: int, stop: int) -> None:
        """Forget frames first..stop-1; of stretches that reach beyond, keep the outside."""
        self._connection.write(
            "DELETE FROM faces WHERE run = ? AND frame >= ? AND frame < ?", (run_id, first, stop)
        )
        for table, end, extra in (("committed", "stop - 1", ""), ("undecodable", "last", "reason")):
            touching = self._connection.rows(
                f"SELECT first, {end}{', ' + extra if extra else ''} FROM {table} "
                f"WHERE run = ? AND first < ? AND {end} >= ?",
                (run_id, stop, first),
            )
            for start, last, *rest in touching:
                self._connection.write(
                    f"DELETE FROM {table} WHERE run = ? AND first = ?", (run_id, start)
                )
                for a, b in ((start, min(last, first - 1)), (max(start, stop), last)):
                    if a <= b:
                        values = (run_id, a, b if extra else b + 1, *rest)
                        self._connection.write(
                            f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values
                        )

    @as_recorded("the runs")
    def committed_to(self, run_id: int) -> int:
        """Number n such that frames 0..n-1 are committed without a gap."""
        done = 0
        for first, stop in self._stretches(run_id):
            if first > done:
                break
            done = max(done, stop)
        return done

    @as_recorded("the faces")
    def faces(
        self, run_id: int, first: int = 0, stop: int | None = None, track: int | None = None
    ) -> FaceTable:
        """Faces in frames first..stop-1 (to the end by default), of one face track or of all."""
        condition, parameters = "run = ? AND frame >= ?", [run_id, first]
        if stop is not None:
            condition, parameters = condition + " AND frame < ?", [*parameters, stop]
        if track is not None:
            condition, parameters = condition + " AND track = ?", [*parameters, track]
        rest = f"FROM faces WHERE {condition} ORDER BY frame, track"
        with self._connection.snapshot():
            numbers = self._connection.numbers(
                "SELECT frame, track, coalesce(score, -1), x, y, width, height, "
                f"coalesce(outside, -1), coalesce(sharpness, -1) {rest}",
                9,
                parameters,
            )
            landmarks = self._connection.blobs(f"SELECT landmarks {rest}", parameters)
        with as_recorded(f"the faces of run {run_id}"):
            return face_table_of(numbers, landmarks)

    @as_recorded("the faces")
    def track_scores(self, run_id: int) -> dict[int, NDArray[np.float32]]:
        """Scores of every face track in time order, float32 (N,), by its number.

        Only faces that count (`FaceTable.counted`); quicker than `faces`, for nothing else is read.
        """
        rows = self._connection.numbers(
            "SELECT track, score FROM faces WHERE run = ? AND score IS NOT NULL "
            "AND coalesce(outside, 0) <= 0 ORDER BY track, frame",
            2,
            (run_id,),
        )
        tracks, starts = np.unique(rows[:, 0], return_index=True)
        parts = np.split(rows[:, 1].astype(np.float32), starts[1:])
        return dict(zip(tracks.astype(int).tolist(), parts, strict=False))

    @as_recorded("the runs")
    def undecodable(self, run_id: int) -> list[Stretch]:
        """Stretches that could not be decoded, in order, joined where they touch."""
        joined: list[Stretch] = []
        for row in self._connection.rows(
            "SELECT first, last, reason FROM undecodable WHERE run = ? ORDER BY first", (run_id,)
        ):
            here = Stretch(*row)
            before = joined[-1] if joined else None
            if before and before.last + 1 == here.first and before.reason == here.reason:
                joined[-1] = Stretch(before.first, here.last, here.reason)
            else:
                joined.append(here)
        return joined

    def conclude(
        self, run_id: int, segments: Sequence[Segment], findings: Sequence[FindingRecord]
    ) -> None:
        """Record segments and findings, replacing earlier ones, in one transaction.

        Raises:
            CaseError: the case cannot be written; nothing was recorded.
        """
        segment_rows = [
            (run_id, s.track, s.first, s.last, float(s.mean), float(s.peak), s.peak_frame)
            for s in segments
        ]
        finding_rows = [
            (run_id, n, f.track, str(f.finding), to_json(f.reasons), to_json(f.statistics))
            for n, f in enumerate(findings)
        ]
        with self._connection.transaction():
            for table in ("segments", "findings"):
                self._connection.write(f"DELETE FROM {table} WHERE run = ?", (run_id,))
            self._connection.write_many(
                "INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?)", segment_rows
            )
            self._connection.write_many(
                "INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?)", finding_rows
            )

    @as_recorded("the segments")
    def segments(self, run_id: int) -> list[Segment]:
        """The flagged segments of a run, by first frame, then face track."""
        rows = self._connection.rows(
            "SELECT track, first, last, mean, peak, peak_frame FROM segments WHERE run = ? "
            "ORDER BY first, track",
            (run_id,),
        )
        return [Segment(*row) for row in rows]

    def findings(self, run_id: int) -> list[FindingRecord]:
        """The findings of a run, in the order they were given."""
        rows = self._connection.rows(
            "SELECT track, finding, reasons, statistics FROM findings WHERE run = ? "
            "ORDER BY position",
            (run_id,),
        )
        return [finding_of(row) for row in rows]

    def digest(self, run_id: int) -> str:
        """SHA-256 over a run and all that it found, for the custody log."""
        return run_digest(self._connection, run_id)

    def sealed(self, run_id: int) -> dict[str, str]:
        """The digest of a run for its entry in the log, under its name there.

        Nothing where what this connection recorded was changed by somebody else since, or where
        there is more than it recorded: without a digest such a run is not continued, and verifying
        the case names it.
        """
        with self._connection.snapshot():
            concluded = self.get(run_id).outcome is RunOutcome.COMPLETE
            if not self._noted.hold(run_id) or not (concluded or self.unconcluded(run_id)):
                return {}
            return {"results_sha256": self.digest(run_id)}

    def unconcluded(self, run_id: int) -> bool:
        """Whether a run has neither segments nor findings, as one that has not completed."""
        return not holds_conclusions(self._connection, run_id)

    def refuse_altered(self, run_id: int) -> None:
        """Make sure that a run still holds what this connection recorded of it.

        Raises:
            CaseError: somebody changed it meanwhile, past this program.
        """
        if not self._noted.hold(run_id):
            raise changed_meanwhile(run_id)

    def _stretches(self, run_id: int) -> list[tuple[Any, ...]]:
        return self._connection.rows(
            "SELECT first, stop FROM committed WHERE run = ? ORDER BY first", (run_id,)
        )

    @as_recorded("the runs")
    def _where(self, condition: str, parameters: Sequence[Any]) -> list[Run]:
        rows = self._connection.rows(
            f"SELECT {_COLUMNS} FROM runs WHERE {condition} ORDER BY id", parameters
        )
        return [run_of(row, self.committed_to(row[0]), self._reach(row[0])) for row in rows]

    def _reach(self, run_id: int) -> tuple[int, int, int]:
        ((last, least, frames),) = self._connection.rows(REACH, (run_id,))
        return last, least, frames


def changed_meanwhile(run_id: int) -> CaseError:
    """What ends a run whose records another program changed while it went on or was paused."""
    return CaseError(
        f"What run {run_id} had recorded was changed by another program while it was going on, "
        "so nothing is concluded from it. Find out who writes the case folder, then analyse again."
    )


def _check_stretch(first: int, stop: int, faces: FaceTable, undecodable: Sequence[Stretch]) -> None:
    if not 0 <= first < stop:
        raise ValueError(f"no frames in {first}..{stop - 1}")
    if len(faces) and not (faces.frame.min() >= first and faces.frame.max() < stop):
        raise ValueError("a face lies outside the stretch")
    scores = faces.score[faces.scored]
    if not np.all((scores >= 0) & (scores <= 1)):
        raise ValueError("a score lies outside 0..1")
    if any(not first <= s.first <= s.last < stop for s in undecodable):
        raise ValueError("an undecodable stretch lies outside the stretch")
