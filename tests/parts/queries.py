"""Counts the statements that reach a database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event


@dataclass
class Counted:
    """The statements, in order."""

    statements: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many there were."""
        return len(self.statements)

    @property
    def queries(self) -> list[str]:
        """Those that ask or write: all but what begins a transaction and says what it may do."""
        return [one for one in self.statements if not one.startswith(("PRAGMA ", "BEGIN"))]


@contextmanager
def counting(engine: Engine) -> Iterator[Counted]:
    """Note every statement that goes through an engine meanwhile."""
    counted = Counted()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        counted.statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield counted
    finally:
        event.remove(engine, "before_cursor_execute", note)
