"""Whether what is analysed is what was taken in, when an analysis begins and until it ends."""

from __future__ import annotations

from collections.abc import Callable

from workstation.cases.agreement import exhibit_agrees
from workstation.cases.case import Case
from workstation.cases.records import Exhibit, Verification
from workstation.errors import AnalysisError
from workstation.evidence.verification import verify_exhibit

Touch = tuple[int, ...]


MOST_TOUCHES = 5


class ExhibitTouchedError(AnalysisError):
    """The exhibit's file was touched while it was read; hashed again, it is what was taken in."""


class ExhibitGuard:
    """Watches over one exhibit's file and record for as long as it is analysed.

    The file is opened once for every chunk, long after it was hashed. Its place, size and times
    tell whether it was touched since; the time of the last change of its entry (`st_ctime`) is set
    by the system alone. Where they differ when a chunk is done, that chunk may be another file's,
    though the right one is back: it does not count, and the file is hashed again.

    Args:
        case: Open for writing, on a connection of the calling thread.
        exhibit: What is analysed.
        tell: Called now and then while the file is hashed.

    Attributes:
        touches: How often the file was touched so far.
    """

    def __init__(self, case: Case, exhibit: Exhibit, tell: Callable[[], None]) -> None:
        self._case = case
        self._exhibit = exhibit
        self._tell = tell
        self._then: Touch = ()
        self.touches = 0

    def admit(self) -> None:
        """Verify the exhibit's file, and its record, before it is analysed.

        Raises:
            AnalysisError: The file is altered or missing, or the record is not as it was logged.
        """
        number = self._exhibit.number
        found = self._verify()
        if found is not Verification.INTACT:
            raise AnalysisError(
                f"Exhibit {number} is {found}: it was not analysed. Put the "
                "file that was taken in back into the case folder, or add it as a new exhibit."
            )
        if not exhibit_agrees(self._case, self._exhibit, self._case.custody.entries()):
            raise AnalysisError(
                f"What the case records of {number} is not what the custody log says "
                "was recorded when it was added: it was not analysed. Go back to a copy of the "
                "case, or take the file into a new one."
            )

    def refuse_touched(self) -> None:
        """Make sure that what was read since the file was hashed is that file.

        Raises:
            ExhibitTouchedError: It was touched since, and is what was taken in.
            AnalysisError: The file was exchanged or altered meanwhile.
        """
        if self._touch() == self._then:
            return
        self.release()
        self.touches += 1
        raise ExhibitTouchedError(
            f"The file of exhibit {self._exhibit.number} was moved, exchanged or written while it "
            "was being analysed, and is now what was taken in. The frames that were worked on "
            "meanwhile do not count; analyse again to go on."
        )

    def release(self) -> None:
        """Make sure that what was analysed is still there, before anything is concluded from it.

        Raises:
            AnalysisError: The file was exchanged or altered meanwhile.
        """
        if self._touch() == self._then:
            return
        found = self._verify()
        if found is not Verification.INTACT:
            raise AnalysisError(
                f"Exhibit {self._exhibit.number} was intact when its analysis began and is {found} "
                "now, so nothing is concluded from its scores. Find out who writes the case "
                "folder, put the file that was taken in back, then analyse again."
            )

    def _verify(self) -> Verification:
        self._then = self._touch()
        self._tell()
        return verify_exhibit(self._case, self._exhibit.number, lambda _: self._tell())

    def _touch(self) -> Touch:
        try:
            found = (self._case.folder / self._exhibit.stored_name).stat()
        except OSError:
            return ()
        return (
            found.st_dev,
            found.st_ino,
            found.st_size,
            found.st_mtime_ns,
            found.st_ctime_ns,
        )
