"""The QThread pool keeps the contract of an Executor."""

import gc
import os
import sys
import threading
import time
import weakref
from concurrent.futures import CancelledError, as_completed, wait

import pytest
from PySide6.QtCore import QThread

from ui import thread_pool
from ui.thread_pool import QThreadExecutor


@pytest.fixture
def pool():
    with QThreadExecutor(2) as executor:
        yield executor


def test_returns_results_in_futures(pool):
    futures = [pool.submit(pow, number, 2) for number in range(20)]
    assert [future.result(5) for future in futures] == [number**2 for number in range(20)]
    assert {future.result() for future in as_completed(futures)} == {n**2 for n in range(20)}


def test_raises_what_the_call_raised(pool):
    future = pool.submit(int, "no number")
    assert isinstance(future.exception(5), ValueError)
    assert pool.submit(int, "7").result(5) == 7


def test_what_was_raised_keeps_nothing_once_nobody_has_it(pool):
    named = []

    def fail():
        memory = threading.Event()
        named.append(weakref.ref(memory))
        raise ValueError("no")

    collecting = gc.isenabled()
    gc.disable()
    try:
        assert isinstance(pool.submit(fail).exception(30), ValueError)
        until = time.monotonic() + 30
        while named[0]() is not None and time.monotonic() < until:
            time.sleep(0.01)
        assert named[0]() is None
    finally:
        if collecting:
            gc.enable()


def test_maps_in_order(pool):
    assert list(pool.map(lambda number: number + 1, range(10), timeout=5)) == list(range(1, 11))


def test_runs_two_at_once_on_qthreads_and_no_more(pool):
    barrier = threading.Barrier(2, timeout=5)

    def meet():
        barrier.wait()
        return QThread.currentThread()

    threads = {pool.submit(meet), pool.submit(meet)}
    assert len({id(future.result(5)) for future in threads}) == 2
    running, most = [], []

    def count():
        running.append(1)
        most.append(len(running))
        time.sleep(0.005)
        running.pop()

    wait([pool.submit(count) for _ in range(12)], 5)
    assert max(most) <= 2


def test_cancels_what_has_not_begun():
    executor = QThreadExecutor(1)
    begun, gate = threading.Event(), threading.Event()

    def first_call():
        begun.set()
        return gate.wait(5)

    first = executor.submit(first_call)
    assert begun.wait(5)
    others = [executor.submit(int) for _ in range(3)]
    executor.shutdown(wait=False, cancel_futures=True)
    gate.set()
    executor.shutdown()
    assert first.result(5) is True
    for future in others:
        assert future.cancelled()
        with pytest.raises(CancelledError):
            future.result(0)


def test_finishes_what_was_queued_on_plain_shutdown():
    executor = QThreadExecutor(1)
    futures = [executor.submit(time.sleep, 0.001) for _ in range(5)]
    executor.shutdown()
    assert all(future.done() and not future.cancelled() for future in futures)


def test_takes_nothing_after_shutdown():
    executor = QThreadExecutor(1)
    executor.shutdown()
    with pytest.raises(RuntimeError):
        executor.submit(int)
    with pytest.raises(ValueError, match="max_workers"):
        QThreadExecutor(0)


def test_a_dropped_executor_leaves_no_thread():
    executor = QThreadExecutor(1)
    executor.submit(int).result(5)
    worker = next(iter(executor._workers))
    del executor
    gc.collect()
    assert worker.wait(5000)


def test_shutdown_leaves_no_thread():
    before = len(thread_pool._started)
    with QThreadExecutor(3) as executor:
        wait([executor.submit(int) for _ in range(6)], 5)
    assert len(thread_pool._started) <= before


@pytest.mark.skipif(sys.platform != "linux", reason="per-thread niceness is Linux's")
def test_workers_are_nice_and_the_caller_is_not(pool):
    mine = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def niceness():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    assert pool.submit(niceness).result(5) == thread_pool.WORKER_NICENESS
    assert niceness() == mine
    with QThreadExecutor(1, yielding=False) as prompt:
        assert prompt.submit(niceness).result(5) == mine
