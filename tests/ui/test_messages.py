"""The one door: the world's faults in their own words, ours with details."""

import sys
import threading

from ui import messages
from workstation.errors import CaseError


def test_the_worlds_fault_keeps_its_sentence():
    message = messages.message_for(CaseError("The disk is full. Free some space."))
    assert message == messages.Message("The disk is full. Free some space.")


def test_our_fault_says_so_and_carries_the_trace():
    try:
        raise KeyError("nothing")
    except KeyError as error:
        message = messages.message_for(error)
    assert message.fault
    assert "fault of this program" in message.sentence
    assert "KeyError: 'nothing'" in message.details
    assert "test_messages" in message.details


def test_a_fault_is_logged_and_told(qtbot, caplog):
    with qtbot.waitSignal(messages.door().told) as told:
        messages.tell(ValueError("odd"))
    assert told.args[0].fault
    assert "odd" in caplog.text


def test_tells_from_any_thread(qtbot):
    with qtbot.waitSignal(messages.door().told) as told:
        thread = threading.Thread(target=messages.tell, args=(CaseError("Busy."),))
        thread.start()
    thread.join()
    assert told.args[0].sentence == "Busy."


def test_the_hook_sends_what_nothing_caught(qtbot, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    messages.install_hook()
    error = CaseError("The case is gone. Open another.")
    with qtbot.waitSignal(messages.door().told) as told:
        sys.excepthook(CaseError, error, None)
    assert told.args[0].sentence == str(error)
