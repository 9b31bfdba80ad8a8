"""One use case, one transaction: what is not committed is rolled back."""

from types import TracebackType
from typing import Self

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from hub.storage.engine import reading
from hub.storage.site_store import SqlSiteStore


class SqlUnitOfWork:
    """A writing transaction, begun at once (on SQLite `BEGIN IMMEDIATE`), rolled back unless committed.

    Args:
        sessions: makes the session; see `UnitFactory`.
    """

    def __init__(self, sessions: "sessionmaker[Session]") -> None:
        self._sessions = sessions
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """The open session.

        Raises:
            RuntimeError: outside of `with`.
        """
        if self._session is None:
            raise RuntimeError("a unit of work is used inside `with` only")
        return self._session

    def __enter__(self) -> Self:
        session = self._sessions()
        try:
            # Begin now, not at the first statement: a writer waits for its turn before it reads what it decides on.
            session.connection()
        except BaseException:
            session.close()
            raise
        self._session = session
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        session, self._session = self.session, None
        # Closing rolls back what was not committed.
        session.close()

    @property
    def sites(self) -> SqlSiteStore:
        """Towns, spaces and what stands in them, within this transaction."""
        return SqlSiteStore(self.session)

    def commit(self) -> None:
        """Make everything since the beginning, or since the last commit, durable."""
        self.session.commit()

    def rollback(self) -> None:
        """Undo everything since the beginning, or since the last commit."""
        self.session.rollback()


class UnitFactory:
    """Makes units of work on one database.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = sessionmaker(engine, expire_on_commit=False)
        self._reading = sessionmaker(reading(engine), expire_on_commit=False)

    def writing(self) -> SqlUnitOfWork:
        """Return a unit that may commit."""
        return SqlUnitOfWork(self._writing)

    def reading(self) -> SqlUnitOfWork:
        """Return a unit that sees one consistent state; the database refuses its writes."""
        return SqlUnitOfWork(self._reading)
