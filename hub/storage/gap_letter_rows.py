"""Whom letters tell what reports lack, in SQL (`hub.services.gap_letters.GapLetterUnit`)."""

from collections.abc import Sequence

from hub.domain.people import Actor
from hub.storage.access_tables import AccountRow
from hub.storage.account_rows import AccountUnit
from hub.storage.figure_rows import FigureRows


class GapLetterRows(FigureRows):
    """Towns, accounts and letters within one transaction."""

    def actors(self) -> Sequence[Actor]:
        """Return the accounts that can sign in, with what their roles come to."""
        found = AccountUnit(self._connection, False).select(AccountRow.is_active.is_(True))
        return [Actor(one.pk, one.name, one.reach, one.member) for one in found]
