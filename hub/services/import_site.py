"""Brings the site in the database to what a site file says; one transaction, all or nothing."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from hub.domain.errors import InvalidSite
from hub.domain.site_changes import (
    NEVER_CHANGED,
    Change,
    ChangeKind,
    Edition,
    changes,
    is_written,
    lost_edits,
    space_of,
)
from hub.domain.space import Town
from hub.ports import SiteStore, SiteUnits

NOTHING_KNOWN: Final[Mapping[str, int]] = MappingProxyType({})
TOLD: Final = 3
"""How many changes a refusal names for each space."""


def import_site(
    units: SiteUnits,
    towns: Sequence[Town],
    now_us: int,
    *,
    editions: Mapping[str, int] = NOTHING_KNOWN,
    remove_missing: bool = False,
    overwrite_edits: bool = False,
    dry_run: bool = False,
) -> list[Change]:
    """Create and update what a site file says.

    Args:
        units: where the site is kept.
        towns: from `hub.site_file.towns.read_site`.
        now_us: the moment of the import.
        editions: by space which edition the file was written from (`hub.site_file.towns.SiteFile`).
        remove_missing: whether what the file leaves out is retired; otherwise it is only reported and stays as it is.
        overwrite_edits: whether what was changed in the browser since may be undone.
        dry_run: whether everything is tried, reported and then undone.

    Returns:
        What differed, in the order in which it was written; empty when the file said nothing new.

    Raises:
        InvalidSite: when it would undo what somebody changed in the browser, which the file does not know.
    """
    with units.writing() as unit:
        found = changes(unit.sites.towns(), towns, now_us)
        stored = unit.sites.editions()
        lost = lost_edits(found, stored, editions, remove_missing=remove_missing)
        if lost and not overwrite_edits:
            raise InvalidSite("\n".join(_refusal(space, those) for space, those in lost.items()))
        if any(is_written(change, remove_missing=False) for change in found):
            for town in towns:
                unit.sites.save(town)
            for town in towns:
                unit.sites.save_neighbours(town.id, town.neighbours)
        if remove_missing:
            for change in _from_the_inside(found):
                unit.sites.retire(change.what, change.path, now_us)
        _count(unit.sites, towns, found, stored, remove_missing=remove_missing)
        if not dry_run:
            unit.commit()
    return found


def _from_the_inside(found: Sequence[Change]) -> list[Change]:
    # The inside first, because a space is looked up through the town that is about to be hidden.
    missing = [change for change in found if change.kind is ChangeKind.MISSING]
    return sorted(missing, key=lambda change: (-len(change.path), change.what == "town"))


def _count(
    sites: SiteStore,
    towns: Sequence[Town],
    found: Sequence[Change],
    stored: Mapping[str, Edition],
    *,
    remove_missing: bool,
) -> None:
    """Count the change of each space that changed, and note of which ones the file now says all there is."""
    written = {
        space_of(change) for change in found if change.kind is not ChangeKind.MISSING or remove_missing
    }
    left = {space_of(change) for change in found if change.kind is ChangeKind.MISSING and not remove_missing}
    for space in (one.id for town in towns for one in town.spaces):
        is_told = space not in left
        # A file that says what the browser said already has nothing to write, and knows it from now on.
        if space in written or (is_told and stored.get(space, NEVER_CHANGED).edited):
            sites.note_change(space, is_edit=False, is_told=is_told)


def _refusal(space: str, lost: Sequence[Change]) -> str:
    names = [change.name for change in lost[:TOLD]]
    if len(lost) > TOLD:
        names.append(f"{len(lost) - TOLD} more")
    return (
        f'space "{space}" was changed in the browser, and this file does not know it; importing it would change '
        f"{', '.join(names)}: write the present state with `ankerort-hub site export`, put your changes in there, and "
        "import that; or say --overwrite-edits to have it as in this file"
    )
