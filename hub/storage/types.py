"""Column types that the database itself checks, and the base of all tables.

SQLite takes anything into any column, so every type here brings its CHECK with it: an instant is a whole number of
microseconds inside Python's calendar, a name is one of its enum, on SQLite and on PostgreSQL alike.
"""

from enum import StrEnum
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Dialect, Integer, MetaData, Table, Text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

MAX_INSTANT_US: Final = 253_402_300_799_999_999
"""Last microsecond of the year 9999, in which Python's datetime ends."""

NAMING_CONVENTION: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Constraints have names, so that a later migration can find them."""

# SQLite makes a row's own number only of a column that is called INTEGER.
Key = BigInteger().with_variant(Integer(), "sqlite")
"""Type of a surrogate key."""


class CheckedType(TypeDecorator[Any]):
    """A type whose values the database itself refuses when they are not of it; `Base` adds the CHECK to the table."""

    cache_ok = True

    def check_sql(self, column: str) -> str:
        """Return the SQL condition that a column of this type keeps; NULL passes a CHECK by itself."""
        raise TypeError(f"{type(self).__name__} has no condition for {column}")


class InstantUs(CheckedType):
    """An instant: whole microseconds since 1970 UTC, up to the end of the year 9999."""

    impl = BigInteger
    cache_ok = True

    def check_sql(self, column: str) -> str:
        """Return the range; to SQLite a text is above every number, so the upper bound refuses that, too."""
        return f"{column} >= 0 AND {column} <= {MAX_INSTANT_US}"

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        """Refuse what is not a whole number before it reaches SQLite, which would keep it."""
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"an instant is whole microseconds, not {value!r}")
        return value


class Name(CheckedType):
    """A member of a `StrEnum`, stored as its value.

    Args:
        enum: the members; a new one needs a migration that renews the CHECK.
    """

    impl = Text
    cache_ok = True

    def __init__(self, enum: type[StrEnum]) -> None:
        super().__init__()
        self.enum = enum

    def check_sql(self, column: str) -> str:
        """Return the members as comparisons: for a list after `IN`, SQLite builds a table anew with each row."""
        values = ("'" + member.value.replace("'", "''") + "'" for member in self.enum)
        return " OR ".join(f"{column} = {value}" for value in values)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Return the stored form, refusing what is no member."""
        return None if value is None else self.enum(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> StrEnum | None:
        """Return the member."""
        return None if value is None else self.enum(value)


class Base(DeclarativeBase):
    """Base of all tables; adds the CHECK of each column whose type has one."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        table = cls.__dict__.get("__table__")
        if isinstance(table, Table):
            for column in table.columns:
                _add_check(table, column)


def _add_check(table: Table, column: Column[Any]) -> None:
    if isinstance(column.type, CheckedType):
        table.append_constraint(CheckConstraint(column.type.check_sql(column.name), name=column.name))
