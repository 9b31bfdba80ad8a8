"""The thread that opens what the hub sealed: order, and what it survives."""

import threading

import pytest

from device.backends.clock import SimulatedClock
from device.core.inputs import CommandArrived, Input, ListArrived, MessageRefused, Moment
from device.errors import NotTaken
from device.sealed_mail import MAX_WAITING, SealedMail
from tests.device.sealed import DOOR, access_list
from tests.parts.waiting import wait_until
from wire.access import OpenDoor
from wire.topics import ACCESS, COMMAND

LIST = ListArrived(1, 1, 2, access_list())
OPEN = CommandArrived(OpenDoor(command="c" * 16, session="5" * 16, door=DOOR), 1, 2, False)


class Lists:
    """Stands for the store: the payload says what it does."""

    def __init__(self) -> None:
        self.hold = threading.Event()
        self.hold.set()

    def take_list(self, payload: bytes, _now: Moment) -> ListArrived | None:
        self.hold.wait(10)
        if payload == b"bug":
            raise ZeroDivisionError
        return None if payload == b"same" else LIST

    def take_command(self, payload: bytes, *, retained: bool) -> CommandArrived:
        if payload == b"bad":
            raise NotTaken("wrong-signature", "the signature is not the hub's")
        return OPEN


@pytest.fixture
def lists() -> Lists:
    return Lists()


def test_what_comes_is_told_in_its_order_and_nothing_new_is_not_told(lists: Lists) -> None:
    mail, came = SealedMail(lists, SimulatedClock()), list[Input]()
    mail.take(ACCESS, b"before the start", True)
    mail.start(came.append)
    for channel, payload in ((COMMAND, b""), (ACCESS, b"same"), (COMMAND, b"bad"), (ACCESS, b"new")):
        mail.take(channel, payload, False)
    wait_until(lambda: len(came) == 4, 5, "all")
    mail.stop()
    assert came == [LIST, OPEN, MessageRefused("wrong-signature"), LIST]


def test_a_bug_in_looking_at_a_message_is_logged_and_the_next_one_is_looked_at(
    lists: Lists, caplog: pytest.LogCaptureFixture
) -> None:
    mail, came = SealedMail(lists, SimulatedClock()), list[Input]()
    mail.start(came.append)
    mail.take(ACCESS, b"bug", False)
    mail.take(COMMAND, b"", False)
    wait_until(lambda: len(came) == 2, 5, "both")
    mail.stop()
    assert came == [MessageRefused("unreadable"), OPEN]
    assert "ZeroDivisionError" in caplog.text


def test_each_reason_is_logged_once(lists: Lists, caplog: pytest.LogCaptureFixture) -> None:
    mail, came = SealedMail(lists, SimulatedClock()), list[Input]()
    mail.start(came.append)
    for _ in range(20):
        mail.take(COMMAND, b"bad", False)
    wait_until(lambda: len(came) == 20, 5, "all")
    mail.stop()
    assert caplog.text.count("command refused (wrong-signature)") == 1


def test_more_than_it_can_look_at_is_counted_and_never_blocks(lists: Lists) -> None:
    mail, came = SealedMail(lists, SimulatedClock()), list[Input]()
    lists.hold.clear()
    mail.start(came.append)
    for _ in range(MAX_WAITING + 50):
        mail.take(ACCESS, b"new", False)
    assert came.count(MessageRefused("too-many")) >= 49
    lists.hold.set()
    mail.stop()
    assert len(came) <= MAX_WAITING + 51


def test_after_stop_nothing_is_told(lists: Lists) -> None:
    mail, came = SealedMail(lists, SimulatedClock()), list[Input]()
    mail.start(came.append)
    mail.stop()
    mail.stop()
    mail.take(COMMAND, b"", False)
    assert came == []
