"""Webhooks in SQL: what is to be told is written where it happens; managers and `jobs` work on it."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, CursorResult, Engine, delete, insert, select, update

from hub.domain.webhooks import DeliveryState, DeliveryView, Happening, Webhook
from hub.storage.access_tables import MemberRow
from hub.storage.access_unit import AccessUnit
from hub.storage.availability import unavailable_when_down
from hub.storage.engine import reading
from hub.storage.statements import upsert
from hub.storage.tables import SpaceRow
from hub.storage.webhook_tables import WebhookEventRow, WebhookRow
from hub.webhook_ports import Delivery


class Teller:
    """Writes what webhooks are to be told, inside somebody else's transaction; most spaces have none.

    Args:
        connection: inside a transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._hooks: dict[int, list[tuple[int, frozenset[str]]]] = {}

    def tell(
        self,
        space_pk: int,
        kind: Happening,
        key: str,
        data: Callable[[], Mapping[str, object]],
        member: int | None = None,
    ) -> None:
        """Have every webhook of a space that wants it be told.

        Args:
            key: what makes it the one that it is; the same again is left out.
            data: what is told; asked for only where somebody listens.
        """
        if space_pk not in self._hooks:
            rows = self._connection.execute(
                select(WebhookRow.pk, WebhookRow.kinds).where(WebhookRow.space_pk == space_pk)
            )
            self._hooks[space_pk] = [(row.pk, frozenset(row.kinds.split())) for row in rows]
        wanted = [pk for pk, kinds in self._hooks[space_pk] if kind.value in kinds]
        if not wanted:
            return
        told = json.dumps(data(), ensure_ascii=False, separators=(",", ":"))
        made = upsert(self._connection.dialect.name, WebhookEventRow).on_conflict_do_nothing(
            index_elements=[WebhookEventRow.webhook_pk, WebhookEventRow.key]
        )
        for pk in wanted:
            values = {
                "webhook_pk": pk, "key": key, "kind": kind, "data": told, "member_pk": member,
                "state": DeliveryState.WAITING, "due_us": 0, "tries": 0, "reason": "", "ended_us": None,
            }  # fmt: skip
            self._connection.execute(made, values)


class WebhookRows(AccessUnit):
    """Webhooks within one transaction (`hub.services.webhook_desk.WebhookUnit`)."""

    def add(self, webhook: Webhook, sealed: bytes) -> None:
        """Store a new webhook."""
        self._connection.execute(
            insert(WebhookRow).values(
                id=webhook.id,
                space_pk=self.space(webhook.space).pk,
                url=webhook.url,
                kinds=" ".join(sorted(webhook.kinds)),
                with_names=webhook.with_names,
                sealed=sealed,
                created_us=webhook.created_us,
            )
        )

    def webhooks(self, space: str) -> Sequence[Webhook]:
        """Return the webhooks of a space, oldest first."""
        query = select(WebhookRow).where(WebhookRow.space_pk == self.space(space).pk)
        return [
            Webhook(
                row.id,
                space,
                row.url,
                frozenset(map(Happening, row.kinds.split())),
                row.with_names,
                row.created_us,
            )
            for row in self._connection.execute(query.order_by(WebhookRow.pk))
        ]

    def remove(self, webhook: str) -> None:
        """Delete one with its deliveries."""
        pks = select(WebhookRow.pk).where(WebhookRow.id == webhook)
        self._connection.execute(delete(WebhookEventRow).where(WebhookEventRow.webhook_pk.in_(pks)))
        self._connection.execute(delete(WebhookRow).where(WebhookRow.id == webhook))

    def deliveries(self, space: str, state: DeliveryState | None, limit: int) -> Sequence[DeliveryView]:
        """Return deliveries, latest first."""
        query = _VIEWS.where(WebhookRow.space_pk == self.space(space).pk)
        if state is not None:
            query = query.where(WebhookEventRow.state == state)
        rows = self._connection.execute(query.order_by(WebhookEventRow.pk.desc()).limit(limit))
        return [DeliveryView(*row) for row in rows]

    def retry(self, space: str, numbers: Sequence[int] | None) -> int:
        """Have dead deliveries tried again, as if they were new; return how many."""
        hooks = select(WebhookRow.pk).where(WebhookRow.space_pk == self.space(space).pk)
        again = update(WebhookEventRow).where(
            WebhookEventRow.webhook_pk.in_(hooks), WebhookEventRow.state == DeliveryState.DEAD
        )
        if numbers is not None:
            again = again.where(WebhookEventRow.pk.in_(numbers))
        fresh = {"state": DeliveryState.WAITING, "due_us": 0, "tries": 0, "reason": "", "ended_us": None}
        done = self._connection.execute(again.values(fresh))
        assert isinstance(done, CursorResult)
        return done.rowcount


class SqlHookOutbox:
    """Deliveries (`hub.webhook_ports.HookOutbox`).

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reading = engine, reading(engine)

    def due(self, now_us: int, limit: int) -> Sequence[Delivery]:
        """Return what is to be sent now, first come first."""
        query = _DUE.where(WebhookEventRow.due_us <= now_us).limit(limit)
        with unavailable_when_down(), self._reading.connect() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def end(self, pk: int, state: DeliveryState, reason: str, now_us: int) -> None:
        """Note what became of a delivery."""
        self._update(pk, state=state, reason=reason, ended_us=now_us, tries=WebhookEventRow.tries + 1)

    def try_later(self, pk: int, reason: str, due_us: int) -> None:
        """Have one tried again."""
        self._update(pk, reason=reason, due_us=due_us, tries=WebhookEventRow.tries + 1)

    def purge(self, before_us: int) -> int:
        """Delete what ended before a moment; return how many."""
        with unavailable_when_down(), self._engine.begin() as connection:
            done = connection.execute(delete(WebhookEventRow).where(WebhookEventRow.ended_us < before_us))
            assert isinstance(done, CursorResult)
            return done.rowcount

    def _update(self, pk: int, **values: Any) -> None:
        waiting = WebhookEventRow.state == DeliveryState.WAITING
        with unavailable_when_down(), self._engine.begin() as connection:
            connection.execute(
                update(WebhookEventRow).where(WebhookEventRow.pk == pk, waiting).values(values)
            )


def _delivery(row: Any) -> Delivery:
    digest = hashlib.sha256(f"{row.id}/{row.key}".encode()).hexdigest()
    return Delivery(
        pk=row.pk,
        message=f"msg_{digest[:32]}",
        webhook=row.id,
        url=row.url,
        sealed=bytes(row.sealed),
        kind=row.kind,
        space=row.space,
        data=json.loads(row.data),
        member=row.member_pk,
        name=(row.name or "") if row.with_names else None,
        tries=row.tries,
    )


_VIEWS: Final = select(
    WebhookEventRow.pk,
    WebhookRow.id,
    WebhookEventRow.kind,
    WebhookEventRow.state,
    WebhookEventRow.due_us,
    WebhookEventRow.tries,
    WebhookEventRow.reason,
).join(WebhookRow, WebhookRow.pk == WebhookEventRow.webhook_pk)
_DUE: Final = (
    select(
        WebhookEventRow.pk,
        WebhookEventRow.key,
        WebhookRow.id,
        WebhookRow.url,
        WebhookRow.sealed,
        WebhookRow.with_names,
        WebhookEventRow.kind,
        SpaceRow.id.label("space"),
        WebhookEventRow.data,
        WebhookEventRow.member_pk,
        MemberRow.name,
        WebhookEventRow.tries,
    )
    .join(WebhookRow, WebhookRow.pk == WebhookEventRow.webhook_pk)
    .join(SpaceRow, SpaceRow.pk == WebhookRow.space_pk)
    .outerjoin(MemberRow, MemberRow.pk == WebhookEventRow.member_pk)
    .where(WebhookEventRow.state == DeliveryState.WAITING)
    .order_by(WebhookEventRow.pk)
)
