"""What all tests share: hypothesis profiles, and LibreOffice or the reason why it is not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import HealthCheck, settings

from tests.office.driver import Office, OfficeMissing, find_installation

CI = os.environ.get("CI", "").lower() == "true"

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if CI else "dev"))


@cache
def office_missing() -> str:
    """Why tests with LibreOffice cannot run; empty when they can."""
    try:
        find_installation()
    except OfficeMissing as missing:
        return str(missing)
    return ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for the fixture ``office`` needs no marker of its own."""
    for item in items:
        if "office" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.office)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without LibreOffice, tests that need it fail where CI=true, and are skipped elsewhere."""
    if item.get_closest_marker("office") and (why := office_missing()):
        if CI:
            pytest.fail(f"CI=true, and {why}", pytrace=False)
        pytest.skip(why)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Skipped for want of LibreOffice is said aloud, not only counted."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if "office" in report.keywords]
    if skipped and office_missing():
        terminalreporter.write_sep("!", f"{len(skipped)} tests NOT RUN: {office_missing()}", yellow=True, bold=True)


@pytest.fixture(scope="session")
def office() -> Iterator[Office]:
    """One LibreOffice for the whole run (one for each worker of pytest-xdist)."""
    with Office() as running:
        yield running
