"""What was in another transaction's way is done again, a few times, and nothing else is."""

from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from hub.domain.errors import StoreBusy, StoreUnavailable
from hub.services import attempts
from hub.services.attempts import ATTEMPTS, again_when_busy
from hub.storage.availability import unavailable_when_down


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "FIRST_WAIT_S", 0.0)


@pytest.mark.parametrize("failures", [0, 1, ATTEMPTS - 1])
def test_it_is_done_once_it_can_be(failures: int) -> None:
    calls: list[int] = []

    def work() -> str:
        calls.append(1)
        if len(calls) <= failures:
            raise StoreBusy("in the way")
        return "done"

    assert again_when_busy(work) == "done"
    assert len(calls) == failures + 1


@pytest.mark.parametrize(
    ("error", "number"), [(StoreBusy("x"), ATTEMPTS), (StoreUnavailable("x"), 1), (ValueError("x"), 1)]
)
def test_what_does_not_pass_is_told(error: Exception, number: int) -> None:
    calls: list[int] = []

    def work() -> None:
        calls.append(1)
        raise error

    with pytest.raises(type(error)):
        again_when_busy(work)
    assert len(calls) == number


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (psycopg.errors.DeadlockDetected("x"), StoreBusy),
        (psycopg.errors.SerializationFailure("x"), StoreBusy),
        (psycopg.errors.AdminShutdown("x"), StoreUnavailable),
    ],
)
def test_the_database_says_which_is_which(cause: Any, expected: type[Exception]) -> None:
    with pytest.raises(StoreUnavailable) as raised, unavailable_when_down():
        raise OperationalError("SELECT 1", {}, cause)
    assert type(raised.value) is expected


def test_what_is_wrong_with_the_data_passes_unchanged() -> None:
    with pytest.raises(IntegrityError), unavailable_when_down():
        raise IntegrityError("INSERT", {}, psycopg.errors.ExclusionViolation("x"))
