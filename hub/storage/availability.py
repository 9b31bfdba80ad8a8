"""Tells "the database can't now" from "the data is wrong": the first may help to wait for, the second never does."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from hub.domain.errors import StoreUnavailable


@contextmanager
def unavailable_when_down() -> Iterator[None]:
    """Turn "the database can't now" into `StoreUnavailable`; what is wrong with the data itself passes unchanged."""
    try:
        yield
    except (IntegrityError, DataError):
        raise
    except DBAPIError as error:
        raise StoreUnavailable(f"the database can't be used now: {error.orig}") from error
