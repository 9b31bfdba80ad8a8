"""What requests have made, so that one that comes again makes no second thing (`hub.domain.requests`)."""

from typing import Final

from sqlalchemy import delete, select, update

from hub.domain.booking_refusals import OtherRequest
from hub.domain.requests import KEPT_US, Request
from hub.storage.access_unit import AccessUnit
from hub.storage.booking_tables import ApiRequestRow
from hub.storage.statements import upsert

_AT_ONCE: Final = 500


class RequestRows(AccessUnit):
    """Requests within one transaction, together with what they make."""

    def made_by(self, request: Request, now_us: int) -> str | None:
        """Return what a request has made; None for a new one, whose like waits until this transaction ends.

        Raises:
            OtherRequest: when its key was used with other wishes.
        """
        self._forget(now_us - KEPT_US)
        new = upsert(self._connection.dialect.name, ApiRequestRow).on_conflict_do_nothing()
        values = {"key": request.key, "digest": request.digest, "made": "", "made_us": now_us}
        # What a driver counts of an INSERT that may do nothing differs; what it returns does not.
        if self._connection.execute(new.values(**values).returning(ApiRequestRow.key)).scalar() is not None:
            return None
        query = select(ApiRequestRow.digest, ApiRequestRow.made).where(ApiRequestRow.key == request.key)
        row = self._connection.execute(query).one()
        if bytes(row.digest) != request.digest:
            raise OtherRequest
        return str(row.made)

    def note_made(self, request: Request, made: str, member: int | None) -> None:
        """Note what a new request has made, and for which member: the note goes with the person."""
        here = update(ApiRequestRow).where(ApiRequestRow.key == request.key)
        self._connection.execute(here.values(made=made, member_pk=member))

    def _forget(self, before_us: int) -> None:
        """Drop old notes; those that another transaction drops at this moment are left to it."""
        old = select(ApiRequestRow.key).where(ApiRequestRow.made_us < before_us).limit(_AT_ONCE)
        keys = self._connection.execute(old.with_for_update(skip_locked=True)).scalars().all()
        if keys:
            self._connection.execute(delete(ApiRequestRow).where(ApiRequestRow.key.in_(keys)))
