"""What a site file would change: two descriptions of the network in, a list of changes out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final

from hub.domain.life import keeps_life
from hub.domain.space import Space, SpaceAccess, SpaceBookings, Town
from hub.domain.time import local_date


@dataclass(frozen=True, slots=True)
class Edition:
    """How often a space was changed.

    Args:
        version: one more with each change.
        edited: the version of the last change in the browser that no site file says yet; 0 for none.
    """

    version: int = 0
    edited: int = 0


NEVER_CHANGED: Final = Edition()


class ChangeKind(StrEnum):
    """What happens to one thing of the site."""

    ADDED = "added"
    CHANGED = "changed"
    MISSING = "missing"
    """It is in the database and not in the file: reported, and retired when asked to."""
    KEPT = "kept"
    """It was decided in the hub, and the file says otherwise: reported, and left as it is."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs.

    Args:
        what: `town`, `space`, `zone`, `desk`, `door`, `device`.
        path: ids from the outside in: town, or space, or space and the thing in it.
        details: (field, before, after) of what changed.
    """

    kind: ChangeKind
    what: str
    path: tuple[str, ...]
    details: tuple[tuple[str, str, str], ...] = ()

    @property
    def name(self) -> str:
        """What it is, with what changed of it: `desk moelln/t1 (name: 1 → Fenster)`."""
        told = ", ".join(
            f"{name}: {before or 'none'} → {after or 'none'}" for name, before, after in self.details
        )
        return f"{self.what} {'/'.join(self.path)}" + (f" ({told})" if told else "")


PARTS = {"zone": "zones", "device": "devices", "desk": "desks", "door": "doors"}
"""Things in a space, in the order in which they are made, to the field of `Space` that holds them."""


def changes(stored: Sequence[Town], wanted: Sequence[Town], now_us: int) -> list[Change]:
    """Return what must change in the stored site to have everything that is wanted.

    Args:
        stored: the site without what is retired.
        wanted: the site file's.
        now_us: a space whose last day was over by then is not missed.

    Returns:
        Changes in the order town, space, things in it; empty when the file says nothing new and leaves nothing out.
    """
    found = list(_compare("town", stored, wanted, (), skip=("spaces",)))
    before = {
        space.id: space
        for town in stored
        for space in town.spaces
        if not _is_over(space, now_us) or _is_wanted(space.id, wanted)
    }
    after = {space.id: space for town in wanted for space in town.spaces}
    skip = ("access", "bookings", "periods", *PARTS.values())
    decided = [
        keeps_life(before[space.id], space) if space.id in before else space for space in after.values()
    ]
    found += _compare("space", before.values(), decided, (), skip=skip)
    found += _kept(decided, after)
    for space in after.values():
        old = before.get(space.id)
        if old is not None:
            found += _decided("access", old.access, space.access, SpaceAccess(), space.id)
            found += _decided("bookings", old.bookings, space.bookings, SpaceBookings(), space.id)
        for what, name in PARTS.items():
            found += _compare(what, getattr(old, name, ()), getattr(space, name), (space.id,))
        if old is not None:
            found += _order(old, space)
    return found


def space_of(change: Change) -> str | None:
    """Return the id of the space that a change is in; None for a town's."""
    return None if change.what == "town" else change.path[0]


def is_written(change: Change, *, remove_missing: bool) -> bool:
    """Say whether an import writes a change."""
    return change.kind in (ChangeKind.ADDED, ChangeKind.CHANGED) or (
        remove_missing and change.kind is ChangeKind.MISSING
    )


def lost_edits(
    found: Iterable[Change],
    stored: Mapping[str, Edition],
    known: Mapping[str, int],
    *,
    remove_missing: bool = False,
) -> dict[str, list[Change]]:
    """Return by space what an import would undo of changes in the browser that its file does not know.

    Args:
        found: what would change.
        stored: editions of the spaces.
        known: by space which edition its file was written from; none for a file that somebody wrote by hand.
        remove_missing: whether what the file leaves out is retired.
    """
    lost: dict[str, list[Change]] = {}
    for change in found:
        space = space_of(change)
        if space is None or not is_written(change, remove_missing=remove_missing):
            continue
        if stored.get(space, NEVER_CHANGED).edited > known.get(space, 0):
            lost.setdefault(space, []).append(change)
    return lost


def _kept(decided: Iterable[Space], wanted: Mapping[str, Space]) -> Iterator[Change]:
    """Tell what a file says of first and last days that were decided in the hub (docs/decisions/0023)."""
    for space in decided:
        told = wanted[space.id]
        details = tuple(
            (name, _show(getattr(space, name)), f"{_show(getattr(told, name)) or 'none'} in the file")
            for name in ("valid_from", "valid_to")
            if getattr(space, name) != getattr(told, name)
        )
        if details:
            yield Change(ChangeKind.KEPT, "space", (space.id,), details)


def _compare(
    what: str,
    stored: Iterable[Any],
    wanted: Iterable[Any],
    above: tuple[str, ...],
    skip: tuple[str, ...] = (),
) -> Iterator[Change]:
    old = {thing.id: thing for thing in stored}
    new = {thing.id: thing for thing in wanted}
    for key, thing in new.items():
        if key not in old:
            yield Change(ChangeKind.ADDED, what, (*above, key))
        elif details := _details(old[key], thing, skip):
            yield Change(ChangeKind.CHANGED, what, (*above, key), details)
    for key in old:
        if key not in new:
            yield Change(ChangeKind.MISSING, what, (*above, key))


def _details(before: Any, after: Any, skip: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
    names = [field.name for field in fields(before) if field.name not in skip]
    return tuple(
        (name, _show(getattr(before, name)), _show(getattr(after, name)))
        for name in names
        if getattr(before, name) != getattr(after, name)
    )


def _decided(name: str, before: Any, after: Any, default: Any, space: str) -> Iterator[Change]:
    """What a file says of a space's doors or bookings is told as changes of the space; what it does not say stays."""
    if after is None or after == before:
        return
    details = _details(before or default, after, ())
    # Without a difference from the defaults, what changes is that it is decided.
    told = tuple((f"{name}.{field}", old, new) for field, old, new in details) or (
        (name, "", "as by default"),
    )
    yield Change(ChangeKind.CHANGED, "space", (space,), told)


def _order(before: Space, after: Space) -> Iterator[Change]:
    for name in PARTS.values():
        old, new = ([thing.id for thing in getattr(space, name)] for space in (before, after))
        was, now = [i for i in old if i in new], [i for i in new if i in old]
        if was != now:
            detail = (f"order of {name}", " ".join(was), " ".join(now))
            yield Change(ChangeKind.CHANGED, "space", (after.id,), (detail,))


def _is_over(space: Space, now_us: int) -> bool:
    return space.valid_to is not None and space.valid_to < local_date(now_us, space.time_zone)


def _is_wanted(space: str, wanted: Sequence[Town]) -> bool:
    return any(space == other.id for town in wanted for other in town.spaces)


def _show(value: Any) -> str:
    if isinstance(value, tuple):
        return f"{len(value)} entries"
    return "" if value is None else str(value)
