"""Errors of the domain.

DomainError
├── RuleRefused     a rule says no: shown to the person, carries the data
│   ├── NotAllowed    whoever asks has not the role for it
│   ├── UnknownSpace
│   ├── BookingRefused  rules of bookings: hub/domain/booking_refusals.py
│   └── InvalidSite   a site file that can't be used: names line and field
├── NotTrue         stored facts contradict each other: a bug, or a hand in the database
└── StoreUnavailable  temporary: the database can't write now; try again with jitter, acknowledge nothing
    └── StoreBusy       another transaction was in the way: the same at once may work
"""


class DomainError(Exception):
    """Base of all errors of the domain."""


class RuleRefused(DomainError, ValueError):
    """A rule says no; the text says what would work instead.

    Args:
        code: which rule, for pages that word it in their reader's language; empty when only the text says it.
        data: what the rule was about, by name.
    """

    def __init__(self, text: str = "", *, code: str = "", **data: object) -> None:
        super().__init__(text)
        self.code, self.data = code, data


class NotAllowed(RuleRefused):
    """Whoever asks has not the role for it."""


class UnknownSpace(RuleRefused):
    """No space has this id."""


class InvalidSite(RuleRefused):
    """A site file can't be used; the text names file, line, field and remedy."""


class NotTrue(DomainError):
    """Stored facts contradict each other."""


class StoreUnavailable(DomainError):
    """The database can't be used now (gone, locked, disk full): nothing was kept, trying again later may help."""


class StoreBusy(StoreUnavailable):
    """Another transaction was in the way (deadlock, locked): nothing was kept, the same at once may work."""
