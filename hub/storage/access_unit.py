"""Transactions on the access store: one consistent look, or one change with its entry in the log of actions."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine, Select, select

from hub.domain.audit import HOST_CHAIN
from hub.domain.errors import UnknownSpace
from hub.domain.mail import Draft, Reader
from hub.storage.availability import unavailable_when_down
from hub.storage.chains import add_entry
from hub.storage.engine import reading
from hub.storage.outbox import add_mail, reader_of
from hub.storage.tables import SpaceRow
from hub.storage.types import Base
from hub.storage.wanted_lists import want_lists

Q = TypeVar("Q", bound=Select[*tuple[Any, ...]])


class SpaceKey(NamedTuple):
    """A space by key, with what is needed of it beside."""

    pk: int
    id: str
    time_zone: str


class AccessUnit:
    """One transaction; rolled back unless committed.

    Args:
        connection: inside a transaction.
        is_writing: whether what is read of a thing that may change stays locked until the end.
    """

    def __init__(self, connection: Connection, is_writing: bool) -> None:
        self._connection, self._is_writing = connection, is_writing
        self._spaces: dict[str, SpaceKey] = {}

    def commit(self) -> None:
        """Make all of it durable."""
        self._connection.commit()

    def log(self, what: Mapping[str, object], now_us: int, card: int | None = None) -> None:
        """Add an entry to the log of actions; keys of persons and cards, never a name or a number of a card."""
        add_entry(self._connection, HOST_CHAIN, what, now_us, card)

    def mail(self, draft: Draft, now_us: int, language: str | None = None) -> bool:
        """Write a mail into the outbox; `jobs` sends it after the commit. False when its key is there already."""
        return add_mail(self._connection, draft, now_us, language)

    def reader(self, member: int) -> Reader | None:
        """Return who gets a member's letters; None when nobody can be reached."""
        return reader_of(self._connection, member)

    def _locked(self, query: Q, table: type[Base]) -> Q:
        """Return a query that locks the rows of a table, in a transaction that writes."""
        return query.with_for_update(of=table) if self._is_writing else query

    def want_lists(self, space: str) -> None:
        """Have every trusted device of a space get a list that says what the database says now."""
        want_lists(self._connection, self.space(space).pk)

    def space(self, space: str) -> SpaceKey:
        """Return a space; within one transaction it is looked up once.

        Raises:
            UnknownSpace: when there is none of this id.
        """
        if space in self._spaces:
            return self._spaces[space]
        query = select(SpaceRow.pk, SpaceRow.id, SpaceRow.time_zone).where(SpaceRow.id == space)
        # Of an id that can't be one the database is not asked: PostgreSQL takes no text with a NUL in it.
        row = self._connection.execute(query).one_or_none() if space.isprintable() else None
        if row is None:
            known = sorted(self._connection.execute(select(SpaceRow.id)).scalars())
            told = ", ".join(known) or "none yet: import a site file"
            raise UnknownSpace(
                f'there is no space "{space}"; known are {told}', code="unknown_space", space=space
            )
        return self._spaces.setdefault(space, SpaceKey(*row))


U = TypeVar("U", bound=AccessUnit)


class SqlUnits(Generic[U]):
    """Begins transactions.

    Args:
        engine: from `hub.storage.engine.make_engine`.
        make: what works inside of one.
    """

    def __init__(self, engine: Engine, make: Callable[[Connection, bool], U]) -> None:
        self._engine, self._reading, self._make = engine, reading(engine), make

    @contextmanager
    def writing(self) -> Iterator[U]:
        """Begin one that may commit; others that write wait for it.

        Raises:
            StoreUnavailable: when the database can't begin or go on.
        """
        with unavailable_when_down(), self._engine.connect() as connection:
            connection.begin()
            yield self._make(connection, True)

    @contextmanager
    def reading(self) -> Iterator[U]:
        """Begin one that sees one consistent state.

        Raises:
            StoreUnavailable: when the database can't be read now.
        """
        with unavailable_when_down(), self._reading.connect() as connection:
            yield self._make(connection, False)
