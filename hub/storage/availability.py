"""Tells "the database can't now" from "the data is wrong": the first may help to wait for, the second never does."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from hub.domain.errors import StoreBusy, StoreUnavailable
from hub.storage.engine import is_temporary


@contextmanager
def unavailable_when_down() -> Iterator[None]:
    """Turn "the database can't now" into `StoreUnavailable`; what is wrong with the data itself passes unchanged.

    Where another transaction was in the way it is `StoreBusy`: the same at once may work.
    """
    try:
        yield
    except (IntegrityError, DataError):
        raise
    except DBAPIError as error:
        if is_temporary(error) and not error.connection_invalidated:
            raise StoreBusy(f"another transaction was in the way: {error.orig}") from error
        raise StoreUnavailable(f"the database can't be used now: {error.orig}") from error
