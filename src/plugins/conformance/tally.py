"""The plugin of pytest that writes down what became of each check: `-p plugins.conformance.tally --tally FILE`."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path

import pytest

from plugins.conformance.demands import NonconformanceError
from plugins.conformance.tiers import Finding, Tier, tier_of

_FINDINGS = pytest.StashKey[dict[str, Finding]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the file's name."""
    parser.addoption("--tally", default=None, metavar="FILE", help="write what became of each check of a venue")


def pytest_configure(config: pytest.Config) -> None:
    """Begin with nothing."""
    config.stash[_FINDINGS] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note the outcome of a check; what fails before or after it counts as well."""
    report = yield
    tier = tier_of(getattr(getattr(item, "function", None), "__module__", ""))
    findings = item.config.stash[_FINDINGS]
    if tier is not Tier.NONE and (report.when == "call" or report.outcome != "passed"):
        earlier = findings.get(item.nodeid)
        if earlier is None or earlier.outcome == "passed":
            findings[item.nodeid] = Finding(
                name=item.nodeid.partition("::")[2], tier=tier, outcome=report.outcome, said=_said(report, call)
            )
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the file."""
    path = session.config.getoption("--tally")
    if path is not None:
        findings = session.config.stash[_FINDINGS].values()
        Path(path).write_text(json.dumps([asdict(one) for one in findings]), encoding="utf-8")


def _said(report: pytest.TestReport, call: pytest.CallInfo[None]) -> str:
    error = call.excinfo.value if call.excinfo is not None else None
    if isinstance(error, NonconformanceError):
        return str(error)
    if report.outcome == "skipped" and isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return f"{type(error).__name__}: {error}" if error is not None else ""
