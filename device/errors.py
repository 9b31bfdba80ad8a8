"""Errors of the device.

DeviceError
├── SpoolError            the spool's file can't be used as it is
│   ├── SpoolInUse        another agent has it: end that one (refused at start)
│   ├── SpoolFull         no room on its disk: the spool makes some and tries again
│   ├── SpoolBroken       it is no database, or a damaged one: set aside, salvaged
│   └── SpoolDead         its disk does not read or write: the agent goes on in memory, with an alarm
├── NotTaken              a list or command of the hub that may not be used: counted, the one before goes on
└── MissingExtra          a library that a setting asks for is not installed: names the pip command

Settings that can't be used are `wire.errors.InvalidSetting`. A bug is none of these: it ends the loop and the process,
and systemd starts it again.
"""

from typing import Literal

WhyNotTaken = Literal[
    "wrong-signature", "wrong-recipient", "unreadable", "older-list", "expired-list", "too-large"
]
"""Words under which health counts what was not taken; the core counts further ones of its own."""


class DeviceError(Exception):
    """Base of all errors of the device."""


class SpoolError(DeviceError):
    """The spool's file can't be used as it is."""


class SpoolInUse(SpoolError):
    """Another process has the spool's file open."""


class SpoolFull(SpoolError):
    """The disk of the spool has no room."""


class SpoolBroken(SpoolError):
    """The spool's file is damaged, or not a spool."""


class SpoolDead(SpoolError):
    """The disk of the spool can't be read or written."""


class NotTaken(DeviceError):
    """A list or command is not taken.

    Args:
        reason: for counting.
        detail: for the log; holds neither key nor card.
    """

    def __init__(self, reason: WhyNotTaken, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: WhyNotTaken = reason
        self.detail = detail


class MissingExtra(DeviceError):
    """A library that the settings need is not installed."""
