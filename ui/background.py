"""Work off the window's thread whose answers come back to it."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from ui import messages
from ui.thread_pool import QThreadExecutor

Answer = TypeVar("Answer")


class Background(QObject):
    """One QThread that answers questions in order; answers arrive on the window's thread."""

    _arrived = Signal(object, object)  # Callable[[Answer], None], Future[Answer]

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadExecutor(1, name, yielding=False)
        self._closed = False
        self._arrived.connect(self._deliver)

    def ask(
        self,
        question: Callable[[], Answer],
        answered: Callable[[Answer], None],
        failed: Callable[[Exception], None] = messages.tell,
    ) -> None:
        """Run `question` on the thread, then `answered` (or `failed`) on the window's thread.

        After `close` it does nothing.
        """
        if self._closed:
            return
        future = self._pool.submit(question)
        future.add_done_callback(lambda done: self._arrived.emit((answered, failed), done))

    def close(self) -> None:
        """Finish the question being answered, forget the others, end the thread."""
        self._closed = True
        self._pool.shutdown(cancel_futures=True)

    def _deliver(
        self, then: tuple[Callable[[Any], None], Callable[[Exception], None]], done: Future[Any]
    ) -> None:
        if self._closed or done.cancelled():
            return
        answered, failed = then
        error = done.exception()
        if error is None:
            answered(done.result())
        elif isinstance(error, Exception):
            failed(error)
        else:
            raise error
