"""What SQLAlchemy compiled, kept from one database of a test process to the next of its kind."""

from sqlalchemy import Engine
from sqlalchemy.util import LRUCache

# Statements of the whole suite, not of one test.
_MOST_STATEMENTS = 2_000


class CompiledSql:
    """Lets engines share compiled statements, which take longer than their execution: a test makes a new engine each.

    They are found by statement and dialect, so the dialect is shared too: it holds what the server is, and nothing of
    a database.
    """

    def __init__(self) -> None:
        """Nothing is compiled yet."""
        self._first: dict[str, Engine] = {}

    def share(self, engine: Engine) -> Engine:
        """Let an engine that was not used yet take part; return it."""
        first = self._first.setdefault(engine.dialect.name, engine)
        if first is engine:
            # The first connection tells the dialect what the server can do.
            engine.connect().close()
            engine.dispose()
            assert isinstance(engine._compiled_cache, LRUCache)
            engine._compiled_cache.capacity = _MOST_STATEMENTS
        else:
            engine.dialect = first.dialect
            engine.pool._dialect = first.dialect
            engine._compiled_cache = first._compiled_cache
        return engine
