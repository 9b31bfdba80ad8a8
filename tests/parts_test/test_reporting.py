"""The rules of the suite itself: skips fail where they are forbidden, and nothing may survive a test."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.parts.ports import free_port
from tests.parts.waiting import wait_until

ROOT = Path(__file__).parents[2]

SKIPPING = """
import pytest

def test_that_skips():
    pytest.skip("no reader here")

def test_that_passes():
    pass
"""

MODULE_SKIPPING = """
import pytest
pytest.importorskip("a_module_that_does_not_exist", reason="no such library here")

def test_that_is_never_seen():
    pass
"""

EXPECTED_FAILURE = """
import pytest

@pytest.mark.xfail(strict=True)
def test_that_is_known_to_fail():
    assert False
"""

MISSING_PART = """
from tests.parts.requirement import require_program

def test_that_needs_a_part():
    require_program("no-such-program", "no-such-package")
"""

LEAKS = """
import subprocess, sys, threading
from tests.conftest import nothing_survives

SLEEP = "import time; time.sleep(300)"
ORPHAN = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); print('done')"

def test_thread():
    threading.Thread(target=threading.Event().wait, args=(20,), name="forgotten", daemon=True).start()

def test_child():
    global child
    child = subprocess.Popen([sys.executable, "-c", SLEEP])

def test_orphan():
    subprocess.run([sys.executable, "-c", ORPHAN], check=True)

def test_that_cleans_up():
    child = subprocess.Popen([sys.executable, "-c", SLEEP])
    child.kill()
    child.wait()
"""

FAILING_WITH_LOG = """
import pytest

class Part:
    def log_tail(self):
        return "what the part said"

@pytest.fixture
def broker():
    return Part()

def test_that_fails(broker):
    assert False
"""


def run(folder: Path, source: str, *arguments: str, require_all: bool) -> tuple[int, str]:
    """Run pytest on one file in a process of its own, with this suite's reporting and nothing else of it."""
    (folder / "test_sample.py").write_text(source, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    # With CI set, pytest repeats whole messages in its summary.
    for name in ("ANKERORT_REQUIRE_ALL", "CI"):
        environment.pop(name, None)
    if require_all:
        environment["ANKERORT_REQUIRE_ALL"] = "1"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.parts.reporting", "-p", "no:randomly", "-p", "no:cacheprovider",
         "-p", "no:schemathesis", "-p", "no:anyio",
         "-ra", *arguments, str(folder)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=folder,
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("source", "require_all", "status", "words"),
    [
        pytest.param(SKIPPING, False, 0, "no reader here", id="a skip is shown"),
        pytest.param(
            SKIPPING, True, 1, "forbids skipping: Skipped: no reader here", id="a skip fails when forbidden"
        ),
        pytest.param(MODULE_SKIPPING, False, 5, "no such library here", id="a skipped module is shown"),
        pytest.param(
            MODULE_SKIPPING, True, 2, "forbids skipping", id="a skipped module fails when forbidden"
        ),
        pytest.param(EXPECTED_FAILURE, True, 0, "1 xfailed", id="an expected failure did run"),
        pytest.param(
            MISSING_PART, False, 0, "apt install no-such-package", id="a missing part skips with the remedy"
        ),
        pytest.param(
            MISSING_PART, True, 1, "apt install no-such-package", id="a missing part fails when forbidden"
        ),
        pytest.param(
            FAILING_WITH_LOG, False, 1, "what the part said", id="a failure shows the log of its parts"
        ),
    ],
)
def test_a_run_ends_as_its_skips_and_failures_demand(
    tmp_path: Path, source: str, require_all: bool, status: int, words: str
) -> None:
    assert run(tmp_path, source, require_all=require_all)[0] == status
    assert words in run(tmp_path, source, require_all=require_all)[1]


def test_a_forbidden_skip_also_fails_in_parallel_runs(tmp_path: Path) -> None:
    status, output = run(tmp_path, SKIPPING, "-n", "2", require_all=True)
    assert status == 1
    assert "1 failed, 1 passed" in output


def test_what_survives_a_test_fails_it_and_is_ended(tmp_path: Path) -> None:
    status, output = run(tmp_path, LEAKS, require_all=False)
    assert status == 1
    assert "4 passed, 3 errors" in output
    assert "thread 'forgotten' still runs" in output
    assert output.count("time.sleep(300)\n") == 2
    leaked = [int(line.split()[1]) for line in output.splitlines() if line.startswith("process ")]
    assert len(leaked) == 2
    wait_until(lambda: not any(map(psutil.pid_exists, leaked)), 5.0, "the leaked processes to be gone")


def test_no_two_processes_get_the_same_port() -> None:
    script = "from tests.parts.ports import free_port; print(*(free_port() for _ in range(200))); input()"
    others = [
        subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        for _ in range(2)
    ]
    given = {free_port() for _ in range(200)}
    for other in others:
        assert other.stdout is not None
        given |= {int(port) for port in other.stdout.readline().split()}
    for other in others:
        other.communicate("\n", timeout=10)
    assert len(given) == 600


def test_waiting_gives_the_value_and_names_what_never_came() -> None:
    answers = iter([0, "", "there"])
    assert wait_until(lambda: next(answers), 5.0, "an answer") == "there"
    with pytest.raises(AssertionError, match=r"waited 0\.05 s for a miracle; the last answer was \[\]"):
        wait_until(list, 0.05, "a miracle")
