"""What the law asks whoever runs a space to say: who answers, what is kept and for how long, and papers that say so.

Legal bases, authorities and contacts are decisions of an operator, never of this program (CJEU C-34/21): they come from
the settings, and a paper says where one is missing.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from hub.domain.space import SMALL_SPACE_DESKS, PublicDetail, SensorKind, Space

QUARTER_DAYS: Final = 30
MOST_EVENT_DAYS: Final = 30
VISIT_DAYS: Final = 60
BACKUP_DAYS: Final = 14
"""As in the design's table of what is kept (requirement P3)."""


class DutyKind(StrEnum):
    """A paper.

    NOTICE: Art. 13 GDPR (requirement P4). RECORD: Art. 30 (P6). ASSESSMENT: a begin for Art. 35 (P6). ACCESSIBILITY:
    the statement of § 12b BGG and the laws of the Länder (A10). EASY: in Leichte Sprache (A11).
    """

    NOTICE = "notice"
    RECORD = "record"
    ASSESSMENT = "assessment"
    ACCESSIBILITY = "accessibility"
    EASY = "easy"


@dataclass(frozen=True, slots=True)
class Controller:
    """Who answers for personal data and for the pages, as the operator wrote it down; empty where nobody has.

    Args:
        name: as the site file has it (`controller` of a space).
        contact: how to reach it without signing in.
        officer: the data protection officer.
        authority: the supervisory authority for complaints.
        basis_access, basis_bookings, basis_occupancy, basis_statistics: on what each processing rests.
        recipients: who else receives data, such as a computing centre.
        accessibility_contact: where barriers are told of.
        enforcement: the body for arbitration.
        gaps: what is not accessible yet, each with reason and alternative.
        checked_by, checked_on: who tested the pages, and when; without both the statement is marked unchecked.
        easy_checked_by, easy_checked_on: the same of the page in Leichte Sprache, by people who need it.
    """

    name: str
    address: str = ""
    contact: str = ""
    officer: str = ""
    authority: str = ""
    basis_access: str = ""
    basis_bookings: str = ""
    basis_occupancy: str = ""
    basis_statistics: str = ""
    recipients: str = ""
    accessibility_contact: str = ""
    enforcement: str = ""
    gaps: tuple[str, ...] = ()
    checked_by: str = ""
    checked_on: date | None = None
    easy_checked_by: str = ""
    easy_checked_on: date | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the settings that a paper needs and that nobody has written."""
        return tuple(name for name in _NEEDED if not getattr(self, name))


_NEEDED: Final = (
    "address", "contact", "officer", "authority", "basis_access", "basis_bookings", "basis_occupancy",
    "basis_statistics", "accessibility_contact", "enforcement",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """For how many days the hub keeps what, as it is set up."""

    event_days: int = 7
    quarantine_days: int = 30
    door_log_days: int = 30
    booking_days: int = 90
    closed_space_days: int = 90


@dataclass(frozen=True, slots=True)
class Practice:
    """What a space really does, of what the papers must tell.

    Args:
        sensors: kinds of sensors at its desks.
        risks: codes of settings that raise the risk (requirement P6), in this order: `uid_cards`, `small_space_shows`,
            `phone_opening`, `exits`.
    """

    sensors: tuple[SensorKind, ...]
    has_doors: bool
    is_bookable: bool
    has_mail: bool
    detail: PublicDetail
    risks: tuple[str, ...]
    logs_exits: bool = False


def practice_of(space: Space, *, has_mail: bool) -> Practice:
    """Return what a space does."""
    kinds = {SensorKind(desk.sensor) for desk in space.desks if desk.sensor}
    risks = []
    logs_exits = space.access is not None and bool(space.access.exits_reason)
    if space.access is not None and space.access.uid_cards:
        risks.append("uid_cards")
    if len(space.desks) < SMALL_SPACE_DESKS and space.public_detail is not PublicDetail.STATE:
        risks.append("small_space_shows")
    if space.access is not None and space.access.phone_opening:
        risks.append("phone_opening")
    if logs_exits:
        risks.append("exits")
    return Practice(
        tuple(kind for kind in SensorKind if kind in kinds),
        bool(space.doors),
        space.booking_rules.bookable,
        has_mail,
        space.public_detail,
        tuple(risks),
        logs_exits,
    )


@dataclass(frozen=True, slots=True)
class Basis:
    """What a paper is made from: the live settings.

    Args:
        language: of the paper, `de` or `en`.
    """

    space: Space
    does: Practice
    controller: Controller
    kept: Kept
    language: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a paper.

    Args:
        paragraphs: before the table, if there is one.
        points: a list after them.
        head, rows: of a table; empty for none.
    """

    heading: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper in words, for a page and for a PDF alike.

    Args:
        language: of its words, `de` or `en`.
        warning: what must be known before it is relied on; empty for nothing.
    """

    kind: DutyKind
    language: str
    title: str
    lead: str
    parts: tuple[Part, ...]
    warning: str = ""
