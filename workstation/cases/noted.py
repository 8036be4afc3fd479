"""What this process recorded of a run, remembered outside the database while the run goes on."""

from workstation.cases.database import Connection
from workstation.cases.digests import holds_beyond, stretch_digest


class NotedStretches:
    """A digest of every stretch that was recorded on a connection.

    The custody log holds a run's digest only once it has stopped; until then, this is what shows
    that another program changed its scores.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._digests: dict[tuple[int, int, int], str] = {}  # by run, first frame, end

    def note(self, run_id: int, first: int, stop: int) -> str:
        """Remember what a run holds of frames first..stop-1, instead of what lay there.

        Returns:
            Its digest.
        """
        for run, start, end in list(self._digests):
            if run == run_id and start < stop and end > first:
                del self._digests[run, start, end]
        digest = stretch_digest(self._connection, run_id, first, stop)
        self._digests[run_id, first, stop] = digest
        return digest

    def hold(self, run_id: int) -> bool:
        """Whether a run still holds all that was noted of it, and nothing beside."""
        noted = {key[1:]: digest for key, digest in self._digests.items() if key[0] == run_id}
        with self._connection.snapshot():
            return not holds_beyond(self._connection, run_id, noted) and all(
                stretch_digest(self._connection, run_id, first, stop) == digest
                for (first, stop), digest in noted.items()
            )

    def any_of(self, run_id: int) -> bool:
        """Whether anything was noted of a run."""
        return any(run == run_id for run, _, _ in self._digests)
