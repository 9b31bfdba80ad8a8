"""What the words of a device say about whether it is there."""

from dataclasses import replace

import pytest

from hub.domain.device_words import (
    DeviceWords,
    HealthWord,
    MetaWord,
    StatusWord,
    Word,
    after,
    looks_different,
    stale_at_us,
)
from hub.domain.occupancy import STALE_AFTER_US, DeviceStatus

NOW = 1_795_000_000_000_000
OLD, NEW = "a" * 16, "b" * 16
ONLINE, OFFLINE, LOST, NEVER = (
    DeviceStatus.ONLINE,
    DeviceStatus.OFFLINE,
    DeviceStatus.LOST,
    DeviceStatus.NEVER,
)
THERE = DeviceWords(ONLINE, NEW, NOW - 500, NOW - 100)
GONE = DeviceWords(LOST, OLD, NOW - 500, NOW - 900)

LIVE, KEPT = False, True


@pytest.mark.parametrize(
    ("label", "known", "word", "retained", "status", "session", "heard_us"),
    [
        ("a birth", DeviceWords(), StatusWord(ONLINE, NEW), LIVE, ONLINE, NEW, NOW),
        ("a birth that was kept may be old", DeviceWords(), StatusWord(ONLINE, NEW), KEPT, ONLINE, NEW, 0),
        ("a will", THERE, StatusWord(LOST, NEW), LIVE, LOST, NEW, NOW - 100),
        ("a will of an older session", THERE, StatusWord(LOST, OLD), LIVE, ONLINE, NEW, NOW - 100),
        ("a farewell", THERE, StatusWord(OFFLINE, NEW), LIVE, OFFLINE, NEW, NOW),
        ("a farewell of an older session", THERE, StatusWord(OFFLINE, OLD), LIVE, ONLINE, NEW, NOW - 100),
        ("a kept will of a birth that we missed", THERE, StatusWord(LOST, OLD), KEPT, LOST, OLD, NOW - 100),
        ("a birth after a will", GONE, StatusWord(ONLINE, NEW), LIVE, ONLINE, NEW, NOW),
        ("a will after a will", GONE, StatusWord(LOST, NEW), LIVE, LOST, NEW, NOW - 900),
        ("health", THERE, HealthWord("{}", NOW - 7), LIVE, ONLINE, NEW, NOW),
        ("health disproves a will", GONE, HealthWord("{}", None), LIVE, ONLINE, OLD, NOW),
        ("health before any birth", DeviceWords(), HealthWord("{}", None), LIVE, ONLINE, "", NOW),
        (
            "kept health counts from when it was said",
            GONE,
            HealthWord("{}", NOW - 7),
            KEPT,
            LOST,
            OLD,
            NOW - 7,
        ),
        ("kept health without a clock", GONE, HealthWord("{}", None), KEPT, LOST, OLD, NOW - 900),
        ("kept health from the future", GONE, HealthWord("{}", NOW + 7), KEPT, LOST, OLD, NOW),
        ("kept health that is older", THERE, HealthWord("{}", NOW - 999), KEPT, ONLINE, NEW, NOW - 100),
        ("meta", THERE, MetaWord("{}"), LIVE, ONLINE, NEW, NOW),
        ("kept meta", THERE, MetaWord("{}"), KEPT, ONLINE, NEW, NOW - 100),
    ],
)
def test_words(
    label: str,
    known: DeviceWords,
    word: Word,
    retained: bool,
    status: DeviceStatus,
    session: str,
    heard_us: int,
) -> None:
    now = after(known, word, NOW, retained=retained)
    assert (now.status, now.session, now.heard_us) == (status, session, heard_us), label


def test_the_texts_are_kept() -> None:
    told = after(
        after(DeviceWords(), MetaWord("m"), NOW, retained=False), HealthWord("h", None), NOW, retained=False
    )
    assert (told.meta, told.health) == ("m", "h")


@pytest.mark.parametrize(
    ("label", "before_us", "now_us", "different"),
    [
        ("heard before it was stale", NOW - STALE_AFTER_US, NOW, False),
        ("heard again just after", NOW - STALE_AFTER_US - 1, NOW, True),
        ("still stale", NOW - STALE_AFTER_US - 2, NOW - STALE_AFTER_US - 1, False),
    ],
)
def test_a_stale_device_that_is_heard_again_looks_different(
    label: str, before_us: int, now_us: int, different: bool
) -> None:
    before = replace(THERE, heard_us=before_us)
    assert looks_different(before, replace(THERE, heard_us=now_us), NOW) is different, label


def test_another_status_looks_different() -> None:
    assert looks_different(THERE, replace(THERE, status=LOST), NOW)
    assert not looks_different(THERE, replace(THERE, session=OLD), NOW)


def test_stale_begins_when_the_pages_say_so() -> None:
    heard_us = 1000
    assert stale_at_us(heard_us) - heard_us > STALE_AFTER_US
    assert stale_at_us(heard_us) - 1 - heard_us == STALE_AFTER_US
