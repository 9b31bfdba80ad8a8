"""Errors of the contract.

WireError
├── InvalidIdentifier     an id that is not ours to use: refuse it where it enters
├── UnknownTopic          a topic outside the channel table: count and drop
├── PeerSentRubbish       the other side's bytes; count, log once, quarantine
│   ├── MessageTooLarge
│   ├── UnreadableHeader  a batch whose header or shape can't be read: moves no mark
│   ├── UnreadableEvent   one event of a batch: quarantined under its own seq
│   └── UnreadableMessage any other message
├── NotAuthentic          a signature, seal or recipient that does not hold
└── InvalidSetting        a setting that can't be used; names file, key and remedy
"""


class WireError(Exception):
    """Base of all errors of the contract."""


class InvalidIdentifier(WireError, ValueError):
    """An id breaks the form that every topic and file name relies on."""


class UnknownTopic(WireError, ValueError):
    """A topic is not in the channel table."""


class PeerSentRubbish(WireError, ValueError):
    """The other side sent bytes that the contract does not allow."""


class MessageTooLarge(PeerSentRubbish):
    """A payload, header or event is over its limit."""


class UnreadableHeader(PeerSentRubbish):
    """A batch can't be taken apart into header and events."""


class UnreadableEvent(PeerSentRubbish):
    """One event of a batch can't be decoded."""


class UnreadableMessage(PeerSentRubbish):
    """A message other than a batch can't be decoded."""


class NotAuthentic(WireError):
    """A signed or sealed message is not from whom, or not for whom, it claims."""


class InvalidSetting(WireError, ValueError):
    """A settings file, variable or secret can't be used; the text names it and the remedy."""
