"""Everything that is stored about one person, for the person (requirement P5, Art. 15 and 20 GDPR); pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of one table.

    Args:
        table: its name.
        rows: column to value: texts, numbers, truths, dates as ISO 8601, or nothing.
    """

    table: str
    rows: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class PersonData:
    """All that is stored about somebody.

    Args:
        member: key.
        made_us: when it was collected.
        hidden: columns that are stored and not shown, since whoever reads them could do harm: `account.password_hash`.
    """

    member: int
    name: str
    made_us: int
    sections: Sequence[Section]
    hidden: Sequence[str]
