"""Brings the site in the database to what a site file says; one transaction, all or nothing."""

from collections.abc import Sequence

from hub.domain.site_changes import Change, ChangeKind, changes
from hub.domain.space import Town
from hub.ports import SiteUnits


def import_site(
    units: SiteUnits,
    towns: Sequence[Town],
    now_us: int,
    *,
    remove_missing: bool = False,
    dry_run: bool = False,
) -> list[Change]:
    """Create and update what a site file says.

    Args:
        units: where the site is kept.
        towns: from `hub.site_file.towns.read_site`.
        now_us: the moment of the import.
        remove_missing: whether what the file leaves out is retired; otherwise it is only reported and stays as it is.
        dry_run: whether everything is tried, reported and then undone.

    Returns:
        What differed, in the order in which it was written; empty when the file said nothing new.
    """
    with units.writing() as unit:
        found = changes(unit.sites.towns(), towns, now_us)
        if any(change.kind is not ChangeKind.MISSING for change in found):
            for town in towns:
                unit.sites.save(town)
            for town in towns:
                unit.sites.save_neighbours(town.id, town.neighbours)
        if remove_missing:
            for change in _from_the_inside(found):
                unit.sites.retire(change.what, change.path, now_us)
        if not dry_run:
            unit.commit()
    return found


def _from_the_inside(found: Sequence[Change]) -> list[Change]:
    # The inside first, because a space is looked up through the town that is about to be hidden.
    missing = [change for change in found if change.kind is ChangeKind.MISSING]
    return sorted(missing, key=lambda change: (-len(change.path), change.what == "town"))
