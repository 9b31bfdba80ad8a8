"""How the suite reports: no skip under ANKERORT_REQUIRE_ALL=1, and a part's log beside a failure.

A pytest plugin: tests/conftest.py registers it.
"""

from collections.abc import Generator

import pytest

from tests.parts.requirement import REQUIRE_ALL, is_all_required


def _forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    # An expected failure is reported as skipped too, but it did run.
    if is_all_required() and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{REQUIRE_ALL}=1 forbids skipping: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a whole module into a failure where skipping is forbidden."""
    report = yield
    _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where skipping is forbidden, and add the logs of the test's parts to a failure."""
    report = yield
    _forbid_skip(report)
    if report.failed:
        for name, value in getattr(item, "funcargs", {}).items():
            log_tail = getattr(value, "log_tail", None)
            # A private fixture is the same part again.
            if callable(log_tail) and not name.startswith("_"):
                report.sections.append((f"log of {name}", log_tail()))
    return report
