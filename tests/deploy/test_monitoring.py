"""Rules, dashboard and runbooks: written from the code, understood by the real tools, and complete."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from grafana_foundation_sdk.models.dashboard import Dashboard

from adapters.telemetry.conditions import CONDITIONS

from fakes.metrics import metrics
from fakes.pages import REPOSITORY, page

PROMETHEUS = REPOSITORY / "deploy/prometheus"
RULES, TESTS = PROMETHEUS / "livexec.rules.yml", PROMETHEUS / "livexec.test.yml"
DASHBOARD = REPOSITORY / "deploy/grafana/livexec.json"
OURS_ALONE = {"LivexecDown"}  # nobody tells of the own end
METRIC = re.compile(r"\b((?:livexec|process)_\w+)")
SUFFIXES = ("_bucket", "_count", "_sum", "_total")


@pytest.mark.parametrize(("script", "file"), [("alert_rules.py", RULES), ("dashboard.py", DASHBOARD)])
def test_the_file_is_what_the_code_says(script: str, file: Path) -> None:
    command = [sys.executable, str(REPOSITORY / "scripts" / script)]
    written = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert file.read_text(encoding="utf-8") == written, "run `make alert-rules`"


def test_the_real_promtool_takes_the_rules_and_their_tests() -> None:
    assert "SUCCESS" in promtool("check", "config", str(PROMETHEUS / "prometheus.yml"))
    assert "SUCCESS" in promtool("test", "rules", str(TESTS))


def test_every_rule_is_seen_firing() -> None:
    cases = yaml.safe_load(TESTS.read_text(encoding="utf-8"))["tests"]
    fires = {name for case in cases for name in re.findall(r'alertname="(\w+)"', str(case.get("promql_expr_test")))}
    assert fires == names() == OURS_ALONE | {one.name for one in CONDITIONS}


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    headings = re.findall(r"^## (\w+)$", page("docs/runbooks.md").text, re.MULTILINE)
    assert set(headings) == names()
    sections = page("docs/runbooks.md").text.split("\n## ")[1:]
    assert not [one.splitlines()[0] for one in sections if not all(f"**{word}**" in one for word in PARTS)]


def test_grafana_knows_every_part_of_the_dashboard_and_prometheus_every_query(tmp_path: Path) -> None:
    read = Dashboard.from_json(json.loads(DASHBOARD.read_text(encoding="utf-8")))
    assert read.title == "livexec"
    assert len(read.panels or ()) >= 15
    groups = {"groups": [{"name": "queries", "rules": [
        {"record": f"query:{at}", "expr": expr} for at, expr in enumerate(queries())
    ]}]}  # fmt: skip
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump(groups), encoding="utf-8")
    assert "SUCCESS" in promtool("check", "rules", str(file))


def test_every_metric_that_is_asked_for_exists() -> None:
    known = {each.name for each in metrics().collect()}
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]
    asked = {name for expr in [*queries(), *(rule["expr"] for rule in rules)] for name in METRIC.findall(expr)}
    assert asked
    assert not [name for name in asked if not {name, *stems(name)} & known]


PARTS = ("Means", "Look", "Do")


def stems(name: str) -> Iterator[str]:
    yield from (name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix))


def names() -> set[str]:
    return {rule["alert"] for rule in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]}


def queries() -> list[str]:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return [target["expr"].replace("$__rate_interval", "1m") for panel in panels for target in panel["targets"]]


def promtool(*words: str) -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    done = subprocess.run([found, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
