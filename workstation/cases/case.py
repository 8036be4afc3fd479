"""A case: one investigation, a folder with its database, exhibits and custody log."""

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from workstation.cases.agreement import left_behind, runs_cut_short
from workstation.cases.cache import AnalysisCache
from workstation.cases.custody import Act, CustodyLog
from workstation.cases.database import Connection, forget_database
from workstation.cases.exhibits import ExhibitStore
from workstation.cases.intake_folders import sweep_intakes
from workstation.cases.lock import HOLDER_NAME, LOCK_NAME, WriteLock
from workstation.cases.marks import MarkStore
from workstation.cases.outgoing import sweep_reports
from workstation.cases.plain_json import clean_text, utc_now
from workstation.cases.records import CaseFacts, Run, RunOutcome
from workstation.cases.references import ReferenceStore
from workstation.cases.reports import ReportStore
from workstation.cases.runs import RunStore
from workstation.cases.schema import (
    bring_up_to_date,
    not_made_to_its_end,
    prepare,
    watch_tables,
)
from workstation.cases.seals import account
from workstation.cases.soundness import as_recorded, refuse_links
from workstation.errors import CaseError, CaseLocked, CaseTaken

DATABASE_NAME = "case.sqlite"


class Case(AbstractContextManager["Case"]):
    """An open case. Each thread that works on it needs a connection of its own: `another`.

    Attributes:
        folder: the case folder, absolute.
        facts: what identifies the case.
        read_only: whether writing is refused.
        custody: the custody log.
        exhibits: the exhibits.
        runs: the runs with their scores and findings.
        marks: what the examiner added: markers, clips, notes, findings, groups of tracks.
        references: which exhibits are known authentic, and for which questioned ones.
        reports: the signed reports.
        cache: intermediate results that only save time.
    """

    def __init__(self, folder: Path, connection: Connection, lock: WriteLock | None) -> None:
        self.folder = folder
        self.read_only = lock is None
        self._connection = connection
        self._lock = lock
        self._open = True
        watch_tables(connection)
        if lock is not None:
            lock.watch(folder / DATABASE_NAME)
            connection.before_writing(lock.refuse_lost)
        self.facts = _read_facts(connection)
        self.custody = CustodyLog(connection, self.facts.examiner)
        self.exhibits = ExhibitStore(connection)
        self.runs = RunStore(connection)
        self.marks = MarkStore(connection, self.custody, self.facts.examiner)
        self.references = ReferenceStore(connection, self.custody)
        self.reports = ReportStore(connection)
        self.cache = AnalysisCache(folder, read_only=self.read_only)

    @classmethod
    def create(
        cls,
        folder: Path | str,
        *,
        number: str,
        examiner: str,
        title: str = "",
        organisation: str = "",
    ) -> Self:
        """Make a case in a folder that is new or empty, and open it for writing.

        A folder in which the program ended while it created a case counts as empty.

        Raises:
            CaseError: the folder is in use or cannot be written, or number or examiner is empty.
        """
        folder = Path(folder).absolute()
        facts = [clean_text(text).strip() for text in (number, title, examiner, organisation)]
        if not facts[0] or not facts[2]:
            raise CaseError("A case needs a case number and the name of the examiner.")
        _refuse_used(folder)
        with _undone_on_failure(folder):
            _make_folders(folder)
            lock = WriteLock(folder)
            try:
                _refuse_used(folder)  # another program may have been faster
                forget_database(folder / DATABASE_NAME)
                return cls._begin(folder, lock, facts)
            except BaseException:
                lock.release()
                raise

    @classmethod
    def _begin(cls, folder: Path, lock: WriteLock, facts: list[str]) -> Self:
        connection = Connection(folder / DATABASE_NAME)
        try:
            prepare(connection)
            with connection.transaction():
                connection.write("INSERT INTO facts VALUES (1, ?, ?, ?, ?, ?)", (*facts, utc_now()))
                case = cls(folder, connection, lock)
                case.custody.append(
                    Act.CASE_CREATED,
                    case.facts.number,
                    title=case.facts.title,
                    examiner=case.facts.examiner,
                    organisation=case.facts.organisation,
                )
        except BaseException:
            connection.close()
            raise
        return case

    @classmethod
    def open(cls, folder: Path | str, *, read_only: bool = False) -> Self:
        """Open an existing case.

        Opening for writing also puts right what a program that was killed left behind: runs it
        left running become interrupted, and files it had half taken in are removed.

        Raises:
            CaseLocked: it is open for writing elsewhere; the sentence says who has it.
            CaseError: the folder is no case, its format is newer, or it cannot be read or written.
        """
        folder = Path(folder).absolute()
        if not _is_file(folder / DATABASE_NAME):
            raise CaseError(
                f"The folder “{folder.name}” is not a case: it holds no {DATABASE_NAME}. "
                "Choose another folder or create a case."
            )
        refuse_links(folder)
        lock = None if read_only else WriteLock(folder)
        try:
            case = cls._connect(folder, lock)
        except BaseException:
            if lock:
                lock.release()
            raise
        if lock:
            try:
                case._put_right()
            except BaseException:
                case.close()
                raise
        return case

    @classmethod
    def _connect(cls, folder: Path, lock: WriteLock | None) -> Self:
        connection = Connection(folder / DATABASE_NAME, read_only=lock is None)
        try:
            bring_up_to_date(connection)
            return cls(folder, connection, lock)
        except BaseException:
            connection.close()
            raise

    def another(self) -> Self:
        """Open a second connection for another thread; it shares the right to write.

        Raises:
            CaseError: the database cannot be opened, or was taken away.
        """
        lock = self._lock.share() if self._lock else None
        try:
            if lock:
                lock.refuse_lost()  # else a database would be made where there is none any more
            return self._connect(self.folder, lock)
        except BaseException:
            if lock:
                lock.release()
            raise

    def close(self) -> None:
        """Close the connection and, if it was the last one, give back the right to write."""
        if not self._open:
            return
        self._open = False
        try:
            if not self.read_only:
                with suppress(CaseError):  # a full or failing disk has its sentence elsewhere
                    self.custody.remember()
            self.cache.close()
            self._connection.close()
        finally:
            if self._lock:
                self._lock.release()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def exhibits_folder(self) -> Path:
        """Where the copies of the exhibits lie."""
        return self.folder / "exhibits"

    @property
    def reports_folder(self) -> Path:
        """Where reports go unless told otherwise."""
        return self.folder / "reports"

    def owns(self, path: Path) -> bool:
        """Whether a path lies among the exhibits or is one of the files that make the case."""
        path, folder = path.resolve(), self.folder.resolve()
        if path.is_relative_to(folder / "exhibits"):
            return True
        return path.parent == folder and path.name.startswith(("case.", "cache.sqlite"))

    def transaction(self) -> AbstractContextManager[None]:
        """All that is written inside is recorded together, or nothing of it.

        Raises:
            CaseError: the case is read-only, or cannot be written.
        """
        return self._connection.transaction()

    def snapshot(self) -> AbstractContextManager[None]:
        """All that is read inside is of one moment, whatever other connections commit meanwhile."""
        return self._connection.snapshot()

    def _put_right(self) -> None:
        unlike = self.custody.unlike_seen()
        if unlike:
            self.custody.append(Act.LOG_VERIFIED, self.facts.number, remarks=unlike)
        with self.transaction():
            for run in runs_cut_short(self):
                self._interrupt(run)
        sweep_reports(self)
        taken = {exhibit.number for exhibit in self.exhibits.all()}
        for number, name, size in sweep_intakes(self.exhibits_folder, taken):
            self.custody.append(
                Act.EXHIBIT_REFUSED,
                number,
                name=name,
                copied=size,
                reason="The program ended before the file was taken in; the copy was removed.",
            )

    def _interrupt(self, run: Run) -> None:
        """Record that a run's program was killed, and what stands for its results."""
        reason = "The program ended before the analysis did."
        self.runs.finish(run.id, RunOutcome.INTERRUPTED, reason)
        results = left_behind(self, run.id)
        if not results:
            reason += " What it had recorded was changed since, past this program."
            self.runs.finish(run.id, RunOutcome.INTERRUPTED, reason)
        self.custody.append(
            Act.ANALYSIS_INTERRUPTED,
            run.exhibit,
            run=run.id,
            frames_done=run.frames_done,
            reason=reason,
            account=account(),
            **results,
        )


def _read_facts(connection: Connection) -> CaseFacts:
    row = connection.row(
        "SELECT number, title, examiner, organisation, created_utc FROM facts WHERE only = 1"
    )
    if row is None:
        raise CaseError("The case database holds no case facts: it was not made to its end.")
    with as_recorded("the case itself"):
        return CaseFacts(*map(clean_text, row))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:  # a name too long, a folder that may not be read
        folder = path.parent.name
        raise CaseError(f"The folder “{folder}” cannot be read ({error.strerror}).") from error


def _refuse_used(folder: Path) -> None:
    if _is_file(folder / DATABASE_NAME) and not _half_made(folder):
        raise CaseTaken(f"The folder “{folder.name}” is a case already. Open it instead.")
    try:
        used = folder.exists() and (not folder.is_dir() or any(map(_strange, folder.iterdir())))
    except OSError as error:
        raise CaseError(f"The folder “{folder.name}” cannot be read ({error.strerror}).") from error
    if used:
        raise CaseTaken(f"The folder “{folder.name}” is not empty. Choose a new or empty folder.")


def _half_made(folder: Path) -> bool:
    """Whether a folder holds no more than what a killed creation leaves."""
    with closing(Connection(folder / DATABASE_NAME, read_only=True)) as connection:
        return not_made_to_its_end(connection)


def _strange(path: Path) -> bool:
    """Whether something in a folder is not left by a creation that was killed."""
    if path.name in ("exhibits", "reports") and path.is_dir():
        return any(path.iterdir())
    return not path.name.startswith((DATABASE_NAME, LOCK_NAME, HOLDER_NAME))


def _make_folders(folder: Path) -> None:
    try:
        for path in (folder, folder / "exhibits", folder / "reports"):
            path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CaseError(
            f"The case folder “{folder.name}” cannot be made ({error.strerror}). "
            "Choose a place where you may write."
        ) from error


@contextmanager
def _undone_on_failure(folder: Path) -> Iterator[None]:
    """Leave the folder as it was found, empty or absent, if the case cannot be made."""
    existed = folder.exists()
    try:
        yield
    except BaseException as error:
        if isinstance(error, CaseLocked | CaseTaken):
            pass  # what lies there is another program's
        elif not existed:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            for name in ("exhibits", "reports"):
                shutil.rmtree(folder / name, ignore_errors=True)
            for name in (LOCK_NAME, HOLDER_NAME):
                (folder / name).unlink(missing_ok=True)
            forget_database(folder / DATABASE_NAME)
        raise
